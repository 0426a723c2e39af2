"""Rules without entities over a start: templates that changed meanwhile, and momentary alarms that end."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_capture_events, async_fire_mqtt_message

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Severity, Timing
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy
from custom_components.iotbridge.alarms.runtime.store import HistoryQuery
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import ServiceCall

from ...kit import Kit
from ...rules import add_rule, call, rule_entity, set_state
from ..home import alarms, bridge, buttons, reload, restart, start, started, stop, titles, wait

FROST = Condition(kind=AlarmKind.TEMPLATE, template="{{ states('sensor.outside') | float(9) < 5 }}")
BELL = Condition(kind=AlarmKind.EVENT, event_type="doorbell")
SMOKE = Condition(kind=AlarmKind.MESSAGE, topic="attic/smoke", contains="1")
HOUR = Timing(clear_after_s=3600)


def shown(kit: Kit, rule_id: str) -> str:
    """Return the state of the binary sensor of a rule."""
    state = kit.hass.states.get(rule_entity(kit, rule_id))
    assert state is not None
    return state.state


async def listed_alarms(kit: Kit) -> list[dict[str, Any]]:
    """Return the alarms that the action lists."""
    answer: dict[str, Any] = await call(kit, "list", answer=True)
    found: list[dict[str, Any]] = answer["alarms"]
    return found


async def trigger_rule(kit: Kit, condition: Condition) -> None:
    """Fire the event or publish the message of a rule."""
    if condition is BELL:
        kit.hass.bus.async_fire("doorbell")
    else:
        await kit.receive("attic/smoke", "1")
    await kit.hass.async_block_till_done(wait_background_tasks=True)


def edit(entry: ConfigEntry[Any], hass: Any, rule_id: str, **changes: Any) -> None:
    """Edit a rule as its dialog does."""
    subentry = entry.subentries[rule_id]
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, **changes})


@pytest.mark.parametrize("before", ["20", "3"], ids=["while stopped", "while starting"])
async def test_a_template_that_became_true_is_notified_after_the_start(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall], before: str
) -> None:
    await set_state(kit, "sensor.outside", "20")
    rule_id = await add_rule(kit, condition=FROST, escalation=policy)
    await stop(kit)
    await set_state(kit, "sensor.outside", "3" if before == "20" else "20")

    await start(kit)
    await set_state(kit, "sensor.outside", "3")
    await started(kit)
    await wait(kit, 28)
    assert titles(notifications) == [], "entities may not be loaded yet"
    await wait(kit, 5)

    assert titles(notifications) == ["Warning"]
    assert shown(kit, rule_id) == "on"


@pytest.mark.parametrize("when", ["while stopped", "while starting"])
async def test_a_template_that_became_false_clears_after_the_start(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall], when: str
) -> None:
    await set_state(kit, "sensor.outside", "3")
    rule_id = await add_rule(kit, condition=FROST, escalation=policy)
    await wait(kit, 2)
    assert titles(notifications) == ["Warning"]
    await stop(kit)
    if when == "while stopped":
        await set_state(kit, "sensor.outside", "20")

    await start(kit)
    await set_state(kit, "sensor.outside", "20")
    await started(kit)
    await wait(kit, 33)

    assert titles(notifications) == ["Warning", "Cleared"]
    assert shown(kit, rule_id) == "off"


async def test_a_template_that_stayed_false_is_off_after_the_start(kit: Kit) -> None:
    rule_id = await add_rule(kit, condition=FROST)
    await restart(kit)
    await wait(kit, 33)

    assert shown(kit, rule_id) == "off"


@pytest.mark.parametrize("condition", [BELL, SMOKE], ids=["event", "message"])
@pytest.mark.parametrize("again", [reload, restart], ids=["reload", "restart"])
@pytest.mark.parametrize("away_s", [0, 7200], ids=["before its end", "at its end"])
async def test_a_momentary_alarm_clears_at_its_time_after_a_start(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall], condition: Condition, again: Any, away_s: int
) -> None:
    rule_id = await add_rule(kit, condition=condition, timing=HOUR, escalation=policy)
    await trigger_rule(kit, condition)
    await wait(kit, 600, 60)

    if again is restart:
        await stop(kit)
        await kit.wait(away_s)
        await start(kit)
        await started(kit)
    else:
        await reload(kit)
    if not away_s or again is reload:
        await wait(kit, 2900, 100)
        assert (titles(notifications), shown(kit, rule_id)) == (["Warning"], "on"), "its hour has not elapsed"
    await wait(kit, 200, 20)
    assert (titles(notifications), shown(kit, rule_id)) == (["Warning", "Cleared"], "off")

    await trigger_rule(kit, condition)
    assert (titles(notifications), shown(kit, rule_id)) == (["Warning", "Cleared", "Warning"], "on")


@pytest.mark.parametrize("timing", [HOUR, Timing(latching=True)], ids=["for an hour", "latching"])
async def test_a_flood_of_messages_is_one_alarm(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall], timing: Timing
) -> None:
    topic = f"attic/{'x' * 60_000}"
    rule_id = await add_rule(
        kit, condition=Condition(kind=AlarmKind.MESSAGE, topic="attic/#"), timing=timing, escalation=policy
    )
    changed = async_capture_events(kit.hass, "state_changed")
    for number in range(500):
        async_fire_mqtt_message(kit.hass, f"{topic}{number}", "x" * 1000)
    await wait(kit, 2)

    history = await alarms(kit).async_history(HistoryQuery())
    assert len(history) == (2 if timing.latching else 1)
    assert all(len(row["value"]) < 300 for row in history)
    assert titles(notifications)[:1] == ["Warning"]
    assert len(changed) < 20
    await trigger_rule(kit, SMOKE)
    assert len(await alarms(kit).async_history(HistoryQuery())) == (4 if timing.latching else 1)
    assert shown(kit, rule_id) == ("off" if timing.latching else "on")


async def test_a_momentary_alarm_has_no_hold(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    """Earlier imports of Alert2 alerts with a trigger and a delay had one."""
    await add_rule(kit, condition=BELL, timing=Timing(hold_s=60, clear_after_s=3600), escalation=policy)

    await trigger_rule(kit, BELL)

    assert titles(notifications) == ["Warning"]


async def test_stored_alarms_of_removed_rules_are_cleared(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    """A kill of Home Assistant before it writes its configuration leaves alarms without a rule in the store."""
    hot = await add_rule(kit, "sensor.attic", escalation=policy, name="Hot attic")
    latched = await add_rule(kit, condition=BELL, timing=Timing(latching=True), escalation=policy, name="Bell")
    not_notified = await add_rule(kit, "sensor.cellar", name="Hot cellar")
    await set_state(kit, "sensor.attic", "90")
    await set_state(kit, "sensor.cellar", "90")
    await trigger_rule(kit, BELL)
    await wait(kit, 2)
    del notifications[:]

    await stop(kit)
    for rule_id in (hot, latched, not_notified):
        kit.hass.config_entries.async_remove_subentry(bridge(kit), rule_id)
    await start(kit)
    await started(kit)
    await wait(kit, 5)

    # The alarm of the bell can no longer be acknowledged.
    assert sorted(titles(notifications)) == ["Cleared", "withdrawn"]
    assert "Cleared: Hot attic: attic" in [call.data.get("title") for call in notifications]
    assert alarms(kit).alarms() == []
    assert buttons(notifications) == []
    await restart(kit)
    assert len(notifications) == 2


async def test_a_shorter_clear_time_applies_to_a_raised_momentary_alarm(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    rule_id = await add_rule(kit, condition=BELL, timing=HOUR, escalation=policy)
    await trigger_rule(kit, BELL)
    await wait(kit, 120, 10)

    edit(bridge(kit), kit.hass, rule_id, timing={"clear_after_s": 300.0})
    await wait(kit, 170, 10)
    assert titles(notifications) == ["Warning"]
    await wait(kit, 20)

    assert titles(notifications) == ["Warning", "Cleared"]


async def test_a_longer_clear_time_applies_to_a_raised_momentary_alarm(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    rule_id = await add_rule(kit, condition=BELL, timing=Timing(clear_after_s=300), escalation=policy)
    await trigger_rule(kit, BELL)
    await wait(kit, 120, 10)

    edit(bridge(kit), kit.hass, rule_id, timing={"clear_after_s": 3600.0})
    await wait(kit, 3400, 100)
    assert titles(notifications) == ["Warning"]
    await wait(kit, 120, 20)

    assert titles(notifications) == ["Warning", "Cleared"]


@pytest.mark.parametrize("condition", [BELL, SMOKE], ids=["event", "message"])
async def test_an_edited_severity_applies_to_a_raised_momentary_alarm(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall], condition: Condition
) -> None:
    rule_id = await add_rule(kit, condition=condition, timing=HOUR, escalation=policy)
    await trigger_rule(kit, condition)
    await wait(kit, 120, 10)

    edit(bridge(kit), kit.hass, rule_id, severity="critical")
    await wait(kit, 5)
    assert titles(notifications) == ["Warning", "Critical"]
    assert [alarm["severity"] for alarm in await listed_alarms(kit)] == ["critical"]

    edit(bridge(kit), kit.hass, rule_id, severity="info")
    await wait(kit, 5)
    assert titles(notifications) == ["Warning", "Critical"], "a lower severity is not notified"
    assert alarms(kit).count(Severity.INFO, unacknowledged=True) == 1
    await wait(kit, 3400, 100)
    assert shown(kit, rule_id) == "on"
    await wait(kit, 100, 10)
    assert shown(kit, rule_id) == "off", "editing does not extend it"


async def test_an_edited_severity_applies_to_a_latched_momentary_alarm(kit: Kit) -> None:
    rule_id = await add_rule(kit, condition=BELL, timing=Timing(latching=True))
    await trigger_rule(kit, BELL)

    edit(bridge(kit), kit.hass, rule_id, severity="critical")
    await wait(kit, 5)

    assert alarms(kit).count(Severity.CRITICAL, unacknowledged=True) == 1


@pytest.mark.parametrize("timing", [HOUR, Timing(clear_after_s=60, latching=True)], ids=["for an hour", "latching"])
async def test_a_momentary_alarm_in_maintenance_is_notified_after_it(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall], timing: Timing
) -> None:
    rule_id = await add_rule(kit, condition=BELL, timing=timing, escalation=policy)
    switch = kit.entity_id(f"{bridge(kit).entry_id}_maintenance")
    await kit.hass.services.async_call("switch", "turn_on", {"entity_id": switch}, blocking=True)
    await trigger_rule(kit, BELL)
    await wait(kit, 120, 10)
    assert titles(notifications) == []

    await kit.hass.services.async_call("switch", "turn_off", {"entity_id": switch}, blocking=True)
    await wait(kit, 5)

    assert titles(notifications)[:1] == ["Warning"]
    assert shown(kit, rule_id) == ("off" if timing.latching else "on")
    (alarm,) = await listed_alarms(kit)
    assert alarm["state"] == ("returned_unacknowledged" if timing.latching else "unacknowledged")
