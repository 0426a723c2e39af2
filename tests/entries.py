"""Config entries with subentries, and the repair issues that they cause."""

from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.engine.models import Severity
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep, Rule, Selection
from custom_components.iotbridge.things.model.message import DeviceMetadata
from custom_components.iotbridge.things.model.profile import Channel, Profile
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from tests.rules import HOT

TEMPERATURE = Channel(name="Temperature", path=("temperature",), state_class="measurement")
GROUP = {"targets": [{"kind": "mobile_app", "action": "notify.mobile_app_anna"}], "fallback": []}
WINDOW = {"days": ["mon"], "start": "02:00:00", "duration_s": 3600, "selection": {}, "rules": ["x"]}


def thing(topic: str = "attic/weather") -> dict[str, Any]:
    """Return the data of a device."""
    profile = Profile(
        topic=topic, depth=0, channels=(TEMPERATURE,), devices={topic: DeviceMetadata(name="Attic")}, exact=True
    )
    return profile.as_dict()


def rule(*groups: str) -> dict[str, Any]:
    """Return the data of an alarm that notifies these groups."""
    steps = (EscalationStep(after_s=0, groups=groups),) if groups else ()
    made = Rule(
        rule_id="",
        name="Hot",
        severity=Severity.WARNING,
        condition=HOT,
        selection=Selection(entities=("sensor.hot",)),
        escalation=EscalationPolicy(steps=steps),
    )
    return made.as_dict()


def entry_with(hass: HomeAssistant, *subentries: tuple[str, str, dict[str, Any]], **more: Any) -> MockConfigEntry:
    """Return an entry with subentries of these types, titles and data."""
    data = [
        ConfigSubentryDataWithId(data=data, subentry_id=title, subentry_type=kind, title=title, unique_id=None)
        for kind, title, data in subentries
    ]
    entry = MockConfigEntry(domain="iotbridge", title="IoT Bridge", unique_id="iotbridge", subentries_data=data, **more)
    entry.add_to_hass(hass)
    return entry


async def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set the entry up."""
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


def repairs(hass: HomeAssistant) -> dict[str, list[str]]:
    """Return the kinds of open issues, and their names."""
    found: dict[str, list[str]] = {}
    for issue in ir.async_get(hass).issues.values():
        found.setdefault(issue.translation_key or "", []).append((issue.translation_placeholders or {}).get("name", ""))
    return {kind: sorted(names) for kind, names in found.items()}
