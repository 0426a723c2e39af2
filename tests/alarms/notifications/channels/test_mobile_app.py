"""Notifications on phones, and failed pushes, which Home Assistant logs without raising them."""

import asyncio
import logging

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_mock_service,
)

from custom_components.iotbridge.alarms.engine.escalation import NotificationKind, Sound
from custom_components.iotbridge.alarms.engine.models import AlarmKey, Severity
from custom_components.iotbridge.alarms.notifications.message import (
    alarm_texts,
    test_message as message_of_test,
)
from custom_components.iotbridge.alarms.notifications.notifier import DeliveryError, Notifier
from homeassistant.core import HomeAssistant, ServiceCall

from ..messages import NOW, PHONE, TAG, AddGroup, alarm, message

pytestmark = pytest.mark.usefixtures("home_texts")

APP = logging.getLogger("homeassistant.components.mobile_app.notify")
ANNA, BEN = ({"kind": "mobile_app", "action": f"notify.mobile_app_{name}"} for name in ("anna", "ben"))


async def test_a_notification_on_a_phone_has_buttons(
    hass: HomeAssistant, notifier: Notifier, add_group: AddGroup
) -> None:
    calls = async_mock_service(hass, "notify", "mobile_app_anna")

    await notifier.async_send(add_group(PHONE), [message(hass)])

    assert [call.data for call in calls] == [
        {
            "title": "Warning: Attic temperature",
            "message": "31 °C, above 28 °C",
            "data": {
                "tag": TAG,
                "group": "iotbridge",
                "actions": [
                    {"action": f"IOTBRIDGE_ACK_{TAG}", "title": "Acknowledge"},
                    {"action": f"IOTBRIDGE_SNOOZE_{TAG}", "title": "Snooze for 1 h"},
                ],
            },
        }
    ]
    assert calls[0].context.id


async def test_a_notification_on_a_phone_opens_the_alarm(
    hass: HomeAssistant, notifier: Notifier, add_group: AddGroup
) -> None:
    calls = async_mock_service(hass, "notify", "mobile_app_anna")

    await notifier.async_send(add_group(PHONE), [message(hass, rule_entity="binary_sensor.hot")])

    data = calls[0].data["data"]
    assert data["url"] == data["clickAction"] == f"/home/overview?more-info-entity-id=binary_sensor.hot&alarm={TAG}"


async def test_only_critical_alarms_may_break_through(
    hass: HomeAssistant, notifier: Notifier, add_group: AddGroup
) -> None:
    calls = async_mock_service(hass, "notify", "mobile_app_anna")
    loud, soft = add_group(PHONE, break_through=True), add_group(PHONE)

    for group_id, kind, severity in [
        (loud, NotificationKind.RAISED, Severity.CRITICAL),
        (soft, NotificationKind.RAISED, Severity.CRITICAL),
        (loud, NotificationKind.RAISED, Severity.WARNING),
        (loud, NotificationKind.CLEARED, Severity.CRITICAL),
    ]:
        await notifier.async_send(group_id, [message(hass, kind, severity)])

    first = calls[0].data["data"]
    assert first["push"] == {
        "interruption-level": "critical",
        "sound": {"name": "default", "critical": 1, "volume": 1.0},
    }
    assert (first["ttl"], first["priority"], first["channel"]) == (0, "high", "alarm_stream")
    assert not any({"push", "priority", "ttl", "channel"} & call.data["data"].keys() for call in calls[1:])


async def test_an_acknowledgement_can_be_taken_back_on_the_phone(
    hass: HomeAssistant, notifier: Notifier, add_group: AddGroup
) -> None:
    calls = async_mock_service(hass, "notify", "mobile_app_anna")

    await notifier.async_send(
        add_group(PHONE), [message(hass, NotificationKind.ACKNOWLEDGED, about=alarm(acknowledged=True))]
    )

    (call,) = calls
    assert call.data["data"]["actions"] == [{"action": f"IOTBRIDGE_UNACK_{TAG}", "title": "Take back"}]


async def test_the_end_replaces_the_first_notification(
    hass: HomeAssistant, notifier: Notifier, add_group: AddGroup
) -> None:
    calls = async_mock_service(hass, "notify", "mobile_app_anna")
    family = add_group(PHONE)

    for kind in (NotificationKind.ACKNOWLEDGED, NotificationKind.CLEARED, NotificationKind.WITHDRAWN):
        await notifier.async_send(family, [message(hass, kind)])

    assert [call.data["data"]["tag"] for call in calls] == [TAG] * 3
    assert not any("actions" in call.data["data"] for call in calls)
    assert calls[0].data["data"]["alert_once"] is True
    assert calls[2].data == {"message": "clear_notification", "data": {"tag": TAG}}


async def test_the_end_of_a_snoozed_alarm_makes_no_sound(
    hass: HomeAssistant, notifier: Notifier, add_group: AddGroup
) -> None:
    calls = async_mock_service(hass, "notify", "mobile_app_anna")

    await notifier.async_send(add_group(PHONE), [message(hass, NotificationKind.CLEARED, sound=Sound.SILENT)])

    (call,) = calls
    assert call.data["title"] == "Cleared: Attic temperature"
    assert call.data["data"] == {
        "tag": TAG,
        "group": "iotbridge",
        "push": {"interruption-level": "passive"},
        "channel": "IoT Bridge",
        "importance": "low",
    }


async def test_an_unacknowledged_end_keeps_its_button(
    hass: HomeAssistant, notifier: Notifier, add_group: AddGroup
) -> None:
    calls = async_mock_service(hass, "notify", "mobile_app_anna")
    over = message(hass, NotificationKind.CLEARED, about=alarm(active=False, returned=True, cleared_at=NOW))

    await notifier.async_send(add_group(PHONE), [over])

    (call,) = calls
    assert call.data["title"] == "Cleared: Attic temperature"
    assert call.data["message"] == "Back to normal after 20 min.\nNo one has acknowledged it yet."
    assert call.data["data"]["actions"] == [{"action": f"IOTBRIDGE_ACK_{TAG}", "title": "Acknowledge"}]


async def test_a_digest_withdraws_the_notifications_of_ended_alarms(
    hass: HomeAssistant, notifier: Notifier, add_group: AddGroup
) -> None:
    calls = async_mock_service(hass, "notify", "mobile_app_anna")
    other = AlarmKey("rule", "sensor.cellar")

    await notifier.async_send(
        add_group(PHONE), [message(hass, NotificationKind.CLEARED), message(hass, key=other, name="Cellar")]
    )

    assert [call.data["message"] for call in calls][1:] == ["clear_notification"]
    assert calls[1].data["data"] == {"tag": TAG}
    assert "actions" not in calls[0].data["data"]


async def test_a_test_message_is_marked_as_test(hass: HomeAssistant, notifier: Notifier, add_group: AddGroup) -> None:
    calls = async_mock_service(hass, "notify", "mobile_app_anna")
    words = alarm_texts(hass)

    await notifier.async_send(add_group(PHONE), [message_of_test(words, "rule", "Attic", Severity.WARNING, NOW)])

    assert calls[0].data["title"] == "Test: Attic"
    assert calls[0].data["data"].keys() == {"tag", "group"}


@pytest.fixture
def live(hass: HomeAssistant) -> list[ServiceCall]:
    """Register Anna's iPhone, which allows Live Activities; return the calls of its action."""
    data = {"device_name": "Anna", "manufacturer": "Apple", "app_data": {"start_live_activity_token": "token"}}
    MockConfigEntry(domain="mobile_app", title="Anna", data=data).add_to_hass(hass)
    calls: list[ServiceCall] = async_mock_service(hass, "notify", "mobile_app_anna")
    return calls


def kinds_of_pushes(calls: list[ServiceCall]) -> list[str]:
    """Return what each push does: notify, update the Live Activity, or remove both; forget the pushes."""
    kinds = [
        "clear"
        if call.data["message"] == "clear_notification"
        else "live"
        if "live_update" in call.data["data"]
        else "notify"
        for call in calls
    ]
    calls.clear()
    return kinds


async def test_an_alarm_is_a_live_activity_from_its_beginning_to_its_end(
    hass: HomeAssistant, notifier: Notifier, add_group: AddGroup, live: list[ServiceCall]
) -> None:
    family = add_group(PHONE)

    await notifier.async_send(family, [message(hass, severity=Severity.CRITICAL)])
    notification, activity = live
    assert "actions" in notification.data["data"]
    assert activity.data == {
        "title": "Attic temperature",
        "message": "31 °C, above 28 °C",
        "data": {
            "tag": TAG,
            "live_update": True,
            "silent": True,
            "notification_icon": "mdi:alert-octagon",
            "notification_icon_color": "#DB4437",
        },
    }
    live.clear()

    await notifier.async_send(family, [message(hass, NotificationKind.ACKNOWLEDGED)])
    assert kinds_of_pushes(live) == ["notify", "live"]
    await notifier.async_send(family, [message(hass, NotificationKind.CLEARED, is_last=True)])
    assert {call.data["data"]["tag"] for call in live} == {TAG}
    assert kinds_of_pushes(live) == ["clear", "notify"]


async def test_a_live_activity_stays_until_a_cleared_alarm_is_acknowledged(
    hass: HomeAssistant, notifier: Notifier, add_group: AddGroup, live: list[ServiceCall]
) -> None:
    family = add_group(PHONE)
    returned = alarm(active=False, returned=True, cleared_at=NOW)

    await notifier.async_send(family, [message(hass, NotificationKind.CLEARED, about=returned)])
    assert kinds_of_pushes(live) == ["notify", "live"]
    await notifier.async_send(family, [message(hass, NotificationKind.ACKNOWLEDGED, is_last=True)])
    assert kinds_of_pushes(live) == ["clear", "notify"]


async def test_a_withdrawal_ends_a_live_activity_and_several_alarms_are_none(
    hass: HomeAssistant, notifier: Notifier, add_group: AddGroup, live: list[ServiceCall]
) -> None:
    family = add_group(PHONE)

    await notifier.async_send(family, [message(hass, NotificationKind.WITHDRAWN)])
    assert kinds_of_pushes(live) == ["clear"]
    await notifier.async_send(family, [message(hass), message(hass, key=AlarmKey("rule", "sensor.cellar"))])
    assert kinds_of_pushes(live) == ["notify"]
    await notifier.async_send(family, [message_of_test(alarm_texts(hass), "rule", "Attic", Severity.WARNING, NOW)])
    assert kinds_of_pushes(live) == ["notify"]


async def test_a_failed_live_activity_does_not_repeat_the_message(
    hass: HomeAssistant, notifier: Notifier, add_group: AddGroup, live: list[ServiceCall]
) -> None:
    pushed: list[ServiceCall] = []

    async def push(call: ServiceCall) -> None:
        pushed.append(call)
        if "live_update" in call.data["data"]:
            APP.error("Error sending notification")

    hass.services.async_register("notify", "mobile_app_anna", push)

    await notifier.async_send(add_group(PHONE), [message(hass)])

    assert kinds_of_pushes(pushed) == ["notify", "live"]


# Failures: ``tests/e2e`` has the same with the integration of the apps itself.


@pytest.fixture
def refused(hass: HomeAssistant) -> set[str]:
    """Return the actions whose push service refuses; both phones are notified at the same moment."""
    names: set[str] = set()
    both = asyncio.Barrier(2)

    async def push(call: ServiceCall) -> None:
        await both.wait()
        APP.debug("Sending to %s", call.service)
        if call.service in names:
            APP.error("Error sending notification to %s", call.service)
        await both.wait()

    for target in (ANNA, BEN):
        hass.services.async_register("notify", target["action"].removeprefix("notify."), push)
    return names


@pytest.mark.parametrize("level", [logging.NOTSET, logging.DEBUG, logging.ERROR])
async def test_a_refusal_of_the_push_service_is_a_failed_delivery(
    hass: HomeAssistant, refused: set[str], entry: MockConfigEntry, add_group: AddGroup, level: int
) -> None:
    notifier, family = Notifier(hass, entry), add_group(ANNA, BEN)
    APP.setLevel(level)
    refused.add("mobile_app_anna")

    with pytest.raises(DeliveryError) as raised:
        await notifier.async_send(family, [message(hass)])
    assert raised.value.failed == {"notify.mobile_app_anna": "Error sending notification to mobile_app_anna"}

    refused.clear()
    await notifier.async_send(family, [message(hass)])
    assert not APP.handlers
    APP.setLevel(logging.NOTSET)


async def test_an_unregistered_phone_is_a_failed_delivery(
    hass: HomeAssistant, entry: MockConfigEntry, add_group: AddGroup
) -> None:
    with pytest.raises(DeliveryError) as raised:
        await Notifier(hass, entry).async_send(add_group(ANNA), [message(hass)])

    assert raised.value.failed.keys() == {"notify.mobile_app_anna"}


async def test_a_failed_withdrawal_does_not_repeat_the_message(
    hass: HomeAssistant, entry: MockConfigEntry, add_group: AddGroup
) -> None:
    pushed: list[str] = []

    async def push(call: ServiceCall) -> None:
        pushed.append(call.data["message"])
        if call.data["message"] == "clear_notification":
            APP.error("Error sending notification")

    hass.services.async_register("notify", "mobile_app_anna", push)
    others = [
        message(hass, NotificationKind.CLEARED, key=AlarmKey("rule", f"sensor.{name}")) for name in ("cellar", "door")
    ]

    await Notifier(hass, entry).async_send(add_group(ANNA), others)
    assert pushed[1:] == ["clear_notification"] * 2

    with pytest.raises(DeliveryError):
        await Notifier(hass, entry).async_send(add_group(ANNA), [message(hass, NotificationKind.WITHDRAWN)])
