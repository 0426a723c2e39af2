"""A number whose unit is to be settled, with what stands around it. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from .candidates import Place
from .interpretation import Context, Meaning


class Range(NamedTuple):
    """Sizes that mean something, both ends included."""

    low: float
    high: float

    def has(self, value: float | None) -> bool:
        """Return whether a number is one of them."""
        return value is not None and self.low <= value <= self.high


PERCENT = Range(0, 100)
FRACTION = Range(0.000001, 0.999999)


@dataclass(frozen=True, slots=True)
class Case:
    """A number whose unit is to be settled."""

    found: Meaning
    one: Place
    context: Context

    @property
    def value(self) -> int | float | None:
        """Return the number."""
        return self.one.number

    @property
    def is_whole(self) -> bool:
        """Return whether the number is written without digits behind the point."""
        return isinstance(self.one.number, int)

    def words(self, levels: int = 2) -> set[str]:
        """Return the words of the key and of what is above it."""
        return {word for level in self.one.levels[:levels] for word in level}

    def around(self) -> frozenset[str]:
        """Return the words of the neighbours' keys."""
        return self.one.family.words

    def to(self, unit: str | None, *, quantity: str | None = None, scale: float = 1.0) -> Meaning:
        """Return the meaning, settled."""
        return replace(self.found, unit=unit, quantity=quantity or self.found.quantity, scale=scale)


type Rule = Callable[[Case], Meaning]


def sibling_number(one: Place, *words: str) -> float | None:
    """Return the number beside it whose key ends with one of these words, and is about the same."""
    which = set(one.leaf[:-1]) - {"total"}
    return next(
        (
            sibling.number
            for sibling in one.siblings
            if sibling.leaf and sibling.leaf[-1] in words and sibling.number is not None
            if set(sibling.leaf[:-1]) - {"active", "act"} == which
        ),
        None,
    )
