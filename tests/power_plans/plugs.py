"""Lab of plugs that actions switch: each has a state that proves it, and may hang, refuse or take its time."""

from dataclasses import dataclass, field
from typing import Any

from custom_components.iotbridge.power_plans.engine.plan import Plan, Proof, Step
from homeassistant.core import ServiceCall
from homeassistant.exceptions import HomeAssistantError
from tests.kit import Kit

from .home import LabHome


@dataclass
class PlugLab(LabHome):
    """Home with plugs in place of hosts."""

    calls: list[ServiceCall] = field(default_factory=list)
    hung: set[str] = field(default_factory=set)
    refusing: set[str] = field(default_factory=set)

    @classmethod
    async def create(cls, kit: Kit, *_names: str) -> PlugLab:
        """Register the actions of the plugs, and start a UPS on mains."""
        user = await kit.hass.auth.async_create_user("Anna", group_ids=["system-admin"])
        lab = cls(kit, user.id)
        for state in ("off", "on"):
            kit.hass.services.async_register("plug", f"turn_{state}", lab.switch)
        await lab.ups("OL", charge=100)
        return lab

    async def switch(self, call: ServiceCall) -> None:
        """Switch a plug."""
        name = call.data["name"]
        self.calls.append(call)
        if name in self.refusing:
            raise HomeAssistantError("the plug is locked")
        if name not in self.hung:
            self.set(name, call.service.removeprefix("turn_"))

    def set(self, name: str, state: str) -> None:
        """Set the state of a plug."""
        self.kit.hass.states.async_set(f"switch.{name}", state)

    def step(self, name: str, *needs: str, **more: Any) -> Step:
        """Return the step of a plug, which is on now."""
        self.set(name, "on")
        return Step(
            **{
                "key": name,
                "name": name.capitalize(),
                "needs": needs,
                "off_actions": ({"action": "plug.turn_off", "data": {"name": name}},),
                "on_actions": ({"action": "plug.turn_on", "data": {"name": name}},),
                "off_proofs": (Proof(entity_id=f"switch.{name}", states=("off",)),),
                "on_proofs": (Proof(entity_id=f"switch.{name}", states=("on",)),),
                **more,
            }
        )

    async def add(self, *steps: Step, **more: Any) -> Plan:
        """Add a plan without a pause between starts."""
        return await super().add(*steps, **{"stagger_s": 0, **more})

    def switched(self) -> list[str]:
        """Return what was switched, in that order."""
        return [f"{call.data['name']} {call.service.removeprefix('turn_')}" for call in self.calls]
