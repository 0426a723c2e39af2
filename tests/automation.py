"""Automations as people write them, and what they did."""

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
    """Set an automation up; return the list that gets an event each time it ran."""

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
    """Return what a template can tell of a lost or returned host."""
    return {key: f"{{{{ trigger.{key} }}}}" for key in ("host", "entity_id", "device_id", "description")}


async def connection(kit: Kit, *, is_connected: bool) -> None:
    """Let the broker go away or come back."""
    async_dispatcher_send(kit.hass, MQTT_CONNECTION_STATE, is_connected)
    await kit.hass.async_block_till_done()


async def start_anew(kit: Kit) -> None:
    """Let IoT Bridge forget everything, as at a start of Home Assistant: what it knows then is what it hears."""
    entry = kit.hass.config_entries.async_entries("iotbridge")[0]
    await kit.hass.config_entries.async_reload(entry.entry_id)
    await kit.hass.async_block_till_done()
