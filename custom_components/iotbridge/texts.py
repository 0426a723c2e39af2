"""Texts inside forms, where Home Assistant does not translate: own sentences and names of device classes."""

from collections.abc import Mapping
from dataclasses import dataclass

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN

_WITH_CLASSES = ("sensor", "binary_sensor", "switch", "event")


@dataclass(frozen=True, slots=True)
class Texts:
    """Own sentences by key and names of device classes, in the language of the home."""

    own: Mapping[str, str]
    device_classes: Mapping[str, str]

    def say(self, key: str, **placeholders: object) -> str:
        """Return an own sentence with its placeholders filled in."""
        return self.own[key].format(**placeholders)


async def async_texts(hass: HomeAssistant) -> Texts:
    """Load the texts from the translations; names of device classes are Home Assistant's own."""
    own = await async_get_translations(hass, hass.config.language, "selector", {DOMAIN})
    names = await async_get_translations(hass, hass.config.language, "entity_component", _WITH_CLASSES)
    return Texts(
        own=texts_below(own, f"component.{DOMAIN}.selector.wizard.options."), device_classes=_device_classes(names)
    )


def _device_classes(names: Mapping[str, str]) -> dict[str, str]:
    """Return the names by device class; where platforms share a class, the first one's name counts."""
    found: dict[str, str] = {}
    for platform in _WITH_CLASSES:
        for key, name in texts_below(names, f"component.{platform}.entity_component.").items():
            device_class, _, rest = key.partition(".")
            if rest == "name" and device_class != "_":
                found.setdefault(device_class, name)
    return found


def texts_below(translations: Mapping[str, str], head: str) -> dict[str, str]:
    """Return the translations whose keys begin with ``head``, by the rest of their keys."""
    return {key.removeprefix(head): text for key, text in translations.items() if key.startswith(head)}
