"""Buttons of notifications on phones."""

from collections.abc import Iterable
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockUser,
)

from custom_components.iotbridge.alarms.engine.models import Actor, Alarm, AlarmKey
from custom_components.iotbridge.alarms.notifications.phone_buttons import async_listen_buttons
from homeassistant.core import Context, HomeAssistant

from .messages import KEY, NOW, TAG, alarm

pytestmark = pytest.mark.usefixtures("home_texts")


class Manager:
    """Alarm manager that records the actions of the buttons."""

    def __init__(self) -> None:
        self.done: list[tuple[Any, ...]] = []

    def alarms(self) -> list[Alarm]:
        return [alarm(), Alarm(key=AlarmKey("rule", "sensor.cellar"))]

    def async_after(self, seconds: float) -> float:
        return NOW + seconds

    def async_acknowledge(self, keys: Iterable[AlarmKey], by: Actor) -> list[AlarmKey]:
        self.done.append(("ack", list(keys), by))
        return []

    def async_unacknowledge(self, keys: Iterable[AlarmKey], by: Actor) -> list[AlarmKey]:
        self.done.append(("unack", list(keys), by))
        return []

    def async_snooze(self, keys: Iterable[AlarmKey], until: float, by: Actor) -> list[AlarmKey]:
        self.done.append(("snooze", list(keys), until, by))
        return []


async def test_buttons_acknowledge_take_back_and_snooze_for_the_user(hass: HomeAssistant) -> None:
    manager, user = Manager(), MockUser(name="Anna", is_owner=True).add_to_hass(hass)
    stop = async_listen_buttons(hass, manager)

    def press(action: object, context: Context | None = None, **more: Any) -> None:
        hass.bus.async_fire("mobile_app_notification_action", {"action": action, **more}, context=context)

    press(f"IOTBRIDGE_ACK_{TAG}", Context(user_id=user.id))
    press(f"IOTBRIDGE_SNOOZE_{TAG}", device_name="Anna's phone")
    press(f"IOTBRIDGE_ACK_{TAG}")
    press(f"IOTBRIDGE_UNACK_{TAG}")
    for unknown in ("IOTBRIDGE_ACK_iotbridge_other_000000000000", "TURN_OFF", None, 7):
        press(unknown)
    await hass.async_block_till_done()
    stop()
    press(f"IOTBRIDGE_ACK_{TAG}")
    await hass.async_block_till_done()

    assert manager.done == [
        ("ack", [KEY], Actor("Anna", "phone")),
        ("snooze", [KEY], NOW + 3600, Actor("Anna's phone", "phone")),
        ("ack", [KEY], Actor("", "phone")),
        ("unack", [KEY], Actor("", "phone")),
    ]


@pytest.mark.parametrize(
    ("user", "policy", "is_permitted"),
    [
        ({}, {"entities": True}, True),
        ({}, {"entities": {"entity_ids": {KEY.subject: True}}}, True),
        ({}, {"entities": {"all": {"read": True}}}, False),
        ({}, {}, False),
        ({"is_owner": True}, None, True),
        ({"is_owner": True, "is_active": False}, None, False),
        (None, None, False),
    ],
    ids=["everything", "this one", "read only", "nothing", "owner", "inactive", "removed"],
)
async def test_buttons_work_only_for_permitted_users(
    hass: HomeAssistant, user: dict[str, bool] | None, policy: dict[str, Any] | None, is_permitted: bool
) -> None:
    manager = Manager()
    if user is not None:
        owner = MockUser(id="anna", **user).add_to_hass(hass)
        if policy is not None:
            owner.mock_policy(policy)
    stop = async_listen_buttons(hass, manager)

    for action in (f"IOTBRIDGE_ACK_{TAG}", f"IOTBRIDGE_SNOOZE_{TAG}"):
        hass.bus.async_fire("mobile_app_notification_action", {"action": action}, context=Context(user_id="anna"))
    await hass.async_block_till_done()
    stop()

    assert [command for command, *_ in manager.done] == (["ack", "snooze"] if is_permitted else [])
