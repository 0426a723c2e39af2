"""Duplicates: of the same reading in two units, one is kept. Pure.

Two zeros show nothing: most counters are zero on a dry day.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
import math

from ..vocabulary.units.known_units import DIMENSION_OF_UNIT, PREFERRED, SECONDS
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
    by_dimension: defaultdict[tuple[object, ...], list[tuple[str, Candidate]]] = defaultdict(list)
    stems = {candidate: stem for candidate in candidates if (stem := stem_of(candidate))}
    for candidate, (words, unit) in stems.items():
        if candidate.number is not None:
            by_dimension[candidate.parent, words, DIMENSION_OF_UNIT.get(unit, unit)].append((unit, candidate))
    dropped = {candidate for candidate, stem in stems.items() if repeats(candidate, *stem)} | listed_again(candidates)
    for members in by_dimension.values():
        if len({unit for unit, _ in members}) == len(members) > 1 and are_equal_times(members):
            _, best = min(members, key=lambda member: rank(member[0]))
            dropped |= {candidate for _, candidate in members if candidate is not best}
    return [candidate for candidate in candidates if candidate not in dropped]


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


def listed_again(candidates: Sequence[Candidate]) -> set[Candidate]:
    """Return the records of a list whose value is repeated above the list: {"samples": [{…}], "temperature": 21}."""
    above = {(other.parent, other.leaf, other.number) for other in candidates if other.number and not other.recorded}
    return {
        candidate
        for candidate in candidates
        if candidate.recorded
        and any((candidate.parent[:levels], candidate.leaf, candidate.number) in above for levels in ABOVE_A_LIST)
    }


def repeats(candidate: Candidate, stem: Words, unit: str) -> bool:
    """Return whether a sibling has the same value without a unit: illuminance and illuminance_lux, or in Celsius."""
    number = candidate.number if candidate.suffix is not None else None
    return bool(stem) and any(
        sibling.leaf == stem and (unit == "°F" or (number and sibling.number == number))
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
