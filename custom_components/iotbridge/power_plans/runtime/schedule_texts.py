"""Sentences for the notices, runs and previews of schedules, in the language of the home."""

from collections.abc import Mapping
from dataclasses import dataclass

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from ...const import DOMAIN
from ...texts import texts_below
from ..engine.schedule_run import RunReason, RunResult

_SELECTOR = f"component.{DOMAIN}.selector"


@dataclass(frozen=True, slots=True)
class ScheduleTexts:
    """Sentences for schedules and timetables, by key."""

    schedule: Mapping[str, str]
    timetable: Mapping[str, str]

    def sentence(self, key: str, **placeholders: str) -> str:
        """Return a sentence for a schedule."""
        return self.schedule[key].format(**placeholders)

    def timetable_sentence(self, key: str, **placeholders: str) -> str:
        """Return a sentence for a timetable."""
        return self.timetable[key].format(**placeholders)


@callback
def async_schedule_texts(hass: HomeAssistant) -> ScheduleTexts:
    """Return the sentences, which Home Assistant loaded when the integration was set up."""
    texts = async_get_cached_translations(hass, hass.config.language, "selector", DOMAIN)
    return ScheduleTexts(
        schedule=texts_below(texts, f"{_SELECTOR}.schedule_text.options."),
        timetable=texts_below(texts, f"{_SELECTOR}.timetable.options."),
    )


def result_text(result: RunResult, texts: ScheduleTexts) -> str:
    """Return the outcome of a run with its reason as a sentence."""
    outcome = texts.sentence(f"outcome_{result.outcome.value}")
    if result.reason is None:
        return outcome
    names = ", ".join(result.names) or "-"
    reason = texts.sentence(f"reason_{result.reason.value}", names=names, details=result.details)
    if result.reason is RunReason.HOSTS and result.details:
        reason = result.details
    return texts.sentence("outcome_with_reason", outcome=outcome, reason=reason)
