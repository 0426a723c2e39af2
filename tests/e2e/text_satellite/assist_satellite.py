"""Satellite whose user types: what it receives comes from an action, what it speaks is an event."""

from collections.abc import AsyncIterator
from typing import override

from homeassistant.components.assist_pipeline import PipelineEvent, PipelineEventType
from homeassistant.components.assist_satellite import (
    AssistSatelliteAnnouncement,
    AssistSatelliteConfiguration,
    AssistSatelliteEntity,
    AssistSatelliteEntityFeature,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

DOMAIN = "text_satellite"
# Audio is processed in pieces of ten milliseconds.
CHUNK_BYTES = 320


async def async_setup_entry(
    hass: HomeAssistant, _entry: ConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the satellite, and the action by which it receives text."""
    satellite = TextSatellite()
    async_add_entities([satellite])

    async def receive(call: ServiceCall) -> None:
        satellite.answers = list(call.data.get("answers", []))
        await satellite.async_receive(call.data["text"])

    hass.services.async_register(DOMAIN, "receive", receive)


class TextSatellite(AssistSatelliteEntity):
    """Satellite that fires an event with each text that it speaks."""

    _attr_name = "Text satellite"
    _attr_unique_id = "text_satellite"
    _attr_supported_features = AssistSatelliteEntityFeature.ANNOUNCE | AssistSatelliteEntityFeature.START_CONVERSATION

    def __init__(self) -> None:
        """Start without answers."""
        self.answers: list[str] = []

    async def async_receive(self, text: str) -> None:
        """Run the pipeline as after the wake word."""

        async def audio() -> AsyncIterator[bytes]:
            data = text.encode()
            yield data + b"\0" * (-len(data) % CHUNK_BYTES)

        await self.async_accept_pipeline_from_satellite(audio())

    @override
    def on_pipeline_event(self, event: PipelineEvent) -> None:
        if event.type is PipelineEventType.TTS_START and event.data:
            self._fire("answer", event.data["tts_input"])
        elif event.type is PipelineEventType.RUN_END:
            self.hass.loop.call_soon(self.tts_response_finished)

    @override
    async def async_announce(self, announcement: AssistSatelliteAnnouncement) -> None:
        self._fire("announcement", announcement.message)

    @override
    async def async_start_conversation(self, start_announcement: AssistSatelliteAnnouncement) -> None:
        """Ask, and listen: the next answer comes without a wake word."""
        self._fire("question", start_announcement.message)
        if self.answers:
            self.hass.async_create_background_task(self.async_receive(self.answers.pop(0)), "text satellite answers")

    @override
    async def async_set_configuration(self, config: AssistSatelliteConfiguration) -> None:
        raise NotImplementedError

    @override
    def async_get_configuration(self) -> AssistSatelliteConfiguration:
        return AssistSatelliteConfiguration([], [], 0)

    def _fire(self, kind: str, text: str) -> None:
        self.hass.bus.async_fire(DOMAIN, {"kind": kind, "text": text})
