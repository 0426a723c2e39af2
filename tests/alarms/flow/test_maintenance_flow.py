"""Flow of maintenance windows."""

from types import MappingProxyType
from typing import Any

import pytest

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Severity
from custom_components.iotbridge.alarms.engine.rule import Rule
from homeassistant.config_entries import ConfigSubentry
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import area_registry as ar
from tests.kit import Kit

from ...dialog import Dialog


@pytest.fixture
def dialog(kit: Kit) -> Dialog:
    return Dialog(kit.hass, "window")


def add_rule(dialog: Dialog, name: str) -> str:
    """Add a rule; return its id."""
    condition = Condition(kind=AlarmKind.TEMPLATE, template="{{ false }}")
    rule = Rule(rule_id="", name=name, severity=Severity.INFO, condition=condition)
    subentry = ConfigSubentry(data=MappingProxyType(rule.as_dict()), subentry_type="alarm", title=name, unique_id=None)
    dialog.hass.config_entries.async_add_subentry(dialog.entry, subentry)
    return subentry.subentry_id


async def test_a_window_of_an_area_is_created(dialog: Dialog) -> None:
    area = ar.async_get(dialog.hass).async_create("Cellar")
    await dialog.start()
    assert "rules" not in dialog.fields
    await dialog.submit(name=" Backup ", duration={"hours": 2, "minutes": 30}, all={"areas": [area.id]})
    assert dialog.result["type"] is FlowResultType.CREATE_ENTRY

    (made,) = dialog.made
    assert (made.title, made.unique_id) == ("Backup", None)
    assert made.data["days"] == ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    assert (made.data["start"], made.data["duration_s"], made.data["rules"]) == ("02:00:00", 9000, [])
    assert made.data["selection"]["areas"] == [area.id]
    assert made.data["selection"]["entities"] == []


async def test_a_window_is_suggested_and_changed(dialog: Dialog) -> None:
    first, second = add_rule(dialog, "First"), add_rule(dialog, "Second")
    await dialog.start()
    await dialog.submit(
        name="Update", days=["sun", "wed"], start="23:30:00", rules=[first, second], entities=["light.a"]
    )
    dialog.hass.config_entries.async_remove_subentry(dialog.entry, first)
    await dialog.change(dialog.made[0].subentry_id)
    assert dialog.step == "reconfigure"
    suggested = dialog.suggested
    assert (suggested["days"], suggested["start"], suggested["rules"]) == (["wed", "sun"], "23:30:00", [second])
    assert suggested["duration"] == {"days": 0, "hours": 1, "minutes": 0, "seconds": 0}
    assert suggested["entities"] == ["light.a"]
    await dialog.submit(name="Updates", days=["sat"], entities=None)

    assert dialog.step == "reconfigure_successful"
    (made,) = dialog.made
    assert (made.title, made.data["days"], made.data["rules"]) == ("Updates", ["sat"], [second])
    assert made.data["selection"]["entities"] == []


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"name": ""}, {"name": "name_missing"}),
        ({"days": []}, {"days": "no_days"}),
        ({"duration": {"seconds": 5}}, {"duration": "duration_missing"}),
        ({"duration": {"hours": 25}}, {"duration": "window_long"}),
        ({"entities": None}, {"base": "window_of_nothing"}),
    ],
)
async def test_invalid_input_has_an_error(dialog: Dialog, fields: dict[str, Any], errors: dict[str, str]) -> None:
    await dialog.start()
    await dialog.submit(**{"name": "Backup", "entities": ["light.a"], **fields})

    assert (dialog.step, dialog.errors) == ("user", errors)


async def test_the_flow_aborts_while_iot_bridge_is_unloaded(dialog: Dialog) -> None:
    await dialog.hass.config_entries.async_unload(dialog.entry.entry_id)
    await dialog.start()

    assert (dialog.result["type"], dialog.step) == (FlowResultType.ABORT, "not_loaded")
