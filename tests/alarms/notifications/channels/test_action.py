"""Channel of any action, with templates in its data."""

import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.iotbridge.alarms.engine.escalation import NotificationKind
from custom_components.iotbridge.alarms.notifications.notifier import Notifier
from homeassistant.core import HomeAssistant

from ..messages import AddGroup, message

pytestmark = pytest.mark.usefixtures("home_texts")


async def test_an_action_is_called_with_rendered_data(
    hass: HomeAssistant, notifier: Notifier, add_group: AddGroup
) -> None:
    calls = async_mock_service(hass, "tts", "speak")
    data = {
        "entity_id": ["media_player.kitchen"],
        "message": "{{ severity }}: {{ alarm }}. {{ message }}",
        "options": {"about": "{{ entity_id }}", "urgent": "{{ kind == 'raised' }}", "plain": "{as it is}"},
    }
    plain = async_mock_service(hass, "script", "announce")
    speak, announce = ({"kind": "action", "action": action} for action in ("tts.speak", "script.announce"))
    family = add_group({**speak, "data": data}, announce)

    await notifier.async_send(family, [message(hass)])
    await notifier.async_send(family, [message(hass, NotificationKind.WITHDRAWN)])

    assert [call.data for call in calls] == [
        {
            "entity_id": ["media_player.kitchen"],
            "message": "warning: Attic temperature. 31 °C, above 28 °C",
            "options": {"about": "sensor.attic", "urgent": True, "plain": "{as it is}"},
        }
    ]
    assert [call.data for call in plain] == [{"title": "Warning: Attic temperature", "message": "31 °C, above 28 °C"}]
