"""Fields of the forms of alarms: durations, numbers, choices, and errors of their values."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from homeassistant.helpers import selector

from ..engine.models import Severity

DURATION = selector.DurationSelector(selector.DurationSelectorConfig(enable_day=True))
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

LONGEST_S = 365 * 86400.0


class FieldError(ValueError):
    """Invalid input in a form; ``key`` is the error key of the flow, ``field`` the name of the field or ``base``."""

    def __init__(self, field: str, key: str, **placeholders: str) -> None:
        super().__init__(key)
        self.field = field
        self.key = key
        self.placeholders = placeholders


def seconds(user_input: Mapping[str, Any], field: str, *, least: float = 0.0) -> float:
    """Return a duration of a form in seconds, 0 when it is empty; raise FieldError when it is out of range."""
    total = timedelta(**user_input.get(field) or {}).total_seconds()
    if not least <= total <= LONGEST_S:
        raise FieldError(field, "duration_missing" if total < least else "duration_long")
    return total


def duration(total_s: float) -> dict[str, int]:
    """Return seconds as the value of a duration field."""
    minutes, second = divmod(round(total_s), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return {"days": days, "hours": hour, "minutes": minute, "seconds": second}


def text(user_input: Mapping[str, Any], field: str) -> str:
    """Return the value of a text field without surrounding spaces."""
    value: str = user_input.get(field) or ""
    return value.strip()


def filled(suggested: Mapping[str, Any]) -> dict[str, Any]:
    """Return the suggested values without empty ones."""
    return {key: value for key, value in suggested.items() if value not in (None, "", [], ())}
