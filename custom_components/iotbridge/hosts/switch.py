"""Switch of a host: its power, on and off."""

from typing import Any, override

from homeassistant.components.switch import SwitchEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EntityCategory
from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .device_links import DeviceLinks
from .entity import IotBridgeHostEntity
from .inventory import Host, PowerState
from .manager import HostsManager
from .services import async_check_permission, async_send_to, async_start_wake, raise_failures
from .wake.waker import Waker

KEY = "power"
SHUTDOWN = "shutdown"
# A host that shuts down or reboots is still on, until it is known to be off. Of a lost host nothing is known.
IS_ON = {
    PowerState.ON: True,
    PowerState.SHUTTING_DOWN: True,
    PowerState.REBOOTING: True,
    PowerState.SUSPENDED: False,
    PowerState.OFF: False,
}


@callback
def async_setup_host_switches(
    entry: ConfigEntry,
    manager: HostsManager,
    device_links: DeviceLinks,
    waker: Waker,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the switch of each host once its device exists."""

    @callback
    def add_host(host: Host, device: DeviceEntry) -> None:
        async_add_entities([PowerSwitch(manager, host, device, waker)], config_subentry_id=host.subentry_id)

    entry.async_on_unload(device_links.async_add_listener(add_host))


class PowerSwitch(IotBridgeHostEntity, SwitchEntity):
    """Switch whose state is that of the host, not what was asked for.

    Home Assistant offers other switches to assistants, and turns them off with their area: this one is of the category
    that is left out there, and disabled until a user wants it.
    """

    _attr_entity_category = EntityCategory.CONFIG
    _attr_entity_registry_enabled_default = False

    def __init__(self, manager: HostsManager, host: Host, device: DeviceEntry, waker: Waker) -> None:
        """Set the key."""
        super().__init__(manager, host, device, KEY)
        self._waker = waker

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the host is on; None while that is unknown."""
        return IS_ON.get(self._host.power) if self._host.power else None

    @override
    async def async_added_to_hass(self) -> None:
        """Subscribe to changes of the host, which is to be woken."""
        await super().async_added_to_hass()
        self._waker.async_want(self._host)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Start to wake the host; the state follows when it is on."""
        await async_start_wake(self.hass, self._waker, self._host, self._context)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Shut the host down and wait for its response; the state follows when it is off."""
        await async_check_permission(self.hass, self._context, [self._host], SHUTDOWN)
        if self._host.power in (PowerState.OFF, PowerState.SHUTTING_DOWN):
            return
        timeout_s = self._manager.response_timeout_s
        result = await async_send_to(self._manager, self._host, SHUTDOWN, None, timeout_s, self._context)
        raise_failures(SHUTDOWN, [self._host], [result])
