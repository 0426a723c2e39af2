"""Manager of alarms: removed rules, notifications, and what becomes of an outage."""

from collections.abc import Callable

from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Severity, Timing
from custom_components.iotbridge.alarms.manager import AlarmsManager
from custom_components.iotbridge.alarms.runtime.events import SIGNAL_ALARM, AlarmEvent
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from tests.alarms.managed_home import add, group, history, policy, set_state

from ..kit import Kit
from ..rules import HOT


async def test_a_removed_rule_removes_its_alarms(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    rule_id = add(hass, entry, HOT, "sensor.one")
    await hass.async_block_till_done()
    await set_state(hass, "sensor.one", "90")

    hass.config_entries.async_remove_subentry(entry, rule_id)
    await hass.async_block_till_done()

    assert alarms().alarms() == []
    assert alarms().count(Severity.WARNING, unacknowledged=True) == 0
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert alarms().alarms() == []


async def test_an_alarm_is_acknowledged_by_the_button_of_its_notification(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    notifications = async_mock_service(hass, "notify", "mobile_app_anna")
    family = group(hass, entry, {"kind": "mobile_app", "action": "notify.mobile_app_anna"})
    rule_id = add(hass, entry, HOT, "sensor.one", escalation=policy((0, family)), instructions="Open the window.")
    await hass.async_block_till_done()
    await set_state(hass, "sensor.one", "81.5", unit_of_measurement="°C", friendly_name="Attic")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [call.data["title"] for call in notifications] == ["Warning: Hot: Attic"]
    assert "81.5 °C" in notifications[0].data["message"]
    assert "Open the window." in notifications[0].data["message"]

    hass.bus.async_fire(
        "mobile_app_notification_action", {"action": notifications[0].data["data"]["actions"][0]["action"]}
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    (alarm,) = alarms().alarms(rule_id)
    assert (alarm.state, alarm.acknowledged_by.source) == ("acknowledged", "phone")
    await set_state(hass, "sensor.one", "20", friendly_name="Attic")
    await hass.async_block_till_done(wait_background_tasks=True)

    assert [call.data["title"] for call in notifications][1:] == ["Acknowledged: Hot: Attic", "Cleared: Hot: Attic"]
    assert {call.data["data"]["tag"] for call in notifications} == {notifications[0].data["data"]["tag"]}


async def test_an_escalation_continues_after_a_reload_without_repetition(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    first, second = (async_mock_service(hass, "notify", f"mobile_app_{who}") for who in ("anna", "ben"))
    anna = group(hass, entry, {"kind": "mobile_app", "action": "notify.mobile_app_anna"})
    ben = group(hass, entry, {"kind": "mobile_app", "action": "notify.mobile_app_ben"})
    add(hass, entry, HOT, "sensor.one", escalation=policy((0, anna), (600, ben)))
    await hass.async_block_till_done()
    await set_state(hass, "sensor.one", "90")
    await hass.async_block_till_done(wait_background_tasks=True)
    await kit.wait(500)
    assert (len(first), len(second)) == (1, 0)

    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await kit.wait(101)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert (len(first), len(second)) == (1, 1)
    assert "escalated sensor.one" in await history(alarms())


async def test_one_outage_is_one_notification_with_the_affected_entities(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    notifications = async_mock_service(hass, "notify", "mobile_app_anna")
    anna = group(hass, entry, {"kind": "mobile_app", "action": "notify.mobile_app_anna"})
    host = await kit.host("nas")
    registry = er.async_get(hass)
    power = kit.entity_id(f"{host.uid}_power_state")
    device_id = registry.async_get(power).device_id  # type: ignore[union-attr]
    for name in ("disk", "fan"):
        registry.async_get_or_create("sensor", "test", name, suggested_object_id=name, device_id=device_id)
        await set_state(hass, f"sensor.{name}", "5", friendly_name=name.capitalize())
    add(hass, entry, Condition(kind=AlarmKind.HOST_LOST), power, name="Lost", escalation=policy((0, anna)))
    add(
        hass,
        entry,
        Condition(kind=AlarmKind.UNAVAILABLE),
        "sensor.disk",
        "sensor.fan",
        name="Gone",
        escalation=policy((0, anna)),
    )
    await hass.async_block_till_done()

    for name in ("disk", "fan"):
        await set_state(hass, f"sensor.{name}", "unavailable", friendly_name=name.capitalize())
    await host.availability("offline")
    await kit.wait(3)
    await hass.async_block_till_done(wait_background_tasks=True)

    (call,) = notifications
    assert call.data["title"].startswith("Warning: Lost: nas")
    assert "Disk" in call.data["message"]
    assert "Fan" in call.data["message"]


async def test_a_flapping_alarm_is_notified_once_and_then_after_it_has_calmed(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    notifications = async_mock_service(hass, "notify", "mobile_app_anna")
    anna = group(hass, entry, {"kind": "mobile_app", "action": "notify.mobile_app_anna"})
    rule_id = add(hass, entry, HOT, "sensor.one", escalation=policy((0, anna)))
    await hass.async_block_till_done()
    for _ in range(20):
        for value in ("90", "20"):
            await set_state(hass, "sensor.one", value)
            await kit.wait(5)
            await hass.async_block_till_done(wait_background_tasks=True)
    await set_state(hass, "sensor.one", "90")
    await hass.async_block_till_done(wait_background_tasks=True)

    assert alarms().alarms(rule_id)[0].state == "suppressed"
    assert (
        len([call for call in notifications if call.data["message"].startswith("This alarm keeps coming and going")])
        == 1
    )
    before = len(notifications)
    await kit.wait(3700)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert alarms().alarms(rule_id)[0].state == "unacknowledged"
    assert len(notifications) == before + 1


async def test_the_raise_that_starts_flapping_is_published_before_the_suppression(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    published: list[tuple[str, str, str]] = []

    @callback
    def publish(event: AlarmEvent) -> None:
        if event.transition and (alarm := alarms().alarm(event.key)):
            published.append((event.transition.change, event.transition.after, alarm.state))

    async_dispatcher_connect(hass, SIGNAL_ALARM, publish)
    add(hass, entry, HOT, "sensor.one")
    await hass.async_block_till_done()
    for _ in range(7):
        for value in ("90", "20"):
            await set_state(hass, "sensor.one", value)

    assert [after for _, after, _ in published] == [state for _, _, state in published], "what a listener finds"
    assert [(change, state) for change, _, state in published][-3:] == [
        ("raised", "unacknowledged"),
        ("suppressed", "suppressed"),
        ("cleared", "suppressed"),
    ]


async def test_a_latching_momentary_alarm_is_notified(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    notifications = async_mock_service(hass, "notify", "mobile_app_anna")
    anna = group(hass, entry, {"kind": "mobile_app", "action": "notify.mobile_app_anna"})
    condition = Condition(kind=AlarmKind.EVENT, event_type="doorbell")
    add(hass, entry, condition, timing=Timing(latching=True), escalation=policy((0, anna)), name="Bell")
    await hass.async_block_till_done()

    hass.bus.async_fire("doorbell", {})
    await hass.async_block_till_done(wait_background_tasks=True)

    assert [call.data["title"] for call in notifications] == ["Warning: Bell"]
