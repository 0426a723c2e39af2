"""Event entity of a host: outcomes of its commands."""

from typing import Any, override

from homeassistant.components.event import EventEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .commander import CommandResult, Outcome
from .device_links import DeviceLinks
from .entity import IotBridgeHostEntity
from .inventory import Host
from .manager import HostsManager


@callback
def async_setup_host_events(
    entry: ConfigEntry,
    manager: HostsManager,
    device_links: DeviceLinks,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the command event of each host once its device exists."""

    @callback
    def add_host(host: Host, device: DeviceEntry) -> None:
        async_add_entities([CommandEvent(manager, host, device)])

    entry.async_on_unload(device_links.async_add_listener(add_host))


class CommandEvent(IotBridgeHostEntity, EventEntity):
    """Event entity for commands that were accepted, done, refused, failed or timed out."""

    def __init__(self, manager: HostsManager, host: Host, device: DeviceEntry) -> None:
        """Set the key and the event types."""
        super().__init__(manager, host, device, "command")
        self._attr_event_types = [outcome.value for outcome in Outcome]

    @override
    async def async_added_to_hass(self) -> None:
        """Subscribe to changes of the host and to the outcomes of its commands."""
        await super().async_added_to_hass()
        self.async_on_remove(self._manager.async_add_result_listener(self._async_result, self._host.key))

    @callback
    def _async_result(self, result: CommandResult) -> None:
        attributes: dict[str, Any] = {
            "command": result.command,
            "command_id": result.command_id,
            "message": result.message,
            "reason": result.reason,
            "latency_ms": None if result.latency_s is None else round(result.latency_s * 1000, 1),
        }
        self._trigger_event(result.outcome, {key: value for key, value in attributes.items() if value is not None})
        self.async_write_ha_state()
