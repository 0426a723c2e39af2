"""Channel of persistent notifications."""

from typing import Any

import pytest

from custom_components.iotbridge.alarms.engine.escalation import NotificationKind
from custom_components.iotbridge.alarms.notifications.notifier import Notifier
from homeassistant.components.persistent_notification import async_register_callback
from homeassistant.core import HomeAssistant, callback
from homeassistant.setup import async_setup_component

from ..messages import PERSISTENT, TAG, AddGroup, message

pytestmark = pytest.mark.usefixtures("home_texts")


async def test_persistent_notifications_are_created_and_dismissed(
    hass: HomeAssistant, notifier: Notifier, add_group: AddGroup
) -> None:
    assert await async_setup_component(hass, "persistent_notification", {})
    seen: list[tuple[str, str, str]] = []

    @callback
    def changed(kind: str, notifications: dict[str, Any]) -> None:
        seen.extend((kind, each, notifications[each]["message"]) for each in notifications)

    async_register_callback(hass, changed)
    family = add_group(PERSISTENT)

    await notifier.async_send(family, [message(hass, rule_entity="binary_sensor.hot")])
    for kind in (NotificationKind.CLEARED, NotificationKind.WITHDRAWN):
        await notifier.async_send(family, [message(hass, kind)])

    link = f"/home/overview?more-info-entity-id=binary_sensor.hot&alarm={TAG}"
    assert seen == [
        ("added", TAG, f"31 °C, above 28 °C\n\n[Show details]({link})"),
        ("updated", TAG, "Back to normal."),
        ("removed", TAG, "Back to normal."),
    ]
