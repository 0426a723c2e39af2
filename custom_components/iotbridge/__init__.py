"""IoT Bridge: servers, PCs and raw MQTT gadgets as first-class devices."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from . import mqtt_client, runtime
from .agents.announced import AnnouncedHosts
from .alarms.websocket import async_setup_websocket
from .const import DOMAIN, PLATFORMS
from .devices.publisher import async_forget_all
from .runtime import IotBridgeConfigEntry
from .services import async_setup_services

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Offer the actions; they say themselves when there is no entry yet."""
    async_setup_services(hass)
    async_setup_websocket(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: IotBridgeConfigEntry) -> bool:
    """Start to look after the hosts."""
    if not await mqtt_client.async_wait_for_client(hass):
        raise ConfigEntryNotReady(translation_domain=DOMAIN, translation_key="mqtt_not_ready")
    entry.runtime_data = runtime.build(hass, entry)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    await runtime.async_start(entry, entry.runtime_data)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: IotBridgeConfigEntry) -> bool:
    """Let go of everything."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, _entry: IotBridgeConfigEntry) -> None:
    """Take back what was published for things; hosts announce themselves and stay."""
    await AnnouncedHosts(hass).async_remove()
    await async_forget_all(hass)
