"""Voice whose audio is text."""

from typing import Any, override

from homeassistant.components import tts
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback


async def async_setup_entry(
    _hass: HomeAssistant, _entry: ConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the entity."""
    async_add_entities([TextVoice()])


class TextVoice(tts.TextToSpeechEntity):
    """Voice that encodes the text as audio."""

    _attr_name = "Text voice"
    _attr_unique_id = "text_voice"
    _attr_default_language = "en"
    _attr_supported_languages = ["en", "fr", "it"]  # noqa: RUF012 - the type in the base class

    @override
    def get_tts_audio(self, message: str, language: str, options: dict[str, Any]) -> tts.TtsAudioType:
        return "wav", message.encode()
