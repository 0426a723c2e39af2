"""Home with three hosts, a UPS and a power plan over them, seen from outside."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

from custom_components.iotbridge.power_plans.engine.plan import Plan, Step, Ups
from homeassistant.core import Context, State
from homeassistant.helpers import entity_registry as er
from tests.kit import FakeHost, Kit, settle
from tests.wire import card

from .plans import plan_of, put_plan

STATUS, CHARGE, RUNTIME = "sensor.ups_status", "sensor.ups_charge", "sensor.ups_runtime"
UPS = Ups(entity_id=STATUS, battery_entity_id=CHARGE, runtime_entity_id=RUNTIME, steady_s=60, battery_at_least=50)
# The time after which a host that signed off is off.
GOES_OFF_S = 110.0
# Less than the time after which a silent host is lost.
STATUS_EVERY_S = 60.0


@dataclass
class LabHome:
    """Home with hosts and a UPS."""

    kit: Kit
    user_id: str
    hosts: dict[str, FakeHost] = field(default_factory=dict)
    macs: dict[str, str] = field(default_factory=dict)
    up: set[str] = field(default_factory=set)
    plan_id: str = ""
    silent_for_s: float = 0.0

    @classmethod
    async def create(cls, kit: Kit, *names: str) -> LabHome:
        """Start hosts and a UPS on mains."""
        user = await kit.hass.auth.async_create_user("Anna", group_ids=["system-admin"])
        home = cls(kit, user.id)
        for number, name in enumerate(names):
            home.macs[name] = f"a8:a1:59:00:00:0{number + 1}"
            home.hosts[name] = await kit.host(name, **home.cards(name))
            home.up.add(name)
        await home.ups("OL", charge=100)
        return home

    def step(self, name: str, *needs: str, **more: Any) -> Step:
        """Return the step of a host."""
        return Step(key=name, device_id=self.device_id(name), needs=needs, **more)

    async def add(self, *steps: Step, **more: Any) -> Plan:
        """Add a plan, and let it start."""
        plan = plan_of(*steps, **{"user_id": self.user_id, **more})
        entry = self.kit.hass.config_entries.async_entries("iotbridge")[0]
        self.plan_id = put_plan(self.kit.hass, entry, plan)
        await self.settle()
        return replace(plan, plan_id=self.plan_id)

    async def ups(self, status: str, *, charge: float | None = None, runtime: float | None = None) -> None:
        """Report states of the UPS."""
        states = self.kit.hass.states
        states.async_set(STATUS, status)
        if charge is not None:
            states.async_set(CHARGE, str(charge), {"unit_of_measurement": "%"})
        if runtime is not None:
            states.async_set(RUNTIME, str(runtime), {"unit_of_measurement": "min"})
        await self.settle()

    async def settle(self) -> None:
        """Process everything that can be processed without time."""
        for _ in range(3):
            await self.kit.hass.async_block_till_done()
            await settle()

    async def wait(self, seconds: float) -> None:
        """Advance the time in small steps, in which the hosts that are up report."""
        while seconds > 0:
            await self.kit.wait(min(seconds, 5.0))
            await self.settle()
            seconds -= 5.0
            self.silent_for_s += 5.0
            if self.silent_for_s >= STATUS_EVERY_S:
                self.silent_for_s = 0.0
                for name in sorted(self.up):
                    await self.hosts[name].status()

    def stopped(self, name: str) -> int:
        """Return how often a host was told to shut down."""
        return sum(command["command"] == "shutdown" for command in self.hosts[name].commands())

    async def accept(self, name: str) -> None:
        """Accept the last command of a host."""
        await self.hosts[name].respond(self.hosts[name].commands()[-1], "accepted")
        await self.settle()

    async def goes_down(self, name: str) -> None:
        """Sign a host off, and wait until it is off."""
        self.up.discard(name)
        await self.hosts[name].announce(power="shutting_down", **self.cards(name))
        await self.hosts[name].availability("offline")
        await self.wait(GOES_OFF_S)

    async def obey(self, name: str) -> None:
        """Accept the last command of a host, and obey it."""
        await self.accept(name)
        await self.goes_down(name)

    async def comes_up(self, name: str) -> None:
        """Boot a host."""
        self.up.add(name)
        await self.hosts[name].announce(power="on", instance="b2", **self.cards(name))
        await self.hosts[name].availability("online")
        await self.hosts[name].status()
        await self.settle()

    def cards(self, name: str) -> dict[str, Any]:
        """Return what a host announces about its network card."""
        return {"mac": [self.macs[name]], "cards": [card(self.macs[name])]}

    def device_id(self, name: str) -> str:
        """Return the device of a host."""
        device = self.kit.device(self.hosts[name].uid)
        assert device is not None
        return device.id

    def entity_id(self, key: str = "plan_state") -> str:
        """Return an entity of the plan."""
        return self.kit.entity_id(f"{self.plan_id}_{key}")

    def shown(self, key: str = "plan_state") -> State:
        """Return the state of an entity of the plan."""
        return self.kit.state(f"{self.plan_id}_{key}")

    @property
    def state(self) -> str:
        """Return the state of the plan."""
        return self.shown().state

    async def call(self, action: str, **data: Any) -> Any:
        """Call an action of plans, and return its response."""
        task = await self.start(action, **data)
        await self.settle()
        assert task.done(), "the action is still waiting"
        return task.result()

    async def start(self, action: str, **data: Any) -> asyncio.Task[Any]:
        """Call an action of plans that waits."""
        context = data.pop("context", None) or Context(user_id=self.user_id)
        data = {"plan": self.entity_id(), **data}
        task = asyncio.create_task(
            self.kit.hass.services.async_call(
                "iotbridge", action, data, blocking=True, return_response=True, context=context
            )
        )
        await self.settle()
        return task

    def plan_device(self) -> str:
        """Return the device of the plan."""
        entity = er.async_get(self.kit.hass).async_get(self.entity_id())
        assert entity is not None
        assert entity.device_id is not None
        return entity.device_id
