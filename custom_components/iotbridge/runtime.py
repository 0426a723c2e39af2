"""The composition root: builds the managers and starts and stops them in order."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import async_get_platforms

from . import issues as ir
from .alarms.manager import AlarmsManager
from .const import (
    CONF_LOST_AFTER,
    CONF_PREFIXES,
    CONF_RESPONSE_TIMEOUT,
    DEFAULT_LOST_AFTER_S,
    DEFAULT_PREFIXES,
    DEFAULT_RESPONSE_TIMEOUT_S,
    DOMAIN,
    LOGGER,
)
from .hosts.device_links import DeviceLinks
from .hosts.discovery import HostDiscovery
from .hosts.discovery_monitor import DiscoveryMonitor
from .hosts.manager import HostsManager
from .things.manager import ThingsManager

type IotBridgeConfigEntry = ConfigEntry[Runtime]
# What ends a part, or a piece of it.
type Stop = Callable[[], Coroutine[Any, Any, None] | None]


@dataclass(slots=True)
class Runtime:
    """Objects that live as long as the config entry."""

    hosts: HostsManager
    device_links: DeviceLinks
    monitor: DiscoveryMonitor
    host_discovery: HostDiscovery
    things: ThingsManager
    alarms: AlarmsManager


def build(hass: HomeAssistant, entry: IotBridgeConfigEntry) -> Runtime:
    """Build the managers from the entry's options."""
    options = entry.options
    prefixes = list(options.get(CONF_PREFIXES, DEFAULT_PREFIXES))
    agents = HostsManager(
        hass,
        prefixes,
        response_timeout_s=options.get(CONF_RESPONSE_TIMEOUT, DEFAULT_RESPONSE_TIMEOUT_S),
        lost_after_s=options.get(CONF_LOST_AFTER, DEFAULT_LOST_AFTER_S),
    )
    things = ThingsManager(hass, entry, prefixes)
    attachments = DeviceLinks(hass, entry, agents)
    monitor = DiscoveryMonitor(hass, entry, agents, attachments)
    discovery = HostDiscovery(hass, agents, monitor)
    return Runtime(agents, attachments, monitor, discovery, things, AlarmsManager(hass, entry))


@callback
def loaded_runtime(hass: HomeAssistant) -> Runtime | None:
    """Return the objects of the loaded entry; None while there is none."""
    entry: IotBridgeConfigEntry
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        return entry.runtime_data
    return None


async def async_start(hass: HomeAssistant, entry: IotBridgeConfigEntry, runtime: Runtime) -> None:
    """Start hosts, things and alarms, each whether or not the others can; the entities must be listening already."""
    issues = ir.Issues(hass)
    entry.async_on_unload(issues.async_clear)
    for part, start in PARTS.items():
        stops: list[Stop] = []
        try:
            await start(runtime, stops)
        except Exception:  # noqa: BLE001 - logged, with a repair
            # A fault of one part must not cost the others.
            LOGGER.exception("A part of IoT Bridge could not be started (%s)", part)
            await _async_end(part, stops)
            _async_show_failed(hass, entry, part)
            issues.async_set(part, "", True)
        finally:
            for stop in stops:
                entry.async_on_unload(stop)


async def _async_end(part: str, stops: list[Stop]) -> None:
    """End what a part began that could not be started: half of it would watch, and nobody would know which half."""
    while stops:
        try:
            if ending := stops.pop()():
                await ending
        except Exception:  # noqa: BLE001 - logged; what was never begun may not be able to end
            LOGGER.exception("A part of IoT Bridge could not be ended (%s)", part)


@callback
def _async_show_failed(hass: HomeAssistant, entry: IotBridgeConfigEntry, part: str) -> None:
    """Make the entities of a part unavailable: what they show is not so."""
    if part == ir.HOSTS_NOT_STARTED:
        entry.runtime_data.hosts.is_failed = True
    elif part == ir.ALARMS_NOT_STARTED:
        entry.runtime_data.alarms.is_failed = True
    for platform in async_get_platforms(hass, DOMAIN):
        for entity in platform.entities.values():
            entity.async_write_ha_state()


async def _async_start_hosts(runtime: Runtime, stops: list[Stop]) -> None:
    runtime.device_links.async_start(runtime.hosts.prefixes)
    stops += [runtime.device_links.async_stop, runtime.monitor.async_stop]
    await runtime.monitor.async_start()
    stops.append(await runtime.host_discovery.async_start())
    stops.append(runtime.hosts.async_stop)
    await runtime.hosts.async_start()


async def _async_start_things(runtime: Runtime, stops: list[Stop]) -> None:
    stops.append(runtime.things.async_stop)
    await runtime.things.async_start()


async def _async_start_alarms(runtime: Runtime, stops: list[Stop]) -> None:
    stops.append(runtime.alarms.async_stop)
    await runtime.alarms.async_start()


# By the repair that says that a part could not be started.
PARTS = {
    ir.HOSTS_NOT_STARTED: _async_start_hosts,
    ir.THINGS_NOT_STARTED: _async_start_things,
    ir.ALARMS_NOT_STARTED: _async_start_alarms,
}
