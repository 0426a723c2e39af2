"""Power plans of machines that really go and come back, because a UPS is on battery: a simulated one, and NUT's."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import zip_longest

from lab.client import Json
from lab.lab import Lab
from lab.nut import NutServer, is_nut_installed
from lab.waiting import until
import pytest

from .host import next_of
from .machines import Machines, machines_in

# Each needs the next one: the plan stops them from left to right, and starts them from right to left.
NAMES = ("website", "hypervisor", "nas")
CUT, PLUG = "input_boolean.power_cut", "input_number.plug"
# Sensors of the simulated UPS, and their templates.
SIMULATED = {
    "UPS status": "{{ 'On Battery' if is_state('input_boolean.power_cut', 'on') else 'Online' }}",
    "UPS charge": "{{ states('input_number.charge') }}",
}
HOST_FORM = {
    "role": "none",
    "off_within": {"minutes": 5},
    "on_within": {"minutes": 5},
    "on_failure": "notify",
    "is_started": True,
    "stage": {},
}
UPS_FORM = {
    "on_battery": ["on battery", "ob"],
    "on_battery_for": {"seconds": 0},
    "steady_for": {"seconds": 1},
    "battery_at_least": 50,
}
FULL_ORDER = [
    *(f"{kind} {name}" for name in NAMES for kind in ("stop_sent", "step_done")),
    *(f"{kind} {name}" for name in reversed(NAMES) for kind in ("start_sent", "step_done")),
]
needs_nut = pytest.mark.skipif(not is_nut_installed(), reason="nut-server is not installed")
ORDER_KINDS = ("stop_sent", "start_sent", "step_done", "step_failed")


@dataclass(kw_only=True)
class Site:
    """Household with machines, a plug that measures one of them, and a plan for each UPS."""

    lab: Lab
    machines: Machines
    nut: NutServer | None

    async def set_plug(self, watts: float) -> None:
        """Set the power that the plug of the hypervisor measures."""
        await self.lab.client.call("input_number.set_value", {"entity_id": PLUG, "value": watts})

    async def set_ups(self, **variables: object) -> None:
        """Change the UPS of the NUT server, and have Home Assistant read it."""
        assert self.nut is not None
        await self.nut.set(**variables)
        status = await self.nut_entity("ups.status")
        await self.lab.client.call("homeassistant.update_entity", {"entity_id": status})

    async def nut_entity(self, key: str) -> str:
        """Return an entity of the integration of NUT."""
        rows = await self.lab.client.entities()
        return next(
            str(row["entity_id"]) for row in rows if row["platform"] == "nut" and row["unique_id"].endswith(f"_{key}")
        )

    async def switch(self, name: str) -> str:
        """Return the switch that lets the UPS begin a plan."""
        row = await self.lab.client.find_entity(f"{(await self.plan(name))['plan_id']}_plan_enabled")
        assert row is not None
        return str(row["entity_id"])

    async def wait_plan(self, name: str, *states: str) -> None:
        """Wait for the state of a plan."""
        entity_id = (await self.plan(name))["entity_id"]
        await self.lab.client.wait_state(entity_id, *states)

    async def plan(self, name: str) -> Json:
        """Return a plan as the dashboard lists it."""
        plans = (await self.lab.client.command("iotbridge/power_plans/list"))["plans"]
        return next(dict(plan) for plan in plans if plan["name"] == name)

    async def wait_report(self, name: str) -> Json:
        """Wait until a plan is idle; return the report of its last run."""
        await self.wait_plan(name, "idle", "failed")
        plan_id = (await self.plan(name))["plan_id"]
        async with self.lab.client.subscribe("iotbridge/power_plans/follow", plan_id=plan_id) as documents:
            return dict((await next_of(documents))["plan"]["last_report"])

    async def wait_power(self, **states: str) -> None:
        """Wait for the power states of machines."""
        for name, state in states.items():
            await self.machines.hosts[name].wait_power(state)

    def executed(self) -> dict[str, int]:
        """Return how often each machine was stopped."""
        return {name: len(host.executed) for name, host in self.machines.hosts.items()}

    async def is_stored(self) -> bool:
        """Return whether Home Assistant has written the devices: killed before, it gives them other ids."""
        folder = self.lab.home_assistant.folder / ".storage"
        files = [folder / f"core.{name}_registry" for name in ("device", "entity")]
        stored = [path.read_text(encoding="utf-8") if path.exists() else "" for path in files]
        devices = [await host.device_id() for host in self.machines.hosts.values()]
        return all(device in text for device in devices for text in stored)

    async def restart(self) -> None:
        """Kill Home Assistant, and start it again."""
        await self.lab.home_assistant.kill()
        await self.lab.home_assistant.start()
        await self.lab.client.watch_states()


def order(report: Json) -> list[str]:
    """Return what was ordered and proven, in this order."""
    return [f"{event['kind']} {event['step']}" for event in report["events"] if event["kind"] in ORDER_KINDS]


@pytest.fixture(scope="module")
async def site(lab: Lab) -> AsyncGenerator[Site]:
    """Return the household with its plans."""
    nut = NutServer(lab.folder / "nut") if is_nut_installed() else None
    async with AsyncExitStack() as stack:
        machines = await stack.enter_async_context(machines_in(lab))
        site = Site(lab=lab, machines=machines, nut=nut)
        client = lab.client
        await machines.add(*NAMES)
        await client.command("input_boolean/create", name="Power cut", initial=False)
        await client.command("input_number/create", name="Charge", min=0, max=100, initial=100)
        await client.command("input_number/create", name="Plug", min=0, max=500, initial=120)
        for name, template in SIMULATED.items():
            await client.flow("template", {"next_step_id": "sensor"}, {"name": name, "state": template})
        await add_plan(site, "Simulated UPS", {"status": "sensor.ups_status", "battery": "sensor.ups_charge"})
        await add_plan(site, "By hand", {}, ["website"], "shutdown")
        if nut is not None:
            stack.push_async_callback(nut.stop)
            await nut.start()
            await client.flow("nut", {"host": "127.0.0.1", "port": nut.port})
            status, battery = await site.nut_entity("ups.status"), await site.nut_entity("battery.charge")
            await add_plan(site, "NUT", {"status": status, "battery": battery})
        await until(site.is_stored, timeout_s=60, what="the devices of the plans on the disk")
        yield site


async def add_plan(site: Site, name: str, ups: Json, hosts: Sequence[str] = NAMES, command: str = "suspend") -> None:
    """Add a plan through its dialog."""
    devices = [await site.machines.hosts[host].device_id() for host in hosts]
    answers: list[Json] = [{"name": name, "hosts": devices, "order": "one_by_one"}, {}]
    for device, needed in zip_longest(devices, devices[1:]):
        proofs = {"off_proofs": [{"entity_id": PLUG, "below": 5}]} if device in devices[1:2] else {}
        step = HOST_FORM | {"command": command, "proofs": proofs} | ({"needs": [needed]} if needed else {})
        answers += [{"next_step_id": "steps"}, {"step": device}, step]
    answers += [{"next_step_id": "ups"}, UPS_FORM | ups] if ups else []
    answers += [{"next_step_id": "options"}, {"stagger": 0.5, "is_whole_site": False}]
    (entry,) = await site.lab.client.entries("iotbridge")
    result = await site.lab.client.subentry_flow(entry["entry_id"], "plan", *answers, {"next_step_id": "save"})
    assert result["type"] == "create_entry", result


async def test_power_is_back_while_machines_stop(site: Site) -> None:
    """Hold one machine by its second proof while the power comes back: the next one is never told to stop."""
    client, before = site.lab.client, site.executed()
    await client.call("input_boolean.turn_on", {"entity_id": CUT})
    await site.wait_power(website="suspended", hypervisor="suspended")
    await site.wait_plan("Simulated UPS", "stopping")
    await client.call("input_boolean.turn_off", {"entity_id": CUT})
    await site.wait_plan("Simulated UPS", "waiting")
    assert site.machines.wakes == []
    await site.set_plug(0)
    report = await site.wait_report("Simulated UPS")

    assert (report["outcome"], report["cause"], report["failed"]) == ("completed", "ups", [])
    assert order(report) == [
        "stop_sent website",
        "step_done website",
        "stop_sent hypervisor",
        "step_done hypervisor",
        "start_sent hypervisor",
        "step_done hypervisor",
        "start_sent website",
        "step_done website",
    ]
    assert site.machines.wakes == ["hypervisor", "website"]
    await site.wait_power(website="on", hypervisor="on", nas="on")
    assert site.executed() == before | {"website": before["website"] + 1, "hypervisor": before["hypervisor"] + 1}


async def test_host_is_shut_down_by_hand_and_home_assistant_is_killed_before_the_proof(site: Site) -> None:
    """Kill it after the response: the shutdown is not ordered again, and proven after the restart."""
    website = site.machines.hosts["website"]
    run = {"plan": (await site.plan("By hand"))["entity_id"]}
    before = website.executed
    await site.lab.client.call("iotbridge.run_plan", run)
    await site.wait_power(website="shutting_down")
    await site.wait_plan("By hand", "stopping")
    await site.restart()
    await site.wait_plan("By hand", "stopped")
    assert website.executed == [*before, "shutdown"]

    answer = await site.lab.client.call("iotbridge.run_plan", run | {"direction": "on", "wait": True}, response=True)
    assert order(answer["report"]) == ["start_sent website", "step_done website"]
    await site.wait_power(website="on")


@needs_nut
async def test_states_of_a_nut_server_arrive(site: Site) -> None:
    """The switch of the plan keeps it out of the power cut."""
    client, before = site.lab.client, site.executed()
    status, charge = await site.nut_entity("ups.status"), await site.nut_entity("battery.charge")
    switch = await site.switch("NUT")
    await client.call("switch.turn_off", {"entity_id": switch})
    await site.set_ups(ups_status="OB DISCHRG", battery_charge=85)
    await client.wait_state(status, "OB DISCHRG")
    await client.wait_state(charge, "85")
    await site.set_ups(ups_status="OL CHRG")
    await client.wait_state(status, "OL CHRG")
    await client.call("switch.turn_on", {"entity_id": switch})
    assert site.executed() == before
    assert (await site.plan("NUT"))["last_report"] is None


@needs_nut
async def test_a_nut_server_stops_and_starts_everything(site: Site) -> None:
    """The battery has to be charged before anything starts."""
    await site.set_plug(0)
    await site.set_ups(ups_status="OB DISCHRG", battery_charge=30)
    await site.wait_plan("NUT", "stopped")
    await site.wait_power(website="suspended", hypervisor="suspended", nas="suspended")
    site.machines.wakes.clear()
    await site.set_ups(ups_status="OL CHRG", battery_charge=30)
    await site.wait_plan("NUT", "waiting")
    await site.set_ups(battery_charge=60)
    report = await site.wait_report("NUT")

    assert (report["outcome"], report["cause"], report["failed"]) == ("completed", "ups", [])
    assert order(report) == FULL_ORDER
    assert site.machines.wakes == [*reversed(NAMES)]
    await site.wait_power(website="on", hypervisor="on", nas="on")


@needs_nut
async def test_plan_goes_on_when_home_assistant_is_killed(site: Site) -> None:
    """Kill it while machines stop, while the plan waits for the battery, and while machines start."""
    before = site.executed()
    await site.set_plug(120)
    await site.set_ups(ups_status="OB DISCHRG", battery_charge=30)
    await site.wait_power(website="suspended", hypervisor="suspended")
    await site.restart()
    await site.wait_plan("NUT", "stopping")
    assert site.executed()["nas"] == before["nas"]
    await site.set_plug(0)
    await site.wait_plan("NUT", "stopped")

    await site.set_ups(ups_status="OL CHRG")
    await site.wait_plan("NUT", "waiting")
    site.machines.wakes.clear()
    await site.restart()
    await site.set_plug(0)
    await site.wait_plan("NUT", "waiting")
    assert site.machines.wakes == []
    site.machines.deaf = {"hypervisor"}
    await site.set_ups(battery_charge=60)

    await site.wait_power(nas="on", hypervisor="suspended")
    await site.wait_plan("NUT", "starting")
    await site.restart()
    await site.set_plug(0)
    await site.wait_plan("NUT", "starting")
    assert site.machines.wakes == ["nas"]
    site.machines.deaf.clear()
    report = await site.wait_report("NUT")

    assert (report["outcome"], report["failed"]) == ("completed", [])
    assert [event["kind"] for event in report["events"]].count("restarted") == 3
    assert site.machines.wakes == [*reversed(NAMES)]
    assert site.executed() == {name: count + 1 for name, count in before.items()}
    await site.wait_power(website="on", hypervisor="on", nas="on")
