"""Proofs that machines are off after their agents have signed off: an entity, or an address that answers."""

from collections.abc import Mapping

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from ...protocol.topics import HostKey
from ..device_links import DeviceLinks
from ..inventory import Host, PowerState
from ..manager import HostsManager
from .proofs import async_follow
from .settings import HostSettings
from .shutdown_proof import ShutdownProof

# A machine that shuts down may be slow to answer, and what needs it to be off may cut its power.
MISSED_ANSWERS = 3


class ShutdownProofs:
    """Proofs that the user named for hosts with an agent; no address is asked while its host is on."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, manager: HostsManager, device_links: DeviceLinks
    ) -> None:
        """Start without proofs."""
        self._hass = hass
        self._entry = entry
        self._manager = manager
        self._device_links = device_links
        # By device.
        self._settings: dict[str, HostSettings] = {}
        self._end: dict[HostKey, CALLBACK_TYPE] = {}
        self._stop: list[CALLBACK_TYPE] = []

    @callback
    def async_start(self) -> None:
        """Follow the power states of hosts, hosts that get their device, and those that are removed."""
        self._stop.append(self._device_links.async_add_listener(self._async_linked))
        self._stop.append(self._manager.async_add_host_listener(self._async_host_changed))
        self._stop.append(self._manager.async_add_forget_listener(self._async_end))

    @callback
    def async_stop(self) -> None:
        """Unsubscribe, and end the proofs."""
        while self._stop:
            self._stop.pop()()
        while self._end:
            self._end.popitem()[1]()

    @callback
    def async_configure(self, configured: Mapping[str, HostSettings]) -> None:
        """Set the proofs, by the devices of the hosts."""
        before, self._settings = self._settings, {key: value for key, value in configured.items() if value.has_proof}
        for device_id in before.keys() | self._settings.keys():
            if before.get(device_id) == self._settings.get(device_id):
                continue
            if (host := self._device_links.host(device_id)) is None:
                continue
            self._async_end(host)
            # One that is off already stays off.
            is_running = False if host.power is PowerState.OFF else None
            host.shutdown_proof = ShutdownProof(is_running) if device_id in self._settings else None
            self._async_host_changed(host)

    @callback
    def _async_linked(self, host: Host, device: dr.DeviceEntry) -> None:
        """Follow the shutdown of a host that was found; after a restart of Home Assistant it may still go on."""
        if device.id in self._settings and host.has_agent:
            host.shutdown_proof = ShutdownProof()
            self._async_host_changed(host)

    @callback
    def _async_host_changed(self, host: Host) -> None:
        """Follow the proof of a host while it shuts down."""
        if host.shutdown_proof is None:
            return
        if host.power is not PowerState.SHUTTING_DOWN:
            self._async_end(host)
            if host.power is not PowerState.OFF:
                host.shutdown_proof = ShutdownProof()
        elif host.key not in self._end and (settings := self._settings.get(self._device_links.device_id(host) or "")):

            @callback
            def prove(is_running: bool | None) -> None:
                self._manager.async_prove(host, is_running)

            self._end[host.key] = async_follow(self._hass, self._entry, settings, prove, missed_answers=MISSED_ANSWERS)
            # An entity may have proven at once that the machine is off.
            self._async_host_changed(host)

    @callback
    def _async_end(self, host: Host) -> None:
        """End the proof of a host."""
        if end := self._end.pop(host.key, None):
            end()
