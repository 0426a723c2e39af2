"""Suppressed alarms: notified when the suppression ends and they are still active, and only then."""

from collections import Counter
from typing import Any

import pytest

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Actor, AlarmKey, AlarmState, Timing
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, Selection
from custom_components.iotbridge.alarms.runtime.store import HistoryQuery
from homeassistant.core import ServiceCall

from ...kit import FakeHost, Kit
from ...rules import add_rule, set_state
from ..home import (
    BROKER_OFF,
    UNAVAILABLE,
    SetClock,
    add_device,
    add_entity,
    alarms,
    broker_entity,
    connect_broker,
    device_of,
    disconnect_broker,
    press,
    reload,
    restart,
    titles,
    wait,
)

NAMES = ("sensor.disk", "sensor.fan", "sensor.share")
OF_MQTT = Selection(integrations=("mqtt",))


async def add_nas(kit: Kit, policy: EscalationPolicy, *names: str, **more: Any) -> tuple[FakeHost, str]:
    """Return a host with a rule, and the id of the rule over entities of other integrations on its device."""
    host = await kit.host("nas")
    power = kit.entity_id(f"{host.uid}_power_state")
    for name in names:
        add_entity(kit, name, device_of(kit, power))
    await add_rule(kit, power, condition=Condition(kind=AlarmKind.HOST_LOST), escalation=policy, name="Lost")
    return host, await add_rule(kit, *names, condition=UNAVAILABLE, escalation=policy, name="Gone", **more)


def set_unavailable(kit: Kit, *names: str) -> None:
    for name in names:
        kit.hass.states.async_set(name, "unavailable")


def set_available(kit: Kit, *names: str) -> None:
    for name in names:
        kit.hass.states.async_set(name, "5")


async def flap(kit: Kit, entity_id: str) -> None:
    """Raise and clear an alarm often enough that it flaps, and leave it active."""
    for state in ("90", "20") * 7 + ("90",):
        await set_state(kit, entity_id, state)
        await wait(kit, 5, 5)


def titles_of(notifications: list[ServiceCall], name: str) -> list[str]:
    """Return the titles of the notifications about a rule."""
    return titles([call for call in notifications if f": {name}: " in call.data.get("title", "")])


def states(kit: Kit, rule_id: str) -> set[AlarmState]:
    return {alarm.state for alarm in alarms(kit).alarms(rule_id)}


async def test_an_alarm_clearing_after_its_host_returned_is_not_notified(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    host, child = await add_nas(kit, policy, "sensor.disk", timing=Timing(clear_after_s=300))
    await host.availability("offline")
    set_unavailable(kit, "sensor.disk")
    await wait(kit, 60, 5)

    set_available(kit, "sensor.disk")
    await host.availability("online")
    await wait(kit, 10, 5)
    # Some devices take two attempts to start.
    set_unavailable(kit, "sensor.disk")
    await wait(kit, 10, 5)
    set_available(kit, "sensor.disk")
    for _ in range(14):
        await host.status()
        await wait(kit, 30, 5)

    assert states(kit, child) == {AlarmState.NORMAL}
    assert titles(notifications) == ["Warning", "Cleared"]
    assert titles_of(notifications, "Gone") == []


async def test_an_alarm_clearing_when_maintenance_ends_is_not_notified(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    rule_id = await add_rule(kit, "sensor.hot", escalation=policy, timing=Timing(clear_after_s=600))
    suppressor = alarms(kit).suppressor
    suppressor.async_set_maintenance(True, Actor())
    await set_state(kit, "sensor.hot", "90")
    await wait(kit, 5)
    await set_state(kit, "sensor.hot", "20")
    await wait(kit, 5)

    suppressor.async_set_maintenance(False, Actor())
    await wait(kit, 300, 10)
    assert titles(notifications) == []
    await set_state(kit, "sensor.hot", "90")
    await wait(kit, 3)
    assert titles(notifications) == ["Warning"]

    await set_state(kit, "sensor.hot", "20")
    await wait(kit, 620, 10)
    assert states(kit, rule_id) == {AlarmState.NORMAL}
    assert titles(notifications) == ["Warning", "Cleared"]


async def test_changes_in_maintenance_do_not_count_as_flapping(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    await add_rule(kit, "sensor.hot", escalation=policy)
    suppressor = alarms(kit).suppressor
    suppressor.async_set_maintenance(True, Actor())
    await flap(kit, "sensor.hot")
    assert titles(notifications) == []

    suppressor.async_set_maintenance(False, Actor())
    await wait(kit, 3)

    assert titles(notifications) == ["Warning"]


async def test_changes_while_snoozed_do_not_count_as_flapping(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    key = AlarmKey(await add_rule(kit, "sensor.hot", escalation=policy), "sensor.hot")
    alarms(kit).async_snooze([key], alarms(kit).processor.async_after(600), Actor())
    await flap(kit, "sensor.hot")
    assert titles(notifications) == []

    await wait(kit, 600, 10)

    assert titles(notifications) == ["Warning"]


async def test_changes_behind_a_lost_host_do_not_count_as_flapping(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    host, _ = await add_nas(kit, policy, "sensor.disk")
    for _ in range(7):
        await host.availability("offline")
        set_unavailable(kit, "sensor.disk")
        await wait(kit, 6)
        set_available(kit, "sensor.disk")
        await host.availability("online")
        await host.status()
        await wait(kit, 25, 5)
    await wait(kit, 20, 5)
    await host.status()
    assert host.power == "on"

    set_unavailable(kit, "sensor.disk")
    await wait(kit, 3)

    assert titles_of(notifications, "Gone") == ["Warning"]


async def test_a_flapping_host_still_suppresses_alarms_of_its_entities(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    host, child = await add_nas(kit, policy, *NAMES)
    for _ in range(9):
        await host.availability("online")
        await host.status()
        set_available(kit, *NAMES)
        await wait(kit, 60, 5)
        await host.availability("offline")
        set_unavailable(kit, *NAMES)
        await wait(kit, 90, 5)

    assert states(kit, child) == {AlarmState.SUPPRESSED}
    assert titles_of(notifications, "Gone") == []


async def test_a_snoozed_host_still_suppresses_alarms_of_its_entities(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    host, child = await add_nas(kit, policy, *NAMES)
    await host.availability("offline")
    set_unavailable(kit, *NAMES)
    await wait(kit, 3)
    assert titles(notifications) == ["Warning"]

    _, snooze = notifications[0].data["data"]["actions"]
    await press(kit, snooze["action"])
    await wait(kit, 90, 5)

    assert states(kit, child) == {AlarmState.SUPPRESSED}
    assert titles(notifications) == ["Warning", "withdrawn"]


@pytest.mark.parametrize("again", [restart, reload])
async def test_an_outage_of_the_broker_continues_over_a_start(
    kit: Kit, hosts: list[FakeHost], policy: EscalationPolicy, notifications: list[ServiceCall], again: Any
) -> None:
    await add_rule(kit, condition=UNAVAILABLE, selection=OF_MQTT, escalation=policy, name="Gone")
    await disconnect_broker(kit)
    await wait(kit, 60, 5)

    await again(kit)
    await wait(kit, 240, 5)

    assert titles(notifications) == ["Warning"]


async def test_an_outage_of_the_broker_continues_after_the_clock_is_set_back(
    kit: Kit, hosts: list[FakeHost], policy: EscalationPolicy, notifications: list[ServiceCall], set_clock: SetClock
) -> None:
    await add_rule(kit, condition=UNAVAILABLE, selection=OF_MQTT, escalation=policy, name="Gone")
    await disconnect_broker(kit)
    await wait(kit, 30, 5)

    set_clock(-600)
    await wait(kit, 1500, 10)

    assert titles(notifications) == ["Warning"]


async def test_an_outage_of_the_broker_is_no_missing_report(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    slow = add_entity(kit, "sensor.slow", platform="mqtt")
    silent = Condition(kind=AlarmKind.NO_DATA, silent_s=900)
    await add_rule(kit, slow, condition=silent, escalation=policy, name="Silent")
    await add_rule(kit, broker_entity(kit), condition=BROKER_OFF, escalation=policy, name="Broker")
    for state in ("6", "7", "8"):
        await wait(kit, 600, 20)
        await set_state(kit, slow, state)

    await disconnect_broker(kit)
    await wait(kit, 1200, 20)
    await connect_broker(kit)
    await wait(kit, 880, 20)

    assert titles_of(notifications, "Broker") == ["Warning", "Cleared"]
    assert titles_of(notifications, "Silent") == []
    await wait(kit, 60, 20)
    assert titles_of(notifications, "Silent") == ["Warning"]


async def test_changing_root_causes_are_not_recorded(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    """The root cause returns first, again and again: its replacement by another is no transition."""
    box = add_device(kit, "box")
    names = [add_entity(kit, f"sensor.part_{number:02}", box) for number in range(30)]
    await add_rule(kit, *names, condition=UNAVAILABLE, escalation=policy, name="Gone")
    for name in names:
        set_unavailable(kit, name)
        await wait(kit, 1)
    await wait(kit, 5)
    for name in names:
        set_available(kit, name)
        await wait(kit, 2)

    rows = Counter(row["change"] for row in await alarms(kit).async_history(HistoryQuery(limit=10_000)))
    assert sum(rows.values()) < 4 * len(names), rows
    assert titles(notifications) == ["Warning", "Cleared"]
