"""Failures on the way to a phone: Home Assistant's integration of the apps logs them and raises nothing.

``tests/e2e`` has the same with that integration itself.
"""

import asyncio
from collections.abc import Callable
import logging

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.engine.escalation import NotificationKind
from custom_components.iotbridge.alarms.engine.models import AlarmKey
from custom_components.iotbridge.alarms.notifications.notifier import DeliveryError, Notifier
from homeassistant.core import HomeAssistant, ServiceCall

from .test_notifier import group, message, words

__all__ = ["group", "words"]

APP = logging.getLogger("homeassistant.components.mobile_app.notify")
ANNA, BEN = ({"kind": "mobile_app", "action": f"notify.mobile_app_{name}"} for name in ("anna", "ben"))


@pytest.fixture
def refused(hass: HomeAssistant) -> set[str]:
    """Return the actions whose push service refuses; both phones are told at the same moment."""
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
async def test_a_phone_whose_push_service_refuses_was_not_told(
    hass: HomeAssistant, refused: set[str], entry: MockConfigEntry, group: Callable[..., str], level: int
) -> None:
    notifier, family = Notifier(hass, entry), group(ANNA, BEN)
    APP.setLevel(level)
    refused.add("mobile_app_anna")

    with pytest.raises(DeliveryError) as raised:
        await notifier.async_send(family, [message(hass)])
    assert raised.value.failed == {"notify.mobile_app_anna": "Error sending notification to mobile_app_anna"}

    refused.clear()
    await notifier.async_send(family, [message(hass)])
    assert not APP.handlers
    APP.setLevel(logging.NOTSET)


async def test_a_phone_that_is_not_registered_was_not_told(
    hass: HomeAssistant, entry: MockConfigEntry, group: Callable[..., str]
) -> None:
    with pytest.raises(DeliveryError) as raised:
        await Notifier(hass, entry).async_send(group(ANNA), [message(hass)])

    assert raised.value.failed.keys() == {"notify.mobile_app_anna"}


async def test_what_was_said_is_not_said_again_because_tidying_up_failed(
    hass: HomeAssistant, entry: MockConfigEntry, group: Callable[..., str]
) -> None:
    told: list[str] = []

    async def push(call: ServiceCall) -> None:
        told.append(call.data["message"])
        if call.data["message"] == "clear_notification":
            APP.error("Error sending notification")

    hass.services.async_register("notify", "mobile_app_anna", push)
    others = [
        message(hass, NotificationKind.CLEARED, key=AlarmKey("rule", f"sensor.{name}")) for name in ("cellar", "door")
    ]

    await Notifier(hass, entry).async_send(group(ANNA), others)
    assert told[1:] == ["clear_notification"] * 2

    with pytest.raises(DeliveryError):
        await Notifier(hass, entry).async_send(group(ANNA), [message(hass, NotificationKind.WITHDRAWN)])
