"""Snapshot of an entity for the evaluation of a rule, and its readings as numbers and text; pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
import math
from typing import Any, NamedTuple

from .formatting import number_text

UNAVAILABLE = "unavailable"
ABSENT = frozenset({UNAVAILABLE, "unknown"})

# Converts a number to another unit; None where that is impossible.
type Conversion = Callable[[float], float | None]


@dataclass(frozen=True, slots=True)
class EntitySnapshot:
    """Snapshot of an entity at one moment.

    ``state`` may be Home Assistant's "unavailable" or "unknown". ``changed_at`` is the time of the last report, changed
    or not, in seconds since 1970, and ``state_since`` that of the last change of the state, None if it is not known.
    ``unit`` is that of the value that the rule evaluates; ``in_rule`` converts its numbers to the unit of the rule,
    None when no conversion is needed or possible.
    """

    state: str
    attributes: Mapping[str, Any]
    changed_at: float
    unit: str | None = None
    in_rule: Conversion | None = None
    state_since: float | None = None

    @property
    def is_absent(self) -> bool:
        """Return whether there is no value."""
        return self.state in ABSENT


def number_of(snapshot: EntitySnapshot, attribute: str | None) -> float | None:
    """Return the state or an attribute as a finite number, None when it is none or the entity is absent."""
    if snapshot.state in ABSENT:
        return None
    value = snapshot.state if attribute is None else snapshot.attributes.get(attribute)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, str) and "_" in value:
        return None  # Python parses 1_000 as a number
    try:
        number = float(value)
    except ValueError, OverflowError:
        return None
    return number if math.isfinite(number) else None


class Span(NamedTuple):
    """Range of numbers that a reading may stand for, in the unit of the rule; a single one unless it was converted."""

    low: float
    middle: float
    high: float


def span_of(snapshot: EntitySnapshot, attribute: str | None) -> Span | None:
    """Return a reading in the unit of its rule, None when it is no number.

    Home Assistant rounds when it converts: 21 °C are displayed as 70 °F, which are 21.1 °C. A limit within that
    rounding error is not exceeded.
    """
    if (number := number_of(snapshot, attribute)) is None:
        return None
    if snapshot.in_rule is None:
        return Span(number, number, number)
    if (middle := snapshot.in_rule(number)) is None:
        return None
    value = snapshot.state if attribute is None else snapshot.attributes[attribute]
    half = _half_of_last_digit(str(value).strip())
    ends = [snapshot.in_rule(number - half), snapshot.in_rule(number + half), middle]
    known = [end for end in ends if end is not None]
    return Span(min(known), middle, max(known))


def _half_of_last_digit(number: str) -> float:
    try:
        exponent = Decimal(number).as_tuple().exponent
    except InvalidOperation:
        return 0.0  # the exponent is too large for a decimal, the number far smaller than any rounding
    return 0.5 * 10.0 ** min(0, int(exponent))


def reading_text(snapshot: EntitySnapshot, attribute: str | None) -> str:
    """Return a reading as its entity displays it, empty when it is no number."""
    number = number_of(snapshot, attribute)
    return "" if number is None else number_text(number, snapshot.unit)
