"""Automations as users write them, and their runs."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from homeassistant.components.mqtt.const import MQTT_CONNECTION_STATE
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.setup import async_setup_component

from .kit import Kit

type Automate = Callable[..., Awaitable[list[Event]]]

RAN = "automation_ran"


@pytest.fixture
def automate(hass: HomeAssistant) -> Automate:
    """Set up an automation; return the list that receives an event for each run."""

    async def set_up(
        trigger: Mapping[str, Any], *, tell: Mapping[str, str] | None = None, condition: Mapping[str, Any] | None = None
    ) -> list[Event]:
        config = {
            "alias": "test",
            "triggers": [trigger],
            "conditions": [condition] if condition else [],
            "actions": [{"event": RAN, "event_data": tell or {}}],
        }
        assert await async_setup_component(hass, "automation", {"automation": config})
        await hass.async_block_till_done()
        automation = hass.states.get("automation.test")
        assert automation is not None
        assert automation.state == "on"
        ran: list[Event] = async_capture_events(hass, RAN)
        return ran

    return set_up


@pytest.fixture
def names() -> dict[str, str]:
    """Return the template variables of a lost or returned host."""
    return {key: f"{{{{ trigger.{key} }}}}" for key in ("host", "entity_id", "device_id", "description")}


async def connection(kit: Kit, *, is_connected: bool) -> None:
    """Disconnect or reconnect the broker."""
    async_dispatcher_send(kit.hass, MQTT_CONNECTION_STATE, is_connected)
    await kit.hass.async_block_till_done()


async def start_anew(kit: Kit) -> None:
    """Clear the memory of IoT Bridge, as at a start of Home Assistant: it only knows the messages after that."""
    entry = kit.hass.config_entries.async_entries("iotbridge")[0]
    await kit.hass.config_entries.async_reload(entry.entry_id)
    await kit.hass.async_block_till_done()
