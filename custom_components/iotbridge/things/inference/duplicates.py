"""Duplicates: of the same reading in two units, one is kept. Pure.

Two zeros show nothing: most counters are zero on a dry day.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
import math

from ..vocabulary.units.known_units import PREFERRED, QUANTITY_OF_UNIT, SECONDS
from .candidates.candidate import Candidate
from .quantities.rules import is_unit
from .quantities.words import quantity_key
from .tokens import Words, letters

# Levels from a value up to the object that has its list: the value is a record, or a member of one.
ABOVE_A_LIST = (-1, -2)
# Difference of a time that was rounded to one or two decimals.
ROUNDED = 0.02


def without_duplicates(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates without repetitions in another unit: of tempc and tempf the preferred one stays."""
    by_quantity: defaultdict[tuple[object, ...], list[tuple[str, Candidate]]] = defaultdict(list)
    for candidate in candidates:
        stem = stem_of(candidate)
        if stem is not None and candidate.number is not None:
            words, unit = stem
            quantity = QUANTITY_OF_UNIT.get(unit, unit)
            by_quantity[
                candidate.parent, words, "length" if quantity in ("distance", "rain rate") else quantity
            ].append((unit, candidate))
    dropped = {id(candidate) for candidate in candidates if repeats(candidate)} | listed_again(candidates)
    for members in by_quantity.values():
        if len({unit for unit, _ in members}) == len(members) > 1 and are_equal_times(members):
            best = min(members, key=lambda member: rank(member[0]))
            dropped |= {id(candidate) for _, candidate in members if candidate is not best[1]}
    return [candidate for candidate in candidates if id(candidate) not in dropped]


def are_equal_times(members: Sequence[tuple[str, Candidate]]) -> bool:
    """Return whether values in several units of time are one time; "rain_h" and "rain_d" are those of two periods.

    Values in other units are taken as equal.
    """
    times = sorted((SECONDS[unit], candidate.number or 0) for unit, candidate in members if unit in SECONDS)
    return all(
        value > 0 and (value in {math.floor(exact), round(exact)} or math.isclose(value, exact, rel_tol=ROUNDED))
        for (shorter, fine), (longer, value) in pairwise(times)
        for exact in [fine * shorter / longer]
    )


def listed_again(candidates: Sequence[Candidate]) -> set[int]:
    """Return the records of a list whose value is repeated above the list: {"samples": [{…}], "temperature": 21}."""
    named_above = {
        (candidate.parent, candidate.leaf, candidate.number)
        for candidate in candidates
        if candidate.number and not candidate.recorded
    }
    return {
        id(candidate)
        for candidate in candidates
        if candidate.recorded
        and any((candidate.parent[:above], candidate.leaf, candidate.number) in named_above for above in ABOVE_A_LIST)
    }


def repeats(candidate: Candidate) -> bool:
    """Return whether a sibling has the same value without a unit: illuminance and illuminance_lux, or in Celsius."""
    stem = stem_of(candidate)
    if stem is None or not stem[0]:
        return False
    number = candidate.number if candidate.suffix is not None else None
    return any(
        sibling.leaf == stem[0] and (stem[1] == "°F" or (number and sibling.number == number))
        for sibling in candidate.siblings
        if sibling is not candidate
    )


def stem_of(candidate: Candidate) -> tuple[Words, str] | None:
    """Return a key's words without its unit, and the unit; None if it has none."""
    if candidate.suffix is not None:
        return candidate.suffix.rest, candidate.suffix.unit
    units, rest = letters(candidate.leaf)
    quantity = quantity_key(candidate).quantity if units else None
    suits = bool(units) and (quantity is None or is_unit(units[0], rest, candidate, quantity))
    return (rest, units[0]) if rest and suits else None


def rank(unit: str) -> int:
    """Return the position of a unit in the list of preferred units."""
    return PREFERRED.index(unit) if unit in PREFERRED else len(PREFERRED)
