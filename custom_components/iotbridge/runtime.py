"""The composition root: builds the managers and starts and stops them in order."""

from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from . import issues as ir
from .alarms.manager import AlarmsManager
from .const import (
    CONF_LOST_AFTER,
    CONF_PREFIXES,
    CONF_RESPONSE_TIMEOUT,
    DEFAULT_LOST_AFTER_S,
    DEFAULT_PREFIXES,
    DEFAULT_RESPONSE_TIMEOUT_S,
    LOGGER,
)
from .hosts.device_links import Attachments
from .hosts.discovery import HostDiscovery
from .hosts.discovery_monitor import DiscoveryMonitor
from .hosts.manager import AgentsManager
from .things.manager import ThingsManager

type IotBridgeConfigEntry = ConfigEntry[Runtime]


@dataclass(slots=True)
class Runtime:
    """Everything that lives as long as the config entry."""

    agents: AgentsManager
    attachments: Attachments
    monitor: DiscoveryMonitor
    discovery: HostDiscovery
    things: ThingsManager
    alarms: AlarmsManager


def build(hass: HomeAssistant, entry: IotBridgeConfigEntry) -> Runtime:
    """Build the managers from the entry's options."""
    options = entry.options
    prefixes = list(options.get(CONF_PREFIXES, DEFAULT_PREFIXES))
    agents = AgentsManager(
        hass,
        prefixes,
        response_timeout_s=options.get(CONF_RESPONSE_TIMEOUT, DEFAULT_RESPONSE_TIMEOUT_S),
        lost_after_s=options.get(CONF_LOST_AFTER, DEFAULT_LOST_AFTER_S),
    )
    things = ThingsManager(hass, entry, prefixes)
    attachments = Attachments(hass, entry, agents)
    monitor = DiscoveryMonitor(hass, entry, agents, attachments)
    discovery = HostDiscovery(hass, agents, monitor)
    return Runtime(agents, attachments, monitor, discovery, things, AlarmsManager(hass, entry))


async def async_start(hass: HomeAssistant, entry: IotBridgeConfigEntry, runtime: Runtime) -> None:
    """Start hosts, things and alarms, each whether or not the others can; the entities must be listening already."""
    issues = ir.Issues(hass)
    entry.async_on_unload(issues.async_clear)
    for part, start in PARTS.items():
        try:
            await start(entry, runtime)
        except Exception:  # noqa: BLE001 - logged, with a repair
            # A fault of one part must not cost the others; what it began ends when the entry is unloaded.
            LOGGER.exception("A part of IoT Bridge could not be started (%s)", part)
            issues.async_set(part, "", True)


async def _async_start_hosts(entry: IotBridgeConfigEntry, runtime: Runtime) -> None:
    runtime.attachments.async_start(runtime.agents.prefixes)
    entry.async_on_unload(runtime.attachments.async_stop)
    entry.async_on_unload(runtime.monitor.async_stop)
    await runtime.monitor.async_start()
    entry.async_on_unload(await runtime.discovery.async_start())
    entry.async_on_unload(runtime.agents.async_stop)
    await runtime.agents.async_start()


async def _async_start_things(entry: IotBridgeConfigEntry, runtime: Runtime) -> None:
    entry.async_on_unload(runtime.things.async_stop)
    await runtime.things.async_start()


async def _async_start_alarms(entry: IotBridgeConfigEntry, runtime: Runtime) -> None:
    entry.async_on_unload(runtime.alarms.async_stop)
    await runtime.alarms.async_start()


# By the repair that says that a part could not be started.
PARTS = {
    ir.HOSTS_NOT_STARTED: _async_start_hosts,
    ir.THINGS_NOT_STARTED: _async_start_things,
    ir.ALARMS_NOT_STARTED: _async_start_alarms,
}
