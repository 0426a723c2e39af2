"""Failures: a full disk, odd data, another version, a slow start; notifications are neither lost nor wrong."""

import asyncio
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
import logging
import sqlite3
from typing import Any, Never

import pytest

from custom_components.iotbridge.alarms.engine.kinds import KINDS, AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.maintenance_window import DAYS
from custom_components.iotbridge.alarms.engine.models import Actor, AlarmKey, AlarmState, Severity, Timing
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, Selection
from custom_components.iotbridge.alarms.runtime.store import HistoryQuery, store_path
from homeassistant.components import mqtt
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, ServiceCall
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ...kit import Kit
from ...rules import add_rule, put_rule, set_state
from ..home import (
    UNAVAILABLE,
    add_device,
    add_entity,
    alarms,
    bridge,
    buttons,
    reload,
    restart,
    start,
    started,
    stop,
    titles,
    wait,
)

FULL = "CREATE TRIGGER full BEFORE INSERT ON history BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
TEMPERATURES = Selection(device_classes=("temperature",))


async def execute(kit: Kit, statement: str) -> None:
    """Execute a statement on the file while alarms use it."""

    def run() -> None:
        with closing(sqlite3.connect(store_path(kit.hass))) as file, file:
            file.execute(statement)

    await kit.hass.async_add_executor_job(run)


async def history(kit: Kit) -> list[dict[str, Any]]:
    return list(reversed(await alarms(kit).async_history(HistoryQuery())))


def repairs(kit: Kit) -> dict[str, dict[str, str] | None]:
    """Return the open repairs with their placeholders."""
    issues = ir.async_get(kit.hass).issues.values()
    return {issue.translation_key or "": issue.translation_placeholders for issue in issues}


async def test_notifications_are_delivered_while_the_disk_is_full(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    await add_rule(kit, "sensor.hot", "sensor.wet", escalation=policy)
    await execute(kit, FULL)

    await set_state(kit, "sensor.hot", "90")
    await wait(kit, 3)

    assert titles(notifications) == ["Warning"]
    assert repairs(kit) == {"alarms_not_written": {"reason": "database or disk is full"}}
    await set_state(kit, "sensor.wet", "90")
    await wait(kit, 30)
    assert titles(notifications) == ["Warning", "Warning"]

    await execute(kit, "DROP TRIGGER full")
    await wait(kit, 30)

    assert repairs(kit) == {}
    assert [row["change"] for row in await history(kit)] == ["raised", "raised"]
    await restart(kit)
    await wait(kit, 5)
    assert titles(notifications) == ["Warning", "Warning"]


async def test_a_state_with_half_a_character_is_stored(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    await add_rule(kit, "sensor.hot", escalation=policy)
    song = await add_rule(kit, "sensor.song", condition=Condition(kind=AlarmKind.STATE, states=("bad",)), name="Song")
    await set_state(kit, "sensor.song", "bad")

    kit.hass.states.async_set("sensor.song", "La \ud83d")
    await set_state(kit, "sensor.hot", "90")
    await wait(kit, 3)

    assert titles(notifications) == ["Warning"]
    assert repairs(kit) == {}
    rows = [(row["change"], row["value"]) for row in await history(kit) if row["rule_id"] == song]
    assert rows == [("raised", "bad"), ("cleared", "La ?")]


@pytest.mark.parametrize(
    "newer",
    [
        "UPDATE instance SET data = json_set(data, '$.alarm.mood', 'good') WHERE subject = 'sensor.odd'",
        """REPLACE INTO remembered VALUES ('windows', '{"w": {"name": "Works", "mood": "good"}}')""",
        """INSERT INTO outbox VALUES (7, '{"mood": "good"}')""",
    ],
    ids=["an alarm", "a maintenance window", "a message"],
)
async def test_unreadable_rows_of_another_version_are_skipped(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall], newer: str
) -> None:
    rule_id = await add_rule(kit, "sensor.hot", "sensor.odd", escalation=policy)
    for entity_id in ("sensor.hot", "sensor.odd"):
        await set_state(kit, entity_id, "90")
    key = AlarmKey(rule_id, "sensor.hot")
    alarms(kit).async_acknowledge([key], Actor("Anna"))
    await wait(kit, 3)
    await stop(kit)
    await execute(kit, newer)

    await start(kit)
    await started(kit)

    states = {alarm.key.subject: alarm.state for alarm in alarms(kit).alarms(rule_id)}
    assert states == {"sensor.hot": AlarmState.ACKNOWLEDGED, "sensor.odd": AlarmState.UNACKNOWLEDGED}
    await set_state(kit, "sensor.hot", "20")
    await wait(kit, 3)
    assert titles(notifications)[-1] == "Cleared"


@pytest.mark.parametrize(
    ("timing", "times"),
    [(Timing(latching=True), 1), (Timing(), 7)],
    ids=["latched", "flapping"],
)
async def test_a_removed_rule_withdraws_its_buttons(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall], timing: Timing, times: int
) -> None:
    rule_id = await add_rule(kit, "sensor.hot", escalation=policy, timing=timing)
    for _ in range(times):
        for state in ("90", "20"):
            await set_state(kit, "sensor.hot", state)
            await wait(kit, 5, 5)
    assert buttons(notifications)

    kit.hass.config_entries.async_remove_subentry(bridge(kit), rule_id)
    await wait(kit, 5)

    assert buttons(notifications) == []


async def test_a_template_is_not_evaluated_before_the_start_is_complete(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    await set_state(kit, "sensor.outside", "20")
    frost = Condition(kind=AlarmKind.TEMPLATE, template="{{ states('sensor.outside') | float(0) < 5 }}")
    await add_rule(kit, condition=frost, escalation=policy, name="Frost")
    await stop(kit)
    kit.hass.states.async_remove("sensor.outside")

    await start(kit)
    await set_state(kit, "sensor.outside", "20")
    await started(kit)
    await wait(kit, 60, 5)
    assert titles(notifications) == []

    await set_state(kit, "sensor.outside", "4")
    await wait(kit, 3)
    assert titles(notifications) == ["Warning"]


async def test_an_alarm_of_an_unregistered_entity_survives_a_start(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    rule_id = await add_rule(kit, selection=TEMPERATURES, escalation=policy)
    await set_state(kit, "sensor.template", "90", device_class="temperature")
    await wait(kit, 3)
    await stop(kit)
    kit.hass.states.async_remove("sensor.template")

    await start(kit)
    await started(kit)
    await wait(kit, 60, 5)

    assert [alarm.state for alarm in alarms(kit).alarms(rule_id)] == [AlarmState.UNACKNOWLEDGED]
    assert kit.bridge("alarms_active") == "1"
    await set_state(kit, "sensor.template", "20", device_class="temperature")
    await wait(kit, 3)
    assert titles(notifications) == ["Warning", "Cleared"]


async def test_an_alarm_of_an_absent_unregistered_entity_survives_an_edit(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    rule_id = await add_rule(kit, selection=TEMPERATURES, escalation=policy)
    await set_state(kit, "sensor.template", "90", device_class="temperature")
    await wait(kit, 3)
    kit.hass.states.async_remove("sensor.template")
    await wait(kit, 3)

    rule = bridge(kit).subentries[rule_id]
    data = {**rule.data, "instructions": "Open the window."}
    kit.hass.config_entries.async_update_subentry(bridge(kit), rule, data=data)
    await wait(kit, 3)
    await set_state(kit, "sensor.template", "90", device_class="temperature")
    await wait(kit, 3)

    assert titles(notifications) == ["Warning"]


async def test_a_rule_that_fails_to_start_does_not_stop_others(
    kit: Kit,
    policy: EscalationPolicy,
    notifications: list[ServiceCall],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object) -> Never:
        raise RuntimeError("an unexpected error")

    monkeypatch.setitem(KINDS, AlarmKind.RATE, replace(KINDS[AlarmKind.RATE], evaluator=fail))
    odd = put_rule(kit.hass, bridge(kit), "sensor.odd", condition=Condition(kind=AlarmKind.RATE, change=5), name="Odd")
    put_rule(kit.hass, bridge(kit), "sensor.hot", escalation=policy)
    await kit.hass.async_block_till_done()
    await set_state(kit, "sensor.hot", "90")
    await wait(kit, 3)

    assert titles(notifications) == ["Warning"]
    assert repairs(kit) == {"alarm_unreadable": {"name": "Odd", "name_plain": "Odd"}}
    assert caplog.text.count("Odd could not be started") == 1
    await restart(kit)
    await set_state(kit, "sensor.hot", "20")
    await wait(kit, 3)
    assert titles(notifications) == ["Warning", "Cleared"]
    kit.hass.config_entries.async_remove_subentry(bridge(kit), odd)
    await kit.hass.async_block_till_done()
    assert repairs(kit) == {}


async def test_a_reload_after_a_start_logs_no_error(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    await add_rule(kit, "sensor.hot")
    await restart(kit)

    await reload(kit)

    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.fixture
def slow_broker(monkeypatch: pytest.MonkeyPatch) -> tuple[asyncio.Event, asyncio.Event]:
    """Return an event that is set when a rule waits for the broker, and one that lets it continue."""
    is_waiting, is_available = asyncio.Event(), asyncio.Event()
    is_available.set()
    subscribe = mqtt.async_subscribe

    async def subscribe_later(hass: HomeAssistant, topic: str, *args: Any, **more: Any) -> CALLBACK_TYPE:
        if topic == "alert/#":
            is_waiting.set()
            await is_available.wait()
        return await subscribe(hass, topic, *args, **more)

    monkeypatch.setattr(mqtt, "async_subscribe", subscribe_later)
    return is_waiting, is_available


async def restart_slowly(kit: Kit, is_waiting: asyncio.Event, is_available: asyncio.Event) -> None:
    """Restart with a broker that is available only after a while."""
    await stop(kit)
    is_waiting.clear()
    is_available.clear()
    starting = asyncio.create_task(kit.hass.config_entries.async_setup(bridge(kit).entry_id))
    await is_waiting.wait()
    await wait(kit, 5)
    is_available.set()
    assert await starting
    await started(kit)
    await wait(kit, 90, 5)


async def test_a_rule_that_waits_for_the_broker_does_not_delay_root_causes(
    kit: Kit,
    policy: EscalationPolicy,
    notifications: list[ServiceCall],
    slow_broker: tuple[asyncio.Event, asyncio.Event],
) -> None:
    box = add_device(kit, "box")
    add_entity(kit, "sensor.child", box)
    add_entity(kit, "sensor.cause", box)
    child = await add_rule(kit, "sensor.child", condition=UNAVAILABLE, escalation=policy, name="Child")
    await add_rule(kit, condition=Condition(kind=AlarmKind.MESSAGE, topic="alert/#"), escalation=policy, name="Message")
    grave = Severity.CRITICAL
    await add_rule(kit, "sensor.cause", condition=UNAVAILABLE, escalation=policy, name="Cause", severity=grave)
    for entity_id in ("sensor.child", "sensor.cause"):
        kit.hass.states.async_set(entity_id, "unavailable")
    await wait(kit, 5)

    await restart_slowly(kit, *slow_broker)

    assert titles(notifications) == ["Critical"]
    assert [alarm.state for alarm in alarms(kit).alarms(child)] == [AlarmState.SUPPRESSED]


async def test_a_rule_that_waits_for_the_broker_does_not_delay_clearing(
    kit: Kit,
    policy: EscalationPolicy,
    notifications: list[ServiceCall],
    slow_broker: tuple[asyncio.Event, asyncio.Event],
) -> None:
    is_waiting, is_available = slow_broker
    for topic in ("alert/#", "smoke/#"):
        condition, timing = Condition(kind=AlarmKind.MESSAGE, topic=topic), Timing(clear_after_s=60)
        await add_rule(kit, condition=condition, timing=timing, escalation=policy, name=topic)
    await kit.receive("alert/attic", "1")
    await kit.receive("smoke/attic", "1")
    await wait(kit, 3)
    assert titles(notifications) == ["Warning", "Warning"]

    await stop(kit)
    is_waiting.clear()
    is_available.clear()
    starting = asyncio.create_task(kit.hass.config_entries.async_setup(bridge(kit).entry_id))
    await is_waiting.wait()
    await wait(kit, 90, 5)
    assert titles(notifications) == ["Warning", "Warning", "Cleared", "Cleared"]
    is_available.set()
    assert await starting


async def test_a_rule_that_waits_for_the_broker_does_not_delay_maintenance(
    kit: Kit,
    policy: EscalationPolicy,
    notifications: list[ServiceCall],
    slow_broker: tuple[asyncio.Event, asyncio.Event],
) -> None:
    rule_id = await add_rule(kit, "sensor.hot", escalation=policy)
    await add_rule(kit, condition=Condition(kind=AlarmKind.MESSAGE, topic="alert/#"), escalation=policy, name="Message")
    start_time = (dt_util.now() - timedelta(hours=1)).strftime("%H:%M:%S")
    data: dict[str, Any] = {"rules": [rule_id], "days": list(DAYS), "start": start_time, "duration_s": 7200}
    window = ConfigSubentry(data=data, subentry_type="window", title="Works", unique_id=None)  # type: ignore[arg-type]
    kit.hass.config_entries.async_add_subentry(bridge(kit), window)
    await set_state(kit, "sensor.hot", "90")
    await wait(kit, 3)

    await restart_slowly(kit, *slow_broker)

    assert titles(notifications) == []
    assert [alarm.state for alarm in alarms(kit).alarms(rule_id)] == [AlarmState.SUPPRESSED]
