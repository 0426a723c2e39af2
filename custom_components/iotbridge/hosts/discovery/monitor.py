"""Monitors the discovery messages of hosts, and repairs a missing one.

An agent that is online is asked to announce itself again; if that does not help, an issue is opened. If a host is away
when its discovery message is cleared, it is being removed: its device and all its data are deleted.
"""

from datetime import timedelta
import time
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.event import async_track_time_interval

from ... import issues as ir, mqtt_client
from ...protocol.topics import HostKey
from ..device_links import DeviceLinks
from ..inventory import Host
from ..manager import HostsManager

INTERVAL = timedelta(seconds=10)
# An agent that sees its own announce cleared, or was just started, publishes on its own within seconds.
ASK_AFTER_S = 3.0
REPAIR_AFTER_S = 60.0
# Made-up hosts must not be able to fill the repairs page, nor the memory.
MAX_REPAIRS = 20
MAX_UIDS = 10_000


class DiscoveryMonitor:
    """Discovery messages at the broker, by the uid in their topic."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, manager: HostsManager, device_links: DeviceLinks
    ) -> None:
        """Start without messages; ``async_start`` subscribes."""
        self._hass = hass
        self._entry = entry
        self._manager = manager
        self._device_links = device_links
        self._prefix: str | None = None
        self._uids: set[str] = set()
        self._cleared_at: dict[str, float] = {}
        self._asked: set[HostKey] = set()
        self._repairs: set[HostKey] = set()
        self._unsubscribe: CALLBACK_TYPE | None = None
        self._stop: list[CALLBACK_TYPE] = []

    async def async_start(self) -> None:
        """Subscribe to discovery messages, hosts and devices."""
        await self._async_follow_prefix()
        self._stop.append(self._manager.async_add_forget_listener(self._async_host_forgotten))
        self._stop.append(self._device_links.async_add_listener(self._async_linked))
        self._stop.append(
            async_track_time_interval(self._hass, self._async_check, INTERVAL, name="iotbridge discovery monitor")
        )

    @callback
    def async_stop(self) -> None:
        """Unsubscribe."""
        while self._stop:
            self._stop.pop()()
        if self._unsubscribe:
            self._unsubscribe()
            self._unsubscribe = None

    def has_message(self, host: Host) -> bool:
        """Return whether the broker has a discovery message on the topic of a host."""
        return host.uid in self._uids

    async def _async_follow_prefix(self) -> None:
        """Subscribe below the discovery prefix of core's mqtt, which the user may have changed."""
        prefix = mqtt_client.async_discovery_prefix(self._hass)
        if prefix == self._prefix:
            return
        if self._unsubscribe:
            self._unsubscribe()
            self._unsubscribe = None
        self._uids.clear()
        self._cleared_at.clear()
        if prefix is not None:
            self._unsubscribe = await mqtt_client.async_subscribe(
                self._hass, f"{prefix}/device/+/config", self._async_received
            )
        self._prefix = prefix

    @callback
    def _async_received(self, message: mqtt_client.ReceiveMessage) -> None:
        uid = message.topic.rsplit("/", 2)[-2]
        host = self._device_links.host_of(uid)
        if not message.payload:
            self._uids.discard(uid)
            if host:
                self._cleared_at[uid] = time.monotonic()
            return
        if host or len(self._uids) < MAX_UIDS:
            self._uids.add(uid)
        self._cleared_at.pop(uid, None)
        if host:
            self._async_check_host(host)

    @callback
    def _async_linked(self, host: Host, _device: dr.DeviceEntry) -> None:
        self._async_check_host(host)

    @callback
    def _async_host_forgotten(self, host: Host) -> None:
        self._cleared_at.pop(host.uid, None)
        self._asked.discard(host.key)
        self._repairs.discard(host.key)

    async def _async_check(self, _now: Any) -> None:
        """Check all hosts."""
        await self._async_follow_prefix()
        if not self._manager.is_connected:
            return
        incomplete_s = [self._async_check_host(host) for host in list(self._manager.inventory)]
        is_off = self._prefix is None and max(incomplete_s, default=0.0) >= REPAIR_AFTER_S
        self._manager.issues.async_set(ir.DISCOVERY_OFF, "", is_off)

    @callback
    def _async_check_host(self, host: Host) -> float:
        """Repair a host without discovery message or device; return for how many seconds it has been incomplete."""
        # A host that never announced itself has only our discovery message.
        is_complete = host.has_device and self.has_message(host)
        if is_complete or not (host.has_announced and host.is_known):
            self._asked.discard(host.key)
            self._async_set_repairs(host, is_open=False)
            return 0.0
        for_s = time.monotonic() - self._cleared_at.get(host.uid, host.first_seen_at)
        if host.uid in self._cleared_at and not host.is_online:
            self._async_remove_device(host)
        elif for_s >= REPAIR_AFTER_S and self._prefix is not None:
            self._async_set_repairs(host, is_open=True)
        elif for_s >= ASK_AFTER_S and host.is_online and host.key not in self._asked:
            self._async_ask(host)
        return for_s

    @callback
    def _async_ask(self, host: Host) -> None:
        """Ask an agent to publish all its messages again."""
        self._asked.add(host.key)
        self._entry.async_create_task(
            self._hass, self._manager.async_refresh(host), f"iotbridge ask {host.key}", eager_start=True
        )

    @callback
    def _async_remove_device(self, host: Host) -> None:
        """Remove a device that core's mqtt keeps only because it has entities of ours."""
        self._cleared_at.pop(host.uid, None)
        if device_id := self._device_links.device_id(host):
            dr.async_get(self._hass).async_remove_device(device_id)
        else:
            self._device_links.async_forget(host)

    @callback
    def _async_set_repairs(self, host: Host, *, is_open: bool) -> None:
        if is_open and host.key not in self._repairs and len(self._repairs) >= MAX_REPAIRS:
            return
        (self._repairs.add if is_open else self._repairs.discard)(host.key)
        issues, subject, name = self._manager.issues, str(host.key), host.name
        is_stale = not host.is_online and not host.has_device
        issues.async_set(ir.STALE_HOST, subject, is_open and is_stale, host=name)
        issues.async_set(
            ir.NO_DEVICE, subject, is_open and host.is_online, host=name, prefix=self._prefix or "", uid=host.uid
        )
