"""Hosts by voice at run time: their names, and power commands that are checked, asked back and sent."""

from collections.abc import Collection, Iterator
import time

from homeassistant.auth.models import User
from homeassistant.components.homeassistant.exposed_entities import async_should_expose
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    intent,
)

from ...protocol.topics import HostKey
from ...sentences.document import JOINT, Names, spoken_forms
from ...sentences.speech import Speech, SpokenRequest
from ..commander import Outcome
from ..configured.manager import STOP_COMMAND
from ..device_links import DeviceLinks
from ..entity import POWER_STATE
from ..inventory import Host
from ..manager import HostsManager
from ..services import async_send_to, can_control
from ..wake.waker import Waker
from .questions import ANSWER_WITHIN_S, Question, Questions, Turn, is_yes
from .satellites import async_announce, async_ask
from .turns import Turns

COMMANDS = ("reboot", "shutdown")
ASSISTANT = "conversation"


@callback
def async_host_devices(hass: HomeAssistant, entry: ConfigEntry) -> dict[str, str]:
    """Return the names of the devices of hosts by id, also of those that have not reported since the start."""
    devices = dr.async_get(hass)
    names = {}
    for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
        if entity.translation_key != POWER_STATE or entity.device_id is None:
            continue
        if device := devices.async_get(entity.device_id):
            names[device.id] = device.name_by_user or device.name or device.id
    return names


class HostVoice:
    """Hosts as people and language models name them, and the power commands that they may give."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        manager: HostsManager,
        device_links: DeviceLinks,
        waker: Waker,
        power_hosts: Collection[str],
    ) -> None:
        """Start without open questions; ``power_hosts`` are the devices that are open for power commands."""
        self._hass = hass
        self._entry = entry
        self._manager = manager
        self._device_links = device_links
        self._waker = waker
        self._power_hosts = frozenset(power_hosts)
        self._questions = Questions()
        self.turns = Turns(hass)

    # ------------------------------------------------------------------ names

    @callback
    def async_hosts(self) -> Iterator[tuple[str, Host, str]]:
        """Yield device id, host and name of every host that has reported since the start."""
        for device_id, name in async_host_devices(self._hass, self._entry).items():
            if host := self._device_links.host(device_id):
                yield device_id, host, name

    @callback
    def async_names(self) -> Names:
        """Return the names for the sentences.

        "Turn off the desk" may also be about a lamp: such sentences are only for hosts that are open for power
        commands and share their name with nothing else.
        """
        names = [(name, device_id) for device_id, name in async_host_devices(self._hass, self._entry).items()]
        forms = {
            device_id: {form.casefold() for form in spoken_forms(name)}
            for name, device_id in names
            if device_id in self._power_hosts
        }
        taken = self._async_taken({form for of_device in forms.values() for form in of_device})
        switchable = [
            (name, device_id) for name, device_id in names if device_id in forms and taken.isdisjoint(forms[device_id])
        ]
        return {"host": names, "switchable": switchable}

    @callback
    def _async_taken(self, names: set[str]) -> set[str]:
        """Return those of some names that areas, floors and exposed entities have."""
        taken: set[str] = set()
        for area in ar.async_get(self._hass).async_list_areas():
            taken |= names & {name.casefold() for name in (area.name, *area.aliases)}
        for floor in fr.async_get(self._hass).async_list_floors():
            taken |= names & {name.casefold() for name in (floor.name, *floor.aliases)}
        registry = er.async_get(self._hass)
        for state in self._hass.states.async_all() if names else ():
            aliases = intent.async_get_entity_aliases(self._hass, registry.async_get(state.entity_id), state=state)
            shared = names & {alias.casefold() for alias in aliases}
            if shared and async_should_expose(self._hass, ASSISTANT, state.entity_id):
                taken |= shared
        return taken

    @callback
    def async_find(self, device_ids: str) -> list[tuple[Host, str]]:
        """Return the hosts that a name of the sentences stands for, with their names; several may share one."""
        wanted = device_ids.split(JOINT)
        return [(host, name) for device_id, host, name in self.async_hosts() if device_id in wanted]

    @callback
    def async_open_hosts(self) -> list[tuple[Host, str]]:
        """Return the hosts that are open for power commands."""
        return [(host, name) for device_id, host, name in self.async_hosts() if device_id in self._power_hosts]

    # ------------------------------------------------------------------ power commands

    @callback
    def async_refusal(self, host: Host, name: str, command: str, user: User | None, speech: Speech) -> str | None:
        """Return why a power command is refused, None where it is not."""
        if refusal := self._access_refusal(host, name, user, speech):
            return refusal
        if not host.has_agent and command != STOP_COMMAND:
            return speech.sentence("no_agent", host=name)
        if host.announce and command not in host.announce.commands:
            return speech.sentence("not_enabled", host=name)
        if not self._manager.is_reachable(host):
            return speech.sentence("offline", host=name)
        return None

    @callback
    def _access_refusal(self, host: Host, name: str, user: User | None, speech: Speech) -> str | None:
        """Return why a user may not command a host, None where they may."""
        if self._device_links.device_id(host) not in self._power_hosts:
            return speech.sentence("not_opened", host=name)
        if user is not None and not user.is_admin and not can_control(self._hass, user, host):
            return speech.sentence("not_permitted")
        return None

    @callback
    def async_wake(self, host: Host, name: str, user: User | None, speech: Speech) -> str:
        """Start to wake a host, which needs no question; return what happens as a sentence."""
        if refusal := self._access_refusal(host, name, user, speech):
            return refusal
        wake = self._waker.async_start(host, context=Context(user_id=user.id) if user else None)
        if not wake.result.done():
            return speech.sentence("waking", host=name)
        result = wake.result.result()
        if result.is_success:
            return speech.sentence("state_of", host=name, state=speech.sentence("is_on"))
        return speech.sentence("no_mac" if result.reason == "no_mac" else "woken_too_often", host=name)

    @callback
    def async_ask(
        self, host: Host, name: str, command: str, turn: Turn, speech: Speech, *, is_repeated_by_model: bool = False
    ) -> str:
        """Open the question of a turn; return its text."""
        text = speech.sentence(f"ask_{command}", host=name)
        question = Question(
            turn=turn,
            at=time.monotonic(),
            key=host.key,
            command=command,
            host=name,
            text=text,
            is_repeated_by_model=is_repeated_by_model,
        )
        self._questions.ask(question)
        return text

    @callback
    def async_ask_on_satellite(
        self, satellite_id: str, host: Host, name: str, command: str, request: SpokenRequest
    ) -> None:
        """Ask on a satellite, once it has finished this sentence; send the command after a yes."""

        async def ask() -> None:
            speech = request.speech
            text = speech.sentence(f"ask_{command}", host=name)
            # Not the user's: a satellite is a device of the household, which not every user may control.
            asking = Context(parent_id=request.intent.context.id)
            answer = await async_ask(self._hass, satellite_id, text, asking, ANSWER_WITHIN_S)
            if is_yes(answer, request.intent.language):
                result = await self.async_send(host, name, command, request.user, speech)
            else:
                result = speech.sentence("nothing_done")
            await async_announce(self._hass, satellite_id, result, asking)

        self._entry.async_create_background_task(self._hass, ask(), f"iotbridge question on {satellite_id}")

    async def async_confirm(
        self,
        turn: Turn,
        user: User | None,
        speech: Speech,
        keys: Collection[HostKey] | None = None,
        command: str | None = None,
    ) -> str | None:
        """Send the command of the question that a turn answers with yes; return the result as a sentence, or None.

        ``keys`` are the hosts and ``command`` is the command that the answer names, None where it names none.
        """
        question = self.async_close(turn)
        host = self._manager.inventory.get(question.key) if question else None
        if question is None or host is None or (keys is not None and host.key not in keys):
            return None
        if command not in (None, question.command):
            return None
        return await self.async_send(host, question.host, question.command, user, speech)

    @callback
    def async_close(self, turn: Turn) -> Question | None:
        """Close the question that a turn answers, and return it."""
        return self._questions.answer(turn, time.monotonic())

    async def async_send(self, host: Host, name: str, command: str, user: User | None, speech: Speech) -> str:
        """Send a power command that was confirmed; return the result as a sentence."""
        if refusal := self.async_refusal(host, name, command, user, speech):
            return refusal
        context = Context(user_id=user.id) if user else None
        result = await async_send_to(self._manager, host, command, None, self._manager.response_timeout_s, context)
        if result.is_success:
            return speech.sentence("dry_run" if host.is_dry_run else f"sent_{command}", host=name)
        if result.outcome is Outcome.TIMED_OUT:
            return speech.sentence("no_response", host=name)
        return speech.sentence("refused", host=name, reason=result.message)
