"""The composition root: builds the managers and starts and stops them in order."""

from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from .agents.attachments import Attachments
from .agents.discovery import HostDiscovery
from .agents.discovery_monitor import DiscoveryMonitor
from .agents.manager import AgentsManager
from .alarms.manager import AlarmsManager
from .const import (
    CONF_LOST_AFTER,
    CONF_PREFIXES,
    CONF_RESPONSE_TIMEOUT,
    DEFAULT_LOST_AFTER_S,
    DEFAULT_PREFIXES,
    DEFAULT_RESPONSE_TIMEOUT_S,
)
from .devices.manager import ThingsManager

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


async def async_start(entry: IotBridgeConfigEntry, runtime: Runtime) -> None:
    """Start everything; the entities must be listening already."""
    runtime.attachments.async_start(runtime.agents.prefixes)
    entry.async_on_unload(runtime.attachments.async_stop)
    entry.async_on_unload(runtime.monitor.async_stop)
    await runtime.monitor.async_start()
    entry.async_on_unload(await runtime.discovery.async_start())
    entry.async_on_unload(runtime.agents.async_stop)
    await runtime.agents.async_start()
    entry.async_on_unload(runtime.things.async_stop)
    await runtime.things.async_start()
    entry.async_on_unload(runtime.alarms.async_stop)
    await runtime.alarms.async_start()
