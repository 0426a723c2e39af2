"""Voice intents of hosts: state of one, list of those that are down, and power commands, which ask back."""

from collections.abc import Callable, Mapping
from typing import Any, override

import voluptuous as vol

from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, intent

from ..sentences.speech import Speech, SpokenIntentHandler
from .inventory import Host
from .voice.satellites import async_can_ask
from .voice.status import can_read, down_sentence, status_sentence
from .voice.turns import async_current_turn
from .voice.voice import COMMANDS, HostVoice

SLOT_HOST, SLOT_COMMAND = "host", "command"
DEFAULT_AGENT = "conversation.home_assistant"


@callback
def async_setup_host_intents(hass: HomeAssistant, voice: Callable[[], HostVoice]) -> None:
    """Register the intents; ``voice`` returns the hosts of the loaded entry or raises InvalidCallError."""
    for handler in (PowerIntent, YesIntent, NoIntent, HostStatusIntent, ListHostsIntent):
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
    async def async_answer(
        self, intent_obj: intent.Intent, values: Mapping[str, Any], user: User | None, speech: Speech
    ) -> str:
        """Return the answer about the host; a name that several hosts share is not enough."""
        match self._voice().async_find(values[SLOT_HOST]):
            case []:
                return speech.sentence("host_unknown")
            case [(host, name)]:
                return await self.async_answer_about(host, name, intent_obj, values, user, speech)
        return speech.sentence("ambiguous", name=intent_obj.slots[SLOT_HOST].get("text") or values[SLOT_HOST])

    async def async_answer_about(
        self,
        host: Host,
        name: str,
        intent_obj: intent.Intent,
        values: Mapping[str, Any],
        user: User | None,
        speech: Speech,
    ) -> str:
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
    async def async_answer_about(
        self,
        host: Host,
        name: str,
        intent_obj: intent.Intent,
        values: Mapping[str, Any],
        user: User | None,
        speech: Speech,
    ) -> str:
        """Return the question, or why there is none; a satellite asks it itself."""
        voice, command, satellite_id = self._voice(), values[SLOT_COMMAND], intent_obj.satellite_id
        if refusal := voice.async_refusal(host, name, command, user, speech):
            return refusal
        # A signed-in user could name the satellite of somebody else, who would answer.
        if user is None and satellite_id is not None and async_can_ask(intent_obj.hass, satellite_id):
            voice.async_ask_on_satellite(
                satellite_id, host, name, command, user, intent_obj.context, speech, intent_obj.language
            )
            return ""
        if (turn := async_current_turn(intent_obj.hass, intent_obj.context)) is None:
            return speech.sentence("no_conversation")
        return voice.async_ask(host, name, command, turn, speech)


class YesIntent(HostIntentHandler):
    """Intent for the yes to the question before a power command."""

    intent_type = "IotBridgeAnswerYes"
    description = "Answers yes to the question before a power command"

    @property
    @override
    def slot_schema(self) -> dict[Any, Any]:
        return {vol.Optional(SLOT_HOST): cv.string, vol.Optional(SLOT_COMMAND): vol.In(COMMANDS)}

    @override
    async def async_answer(
        self, intent_obj: intent.Intent, values: Mapping[str, Any], user: User | None, speech: Speech
    ) -> str:
        """Send the command that was asked about; what the answer names has to be that of the question."""
        voice = self._voice()
        if (turn := async_current_turn(intent_obj.hass, intent_obj.context)) is None:
            return speech.sentence("no_conversation")
        keys = [host.key for host, _ in voice.async_find(values[SLOT_HOST])] if SLOT_HOST in values else None
        result = await voice.async_confirm(turn, user, speech, keys, values.get(SLOT_COMMAND))
        if result is None:
            _leave_to_model(intent_obj)
        return result or speech.sentence("nothing_asked")


class NoIntent(HostIntentHandler):
    """Intent for the no to the question before a power command."""

    intent_type = "IotBridgeAnswerNo"
    description = "Answers no to the question before a power command"

    @override
    async def async_answer(
        self, intent_obj: intent.Intent, values: Mapping[str, Any], user: User | None, speech: Speech
    ) -> str:
        """Close the question."""
        turn = async_current_turn(intent_obj.hass, intent_obj.context)
        if turn is None or self._voice().async_close(turn) is None:
            _leave_to_model(intent_obj)
        return speech.sentence("nothing_done")


def _leave_to_model(intent_obj: intent.Intent) -> None:
    """Raise NoStatesMatchedError if a language model is asked next: the answer may be to a question of its own."""
    if intent_obj.conversation_agent_id not in (None, DEFAULT_AGENT):
        raise intent.NoStatesMatchedError(intent.MatchFailedReason.STATE)


class HostStatusIntent(NamedHostIntentHandler):
    """Intent that describes the state of one host."""

    intent_type = "IotBridgeHostStatus"
    description = "Describes the state of a host of IoT Bridge"

    @override
    async def async_answer_about(
        self,
        host: Host,
        name: str,
        intent_obj: intent.Intent,
        values: Mapping[str, Any],
        user: User | None,
        speech: Speech,
    ) -> str:
        """Return power state and readings."""
        if not can_read(intent_obj.hass, user, host):
            return speech.sentence("not_permitted")
        return status_sentence(host, name, speech)


class ListHostsIntent(HostIntentHandler):
    """Intent that lists the hosts that are not on."""

    intent_type = "IotBridgeListHosts"
    description = "Lists the hosts of IoT Bridge that are not on"

    @override
    async def async_answer(
        self, intent_obj: intent.Intent, values: Mapping[str, Any], user: User | None, speech: Speech
    ) -> str:
        """Return their names and states, of those that the user may read."""
        hosts = [(host, name) for _, host, name in self._voice().async_hosts() if can_read(intent_obj.hass, user, host)]
        return down_sentence(hosts, speech)
