"""Snapshot of an entity for the evaluation of a rule, and its readings as numbers and text; pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
import math
from typing import Any, NamedTuple

from .formatting import number_text

UNAVAILABLE = "unavailable"
ABSENT = frozenset({UNAVAILABLE, "unknown"})

# Turns a number of one unit into another; None for what has no counterpart there.
type Conversion = Callable[[float], float | None]


@dataclass(frozen=True, slots=True)
class EntitySnapshot:
    """An entity at a moment.

    ``state`` may be Home Assistant's "unavailable" or "unknown". ``changed_at`` is when it was last reported, changed
    or not, in seconds since 1970. ``unit`` is that of the value that the rule evaluates; ``in_rule`` turns its numbers
    into the unit of the rule, None when they are in it or have none in common with it.
    """

    state: str
    attributes: Mapping[str, Any]
    changed_at: float
    unit: str | None = None
    in_rule: Conversion | None = None

    @property
    def is_absent(self) -> bool:
        """Return whether there is no value."""
        return self.state in ABSENT


def number_of(snapshot: EntitySnapshot, attribute: str | None) -> float | None:
    """Return the state or an attribute as a finite number, None when it is none or the entity is away."""
    if snapshot.state in ABSENT:
        return None
    value = snapshot.state if attribute is None else snapshot.attributes.get(attribute)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, str) and "_" in value:
        return None  # Python reads 1_000 as a number, people do not
    try:
        number = float(value)
    except ValueError, OverflowError:
        return None
    return number if math.isfinite(number) else None


class Span(NamedTuple):
    """The numbers that a reading may stand for, in the unit of the rule: one, unless it was shown in another unit."""

    low: float
    middle: float
    high: float


def span_of(snapshot: EntitySnapshot, attribute: str | None) -> Span | None:
    """Return a reading in the unit of its rule, None when it is no number.

    Home Assistant rounds when it converts: 21 °C are shown as 70 °F, which are 21.1 °C. So no limit counts as passed
    that the shown number cannot tell from itself.
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
        return 0.0  # an exponent that is too long for a decimal: far smaller than any rounding
    return 0.5 * 10.0 ** min(0, int(exponent))


def reading_text(snapshot: EntitySnapshot, attribute: str | None) -> str:
    """Write a reading as its entity shows it, empty when it is no number."""
    number = number_of(snapshot, attribute)
    return "" if number is None else number_text(number, snapshot.unit)
