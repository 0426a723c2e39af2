"""Dialog of a rule, up to the step that a test is about."""

from typing import Any

from custom_components.iotbridge.alarms.engine.rule import Rule
from custom_components.iotbridge.migration import NOTIFIER, marked
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from tests.dialog import Dialog

ATTIC = "sensor.attic"
NOTHING = {"hours": 0, "minutes": 0, "seconds": 0}


def add_group(hass: HomeAssistant, title: str) -> str:
    """Add a notifier group; return its id."""
    (entry,) = hass.config_entries.async_entries("iotbridge")
    data = {"targets": [{"kind": "persistent"}], "fallback": [], "break_through": False}
    subentry = ConfigSubentry(data=marked(NOTIFIER, data), subentry_type="notifier", title=title, unique_id=None)  # type: ignore[arg-type]
    hass.config_entries.async_add_subentry(entry, subentry)
    return subentry.subentry_id


def rule(dialog: Dialog) -> Rule:
    """Return the only rule."""
    (subentry,) = dialog.made
    return Rule.from_dict(subentry.subentry_id, subentry.title, subentry.data)


def form(dialog: Dialog) -> dict[str, tuple[Any, Any]]:
    """Return marker and selector of each field of the form, in order."""
    assert dialog.result["data_schema"] is not None
    return {str(marker): (marker, field) for marker, field in dialog.result["data_schema"].schema.items()}


async def complete(dialog: Dialog, kind: str, condition: dict[str, Any] | None = None, **entities: Any) -> Rule:
    """Add a rule with this condition and these entities, and the suggested values otherwise."""
    await dialog.start(kind)
    if dialog.step in {"entities", "hosts"}:
        await dialog.submit(**entities)
    if condition is not None:
        assert dialog.step == "condition"
        await dialog.submit(**condition)
    assert dialog.step == "timing", dialog.errors
    await dialog.submit()
    assert dialog.step == "telling", dialog.errors
    await dialog.submit()
    await dialog.tried()
    await save(dialog)
    assert dialog.result["type"] is FlowResultType.CREATE_ENTRY
    return rule(dialog)


async def save(dialog: Dialog) -> None:
    """Save the rule, also without notifications."""
    await dialog.choose("save")
    if dialog.step == "nobody":
        await dialog.choose("save_silent")


async def go_to_escalation(dialog: Dialog) -> None:
    """Open the form of the escalation."""
    await dialog.start("unavailable")
    await dialog.submit(entities=[ATTIC])
    await dialog.submit()
    assert dialog.step == "telling"
