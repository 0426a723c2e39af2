"""Button of a host: wakes it."""

from typing import Any, override

from homeassistant.components.button import ButtonEntity
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .device_links import DeviceLinks
from .entity import IotBridgeHostEntity, async_add_when_ready
from .inventory import Host
from .manager import HostsManager
from .services import async_start_wake
from .wake.waker import Waker

KEY = "wake"


@callback
def async_setup_host_buttons(
    entry: ConfigEntry,
    manager: HostsManager,
    device_links: DeviceLinks,
    waker: Waker,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the button of each host once its device exists and the address of a card is known."""
    async_add_when_ready(
        entry,
        manager,
        device_links,
        async_add_entities,
        waker.can_wake,
        lambda host, device: WakeButton(manager, host, device, waker),
    )


class WakeButton(IotBridgeHostEntity, ButtonEntity):
    """Button that sends magic packets until the host is on."""

    def __init__(self, manager: HostsManager, host: Host, device: DeviceEntry, waker: Waker) -> None:
        """Set the key."""
        super().__init__(manager, host, device, KEY)
        self._waker = waker

    @property
    @override
    def available(self) -> bool:
        """Return whether hosts could be started; packets can be sent while the broker is away."""
        return not self._manager.is_failed

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return whether the host is being woken now, by this button or by anything else."""
        return {"is_waking": self._waker.is_waking(self._host)}

    @override
    async def async_press(self) -> None:
        """Start to wake the host, and return after that: an event follows when it is on."""
        await async_start_wake(self.hass, self._waker, self._host, self._context)
