"""Form fields that several dialogs share, and the errors of their values."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import timedelta
from typing import Any, override

from homeassistant.helpers import selector

TEXT = selector.TextSelector()
DURATION = selector.DurationSelector(selector.DurationSelectorConfig(enable_day=True))
LINES = selector.TextSelector(selector.TextSelectorConfig(multiline=True))
# Longest duration that can be entered.
LONGEST_S = 365 * 86400.0


def choices(labels: Mapping[str, str], *, multiple: bool = False) -> selector.SelectSelector:
    """Return a selector that shows the labels as a list."""
    return selector.SelectSelector(
        selector.SelectSelectorConfig(
            options=[selector.SelectOptionDict(value=value, label=label) for value, label in labels.items()],
            multiple=multiple,
            mode=selector.SelectSelectorMode.LIST,
        )
    )


def dropdown(labels: Mapping[str, str], *, multiple: bool = False) -> selector.SelectSelector:
    """Return a selector for many labels, which keeps the order in which they are chosen."""
    options = [selector.SelectOptionDict(value=value, label=label) for value, label in labels.items()]
    mode = selector.SelectSelectorMode.DROPDOWN
    return selector.SelectSelector(selector.SelectSelectorConfig(options=options, multiple=multiple, mode=mode))


class ActionsField(selector.ActionSelector):
    """Selector of actions that are stored as they were entered: validated ones have objects that are no JSON."""

    @override
    def __call__(self, data: Any) -> list[Any]:
        """Validate actions and return them as they were entered."""
        super().__call__(deepcopy(data))
        return data if isinstance(data, list) else [data]


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
