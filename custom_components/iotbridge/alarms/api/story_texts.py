"""Sentences about alarms in the language of the user who asks; Home Assistant's own are in that of the home."""

from dataclasses import dataclass
from datetime import datetime

from homeassistant.core import HomeAssistant
from homeassistant.generated.languages import LANGUAGES
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from ...const import DOMAIN
from ..engine.models import Evaluation, Severity
from ..notifications.message import AlarmTexts

_SELECTORS = f"component.{DOMAIN}.selector."
_ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class StoryTexts(AlarmTexts):
    """Sentences of dialogs and explanations."""

    def story(self, key: str, **placeholders: object) -> str:
        """Return a sentence about what happened or will happen."""
        return self.texts[f"{_SELECTORS}alarm_story.options.{key}"].format(**placeholders)

    def change(self, change: str, who: str = "") -> str:
        """Return a transition, with who caused it."""
        text = self.texts.get(f"{_SELECTORS}alarm_change.options.{change}", change)
        return self.story("changed_by", change=text, who=who) if who else text

    def severity(self, severity: Severity) -> str:
        """Return the name of a severity."""
        return self.texts[f"{_SELECTORS}severity.options.{severity.word}"]

    def reason(self, evaluation: Evaluation) -> str:
        """Return the reason of an evaluation."""
        sentence = self.texts.get(f"{_SELECTORS}alarm_why.options.{evaluation.reason_key}")
        return sentence.format(**dict(evaluation.reason_values)) if sentence else evaluation.reason


async def async_story_texts(hass: HomeAssistant, language: str | None = None) -> StoryTexts:
    """Return the sentences in a language; in that of the home without one, in English for an unknown one."""
    wanted = language or hass.config.language
    known = wanted if wanted in LANGUAGES else _ENGLISH
    return StoryTexts(await async_get_translations(hass, known, "selector", {DOMAIN}))


def clock_text(at: float, now: float) -> str:
    """Return the time of the day in the home's time zone; another day has its date."""
    local, today = _local(at), _local(now)
    return local.strftime("%H:%M" if local.date() == today.date() else "%Y-%m-%d %H:%M")


def _local(at: float) -> datetime:
    return dt_util.as_local(dt_util.utc_from_timestamp(at))
