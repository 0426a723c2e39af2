"""Power plans, as their dialog writes them."""

from typing import Any

from custom_components.iotbridge.power_plans.engine.plan import Plan, Step
from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant


def host(key: str, *needs: str, **more: Any) -> Step:
    """Return the step of a host."""
    return Step(key=key, device_id=more.pop("device_id", f"device of {key}"), needs=needs, **more)


def plan_of(*steps: Step, **more: Any) -> Plan:
    """Return a plan over steps."""
    return Plan(**{"plan_id": "plan", "name": "Lab", "user_id": "anna", "steps": steps, **more})


def put_plan(hass: HomeAssistant, entry: ConfigEntry, plan: Plan) -> str:
    """Add a plan to the config entry; return its id."""
    subentry = ConfigSubentry(
        data=plan.as_dict(),  # type: ignore[arg-type]
        subentry_type="plan",
        title=plan.name,
        unique_id=None,
    )
    hass.config_entries.async_add_subentry(entry, subentry)
    return subentry.subentry_id
