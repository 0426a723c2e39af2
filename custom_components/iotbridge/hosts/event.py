"""Event entity of a host: outcomes of its commands."""

from typing import Any, override

from homeassistant.components.event import DOMAIN as EVENT_DOMAIN, EventEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .commander import CommandResult, Outcome
from .device_links import DeviceLinks
from .inventory import Host
from .manager import HostsManager

KEY = "command"


@callback
def async_setup_host_events(
    hass: HomeAssistant,
    entry: ConfigEntry,
    manager: HostsManager,
    device_links: DeviceLinks,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the command event of each host: of known hosts at once, of others when their device exists.

    A host is heard some time after a start. Its event would be unavailable until then, and the end of that would look
    like an event to automations.
    """
    added: dict[str, str] = {}

    @callback
    def add(uid: str, device: DeviceEntry, subentry_id: str | None) -> None:
        if added.get(uid) != device.id:
            added[uid] = device.id
            async_add_entities([CommandEvent(manager, uid, device, added)], config_subentry_id=subentry_id)

    for known in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
        device = dr.async_get(hass).async_get(known.device_id) if known.device_id else None
        if known.domain == EVENT_DOMAIN and known.translation_key == KEY and isinstance(device, DeviceEntry):
            add(known.unique_id.removesuffix(f"_{KEY}"), device, known.config_subentry_id)

    @callback
    def add_host(host: Host, device: DeviceEntry) -> None:
        add(host.uid, device, host.subentry_id)

    entry.async_on_unload(device_links.async_add_listener(add_host))


class CommandEvent(EventEntity):
    """Event entity for commands that were accepted, done, refused, failed or timed out."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    _attr_translation_key = KEY
    _attr_event_types = [outcome.value for outcome in Outcome]  # noqa: RUF012 - Home Assistant's own is no ClassVar

    def __init__(self, manager: HostsManager, uid: str, device: DeviceEntry, added: dict[str, str]) -> None:
        """Attach the entity to the device; identifiers in a device_info would create a second one."""
        self.device_entry = device
        self._manager = manager
        self._uid = uid
        self._added = added
        self._attr_unique_id = f"{uid}_{KEY}"

    @property
    @override
    def available(self) -> bool:
        """Return whether hosts could be started.

        It stays available while the broker is away: its return would look like an event to automations.
        """
        return not self._manager.is_failed

    @override
    async def async_added_to_hass(self) -> None:
        """Subscribe to the outcomes of the host's commands."""
        self.async_on_remove(self._manager.async_add_result_listener(self._async_result, self._uid))

    @override
    async def async_will_remove_from_hass(self) -> None:
        """Allow the event to be added again, with its device."""
        self._added.pop(self._uid, None)

    @callback
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Allow renaming in place: nothing here is keyed by the entity id."""

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
