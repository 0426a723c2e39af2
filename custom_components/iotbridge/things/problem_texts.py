"""Translated sentences for problems with messages."""

from collections.abc import Iterable

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN
from .model.message import Problem


async def async_sentences(hass: HomeAssistant, problems: Iterable[Problem]) -> list[str]:
    """Return a sentence for each problem."""
    translations = await async_get_translations(hass, hass.config.language, "exceptions", {DOMAIN})
    return [
        translations[f"component.{DOMAIN}.exceptions.{problem.kind}.message"].format(**dict(problem.placeholders))
        for problem in problems
    ]
