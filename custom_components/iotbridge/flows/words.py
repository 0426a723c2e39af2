"""What the dialogs say inside a form, where Home Assistant does not translate for us."""

from collections.abc import Mapping
from dataclasses import dataclass

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN
from ..devices.models import PLATFORMS
from ..devices.profile_checks import ProfileError
from .rules import ChannelError

# Formats as people know them; the names of the others are in the translations.
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

_WITH_CLASSES = ("sensor", "binary_sensor", "switch", "event")


@dataclass(frozen=True, slots=True)
class Words:
    """Names in the language of the home, by what they stand for."""

    own: Mapping[str, str]
    platforms: Mapping[str, str]
    device_classes: Mapping[str, str]
    state_classes: Mapping[str, str]

    def say(self, key: str, **placeholders: object) -> str:
        """Return one of our own sentences, filled in."""
        return self.own[key].format(**placeholders)

    def reason(self, error: ProfileError) -> str:
        """Return why a file is no profile."""
        place = error.place or self.own["profile_whole"]
        return self.say("profile_expected", place=place, expected=self.say(error.kind, **error.placeholders))

    def format(self, name: str) -> str:
        """Return what people call a format, with its wrapping: ``gzip+json`` is ``gzip+JSON``."""
        return " + ".join(dict.fromkeys(self._format(part) for part in name.split(" + ")))

    def _format(self, name: str) -> str:
        wrapping, plus, inner = name.rpartition("+")
        known = {"scalar": self.own["format_scalar"], "key-value": self.own["format_key_value"], **_FORMATS}
        return f"{wrapping}{plus}{known.get(inner, inner)}"


async def async_words(hass: HomeAssistant) -> Words:
    """Read the names from the translations: Home Assistant's own where it has them."""
    language = hass.config.language
    own = await async_get_translations(hass, language, "selector", {DOMAIN})
    titles = await async_get_translations(hass, language, "title", PLATFORMS)
    names = await async_get_translations(hass, language, "entity_component", _WITH_CLASSES)
    device_classes: dict[str, str] = {}
    for platform in _WITH_CLASSES:
        for key, name in _below(names, f"component.{platform}.entity_component.").items():
            device_class, _, rest = key.partition(".")
            if rest == "name" and device_class != "_":
                device_classes.setdefault(device_class, name)
    state_classes = "component.sensor.entity_component._.state_attributes.state_class.state."
    return Words(
        own=_below(own, f"component.{DOMAIN}.selector.wizard.options."),
        platforms={platform: titles[f"component.{platform}.title"] for platform in PLATFORMS},
        device_classes=device_classes,
        state_classes=_below(names, state_classes),
    )


async def async_reason(hass: HomeAssistant, error: ChannelError) -> str:
    """Return why a channel cannot be as it is, in a sentence."""
    texts = await async_get_translations(hass, hass.config.language, "config_subentries", {DOMAIN})
    return texts[f"component.{DOMAIN}.config_subentries.device.error.{error.key}"].format(**error.placeholders)


def _below(translations: Mapping[str, str], head: str) -> dict[str, str]:
    return {key.removeprefix(head): text for key, text in translations.items() if key.startswith(head)}
