"""Repairs platform: returns the fix flow of an issue."""

from homeassistant.components.repairs import RepairsFlow
from homeassistant.core import HomeAssistant

from .alarms.repairs import ALARM_REPAIRS
from .hosts.repairs import HOST_REPAIRS
from .things.repairs import THING_REPAIRS

REPAIRS = {**ALARM_REPAIRS, **HOST_REPAIRS, **THING_REPAIRS}


async def async_create_fix_flow(
    _hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the fix flow of an issue, by the kind at the start of its id."""
    subject = data or {}
    flow = next(flow for kind, flow in REPAIRS.items() if issue_id.startswith(kind))
    return flow(str(subject.get("entry_id")), str(subject.get("subentry_id")))
