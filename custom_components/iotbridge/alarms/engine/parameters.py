"""Parameters of conditions: the types of values that a rule of some kind takes, and their limits. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any


class ParameterType(Enum):
    """Type of a parameter, with a form field and a conversion of its values."""

    NUMBER = auto()
    SEVERITY = auto()
    TEXT = auto()
    # A text with significant spaces at its ends.
    EXACT_TEXT = auto()
    TEXTS = auto()
    MAPPING = auto()
    TEMPLATE = auto()
    TOPIC_FILTER = auto()
    DURATION = auto()
    # A duration that is learned from each entity where the user sets none.
    LEARNED_DURATION = auto()


DURATIONS = frozenset({ParameterType.DURATION, ParameterType.LEARNED_DURATION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """Parameter of a condition; ``name`` is its field in the form, with a label and a description in the translations.

    ``default`` is the form's, ``least_s`` the shortest duration. ``missing_key`` is the error key for an empty text or
    list, or a number not greater than 0; without it they are accepted. A required number must be entered.
    """

    name: str
    type: ParameterType
    is_required: bool = True
    default: float | str | Mapping[str, int] | None = None
    least_s: float = 0.0
    missing_key: str = ""

    @property
    def field(self) -> str:
        """Return the name of its field in the condition: durations are in seconds there."""
        return f"{self.name}_s" if self.type in DURATIONS else self.name

    def is_missing(self, value: Any) -> bool:
        """Return whether the user has to enter another value than this one."""
        if value is None and self.type is ParameterType.NUMBER:
            return self.is_required
        return bool(self.missing_key) and (value <= 0 if isinstance(value, float) else not value)


class ParameterError(Exception):
    """Error of a parameter whose value contradicts others; ``key`` is the error key of the form."""

    def __init__(self, parameter: str, key: str) -> None:
        super().__init__(f"{parameter}: {key}")
        self.parameter = parameter
        self.key = key
