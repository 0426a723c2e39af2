"""Speech recognition of audio that is text."""

from collections.abc import AsyncIterable
from typing import override

from homeassistant.components import stt
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback


async def async_setup_entry(
    _hass: HomeAssistant, _entry: ConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the entity."""
    async_add_entities([TextRecognition()])


class TextRecognition(stt.SpeechToTextEntity):
    """Speech recognition that decodes the audio as text."""

    _attr_name = "Text recognition"
    _attr_unique_id = "text_recognition"
    supported_languages = ["en", "fr", "it"]  # noqa: RUF012 - the type in the base class
    supported_formats = [stt.AudioFormats.WAV]  # noqa: RUF012 - the type in the base class
    supported_codecs = [stt.AudioCodecs.PCM]  # noqa: RUF012 - the type in the base class
    supported_bit_rates = [stt.AudioBitRates.BITRATE_16]  # noqa: RUF012 - the type in the base class
    supported_sample_rates = [stt.AudioSampleRates.SAMPLERATE_16000]  # noqa: RUF012 - the type in the base class
    supported_channels = [stt.AudioChannels.CHANNEL_MONO]  # noqa: RUF012 - the type in the base class

    @override
    async def async_process_audio_stream(
        self, metadata: stt.SpeechMetadata, stream: AsyncIterable[bytes]
    ) -> stt.SpeechResult:
        audio = b"".join([chunk async for chunk in stream])
        return stt.SpeechResult(audio.rstrip(b"\0").decode(), stt.SpeechResultState.SUCCESS)
