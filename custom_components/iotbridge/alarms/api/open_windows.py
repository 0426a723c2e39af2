"""Maintenance that is active now: the switch for all alarms, and the open windows, limited to what a user may read."""

from collections.abc import Sequence
from typing import Any

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ...const import DOMAIN
from ..engine.models import AlarmKey
from ..manager import AlarmsManager
from ..runtime.display_name import async_name
from ..runtime.permissions import async_permits
from .serialization import iso
from .story_texts import StoryTexts

MAX_NAMED = 10
_SWITCH = "maintenance"


@callback
def async_open_windows(
    hass: HomeAssistant, manager: AlarmsManager, user: User, texts: StoryTexts
) -> list[dict[str, Any]]:
    """Return the maintenance that is active now; a window without alarms that the user may read only for admins."""
    keys = [alarm.key for alarm in manager.alarms() if alarm.key.rule_id in manager.rules]
    windows = []
    if manager.is_maintenance_on:
        names = {"kind": "all", "name": texts.story("held_maintenance"), "window_id": None, "until": None}
        switch = _async_switch(hass)
        can_end = switch is not None and user.permissions.check_entity(switch, POLICY_CONTROL)
        windows.append({**names, "switch": switch, "can_end": can_end, **_async_covered(hass, manager, user, keys)})
    now = manager.processor.now()
    for window_id, (window, entities) in manager.suppressor.open_windows(now).items():
        covered = [key for key in keys if key.rule_id in window.rules or key.subject in entities]
        described = _async_covered(hass, manager, user, covered)
        if not described["count"] and not user.is_admin:
            continue
        windows.append(
            {
                "window_id": window_id,
                "kind": "recurring" if window.until is None else "timed",
                "name": window.name,
                "until": iso(manager.suppressor.closes_at(window_id, now)),
                "switch": None,
                "can_end": all(async_permits(hass, user, key, POLICY_CONTROL) for key in covered),
                **described,
            }
        )
    return windows


@callback
def _async_covered(hass: HomeAssistant, manager: AlarmsManager, user: User, keys: Sequence[AlarmKey]) -> dict[str, Any]:
    """Return the alarms under maintenance that the user may read: their number, and the first entities and names."""
    readable = sorted(key for key in keys if async_permits(hass, user, key, POLICY_READ))
    entities = list(dict.fromkeys(key.subject for key in readable if key.subject))
    names = dict.fromkeys(async_name(hass, manager.rules[key.rule_id], key.subject) for key in readable)
    return {"count": len(readable), "entities": entities[:MAX_NAMED], "names": list(names)[:MAX_NAMED]}


@callback
def _async_switch(hass: HomeAssistant) -> str | None:
    """Return the switch that suppresses all alarms."""
    (entry,) = hass.config_entries.async_entries(DOMAIN)[:1] or (None,)
    if entry is None:
        return None
    return er.async_get(hass).async_get_entity_id(Platform.SWITCH, DOMAIN, f"{entry.entry_id}_{_SWITCH}")
