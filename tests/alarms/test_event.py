"""Event entities of alarm rules: transitions of the alarms."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.iotbridge.alarms.runtime.events import SIGNAL_ALARM, AlarmEvent
from homeassistant.core import Context, Event, EventStateChangedData, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from tests.kit import Kit
from tests.rules import add_rule, call, rule_entity, set_state


def event_attributes(kit: Kit, rule_id: str) -> dict[str, Any]:
    state = kit.hass.states.get(rule_entity(kit, rule_id, "event"))
    assert state is not None
    return {key: value for key, value in state.attributes.items() if key not in ("event_types", "friendly_name")}


async def test_transitions_of_a_rules_alarms(kit: Kit, hass_admin_user: MockUser) -> None:
    await set_state(kit, "sensor.one", "20", friendly_name="Boiler")
    rule_id = await add_rule(kit, "sensor.one")

    await set_state(kit, "sensor.one", "90", friendly_name="Boiler")
    expected = {"alarm": "Boiler", "subject": "sensor.one", "severity": "warning"}
    assert event_attributes(kit, rule_id) == expected | {"event_type": "raised", "who": "", "where": "", "comment": ""}

    context = Context(user_id=hass_admin_user.id)
    await call(kit, "acknowledge", entity_id="sensor.one", comment="Mine.", context=context)
    actor = {"who": hass_admin_user.name, "where": "dashboard", "comment": "Mine."}
    assert event_attributes(kit, rule_id) == expected | {"event_type": "acknowledged"} | actor

    await set_state(kit, "sensor.one", "20", friendly_name="Boiler")
    assert event_attributes(kit, rule_id)["event_type"] == "cleared"


@pytest.mark.no_fail_on_log_exception
async def test_a_failing_listener_does_not_stop_the_event(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    """As with Home Assistant's own signals: an exception is logged, and all other listeners are called nevertheless."""
    rule_id = await add_rule(kit, "sensor.one", "sensor.two")
    later: list[str] = []

    @callback
    def broken(_event: AlarmEvent) -> None:
        raise ValueError("broken listener")

    @callback
    def record(event: AlarmEvent) -> None:
        if event.transition:
            later.append(event.key.subject)

    async_dispatcher_connect(kit.hass, SIGNAL_ALARM, broken)
    async_dispatcher_connect(kit.hass, SIGNAL_ALARM, record)

    await set_state(kit, "sensor.one", "90")
    await set_state(kit, "sensor.two", "90")

    assert later == ["sensor.one", "sensor.two"]
    assert event_attributes(kit, rule_id)["subject"] == "sensor.two"
    assert [entry.levelname for entry in caplog.records if "broken listener" in entry.getMessage()] == ["ERROR"] * 2
    caplog.clear()


async def test_a_new_rule_that_is_active_at_once_fires_an_event(kit: Kit) -> None:
    await set_state(kit, "sensor.one", "90")

    rule_id = await add_rule(kit, "sensor.one")

    assert event_attributes(kit, rule_id)["event_type"] == "raised"


async def test_transitions_during_a_downtime_fire_once(kit: Kit) -> None:
    await set_state(kit, "sensor.one", "20")
    rule_id = await add_rule(kit, "sensor.one")
    entry = kit.hass.config_entries.async_entries("iotbridge")[0]
    assert await kit.hass.config_entries.async_unload(entry.entry_id)
    await set_state(kit, "sensor.one", "90")
    event_types: list[str] = []

    @callback
    def record(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state is not None and state.domain == "event" and "event_type" in state.attributes:
            event_types.append(state.attributes["event_type"])

    kit.hass.bus.async_listen("state_changed", record)
    assert await kit.hass.config_entries.async_setup(entry.entry_id)
    await kit.hass.async_block_till_done()

    assert event_attributes(kit, rule_id)["event_type"] == "raised"
    assert [kind for kind in event_types if kind] == ["raised"]


async def test_two_alarms_at_once_are_two_events(kit: Kit) -> None:
    rule_id = await add_rule(kit, "sensor.one", "sensor.two")
    states: list[str] = []
    entity_id = rule_entity(kit, rule_id, "event")

    @callback
    def record(event: Event[EventStateChangedData]) -> None:
        if event.data["entity_id"] == entity_id and event.data["new_state"]:
            states.append(event.data["new_state"].state)

    kit.hass.bus.async_listen("state_changed", record)
    kit.hass.states.async_set("sensor.one", "90")
    kit.hass.states.async_set("sensor.two", "90")
    await kit.hass.async_block_till_done()

    assert len(set(states)) == 2
