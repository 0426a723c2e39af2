"""IoT Bridge: servers, PCs and raw MQTT gadgets as first-class devices."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from . import migration, mqtt_client, runtime, subentries
from .alarms.api.websocket import async_setup_websocket
from .const import DOMAIN, PLATFORMS
from .hosts.announce_store import AnnouncedHosts
from .issues import ENTRY_NEWER, Issues
from .runtime import IotBridgeConfigEntry
from .services import async_setup_services
from .things.runtime.publisher import async_forget_all

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Offer the actions; they say themselves when there is no entry yet."""
    async_setup_services(hass)
    async_setup_websocket(hass)
    # Home Assistant refuses a newer entry without asking the integration, and without a word for the user.
    is_newer = any(entry.version > migration.MAJOR_VERSION for entry in hass.config_entries.async_entries(DOMAIN))
    Issues(hass).async_set(ENTRY_NEWER, "", is_newer)
    return True


async def async_migrate_entry(hass: HomeAssistant, entry: IotBridgeConfigEntry) -> bool:
    """Bring the entry to the version of this release; one of a later minor version can be read as it is."""
    current = migration.version_of(migration.ENTRY)
    if entry.minor_version < current:
        options = migration.upgraded(migration.ENTRY, entry.options, entry.minor_version)
        hass.config_entries.async_update_entry(entry, options=options, minor_version=current)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: IotBridgeConfigEntry) -> bool:
    """Start to look after hosts, things and alarms."""
    if not await mqtt_client.async_wait_for_client(hass):
        raise ConfigEntryNotReady(translation_domain=DOMAIN, translation_key="mqtt_not_ready")
    subentries.async_migrate(hass, entry)
    entry.runtime_data = runtime.build(hass, entry)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    try:
        await runtime.async_start(hass, entry, entry.runtime_data)
    except BaseException:
        # Home Assistant ends what was begun, but leaves platforms set up: the next attempt would be refused for them.
        await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
        raise
    return True


async def async_unload_entry(hass: HomeAssistant, entry: IotBridgeConfigEntry) -> bool:
    """Let go of everything."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, _entry: IotBridgeConfigEntry) -> None:
    """Take back what was published for things; hosts announce themselves and stay."""
    await AnnouncedHosts(hass).async_remove()
    await async_forget_all(hass)
