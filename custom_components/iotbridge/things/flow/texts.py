"""Texts of the things' dialogs: names of platforms, classes and formats, and reasons of errors."""

from collections.abc import Mapping
from dataclasses import dataclass

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from ...const import DOMAIN
from ...texts import Texts, async_texts, texts_below
from ..model.profile import PLATFORMS
from .channel_validation import ChannelError

# Readers of a device's values, by whether Home Assistant reads them itself: names are the same in every language.
READERS = {True: "Home Assistant", False: "IoT Bridge"}
# Common names of formats; the names of the others are in the translations.
_FORMATS = {
    "cbor": "CBOR",
    "chirpstack-v3": "ChirpStack 3",
    "chirpstack-v4": "ChirpStack 4",
    "csv": "CSV",
    "influx": "InfluxDB line protocol",
    "json": "JSON",
    "json-array": "JSON",
    "milesight-gateway": "Milesight",
    "owntracks": "OwnTracks",
    "rtl-433": "rtl_433",
    "senml-cbor": "SenML in CBOR",
    "senml-json": "SenML",
    "shelly-rpc": "Shelly",
    "tasmota-zigbee": "Tasmota Zigbee",
    "ttn-v3": "The Things Stack",
}


@dataclass(frozen=True, slots=True)
class ThingTexts(Texts):
    """Own sentences, and names of platforms and classes, in the configured language."""

    platforms: Mapping[str, str]
    state_classes: Mapping[str, str]

    def format(self, name: str) -> str:
        """Return the common name of a format, including its wrapping: ``gzip+json`` is ``gzip+JSON``."""
        return " + ".join(dict.fromkeys(self._format(part) for part in name.split(" + ")))

    def _format(self, name: str) -> str:
        wrapping, plus, inner = name.rpartition("+")
        known = {"scalar": self.own["format_scalar"], "key-value": self.own["format_key_value"], **_FORMATS}
        return f"{wrapping}{plus}{known.get(inner, inner)}"


async def async_thing_texts(hass: HomeAssistant) -> ThingTexts:
    """Load our own sentences, and Home Assistant's names of platforms and classes."""
    texts = await async_texts(hass)
    titles = await async_get_translations(hass, hass.config.language, "title", PLATFORMS)
    class_names = await async_get_translations(hass, hass.config.language, "entity_component", {"sensor"})
    return ThingTexts(
        own=texts.own,
        device_classes=texts.device_classes,
        platforms={platform: titles[f"component.{platform}.title"] for platform in PLATFORMS},
        state_classes=texts_below(
            class_names, "component.sensor.entity_component._.state_attributes.state_class.state."
        ),
    )


async def async_reason(hass: HomeAssistant, error: ChannelError) -> str:
    """Return the reason why a channel is invalid, as a sentence."""
    texts = await async_get_translations(hass, hass.config.language, "config_subentries", {DOMAIN})
    return texts[f"component.{DOMAIN}.config_subentries.device.error.{error.key}"].format(**error.placeholders)
