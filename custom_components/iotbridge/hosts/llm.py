"""Tools of hosts for language models: state, waking, and power commands, which only the user can confirm."""

from collections.abc import Callable, Collection
from typing import Any, override

import voluptuous as vol

from homeassistant.core import HomeAssistant
from homeassistant.helpers.llm import LLMContext, Tool, ToolAnnotations, ToolInput, ToolResult

from ..callers import async_user
from ..const import DOMAIN
from ..sentences.speech import Speech, async_speech
from .inventory import Host
from .voice.questions import is_yes
from .voice.status import can_read, spoken_readings
from .voice.voice import COMMANDS, HostVoice

CONFIRM = f"{DOMAIN}__confirm_power_command"
# For the model, not for people.
ASK_THE_USER = (
    "Nothing was done yet. Ask the user this question word for word, at the end of your message, and end your turn."
    f" Call {CONFIRM} only in the next turn, and only if the user answered yes."
)
NOT_CONFIRMED = (
    "Nothing was done. The user has to answer the question with a plain yes, in a message of their own directly after"
    " it, within 30 seconds, and your message has to end with the question word for word."
)


def host_tools(present: HostVoice, voice: Callable[[], HostVoice]) -> list[Tool]:
    """Return the tools; those for power commands only if a host is open for them.

    Home Assistant keeps tools for a whole conversation: ``voice`` returns the hosts at a call, or raises
    InvalidCallError, which the model is told.
    """
    names = sorted({name for _, name in present.async_open_hosts()})
    tools: list[Tool] = [HostStatusTool(voice)]
    if names:
        tools += [WakeHostTool(voice, names), AskPowerCommandTool(voice, names), ConfirmPowerCommandTool(voice)]
    return tools


class HostTool(Tool):
    """Tool about hosts."""

    integration = DOMAIN

    def __init__(self, voice: Callable[[], HostVoice]) -> None:
        """Store the access to the hosts."""
        self._voice = voice


class HostStatusTool(HostTool):
    """Tool that returns the states of the hosts that the user may read."""

    name = f"{DOMAIN}__host_status"
    title = "Host status"
    description = "Returns the power state and load of the servers and computers of the home."
    annotations = ToolAnnotations(read_only=True, destructive=False, idempotent=True, open_world=False)

    @override
    async def async_call(self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext) -> ToolResult:
        """Return one row for each host."""
        user = await async_user(hass, llm_context.context)
        rows: list[Any] = [
            _row(host, name) for _, host, name in self._voice().async_hosts() if can_read(hass, user, host)
        ]
        return ToolResult(data={"hosts": rows})


class OpenHostTool(HostTool):
    """Tool about one of the hosts that are open for power commands."""

    def __init__(self, voice: Callable[[], HostVoice], names: Collection[str]) -> None:
        """Offer the names of the hosts."""
        super().__init__(voice)
        self.parameters = vol.Schema({vol.Required("host"): vol.In(names)})

    def find(self, name: str, speech: Speech) -> Host | ToolResult:
        """Return the host of a name, or why there is none."""
        hosts = [host for host, of_host in self._voice().async_open_hosts() if of_host == name]
        if len(hosts) == 1:
            return hosts[0]
        return _error(speech.sentence("ambiguous" if hosts else "not_opened", name=name, host=name))


class WakeHostTool(OpenHostTool):
    """Tool that wakes a host."""

    name = f"{DOMAIN}__wake_host"
    title = "Wake a host"
    description = "Wakes a host that is off or asleep, by Wake on LAN."
    annotations = ToolAnnotations(destructive=False, idempotent=True, open_world=False)

    @override
    async def async_call(self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext) -> ToolResult:
        """Return what happens."""
        data = self.parameters(tool_input.tool_args)
        speech = await async_speech(hass, llm_context.language)
        user = await async_user(hass, llm_context.context)
        host = self.find(data["host"], speech)
        if isinstance(host, ToolResult):
            return host
        return ToolResult(data={"result": self._voice().async_wake(host, data["host"], user, speech)})


class AskPowerCommandTool(OpenHostTool):
    """Tool that opens the question before a power command."""

    name = f"{DOMAIN}__ask_power_command"
    title = "Ask for a power command"
    description = (
        "Prepares to reboot or shut down a host. Does nothing but return the question that the user must answer."
    )
    annotations = ToolAnnotations(destructive=False, open_world=False)

    def __init__(self, voice: Callable[[], HostVoice], names: Collection[str]) -> None:
        """Offer the names of the hosts, and the commands."""
        super().__init__(voice, names)
        self.parameters = self.parameters.extend({vol.Required("command"): vol.In(COMMANDS)})

    @override
    async def async_call(self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext) -> ToolResult:
        """Return the question, or why there is none."""
        data = self.parameters(tool_input.tool_args)
        speech = await async_speech(hass, llm_context.language)
        user = await async_user(hass, llm_context.context)
        voice, name = self._voice(), data["host"]
        host = self.find(name, speech)
        if isinstance(host, ToolResult):
            return host
        if refusal := voice.async_refusal(host, name, data["command"], user, speech):
            return _error(refusal)
        if (turn := voice.turns.async_current(llm_context.context)) is None:
            return _error(speech.sentence("no_conversation"))
        question = voice.async_ask(host, name, data["command"], turn, speech, is_repeated_by_model=True)
        return ToolResult(data={"question": question, "next": ASK_THE_USER})


class ConfirmPowerCommandTool(HostTool):
    """Tool that sends the power command after the yes of the user, which it reads itself."""

    name = CONFIRM
    title = "Confirm a power command"
    description = "Carries out the power command that the user has just confirmed with a plain yes."
    annotations = ToolAnnotations(destructive=True, open_world=False)

    @override
    async def async_call(self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext) -> ToolResult:
        """Return the result, or why nothing was done."""
        voice = self._voice()
        turn = voice.turns.async_current(llm_context.context)
        if turn is None or not is_yes(turn.utterance, llm_context.language):
            return _error(NOT_CONFIRMED)
        speech = await async_speech(hass, llm_context.language)
        user = await async_user(hass, llm_context.context)
        if (result := await voice.async_confirm(turn, user, speech)) is None:
            return _error(NOT_CONFIRMED)
        return ToolResult(data={"result": result})


def _row(host: Host, name: str) -> dict[str, Any]:
    return {"name": name, "power_state": host.power or "unknown", **spoken_readings(host.readings)}


def _error(text: str) -> ToolResult:
    return ToolResult(data={"error": text}, error=True)
