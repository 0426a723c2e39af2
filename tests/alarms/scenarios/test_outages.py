"""Outages raise a single alarm: the broker, hosts and hubs explain the alarms behind them."""

from custom_components.iotbridge.alarms.engine.models import Alarm, AlarmKey, AlarmState, Severity
from custom_components.iotbridge.alarms.engine.rule import AlarmKind, Condition, EscalationPolicy, Selection
from homeassistant.core import ServiceCall

from ...kit import FakeHost, Kit
from ...rules import add_rule, set_state
from ..home import (
    BROKER_OFF,
    UNAVAILABLE,
    alarms,
    broker_entity,
    device,
    device_of,
    find_broker,
    lose_broker,
    part,
    titles,
    wait,
)


def active(kit: Kit, *rules: str) -> list[Alarm]:
    return [alarm for rule in rules for alarm in alarms(kit).alarms(rule) if alarm.active]


async def test_a_broker_that_is_gone_is_one_message(
    kit: Kit, hosts: list[FakeHost], policy: EscalationPolicy, told: list[ServiceCall]
) -> None:
    everything = await add_rule(
        kit, condition=UNAVAILABLE, selection=Selection(integrations=("mqtt",)), escalation=policy, name="Gone"
    )

    await lose_broker(kit)

    gone = active(kit, everything)
    assert len({alarm.key.subject for alarm in gone}) >= 4
    assert [alarm.state for alarm in gone].count(AlarmState.UNACKNOWLEDGED) == 1
    (message,) = told
    assert "not connected to the MQTT broker" in message.data["message"]
    assert "Also affected" in message.data["message"]

    await find_broker(kit)
    await wait(kit, 80)
    assert active(kit, everything) == []
    assert titles(told) == ["Warning", "Cleared"]


async def test_an_alarm_over_the_broker_explains_all_behind_it(
    kit: Kit, hosts: list[FakeHost], policy: EscalationPolicy, told: list[ServiceCall]
) -> None:
    broker = broker_entity(kit)
    mains = await add_rule(
        kit, broker, condition=BROKER_OFF, escalation=policy, name="Broker", severity=Severity.CRITICAL
    )
    everything = await add_rule(
        kit, condition=UNAVAILABLE, selection=Selection(integrations=("mqtt",)), escalation=policy, name="Gone"
    )

    await lose_broker(kit)

    assert alarms(kit).alarm(AlarmKey(mains, broker)).state == "unacknowledged"  # type: ignore[union-attr]
    assert {alarm.state for alarm in active(kit, everything)} == {AlarmState.SUPPRESSED}
    assert titles(told) == ["Critical"]

    await find_broker(kit)
    await wait(kit, 80)
    assert titles(told) == ["Critical", "Cleared"]


async def test_what_is_not_behind_the_broker_speaks_for_itself(
    kit: Kit, hosts: list[FakeHost], policy: EscalationPolicy, told: list[ServiceCall]
) -> None:
    other = await add_rule(kit, "sensor.zigbee", condition=UNAVAILABLE, escalation=policy, name="Other")
    await add_rule(
        kit, condition=UNAVAILABLE, selection=Selection(integrations=("mqtt",)), escalation=policy, name="Gone"
    )
    await set_state(kit, "sensor.zigbee", "5")
    await lose_broker(kit)

    await set_state(kit, "sensor.zigbee", "unavailable")
    await wait(kit, 3)

    assert alarms(kit).alarms(other)[0].state == "unacknowledged"
    assert titles(told) == ["Warning", "Warning"]


async def test_a_host_that_does_not_come_back_with_the_broker_is_told(
    kit: Kit, hosts: list[FakeHost], policy: EscalationPolicy, told: list[ServiceCall]
) -> None:
    await add_rule(
        kit, condition=UNAVAILABLE, selection=Selection(integrations=("mqtt",)), escalation=policy, name="Gone"
    )
    part(kit, "sensor.x", platform="mqtt")
    await wait(kit, 2)
    await set_state(kit, "sensor.x", "unavailable")
    await lose_broker(kit)
    await find_broker(kit)

    await wait(kit, 60)
    assert titles(told) == ["Warning", "Cleared"]
    await wait(kit, 20)

    assert titles(told) == ["Warning", "Cleared", "Warning"]


async def test_what_is_back_later_than_the_one_that_spoke_is_not_told(
    kit: Kit, hosts: list[FakeHost], policy: EscalationPolicy, told: list[ServiceCall]
) -> None:
    """The one that spoke for all is gone for good: the others are waited for all the same."""
    names = [part(kit, f"sensor.{name}", platform="mqtt") for name in ("a", "z")]
    rule_id = await add_rule(kit, *names, condition=UNAVAILABLE, escalation=policy, name="Gone")
    for name in names:
        kit.hass.states.async_set(name, "unavailable")
    await lose_broker(kit)
    assert {a.key.subject: a.state for a in alarms(kit).alarms(rule_id)}["sensor.z"] == "suppressed"

    await find_broker(kit)
    await wait(kit, 20)
    await set_state(kit, "sensor.z", "5")
    await wait(kit, 80)

    assert titles(told) == ["Warning"]


async def test_what_was_told_before_the_broker_went_is_not_told_again(
    kit: Kit, hosts: list[FakeHost], policy: EscalationPolicy, told: list[ServiceCall]
) -> None:
    names = [part(kit, f"sensor.{name}", platform="mqtt") for name in ("a", "z")]
    await add_rule(kit, *names, condition=UNAVAILABLE, escalation=policy, name="Gone")
    for name in names:
        await set_state(kit, name, "unavailable")
    await wait(kit, 60)
    assert titles(told) == ["Warning", "Warning"]

    await lose_broker(kit)
    await find_broker(kit)
    await wait(kit, 80)

    assert titles(told) == ["Warning", "Warning"]


async def test_what_took_a_moment_longer_than_its_host_is_not_told(
    kit: Kit, hosts: list[FakeHost], policy: EscalationPolicy, told: list[ServiceCall]
) -> None:
    power = kit.entity_id(f"{hosts[0].uid}_power_state")
    part(kit, "sensor.x", device_of(kit, power))
    await add_rule(kit, power, condition=Condition(kind=AlarmKind.HOST_LOST), escalation=policy, name="Lost")
    child = await add_rule(kit, "sensor.x", condition=UNAVAILABLE, escalation=policy, name="Gone")
    await set_state(kit, "sensor.x", "unavailable")
    await hosts[0].availability("offline")
    await wait(kit, 3)

    await hosts[0].availability("online")
    await wait(kit, 10)
    assert alarms(kit).alarms(child)[0].state == "suppressed"
    await set_state(kit, "sensor.x", "5")
    await wait(kit, 80)

    assert alarms(kit).alarms(child)[0].state == "normal"
    assert titles(told) == ["Warning", "Cleared"]


async def test_a_cause_that_nobody_is_told_of_silences_nothing_that_somebody_is(
    kit: Kit, policy: EscalationPolicy, told: list[ServiceCall]
) -> None:
    box = device(kit, "box")
    for name in ("sensor.a", "sensor.b"):
        part(kit, name, box)
    await add_rule(kit, "sensor.a", condition=UNAVAILABLE, severity=Severity.INFO, name="Only shown")
    await add_rule(kit, "sensor.b", condition=UNAVAILABLE, severity=Severity.CRITICAL, escalation=policy, name="Told")

    await set_state(kit, "sensor.a", "unavailable")
    await wait(kit, 3)
    await set_state(kit, "sensor.b", "unavailable")
    await wait(kit, 3)

    assert titles(told) == ["Critical"]
