"""Sensors of the numbers of alarms, in total and by severity, and of the state of each rule."""

from typing import Any

import pytest

from custom_components.iotbridge.alarms.engine.models import AlarmState, Severity, Timing
from homeassistant.core import State
from tests.kit import Kit
from tests.rules import add_rule, call, rule_entity, set_state


def counts(kit: Kit) -> dict[str, str]:
    """Return the values of the alarms' sensors, without the zeros."""
    kinds = [
        f"{kind}_{severity}" for kind in ("active", "unacknowledged") for severity in ("critical", "warning", "info")
    ]
    values = {kind: kit.bridge(f"alarms_{kind}") for kind in kinds}
    return {kind: value for kind, value in values.items() if value != "0"}


def rule_state(kit: Kit, rule_id: str) -> State:
    """Return the state sensor of a rule."""
    state = kit.hass.states.get(rule_entity(kit, rule_id, "sensor"))
    assert state is not None
    return state


async def test_few_counts_are_enabled_at_first(kit: Kit) -> None:
    await add_rule(kit, "sensor.one", "sensor.two", severity=Severity.CRITICAL)
    await add_rule(kit, "sensor.two", severity=Severity.INFO)
    await set_state(kit, "sensor.one", "90")
    await set_state(kit, "sensor.two", "90")
    await call(kit, "acknowledge", entity_id="sensor.one")

    assert (kit.bridge("alarms_active"), kit.bridge("alarms_unacknowledged")) == ("3", "2")
    shown = {state.entity_id for state in kit.hass.states.async_all("sensor") if "iot_bridge" in state.entity_id}
    assert shown == {
        "sensor.iot_bridge_active_alarms",
        "sensor.iot_bridge_unacknowledged_alarms",
        "sensor.iot_bridge_hosts_lost",
        "sensor.iot_bridge_hosts_online",
    }


@pytest.mark.usefixtures("enabled_counts")
async def test_counts_of_an_earlier_release_stay_enabled(kit: Kit) -> None:
    assert kit.bridge("alarms_active_critical") == "0"
    assert kit.bridge("alarms_unacknowledged_info") == "0"
    assert kit.bridge("messages_rejected") == "0"
    assert kit.bridge("alarms_active") == "0"


@pytest.mark.usefixtures("enabled_counts")
async def test_alarms_are_counted_by_severity(kit: Kit) -> None:
    assert counts(kit) == {}
    await add_rule(kit, "sensor.one", "sensor.two", severity=Severity.CRITICAL)
    await add_rule(kit, "sensor.two", severity=Severity.INFO)

    await set_state(kit, "sensor.one", "90")
    await set_state(kit, "sensor.two", "90")
    assert counts(kit) == {
        "active_critical": "2",
        "unacknowledged_critical": "2",
        "active_info": "1",
        "unacknowledged_info": "1",
    }

    await call(kit, "acknowledge", entity_id="sensor.one")
    assert counts(kit)["active_critical"] == "2"
    assert counts(kit)["unacknowledged_critical"] == "1"
    await call(kit, "suppress", entity_id="sensor.two")
    assert counts(kit) == {"active_critical": "1"}
    await set_state(kit, "sensor.one", "20")
    assert counts(kit) == {}


@pytest.mark.usefixtures("enabled_counts")
async def test_alarms_are_counted_again_after_a_restart(kit: Kit) -> None:
    await add_rule(kit, "sensor.one")
    await set_state(kit, "sensor.one", "90")

    await kit.hass.config_entries.async_reload(kit.hass.config_entries.async_entries("iotbridge")[0].entry_id)
    await kit.hass.async_block_till_done()

    assert counts(kit) == {"active_warning": "1", "unacknowledged_warning": "1"}


@pytest.mark.usefixtures("enabled_counts")
async def test_the_alarms_of_a_removed_rule_do_not_count(kit: Kit) -> None:
    rule_id = await add_rule(kit, "sensor.one")
    await set_state(kit, "sensor.one", "90")

    entry = kit.hass.config_entries.async_entries("iotbridge")[0]
    kit.hass.config_entries.async_remove_subentry(entry, rule_id)
    await kit.hass.async_block_till_done()

    assert counts(kit) == {}


async def test_a_rule_shows_the_most_urgent_state_of_its_alarms(kit: Kit) -> None:
    rule_id = await add_rule(kit, "sensor.one", "sensor.two", timing=Timing(latching=True))
    assert rule_state(kit, rule_id).state == "unknown", "no entity could be evaluated"
    seen = []

    async def then(action: str = "", entity_id: str = "sensor.one", value: str = "", **more: Any) -> None:
        if action:
            await call(kit, action, entity_id=entity_id, **more)
        else:
            await set_state(kit, entity_id, value)
        seen.append(rule_state(kit, rule_id).state)

    await then(entity_id="sensor.two", value="20")
    await then(value="90")
    await then("acknowledge")
    await then("unacknowledge")
    await then(value="20")
    await then("acknowledge")
    await then(entity_id="sensor.two", value="90")
    await then("snooze", entity_id="sensor.two", duration=3600)
    await then("suppress", entity_id="sensor.two")
    await then("out_of_service", entity_id="sensor.two")
    await then("acknowledge", entity_id="sensor.two")
    await then(entity_id="sensor.two", value="20")

    assert seen == [
        "normal",
        "unacknowledged",
        "acknowledged",
        "unacknowledged",
        "returned_unacknowledged",
        "normal",
        "unacknowledged",
        "snoozed",
        "suppressed",
        "out_of_service",
        "out_of_service",
        "normal",
    ]


async def test_the_state_of_a_rule_is_one_of_a_list_and_named_after_it(kit: Kit) -> None:
    rule_id = await add_rule(kit, "sensor.one")

    attributes = rule_state(kit, rule_id).attributes

    assert attributes["friendly_name"] == "Alarms Hot state"
    assert attributes["device_class"] == "enum"
    assert attributes["custom_ui_more_info"] == "iotbridge-alarm-info", "its dialog is that of the rule"
    assert set(attributes["options"]) == {state.value for state in AlarmState}


async def test_a_renamed_rule_renames_its_state(kit: Kit) -> None:
    rule_id = await add_rule(kit, "sensor.one")
    entry = kit.hass.config_entries.async_entries("iotbridge")[0]

    kit.hass.config_entries.async_update_subentry(entry, entry.subentries[rule_id], title="Too hot")
    await kit.hass.async_block_till_done()

    assert rule_state(kit, rule_id).attributes["friendly_name"] == "Alarms Too hot state"
