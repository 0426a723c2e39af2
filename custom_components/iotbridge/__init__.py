"""IoT Bridge: servers, PCs and devices with raw MQTT messages as full Home Assistant devices."""

from functools import partial

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.typing import ConfigType

from . import migration, mqtt_client, runtime, subentries
from .alarms.api.websocket import async_setup_websocket
from .alarms.runtime.core_alerts import async_remove_rules
from .const import DOMAIN
from .dashboard.websocket import async_setup_dashboard_websocket
from .hosts.announce_store import AnnouncedHosts
from .issues import ENTRY_NEWER, Issues
from .power_plans.api.websocket import async_setup_plans_websocket
from .power_plans.runtime.store import PlanStore
from .power_plans.schedules import async_remove_schedules
from .runtime import IotBridgeConfigEntry
from .sentences.files import async_remove_files
from .services import async_setup_services
from .things.runtime.publisher import async_clear_all

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Register the actions and the WebSocket commands; the actions raise an error while no entry is loaded."""
    async_setup_services(hass)
    async_setup_websocket(hass)
    async_setup_plans_websocket(hass)
    async_setup_dashboard_websocket(hass, partial(runtime.hosts_last_seen, hass))
    # Home Assistant refuses a newer entry without calling the integration and without telling the user why.
    is_newer = any(entry.version > migration.MAJOR_VERSION for entry in hass.config_entries.async_entries(DOMAIN))
    Issues(hass).async_set(ENTRY_NEWER, "", is_newer)
    return True


async def async_migrate_entry(hass: HomeAssistant, entry: IotBridgeConfigEntry) -> bool:
    """Migrate the entry to the version of this release; a later minor version is readable as it is."""
    current = migration.version_of(migration.ENTRY)
    if entry.minor_version < current:
        options = migration.upgraded(migration.ENTRY, entry.options, entry.minor_version)
        hass.config_entries.async_update_entry(entry, options=options, minor_version=current)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: IotBridgeConfigEntry) -> bool:
    """Set up the config entry: hosts, things, alarms and their platforms."""
    if not await mqtt_client.async_wait_for_client(hass):
        raise ConfigEntryNotReady(translation_domain=DOMAIN, translation_key="mqtt_not_ready")
    await runtime.async_start_dashboard(hass, entry)
    subentries.async_migrate(hass, entry)
    entry.runtime_data = runtime.build(hass, entry)
    await hass.config_entries.async_forward_entry_setups(entry, entry.runtime_data.platforms)
    try:
        await runtime.async_start(hass, entry, entry.runtime_data)
    except BaseException:
        # Home Assistant runs the unload callbacks but leaves the platforms set up: the next attempt would fail on them.
        await hass.config_entries.async_unload_platforms(entry, entry.runtime_data.platforms)
        raise
    return True


async def async_unload_entry(hass: HomeAssistant, entry: IotBridgeConfigEntry) -> bool:
    """Unload the config entry."""
    return await hass.config_entries.async_unload_platforms(entry, entry.runtime_data.platforms)


async def async_remove_entry(hass: HomeAssistant, entry: IotBridgeConfigEntry) -> None:
    """Clear discovery messages of things, stored hosts and runs, Alerts and sentences; hosts announce themselves."""
    await async_remove_rules(hass, entry.entry_id)
    # Core's mqtt keeps a device as long as it has an entity of ours.
    er.async_get(hass).async_clear_config_entry(entry.entry_id)
    await AnnouncedHosts(hass).async_remove()
    await PlanStore(hass).async_remove()
    await async_clear_all(hass)
    await async_remove_schedules(hass)
    await async_remove_files(hass)
