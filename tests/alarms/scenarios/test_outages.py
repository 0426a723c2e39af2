"""Outages raise a single alarm: the broker, hosts and hubs explain the alarms behind them."""

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Alarm, AlarmKey, AlarmState, Severity
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, Selection
from homeassistant.core import ServiceCall

from ...kit import FakeHost, Kit
from ...rules import add_rule, set_state
from ..home import (
    BROKER_OFF,
    UNAVAILABLE,
    add_device,
    add_entity,
    alarms,
    broker_entity,
    connect_broker,
    device_of,
    disconnect_broker,
    titles,
    wait,
)


def active(kit: Kit, *rules: str) -> list[Alarm]:
    return [alarm for rule in rules for alarm in alarms(kit).alarms(rule) if alarm.active]


async def test_a_lost_broker_is_one_notification(
    kit: Kit, hosts: list[FakeHost], policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    everything = await add_rule(
        kit, condition=UNAVAILABLE, selection=Selection(integrations=("mqtt",)), escalation=policy, name="Gone"
    )

    await disconnect_broker(kit)

    gone = active(kit, everything)
    assert len({alarm.key.subject for alarm in gone}) >= 4
    assert [alarm.state for alarm in gone].count(AlarmState.UNACKNOWLEDGED) == 1
    (message,) = notifications
    assert "not connected to the MQTT broker" in message.data["message"]
    assert "Also affected" in message.data["message"]

    await connect_broker(kit)
    await wait(kit, 80)
    assert active(kit, everything) == []
    assert titles(notifications) == ["Warning", "Cleared"]


async def test_an_alarm_of_the_broker_suppresses_everything_behind_it(
    kit: Kit, hosts: list[FakeHost], policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    broker = broker_entity(kit)
    mains = await add_rule(
        kit, broker, condition=BROKER_OFF, escalation=policy, name="Broker", severity=Severity.CRITICAL
    )
    everything = await add_rule(
        kit, condition=UNAVAILABLE, selection=Selection(integrations=("mqtt",)), escalation=policy, name="Gone"
    )

    await disconnect_broker(kit)

    assert alarms(kit).alarm(AlarmKey(mains, broker)).state == "unacknowledged"  # type: ignore[union-attr]
    assert {alarm.state for alarm in active(kit, everything)} == {AlarmState.SUPPRESSED}
    assert titles(notifications) == ["Critical"]

    await connect_broker(kit)
    await wait(kit, 80)
    assert titles(notifications) == ["Critical", "Cleared"]


async def test_an_entity_not_behind_the_broker_is_notified(
    kit: Kit, hosts: list[FakeHost], policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    other = await add_rule(kit, "sensor.zigbee", condition=UNAVAILABLE, escalation=policy, name="Other")
    await add_rule(
        kit, condition=UNAVAILABLE, selection=Selection(integrations=("mqtt",)), escalation=policy, name="Gone"
    )
    await set_state(kit, "sensor.zigbee", "5")
    await disconnect_broker(kit)

    await set_state(kit, "sensor.zigbee", "unavailable")
    await wait(kit, 3)

    assert alarms(kit).alarms(other)[0].state == "unacknowledged"
    assert titles(notifications) == ["Warning", "Warning"]


async def test_an_entity_that_stays_absent_after_the_broker_is_notified(
    kit: Kit, hosts: list[FakeHost], policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    await add_rule(
        kit, condition=UNAVAILABLE, selection=Selection(integrations=("mqtt",)), escalation=policy, name="Gone"
    )
    add_entity(kit, "sensor.x", platform="mqtt")
    await wait(kit, 2)
    await set_state(kit, "sensor.x", "unavailable")
    await disconnect_broker(kit)
    await connect_broker(kit)

    await wait(kit, 60)
    assert titles(notifications) == ["Warning", "Cleared"]
    await wait(kit, 20)

    assert titles(notifications) == ["Warning", "Cleared", "Warning"]


async def test_an_entity_that_returns_within_the_grace_period_is_not_notified(
    kit: Kit, hosts: list[FakeHost], policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    """The root cause stays absent: the others get their grace period all the same."""
    names = [add_entity(kit, f"sensor.{name}", platform="mqtt") for name in ("a", "z")]
    rule_id = await add_rule(kit, *names, condition=UNAVAILABLE, escalation=policy, name="Gone")
    for name in names:
        kit.hass.states.async_set(name, "unavailable")
    await disconnect_broker(kit)
    assert {a.key.subject: a.state for a in alarms(kit).alarms(rule_id)}["sensor.z"] == "suppressed"

    await connect_broker(kit)
    await wait(kit, 20)
    await set_state(kit, "sensor.z", "5")
    await wait(kit, 80)

    assert titles(notifications) == ["Warning"]


async def test_alarms_from_before_an_outage_of_the_broker_are_not_repeated(
    kit: Kit, hosts: list[FakeHost], policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    names = [add_entity(kit, f"sensor.{name}", platform="mqtt") for name in ("a", "z")]
    await add_rule(kit, *names, condition=UNAVAILABLE, escalation=policy, name="Gone")
    for name in names:
        await set_state(kit, name, "unavailable")
    await wait(kit, 60)
    assert titles(notifications) == ["Warning", "Warning"]

    await disconnect_broker(kit)
    await connect_broker(kit)
    await wait(kit, 80)

    assert titles(notifications) == ["Warning", "Warning"]


async def test_an_entity_that_returns_shortly_after_its_host_is_not_notified(
    kit: Kit, hosts: list[FakeHost], policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    power = kit.entity_id(f"{hosts[0].uid}_power_state")
    add_entity(kit, "sensor.x", device_of(kit, power))
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
    assert titles(notifications) == ["Warning", "Cleared"]


async def test_a_cause_without_recipients_does_not_suppress_a_notified_alarm(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    box = add_device(kit, "box")
    for name in ("sensor.a", "sensor.b"):
        add_entity(kit, name, box)
    await add_rule(kit, "sensor.a", condition=UNAVAILABLE, severity=Severity.INFO, name="Displayed only")
    await add_rule(
        kit, "sensor.b", condition=UNAVAILABLE, severity=Severity.CRITICAL, escalation=policy, name="Notified"
    )

    await set_state(kit, "sensor.a", "unavailable")
    await wait(kit, 3)
    await set_state(kit, "sensor.b", "unavailable")
    await wait(kit, 3)

    assert titles(notifications) == ["Critical"]
