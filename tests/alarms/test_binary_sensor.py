"""Binary sensors of alarm rules."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Severity
from custom_components.iotbridge.alarms.engine.rule import Selection
from homeassistant.components.mqtt.const import MQTT_CONNECTION_STATE
from homeassistant.helpers import entity_registry as er, label_registry as lr
from homeassistant.helpers.dispatcher import async_dispatcher_send
from tests.rules import attributes, shown

from ..kit import Kit
from ..rules import add_rule, call, set_state

MAINTENANCE = ("maintenance_start", "maintenance_end")


async def test_state_and_attributes_show_active_alarms(kit: Kit) -> None:
    await set_state(kit, "sensor.one", "20", friendly_name="Boiler")
    rule_id = await add_rule(kit, "sensor.one", "sensor.two", instructions="Open the valve.")
    assert shown(kit, rule_id).state == "off"

    await set_state(kit, "sensor.one", "90", friendly_name="Boiler")

    assert shown(kit, rule_id).state == "on"
    shown_attributes = attributes(kit, rule_id)
    assert (shown_attributes["device_class"], shown_attributes["severity"]) == ("problem", "warning")
    assert (shown_attributes["total"], shown_attributes["active"], shown_attributes["unacknowledged"]) == (2, 1, 1)
    assert shown_attributes["instructions"] == "Open the valve."
    (alarm,) = shown_attributes["alarms"]
    since = alarm.pop("since")
    assert since.endswith("+00:00")
    assert alarm == {
        "alarm": "Boiler",
        "entity_id": "sensor.one",
        "state": "unacknowledged",
        "severity": "warning",
        "acknowledged_by": None,
        "suppressed_by": [],
    }
    assert "90" not in str(shown_attributes), (
        "permission for the rule's entity does not include the values of its entities"
    )

    await set_state(kit, "sensor.one", "20", friendly_name="Boiler")
    assert shown(kit, rule_id).state == "off"
    assert attributes(kit, rule_id)["alarms"] == []


async def test_attributes_have_the_kind_of_a_reason_but_not_the_alarm_that_is_the_cause(kit: Kit) -> None:
    cause = await add_rule(kit, "sensor.mains", name="No power", condition=Condition(kind=AlarmKind.BELOW, below=1))
    rule_id = await add_rule(kit, "sensor.one", parents=("sensor.mains",))
    await set_state(kit, "sensor.one", "90")
    await set_state(kit, "sensor.mains", "0")
    await kit.wait(2)

    (alarm,) = attributes(kit, rule_id)["alarms"]
    assert (alarm["state"], alarm["suppressed_by"]) == ("suppressed", [{"reason": "parent"}])
    (listed,) = (await call(kit, "list", answer=True, entity_id="sensor.one"))["alarms"]
    assert listed["suppressed_by"] == [{"reason": "parent", "rule_id": cause, "entity_id": "sensor.mains"}]


async def test_an_acknowledged_alarm_stays_on_and_shows_the_comment(kit: Kit) -> None:
    await set_state(kit, "sensor.one", "90")
    rule_id = await add_rule(kit, "sensor.one")

    await call(kit, "acknowledge", entity_id="sensor.one", comment="I am on it.")

    assert shown(kit, rule_id).state == "on"
    assert attributes(kit, rule_id)["unacknowledged"] == 0
    (alarm,) = attributes(kit, rule_id)["alarms"]
    assert alarm["state"] == "acknowledged"
    assert alarm["acknowledged_by"]["comment"] == "I am on it."


@pytest.mark.parametrize(
    ("mute", "unmute"),
    [("snooze", "unsnooze"), ("suppress", "unsuppress"), ("out_of_service", "in_service"), MAINTENANCE],
)
async def test_it_is_off_while_all_active_alarms_are_muted(kit: Kit, mute: str, unmute: str) -> None:
    await set_state(kit, "sensor.one", "90")
    await set_state(kit, "sensor.two", "90")
    rule_id = await add_rule(kit, "sensor.one", "sensor.two")
    more: dict[str, Any] = {"duration": 3600} if mute in ("snooze", "maintenance_start") else {}

    await call(kit, mute, entity_id="sensor.one", **more)
    assert (shown(kit, rule_id).state, attributes(kit, rule_id)["active"]) == ("on", 1)
    await call(kit, mute, entity_id="sensor.two", **more)
    assert (shown(kit, rule_id).state, attributes(kit, rule_id)["active"]) == ("off", 0)
    assert len(attributes(kit, rule_id)["alarms"]) == 2, "they are still listed"
    await call(kit, unmute, entity_id="sensor.two")
    assert (shown(kit, rule_id).state, attributes(kit, rule_id)["active"]) == ("on", 1)


async def test_an_information_is_no_problem_until_it_becomes_more_severe(kit: Kit) -> None:
    condition = Condition(kind=AlarmKind.ABOVE, above=80, worse_above=100)
    rule_id = await add_rule(kit, "sensor.one", condition=condition, severity=Severity.INFO)
    seen = []

    for value in ("20", "90", "110", "20"):
        await set_state(kit, "sensor.one", value)
        state = shown(kit, rule_id)
        seen.append((state.state, state.attributes.get("device_class"), state.attributes["icon"]))

    assert seen == [
        ("off", None, "mdi:information-outline"),
        ("on", None, "mdi:information"),
        ("on", "problem", "mdi:alert-octagon"),
        ("off", None, "mdi:information-outline"),
    ]


async def test_the_icon_differs_by_severity(kit: Kit) -> None:
    rules = {
        severity: await add_rule(kit, "sensor.one", severity=severity, name=severity.word) for severity in Severity
    }

    icons = {severity.word: attributes(kit, rule_id)["icon"] for severity, rule_id in rules.items()}

    assert len(set(icons.values())) == 3, icons


async def test_the_state_is_unknown_until_an_entity_has_a_value(kit: Kit) -> None:
    rule_id = await add_rule(kit, "sensor.one")
    assert shown(kit, rule_id).state == "unknown"

    await set_state(kit, "sensor.one", "unavailable")
    assert shown(kit, rule_id).state == "unknown"
    await set_state(kit, "sensor.one", "20")
    assert shown(kit, rule_id).state == "off"


async def test_a_rule_for_events_is_off_at_first(kit: Kit) -> None:
    condition = Condition(kind=AlarmKind.EVENT, event_type="smoke")
    rule_id = await add_rule(kit, condition=condition, name="Smoke")

    assert shown(kit, rule_id).state == "off"


async def test_the_list_is_sorted_by_severity_and_limited(kit: Kit) -> None:
    names = [f"sensor.n{number:02}" for number in range(60)]
    condition = Condition(kind=AlarmKind.ABOVE, above=80, worse_above=100)
    rule_id = await add_rule(kit, *names, condition=condition)
    for name in names:
        kit.hass.states.async_set(name, "110" if name == "sensor.n30" else "90")
    await kit.hass.async_block_till_done()

    shown_attributes = attributes(kit, rule_id)

    assert shown_attributes["active"] == 60
    assert len(shown_attributes["alarms"]) == 50
    assert shown_attributes["alarms"][0]["entity_id"] == "sensor.n30"
    assert shown_attributes["severity"] == "critical"


async def test_a_rule_can_watch_the_broker_entity(kit: Kit, entry: MockConfigEntry) -> None:
    entity_id = kit.entity_id(f"{entry.entry_id}_broker_connected")
    rule_id = await add_rule(kit, entity_id, condition=Condition(kind=AlarmKind.STATE, states=("off",)))

    async_dispatcher_send(kit.hass, MQTT_CONNECTION_STATE, False)
    await kit.hass.async_block_till_done()

    assert shown(kit, rule_id).state == "on"


async def test_a_suppressed_alarm_whose_entity_leaves_the_rule_is_no_longer_shown(kit: Kit) -> None:
    entities = er.async_get(kit.hass)
    label = lr.async_get(kit.hass).async_create("Boilers").label_id
    entities.async_get_or_create("sensor", "test", "one", suggested_object_id="one")
    entities.async_update_entity("sensor.one", labels={label})
    rule_id = await add_rule(kit, selection=Selection(labels=(label,)))
    await call(kit, "maintenance_start", entity_id="sensor.one", duration=600)
    await set_state(kit, "sensor.one", "90")
    assert (shown(kit, rule_id).state, attributes(kit, rule_id)["total"]) == ("off", 1)

    entities.async_update_entity("sensor.one", labels=set())
    await kit.wait(1)

    assert (shown(kit, rule_id).state, attributes(kit, rule_id)["total"]) == ("unknown", 0)
