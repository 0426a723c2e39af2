"""Clock changes: a machine that slept, and a clock that is set while Home Assistant runs."""

import time

import pytest

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Actor, Alarm, AlarmKey, Timing
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep, Selection
from homeassistant.core import HomeAssistant, ServiceCall

from ...kit import FakeHost, Kit
from ...rules import add_rule, set_state
from ..home import UNAVAILABLE, SetClock, add_entity, alarms, device_of, titles, wait

HOUR_S = 3600.0
SILENT = Condition(kind=AlarmKind.NO_DATA, silent_s=600)


def alarm(kit: Kit, rule_id: str) -> Alarm:
    (found,) = alarms(kit).alarms(rule_id)
    return found


async def test_clock_changes_do_not_change_holds_and_escalations(kit: Kit, set_clock: SetClock) -> None:
    hold = await add_rule(kit, "sensor.slow", timing=Timing(hold_s=600))
    policy = EscalationPolicy(steps=(EscalationStep(after_s=600, groups=("nobody",)),))
    escalating = await add_rule(kit, "sensor.hot", escalation=policy, name="Escalated late")
    await set_state(kit, "sensor.slow", "90")
    await set_state(kit, "sensor.hot", "90")

    for seconds in (8 * HOUR_S, -4 * HOUR_S):
        set_clock(seconds)
        await kit.wait(120)
        assert alarm(kit, hold).state == "normal"

    await kit.wait(350)
    assert alarm(kit, hold).state == "normal"
    assert alarms(kit).processor.get(AlarmKey(escalating, "sensor.hot")).escalation.step == 0  # type: ignore[union-attr]
    await kit.wait(20)
    assert alarm(kit, hold).state == "unacknowledged"
    assert alarms(kit).processor.get(AlarmKey(escalating, "sensor.hot")).escalation.step == 1  # type: ignore[union-attr]


async def test_a_snooze_ends_at_its_time_of_day(kit: Kit, set_clock: SetClock) -> None:
    rule_id = await add_rule(kit, "sensor.hot")
    await set_state(kit, "sensor.hot", "90")
    alarms(kit).async_snooze([AlarmKey(rule_id, "sensor.hot")], time.time() + 2 * HOUR_S, Actor("Anna"))

    set_clock(8 * HOUR_S)
    await kit.wait(61)

    assert alarm(kit, rule_id).state == "unacknowledged"


async def test_times_follow_the_new_clock(kit: Kit, set_clock: SetClock) -> None:
    rule_id = await add_rule(kit, "sensor.hot")
    set_clock(8 * HOUR_S)
    await kit.wait(61)

    await set_state(kit, "sensor.hot", "90")

    assert alarm(kit, rule_id).raised_at == pytest.approx(time.time(), abs=1)


@pytest.mark.parametrize("seconds", [8 * HOUR_S, -HOUR_S])
async def test_a_clock_change_is_no_missing_report(
    hass: HomeAssistant, kit: Kit, set_clock: SetClock, seconds: float
) -> None:
    rule_id = await add_rule(kit, "sensor.talks", condition=SILENT)
    for number in range(3):
        await set_state(kit, "sensor.talks", str(number))
        await kit.wait(60)

    set_clock(seconds)
    for number in range(5):
        await set_state(kit, "sensor.talks", str(number + 10))
        await kit.wait(60)
        assert alarm(kit, rule_id).state == "normal"

    await kit.wait(500)
    assert alarm(kit, rule_id).state == "normal"
    await kit.wait(100)
    await kit.wait(3)
    assert alarm(kit, rule_id).state == "unacknowledged"


async def test_a_rate_is_evaluated_by_the_elapsed_time(kit: Kit, set_clock: SetClock) -> None:
    fast = Condition(kind=AlarmKind.RATE, change=10, per_s=600)
    rule_id = await add_rule(kit, "sensor.level", condition=fast)
    await set_state(kit, "sensor.level", "5")
    await kit.wait(60)

    set_clock(8 * HOUR_S)
    await kit.wait(120)
    await set_state(kit, "sensor.level", "20")
    assert alarm(kit, rule_id).state == "unacknowledged"

    await kit.wait(420)
    assert alarm(kit, rule_id).state == "unacknowledged"
    await kit.wait(300)
    assert alarm(kit, rule_id).state == "normal"


async def test_a_clock_change_does_not_end_the_grace_period(
    kit: Kit, hosts: list[FakeHost], policy: EscalationPolicy, notifications: list[ServiceCall], set_clock: SetClock
) -> None:
    power = kit.entity_id(f"{hosts[0].uid}_power_state")
    add_entity(kit, "sensor.disk", device_of(kit, power))
    await add_rule(kit, power, condition=Condition(kind=AlarmKind.HOST_LOST), escalation=policy, name="Lost")
    await add_rule(kit, "sensor.disk", condition=UNAVAILABLE, escalation=policy, name="Gone")
    await set_state(kit, "sensor.disk", "unavailable")
    await hosts[0].availability("offline")
    await wait(kit, 3)
    await hosts[0].availability("online")
    await wait(kit, 5)

    set_clock(HOUR_S)
    # The host continues as before.
    await hosts[0].availability("online")
    await hosts[0].status()
    await wait(kit, 62)
    await set_state(kit, "sensor.disk", "5")
    await wait(kit, 5)

    assert titles(notifications) == ["Warning", "Cleared"]


async def test_a_clock_change_does_not_expire_an_absent_entity(kit: Kit, set_clock: SetClock) -> None:
    rule_id = await add_rule(kit, selection=Selection(device_classes=("temperature",)))
    await set_state(kit, "sensor.template", "90", device_class="temperature")
    await wait(kit, 3)
    kit.hass.states.async_remove("sensor.template")
    await wait(kit, 3)

    set_clock(48 * HOUR_S)
    await wait(kit, 60, 10)
    await set_state(kit, "sensor.new", "20", device_class="temperature")
    await wait(kit, 3)

    states = {each.key.subject: each.state for each in alarms(kit).alarms(rule_id)}
    assert states == {"sensor.template": "unacknowledged", "sensor.new": "normal"}
