"""Translated texts for forms, where Home Assistant does not translate: own sentences, names of device classes."""

from collections.abc import Mapping
from dataclasses import dataclass

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN

# What is filled into a text in the user's language where there is nothing to name.
NONE = "-"
_WITH_CLASSES = ("sensor", "binary_sensor", "switch", "event")


@dataclass(frozen=True, slots=True)
class Texts:
    """Own sentences by key, and names of device classes, in the configured language."""

    own: Mapping[str, str]
    device_classes: Mapping[str, str]

    def sentence(self, key: str, **placeholders: object) -> str:
        """Return one of our own sentences, with its placeholders filled in."""
        return self.own[key].format(**placeholders)


async def async_texts(hass: HomeAssistant) -> Texts:
    """Load our own sentences and Home Assistant's names of device classes."""
    own = await async_get_translations(hass, hass.config.language, "selector", {DOMAIN})
    names = await async_get_translations(hass, hass.config.language, "entity_component", _WITH_CLASSES)
    return Texts(
        own=texts_below(own, f"component.{DOMAIN}.selector.wizard.options."), device_classes=_device_classes(names)
    )


def _device_classes(names: Mapping[str, str]) -> dict[str, str]:
    """Return the names by device class; if platforms share a class, the name of the first one is used."""
    device_classes: dict[str, str] = {}
    for platform in _WITH_CLASSES:
        for key, name in texts_below(names, f"component.{platform}.entity_component.").items():
            device_class, _, rest = key.partition(".")
            if rest == "name" and device_class != "_":
                device_classes.setdefault(device_class, name)
    return device_classes


def texts_below(translations: Mapping[str, str], head: str) -> dict[str, str]:
    """Return the translations whose keys start with ``head``, by the rest of the key."""
    return {key.removeprefix(head): text for key, text in translations.items() if key.startswith(head)}
