"""Home Assistant's conversation agent with the sentences of IoT Bridge, and hosts to ask for."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any

from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Context, HomeAssistant
from homeassistant.setup import async_setup_component

from .kit import FakeHost, Kit

LANGUAGES = ["en", "fr", "it"]


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer of the agent."""

    text: str
    conversation_id: str | None
    is_error: bool


@dataclass
class Assist:
    """Conversation agent of a running IoT Bridge."""

    kit: Kit
    context: Context | None = None

    @property
    def entry(self) -> ConfigEntry:
        """Return the config entry of IoT Bridge."""
        (entry,) = self.kit.hass.config_entries.async_entries("iotbridge")
        return entry

    def file(self, language: str = "en") -> Path:
        """Return the sentence file of a language."""
        return Path(self.kit.hass.config.path("custom_sentences", language, "iotbridge.yaml"))

    def device_id(self, host: FakeHost) -> str:
        """Return the id of a host's device."""
        device = self.kit.device(host.uid)
        assert device is not None
        return device.id

    async def configure(self, *hosts: FakeHost, **options: Any) -> None:
        """Change the options, which reloads the entry; the hosts announce themselves again."""
        hass = self.kit.hass
        hass.config_entries.async_update_entry(self.entry, options={**self.entry.options, **options})
        await hass.config_entries.async_reload(self.entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        for host in hosts:
            await host.announce()
            await host.availability("online")
            await host.status()
        await self.renewed()

    async def renewed(self) -> None:
        """Wait until the sentences have the present names."""
        await self.kit.wait(6)
        await self.kit.hass.async_block_till_done(wait_background_tasks=True)

    def expose(self, *unique_ids: str) -> None:
        """Expose entities of core's mqtt to the agent, as a careless user does with buttons."""
        for unique_id in unique_ids:
            entity_id = self.kit.entity_id(unique_id, "mqtt")
            async_expose_entity(self.kit.hass, "conversation", entity_id, True)

    async def ask(self, text: str, language: str = "en", conversation_id: str | None = None, **more: Any) -> Answer:
        """Send a message that sends no power command, by default in a new conversation; return the answer."""
        return await without_command(self.kit, self.order(text, language, conversation_id, **more))

    async def order(
        self,
        text: str,
        language: str = "en",
        conversation_id: str | None = None,
        context: Context | None = None,
        satellite_id: str | None = None,
    ) -> Answer:
        """Send a message; a power command that it sends is waiting for its response."""
        result = await conversation.async_converse(
            self.kit.hass,
            text,
            conversation_id,
            context or Context(),
            language=language,
            satellite_id=satellite_id,
        )
        response = result.response
        speech = response.speech.get("plain", {}).get("speech", "")
        return Answer(speech, result.conversation_id, response.error_code is not None)

    def buttons(self) -> dict[str, str]:
        """Return the states of all buttons; a pressed one shows the time."""
        return {state.entity_id: state.state for state in self.kit.hass.states.async_all("button")}


def power_commands(kit: Kit) -> list[str]:
    """Return the power commands that were sent to any host."""
    payloads = [call.args[1] for call in kit.mqtt.async_publish.call_args_list if call.args[0].endswith("/command")]
    return [name for name in (json.loads(payload)["command"] for payload in payloads) if name in ("reboot", "shutdown")]


async def without_command[T](kit: Kit, action: Coroutine[Any, Any, T]) -> T:
    """Return the result of an action; fail at once if it sends a power command, whose response nobody would send."""
    before, task = power_commands(kit), asyncio.create_task(action)
    try:
        while not task.done():
            await asyncio.to_thread(lambda: None)  # the agent recognizes sentences in a thread
            assert power_commands(kit) == before
        return task.result()
    finally:
        task.cancel()
        await asyncio.wait([task])


async def start_assist(hass: HomeAssistant) -> None:
    """Set up the conversation agent."""
    for component in ("homeassistant", "conversation"):
        assert await async_setup_component(hass, component, {})
    await hass.async_block_till_done()
