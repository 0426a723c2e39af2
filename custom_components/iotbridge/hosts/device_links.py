"""Links between hosts and the devices that core's mqtt creates for them; both are removed together."""

from collections.abc import Callable, Iterable

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .. import mqtt_client
from ..const import LOGGER
from ..markdown import device_link
from ..protocol.topics import HostKey, uid_head
from .inventory import Host
from .manager import HostsManager

# A longer list is unreadable in a dialog.
MAX_LINKS = 100

type LinkListener = Callable[[Host, dr.DeviceEntry], None]


class DeviceLinks:
    """Links between hosts and devices of the registry, in both directions."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, manager: HostsManager) -> None:
        """Start without links; ``async_start`` begins to create them."""
        self._hass = hass
        self._entry = entry
        self._manager = manager
        self._devices: dict[HostKey, str] = {}
        self._hosts: dict[str, HostKey] = {}
        self._by_identifier: dict[str, HostKey] = {}
        self._listeners: list[LinkListener] = []
        self._stop: list[CALLBACK_TYPE] = []

    @callback
    def async_start(self, prefixes: Iterable[str]) -> None:
        """Subscribe to hosts and devices; remove entities of hosts below prefixes that are no longer configured."""
        heads = (*map(uid_head, prefixes), f"{self._entry.entry_id}_")
        self._async_remove_entities(
            lambda entity: entity.config_subentry_id is None and not entity.unique_id.startswith(heads)
        )
        self._stop.append(self._manager.async_add_host_listener(self._async_host_changed))
        self._stop.append(self._manager.async_add_forget_listener(self._async_host_forgotten))
        self._stop.append(self._hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, self._async_device_changed))

    @callback
    def async_stop(self) -> None:
        """Unsubscribe."""
        while self._stop:
            self._stop.pop()()

    @callback
    def async_add_listener(self, listener: LinkListener) -> CALLBACK_TYPE:
        """Call the listener with every host that gets its device."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def host(self, device_id: str) -> Host | None:
        """Return the host of a device."""
        key = self._hosts.get(device_id)
        return self._manager.inventory.get(key) if key else None

    def host_of(self, identifier: str) -> Host | None:
        """Return the host whose device has, or will have, this identifier."""
        key = self._by_identifier.get(identifier)
        return self._manager.inventory.get(key) if key else None

    def device_id(self, host: Host) -> str | None:
        """Return the device id of a host."""
        return self._devices.get(host.key)

    @callback
    def async_pages(self) -> str:
        """Return links to the pages of the hosts as a list, an empty text without hosts."""
        devices = [dr.async_get(self._hass).async_get(device_id) for device_id in self._hosts]
        names = {device.id: device.name_by_user or device.name or "" for device in devices if device}
        ordered = sorted(names.items(), key=lambda named: named[1].casefold())
        lines = [f"- {device_link(name, device_id)}" for device_id, name in ordered[:MAX_LINKS]]
        return "\n".join([*lines, "- …"] if len(ordered) > MAX_LINKS else lines)

    @callback
    def _async_host_changed(self, host: Host) -> None:
        if not host.has_agent:
            return
        self._by_identifier[host.identifier] = host.key
        if host.key in self._devices:
            return
        if host.is_deleted and not host.is_online:
            # The user deleted the device while the host was online, and it went offline before it announced itself.
            self.async_forget(host)
            return
        if device := mqtt_client.async_device(self._hass, host.identifier):
            self.async_link(host, device)

    @callback
    def _async_host_forgotten(self, host: Host) -> None:
        for identifier in (host.uid, host.key.ipwatch_identifier):
            if identifier and self._by_identifier.get(identifier) == host.key:
                del self._by_identifier[identifier]
        if device_id := self._devices.get(host.key):
            # It was evicted: its device is created again when it sends a message again.
            dr.async_get(self._hass).async_remove_device(device_id)

    @callback
    def _async_device_changed(self, event: Event[dr.EventDeviceRegistryUpdatedData]) -> None:
        device_id = event.data["device_id"]
        if event.data["action"] == "remove":
            if key := self._hosts.get(device_id):
                self._async_unlink(key, device_id)
            return
        for identifier in mqtt_client.async_device_identifiers(self._hass, device_id):
            host = self.host_of(identifier)
            device = mqtt_client.async_device(self._hass, identifier)
            if host and device and host.key not in self._devices:
                self.async_link(host, device)

    @callback
    def async_link(self, host: Host, device: dr.DeviceEntry) -> None:
        """Link a host with its device, and notify the listeners."""
        if device.id in self._hosts:
            return
        self._manager.inventory.set_device(host, True)
        self._devices[host.key] = device.id
        self._hosts[device.id] = host.key
        for listener in self._listeners:
            listener(host, device)

    @callback
    def _async_unlink(self, key: HostKey, device_id: str) -> None:
        """Handle the removal of a device: by the user, or because its discovery message was cleared."""
        del self._devices[key], self._hosts[device_id]
        host = self._manager.inventory.get(key)
        # The registries are still notifying the entities that their device is gone.
        self._hass.loop.call_soon(
            self._async_remove_entities, lambda entity: entity.unique_id == f"{key.uid}_{entity.translation_key}"
        )
        if host is None or not host.has_agent:
            return
        self._manager.inventory.set_device(host, False)
        if host.is_available:
            host.is_deleted = True
        else:
            self.async_forget(host)

    @callback
    def async_forget(self, host: Host) -> None:
        """Remove a host that is away, and clear its retained messages, which would bring it back."""
        LOGGER.debug("Removing %s, which has no device", host.key)
        self._manager.async_forget(host)
        for leaf in ("announce", "availability"):
            self._entry.async_create_task(
                self._hass,
                mqtt_client.async_publish(self._hass, host.key.topic(leaf), "", qos=1, retain=True),
                f"iotbridge forget {host.key}",
            )

    @callback
    def _async_remove_entities(self, is_leftover: Callable[[er.RegistryEntry], bool]) -> None:
        registry = er.async_get(self._hass)
        for entity in er.async_entries_for_config_entry(registry, self._entry.entry_id):
            if is_leftover(entity):
                registry.async_remove(entity.entity_id)
