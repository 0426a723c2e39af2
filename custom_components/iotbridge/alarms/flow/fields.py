"""Fields of the forms of alarms: numbers, texts and severities."""

from collections.abc import Mapping
from typing import Any

from homeassistant.helpers import selector

from ..engine.models import Severity

NUMBER = selector.NumberSelector(
    selector.NumberSelectorConfig(step="any", mode=selector.NumberSelectorMode.BOX),
)


def number_with(unit: str) -> selector.NumberSelector:
    """Return the selector of a number with a unit beside it."""
    return selector.NumberSelector(
        selector.NumberSelectorConfig(step="any", mode=selector.NumberSelectorMode.BOX, unit_of_measurement=unit)
    )


TEXTS = selector.TextSelector(selector.TextSelectorConfig(multiple=True))
SEVERITY = selector.SelectSelector(
    selector.SelectSelectorConfig(
        options=[severity.word for severity in reversed(Severity)],
        translation_key="severity",
        mode=selector.SelectSelectorMode.LIST,
    )
)


def filled(suggested: Mapping[str, Any]) -> dict[str, Any]:
    """Return the suggested values without empty ones."""
    return {key: value for key, value in suggested.items() if value not in (None, "", [], ())}
