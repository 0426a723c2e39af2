"""One outage, one alarm: the broker, hosts and hubs speak for what is behind them."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.iotbridge.alarms.manager import AlarmsManager
from custom_components.iotbridge.alarms.models import Alarm, AlarmKey, AlarmState, Severity
from custom_components.iotbridge.alarms.rule import Condition, Kind, Plan, Selection, Step
from homeassistant.components.mqtt.const import MQTT_CONNECTION_STATE
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_send

from ..kit import FakeHost, Kit
from ..rules import add_rule, set_state

UNAVAILABLE = Condition(kind=Kind.UNAVAILABLE)
BROKER_OFF = Condition(kind=Kind.STATE, states=("off",))


@pytest.fixture
def told(hass: HomeAssistant) -> list[ServiceCall]:
    """Return what Anna's phone is told."""
    calls: list[ServiceCall] = async_mock_service(hass, "notify", "mobile_app_anna")
    return calls


@pytest.fixture
async def plan(kit: Kit, entry: MockConfigEntry, told: list[ServiceCall]) -> Plan:
    """Return the plan that tells Anna at once."""
    data: dict[str, Any] = {"targets": [{"kind": "mobile_app", "action": "notify.mobile_app_anna"}]}
    group = ConfigSubentry(data=data, subentry_type="notifier", title="Anna", unique_id=None)  # type: ignore[arg-type]
    kit.hass.config_entries.async_add_subentry(entry, group)
    return Plan(steps=(Step(after_s=0, groups=(group.subentry_id,)),))


@pytest.fixture
async def hosts(kit: Kit) -> list[FakeHost]:
    """Return two hosts that are there."""
    return [await kit.host("nas"), await kit.host("pi")]


async def lose_broker(kit: Kit) -> None:
    kit.mqtt.connected = False
    async_dispatcher_send(kit.hass, MQTT_CONNECTION_STATE, False)
    await kit.hass.async_block_till_done()
    await wait(kit, 3)


async def find_broker(kit: Kit) -> None:
    kit.mqtt.connected = True
    async_dispatcher_send(kit.hass, MQTT_CONNECTION_STATE, True)
    await kit.hass.async_block_till_done()


async def wait(kit: Kit, seconds: int) -> None:
    for _ in range(seconds):
        await kit.wait(1)
        await kit.hass.async_block_till_done(wait_background_tasks=True)


def alarms(kit: Kit) -> AlarmsManager:
    manager: AlarmsManager = kit.hass.config_entries.async_entries("iotbridge")[0].runtime_data.alarms
    return manager


def active(kit: Kit, *rules: str) -> list[Alarm]:
    return [alarm for rule in rules for alarm in alarms(kit).alarms(rule) if alarm.active]


def titles(told: list[ServiceCall]) -> list[str]:
    return [call.data.get("title", "taken away").partition(":")[0] for call in told]


async def test_a_broker_that_is_gone_is_one_message(
    kit: Kit, hosts: list[FakeHost], plan: Plan, told: list[ServiceCall]
) -> None:
    everything = await add_rule(
        kit, condition=UNAVAILABLE, selection=Selection(integrations=("mqtt",)), plan=plan, name="Gone"
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
    assert titles(told) == ["Warning", "Over"]


async def test_an_alarm_over_the_broker_explains_all_behind_it(
    kit: Kit, hosts: list[FakeHost], plan: Plan, told: list[ServiceCall]
) -> None:
    broker = kit.entity_id(next(iter(unique_ids(kit, "broker_connected"))))
    mains = await add_rule(kit, broker, condition=BROKER_OFF, plan=plan, name="Broker", severity=Severity.CRITICAL)
    everything = await add_rule(
        kit, condition=UNAVAILABLE, selection=Selection(integrations=("mqtt",)), plan=plan, name="Gone"
    )

    await lose_broker(kit)

    assert alarms(kit).alarm(AlarmKey(mains, broker)).state == "unacknowledged"  # type: ignore[union-attr]
    assert {alarm.state for alarm in active(kit, everything)} == {AlarmState.SUPPRESSED}
    assert titles(told) == ["Critical"]

    await find_broker(kit)
    await wait(kit, 80)
    assert titles(told) == ["Critical", "Over"]


async def test_what_is_not_behind_the_broker_speaks_for_itself(
    kit: Kit, hosts: list[FakeHost], plan: Plan, told: list[ServiceCall]
) -> None:
    other = await add_rule(kit, "sensor.zigbee", condition=UNAVAILABLE, plan=plan, name="Other")
    await add_rule(kit, condition=UNAVAILABLE, selection=Selection(integrations=("mqtt",)), plan=plan, name="Gone")
    await set_state(kit, "sensor.zigbee", "5")
    await lose_broker(kit)

    await set_state(kit, "sensor.zigbee", "unavailable")
    await wait(kit, 3)

    assert alarms(kit).alarms(other)[0].state == "unacknowledged"
    assert titles(told) == ["Warning", "Warning"]


async def test_a_host_that_does_not_come_back_with_the_broker_is_told(
    kit: Kit, hosts: list[FakeHost], plan: Plan, told: list[ServiceCall]
) -> None:
    await add_rule(kit, condition=UNAVAILABLE, selection=Selection(integrations=("mqtt",)), plan=plan, name="Gone")
    er.async_get(kit.hass).async_get_or_create("sensor", "mqtt", "x", suggested_object_id="x")
    await set_state(kit, "sensor.x", "5")
    await wait(kit, 2)
    await set_state(kit, "sensor.x", "unavailable")
    await lose_broker(kit)
    await find_broker(kit)

    await wait(kit, 60)
    assert titles(told) == ["Warning", "Over"]
    await wait(kit, 20)

    assert titles(told) == ["Warning", "Over", "Warning"]


async def test_what_is_back_later_than_the_one_that_spoke_is_not_told(
    kit: Kit, hosts: list[FakeHost], plan: Plan, told: list[ServiceCall]
) -> None:
    """The one that spoke for all is gone for good: the others are waited for all the same."""
    registry = er.async_get(kit.hass)
    for name in ("a", "z"):
        registry.async_get_or_create("binary_sensor", "mqtt", name, suggested_object_id=name)
        await set_state(kit, f"binary_sensor.{name}", "on")
    names = ("binary_sensor.a", "binary_sensor.z")
    rule_id = await add_rule(kit, *names, condition=UNAVAILABLE, plan=plan, name="Gone")
    for name in names:
        kit.hass.states.async_set(name, "unavailable")
    await lose_broker(kit)
    assert {a.key.subject: a.state for a in alarms(kit).alarms(rule_id)}["binary_sensor.z"] == "suppressed"

    await find_broker(kit)
    await wait(kit, 20)
    await set_state(kit, "binary_sensor.z", "on")
    await wait(kit, 80)

    assert titles(told) == ["Warning"]


async def test_what_was_told_before_the_broker_went_is_not_told_again(
    kit: Kit, hosts: list[FakeHost], plan: Plan, told: list[ServiceCall]
) -> None:
    registry = er.async_get(kit.hass)
    for name in ("a", "z"):
        registry.async_get_or_create("binary_sensor", "mqtt", name, suggested_object_id=name)
        await set_state(kit, f"binary_sensor.{name}", "on")
    await add_rule(kit, "binary_sensor.a", "binary_sensor.z", condition=UNAVAILABLE, plan=plan, name="Gone")
    for name in ("a", "z"):
        await set_state(kit, f"binary_sensor.{name}", "unavailable")
    await wait(kit, 60)
    assert titles(told) == ["Warning", "Warning"]

    await lose_broker(kit)
    await find_broker(kit)
    await wait(kit, 80)

    assert titles(told) == ["Warning", "Warning"]


async def test_what_took_a_moment_longer_than_its_host_is_not_told(
    kit: Kit, hosts: list[FakeHost], plan: Plan, told: list[ServiceCall]
) -> None:
    power = kit.entity_id(f"{hosts[0].uid}_power_state")
    device_id = er.async_get(kit.hass).async_get(power).device_id  # type: ignore[union-attr]
    er.async_get(kit.hass).async_get_or_create("sensor", "test", "x", suggested_object_id="x", device_id=device_id)
    await set_state(kit, "sensor.x", "5")
    await add_rule(kit, power, condition=Condition(kind=Kind.HOST_LOST), plan=plan, name="Lost")
    child = await add_rule(kit, "sensor.x", condition=UNAVAILABLE, plan=plan, name="Gone")
    await set_state(kit, "sensor.x", "unavailable")
    await hosts[0].availability("offline")
    await wait(kit, 3)

    await hosts[0].availability("online")
    await wait(kit, 10)
    assert alarms(kit).alarms(child)[0].state == "suppressed"
    await set_state(kit, "sensor.x", "5")
    await wait(kit, 80)

    assert alarms(kit).alarms(child)[0].state == "normal"
    assert titles(told) == ["Warning", "Over"]


async def test_a_cause_that_nobody_is_told_of_silences_nothing_that_somebody_is(
    kit: Kit, plan: Plan, told: list[ServiceCall]
) -> None:
    other = MockConfigEntry(domain="test")
    other.add_to_hass(kit.hass)
    box = dr.async_get(kit.hass).async_get_or_create(config_entry_id=other.entry_id, identifiers={("test", "box")})
    for name in ("a", "b"):
        er.async_get(kit.hass).async_get_or_create("sensor", "test", name, suggested_object_id=name, device_id=box.id)
        await set_state(kit, f"sensor.{name}", "5")
    await add_rule(kit, "sensor.a", condition=UNAVAILABLE, severity=Severity.INFO, name="Only shown")
    await add_rule(kit, "sensor.b", condition=UNAVAILABLE, severity=Severity.CRITICAL, plan=plan, name="Told")

    await set_state(kit, "sensor.a", "unavailable")
    await wait(kit, 3)
    await set_state(kit, "sensor.b", "unavailable")
    await wait(kit, 3)

    assert titles(told) == ["Critical"]


def unique_ids(kit: Kit, ending: str) -> list[str]:
    entities = er.async_get(kit.hass).entities.values()
    return [entry.unique_id for entry in entities if entry.platform == "iotbridge" and entry.unique_id.endswith(ending)]
