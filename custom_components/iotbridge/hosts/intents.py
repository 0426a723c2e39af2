"""Voice intents of hosts: state of one, list of those that are down, waking, and power commands, which ask back."""

from collections.abc import Callable
from typing import Any, override

import voluptuous as vol

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, intent

from ..sentences.speech import SpokenIntentHandler, SpokenRequest
from .inventory import Host
from .voice.satellites import async_can_ask
from .voice.status import can_read, down_sentence, status_sentence
from .voice.voice import COMMANDS, HostVoice

SLOT_HOST, SLOT_COMMAND = "host", "command"
DEFAULT_AGENT = "conversation.home_assistant"


@callback
def async_setup_host_intents(hass: HomeAssistant, voice: Callable[[], HostVoice]) -> None:
    """Register the intents; ``voice`` returns the hosts of the loaded entry or raises InvalidCallError."""
    for handler in (PowerIntent, YesIntent, NoIntent, WakeIntent, HostStatusIntent, ListHostsIntent):
        intent.async_register(hass, handler(voice))


class HostIntentHandler(SpokenIntentHandler):
    """Intent handler about hosts."""

    def __init__(self, voice: Callable[[], HostVoice]) -> None:
        """Store the access to the hosts."""
        self._voice = voice


class NamedHostIntentHandler(HostIntentHandler):
    """Intent handler about the host in its slot."""

    @property
    @override
    def slot_schema(self) -> dict[Any, Any]:
        return {vol.Required(SLOT_HOST): cv.string}

    @override
    async def async_answer(self, request: SpokenRequest) -> str:
        """Return the answer about the host; a name that several hosts share is not enough."""
        match self._voice().async_find(request.values[SLOT_HOST]):
            case []:
                return request.speech.sentence("host_unknown")
            case [(host, name)]:
                return await self.async_answer_about(host, name, request)
        name = request.intent.slots[SLOT_HOST].get("text") or request.values[SLOT_HOST]
        return request.speech.sentence("ambiguous", name=name)

    async def async_answer_about(self, host: Host, name: str, request: SpokenRequest) -> str:
        """Return the answer about one host."""
        raise NotImplementedError


class PowerIntent(NamedHostIntentHandler):
    """Intent for a power command: never sends it, but asks."""

    intent_type = "IotBridgePower"
    description = "Asks whether to reboot or shut down a host of IoT Bridge"

    @property
    @override
    def slot_schema(self) -> dict[Any, Any]:
        return {**super().slot_schema, vol.Required(SLOT_COMMAND): vol.In(COMMANDS)}

    @override
    async def async_answer_about(self, host: Host, name: str, request: SpokenRequest) -> str:
        """Return the question, or why there is none; a satellite asks it itself."""
        voice, command, satellite_id = self._voice(), request.values[SLOT_COMMAND], request.intent.satellite_id
        if refusal := voice.async_refusal(host, name, command, request.user, request.speech):
            return refusal
        # A signed-in user could name the satellite of another person, who would answer.
        if request.user is None and satellite_id is not None and async_can_ask(request.hass, satellite_id):
            voice.async_ask_on_satellite(satellite_id, host, name, command, request)
            return ""
        if (turn := voice.turns.async_current(request.intent.context)) is None:
            return request.speech.sentence("no_conversation")
        return voice.async_ask(host, name, command, turn, request.speech)


class YesIntent(HostIntentHandler):
    """Intent for the yes to the question before a power command."""

    intent_type = "IotBridgeAnswerYes"
    description = "Answers yes to the question before a power command"

    @property
    @override
    def slot_schema(self) -> dict[Any, Any]:
        return {vol.Optional(SLOT_HOST): cv.string, vol.Optional(SLOT_COMMAND): vol.In(COMMANDS)}

    @override
    async def async_answer(self, request: SpokenRequest) -> str:
        """Send the command that was asked about; what the answer names has to be that of the question."""
        voice, values = self._voice(), request.values
        if (turn := voice.turns.async_current(request.intent.context)) is None:
            return request.speech.sentence("no_conversation")
        keys = [host.key for host, _ in voice.async_find(values[SLOT_HOST])] if SLOT_HOST in values else None
        # Another text is a message that an agent sends itself within the turn.
        is_own = turn.utterance == request.intent.text_input
        command = values.get(SLOT_COMMAND)
        result = await voice.async_confirm(turn, request.user, request.speech, keys, command) if is_own else None
        if result is None:
            _leave_to_model(request.intent)
        return result or request.speech.sentence("nothing_asked")


class NoIntent(HostIntentHandler):
    """Intent for the no to the question before a power command."""

    intent_type = "IotBridgeAnswerNo"
    description = "Answers no to the question before a power command"

    @override
    async def async_answer(self, request: SpokenRequest) -> str:
        """Close the question."""
        turn = self._voice().turns.async_current(request.intent.context)
        if turn is None or self._voice().async_close(turn) is None:
            _leave_to_model(request.intent)
        return request.speech.sentence("nothing_done")


def _leave_to_model(intent_obj: intent.Intent) -> None:
    """Raise NoStatesMatchedError if a language model is asked next: the answer may be to a question of its own."""
    if intent_obj.conversation_agent_id not in (None, DEFAULT_AGENT):
        raise intent.NoStatesMatchedError(intent.MatchFailedReason.STATE)


class WakeIntent(NamedHostIntentHandler):
    """Intent that wakes a host."""

    intent_type = "IotBridgeWake"
    description = "Wakes a host of IoT Bridge"

    @override
    async def async_answer_about(self, host: Host, name: str, request: SpokenRequest) -> str:
        """Start to wake the host."""
        return self._voice().async_wake(host, name, request.user, request.speech)


class HostStatusIntent(NamedHostIntentHandler):
    """Intent that describes the state of one host."""

    intent_type = "IotBridgeHostStatus"
    description = "Describes the state of a host of IoT Bridge"

    @override
    async def async_answer_about(self, host: Host, name: str, request: SpokenRequest) -> str:
        """Return power state and readings."""
        if not can_read(request.hass, request.user, host):
            return request.speech.sentence("not_permitted")
        return status_sentence(host, name, request.speech)


class ListHostsIntent(HostIntentHandler):
    """Intent that lists the hosts that are not on."""

    intent_type = "IotBridgeListHosts"
    description = "Lists the hosts of IoT Bridge that are not on"

    @override
    async def async_answer(self, request: SpokenRequest) -> str:
        """Return their names and states, of those that the user may read."""
        hosts = [
            (host, name) for _, host, name in self._voice().async_hosts() if can_read(request.hass, request.user, host)
        ]
        return down_sentence(hosts, request.speech)
