"""Manager of configured hosts: tracks their subentries, proves that they are on, and runs their stop actions."""

from collections.abc import Mapping, Sequence
from functools import partial
import time
from typing import Any

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange
from homeassistant.core import CALLBACK_TYPE, Context, Event, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, device_registry as dr, entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.script import Script, async_validate_actions_config
from homeassistant.helpers.trace import StopReason, script_execution_cv
from homeassistant.util import dt as dt_util

from ...const import DOMAIN, SUBENTRY_HOST
from ...issues import HOST_UNREADABLE
from ...protocol.messages import Command, HostPower, Response, ResponseStatus
from ...protocol.topics import HostKey
from ...subentries import Reader
from ..device_links import DeviceLinks
from ..inventory import NO_AGENT_PREFIX, Host
from ..manager import HostsManager
from ..wake.waker import Waker
from .proofs import async_follow
from .settings import HostSettings
from .shutdown_proofs import ShutdownProofs

STOP_COMMAND = "shutdown"


class ConfiguredHosts:
    """Run time of the subentries of hosts."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, manager: HostsManager, device_links: DeviceLinks, waker: Waker
    ) -> None:
        """Start without hosts; ``async_start`` reads the subentries."""
        self._hass = hass
        self._entry = entry
        self._manager = manager
        self._device_links = device_links
        self._waker = waker
        self._shutdown_proofs = ShutdownProofs(hass, entry, manager, device_links)
        self._reader = Reader(manager.issues, HOST_UNREADABLE)
        self.settings: dict[str, HostSettings] = {}
        self._hosts: dict[str, Host] = {}
        # Hosts whose stop actions run.
        self._stopping: set[HostKey] = set()
        # By subentry: what ends the proof of its host.
        self._end_proof: dict[str, CALLBACK_TYPE] = {}
        self._stop: list[CALLBACK_TYPE] = []

    @callback
    def async_start(self) -> None:
        """Add the hosts, and follow changes of the subentries and names of their entities."""
        self._shutdown_proofs.async_start()
        self._stop.append(self._shutdown_proofs.async_stop)
        self._async_apply()
        self._stop.append(async_dispatcher_connect(self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._async_entry_changed))
        self._stop.append(self._hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._async_entity_changed))

    @callback
    def async_stop(self) -> None:
        """Unsubscribe, and end the proofs."""
        while self._stop:
            self._stop.pop()()
        while self._end_proof:
            self._end_proof.popitem()[1]()

    # -------------------------------------------------------------- subentries

    @callback
    def _async_entry_changed(self, change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.entry_id == self._entry.entry_id and change is ConfigEntryChange.UPDATED:
            self._async_apply()
            # Those who read plans and schedules are notified of the same change.
            self._hass.loop.call_soon(self._waker.async_check_all)

    @callback
    def _async_apply(self) -> None:
        """Add, update and remove hosts as the subentries say."""
        before = self.settings
        self._reader.async_keep(self._entry.subentries)
        read = self._reader.async_read_all
        self.settings = read(self._entry, SUBENTRY_HOST, lambda _id, _title, data: HostSettings.from_dict(data))
        for subentry_id in self._hosts.keys() - self._entry.subentries.keys():
            self._async_remove(subentry_id)
        without_agent = {
            subentry_id: self._async_device(subentry_id)
            for subentry_id, settings in self.settings.items()
            if not settings.device_id
        }
        devices = {subentry_id: device.id for subentry_id, device in without_agent.items()}
        self._waker.async_configure(
            {
                devices.get(subentry_id, settings.device_id): settings.wake
                for subentry_id, settings in self.settings.items()
            }
        )
        self._shutdown_proofs.async_configure(
            {settings.device_id: settings for settings in self.settings.values() if settings.device_id}
        )
        for subentry_id, device in without_agent.items():
            self._device_links.async_link(self._hosts[subentry_id], device)
            if before.get(subentry_id) != self.settings[subentry_id]:
                self._async_prove(subentry_id, self._hosts[subentry_id], self.settings[subentry_id])

    @callback
    def _async_device(self, subentry_id: str) -> dr.DeviceEntry:
        """Add a host without an agent if it is new, and return its device, which has the title of the subentry."""
        title = self._entry.subentries[subentry_id].title
        if (host := self._hosts.get(subentry_id)) is None:
            key = HostKey(NO_AGENT_PREFIX, subentry_id)
            host = self._hosts[subentry_id] = Host(key, first_seen_at=time.monotonic())
            self._manager.async_add_without_agent(host, partial(self._async_execute, host))
        host.title = title
        return dr.async_get(self._hass).async_get_or_create(
            config_entry_id=self._entry.entry_id,
            config_subentry_id=subentry_id,
            identifiers={(DOMAIN, host.uid)},
            name=title,
        )

    @callback
    def _async_remove(self, subentry_id: str) -> None:
        self._async_end_proof(subentry_id)
        self._manager.async_forget(self._hosts.pop(subentry_id))

    # ------------------------------------------------------------------ proofs

    @callback
    def _async_prove(self, subentry_id: str, host: Host, settings: HostSettings) -> None:
        """Begin to prove whether a host is on, as its settings say."""
        self._async_end_proof(subentry_id)

        def is_busy() -> bool:
            return host.intent is not HostPower.ON or self._waker.is_waking(host)

        prove = partial(self._manager.async_prove, host)
        self._end_proof[subentry_id] = async_follow(self._hass, self._entry, settings, prove, is_busy=is_busy)

    @callback
    def _async_end_proof(self, subentry_id: str) -> None:
        if end := self._end_proof.pop(subentry_id, None):
            end()

    @callback
    def _async_entity_changed(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        """Follow the new name of an entity that proves a host."""
        if event.data["action"] != "update" or (old := event.data.get("old_entity_id")) is None:
            return
        for subentry_id, settings in self.settings.items():
            if settings.entity_id == old:
                subentry = self._entry.subentries[subentry_id]
                data = {**subentry.data, "entity_id": event.data["entity_id"]}
                self._hass.config_entries.async_update_subentry(self._entry, subentry, data=data)

    # ------------------------------------------------------------------ commands

    async def _async_execute(self, host: Host, command: Command, context: Context | None) -> Response:
        """Run the stop action of a host with the context of the caller."""
        settings = self.settings.get(host.key.node_id, HostSettings())
        if command.command != STOP_COMMAND:
            return _response(command, ResponseStatus.REFUSED, f"{host.name} has no agent.", "unknown")
        if not settings.stop_actions:
            return _response(command, ResponseStatus.REFUSED, f"{host.name} has no stop action.", "not_enabled")
        if host.key in self._stopping:
            return _response(command, ResponseStatus.REFUSED, "The stop action runs already.", "busy")
        self._stopping.add(host.key)
        try:
            is_finished = await self._async_run_actions(f"Stop {host.name}", settings.stop_actions, context)
        except Exception as error:  # noqa: BLE001 - an action may raise anything; the caller reads why
            return _response(command, ResponseStatus.FAILED, str(error), "error")
        finally:
            self._stopping.discard(host.key)
        if not is_finished:
            return _response(command, ResponseStatus.FAILED, "The stop action ended before its last step.", "error")
        return _response(command, ResponseStatus.ACCEPTED, "The stop action has run.")

    async def _async_run_actions(
        self, name: str, actions: Sequence[Mapping[str, Any]], context: Context | None
    ) -> bool:
        """Run actions; return whether all have run, or a step that is no error ended them.

        A script raises nothing for a condition that is false and a stop that is an error: only its trace tells.
        """
        validated = await async_validate_actions_config(self._hass, cv.SCRIPT_SCHEMA([*actions]))
        script = Script(self._hass, validated, name, DOMAIN)
        trace = StopReason()
        script_execution_cv.set(trace)
        try:
            await script.async_run(context=context or Context())
        finally:
            await script.async_unload()
        return trace.script_execution == "finished"


def _response(command: Command, status: ResponseStatus, message: str, reason: str | None = None) -> Response:
    return Response(
        id=command.id,
        command=command.command,
        success=status is ResponseStatus.ACCEPTED,
        status=status,
        message=message,
        reason=reason,
        timestamp=dt_util.utcnow(),
    )
