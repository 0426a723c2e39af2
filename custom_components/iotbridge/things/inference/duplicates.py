"""Duplicates: of the same reading in two units, one is kept. Pure."""

from collections import defaultdict
from collections.abc import Sequence

from ..vocabulary.units.known_units import PREFERRED, QUANTITY_OF_UNIT
from .candidates.candidate import Candidate
from .quantities.rules import is_unit
from .quantities.words import quantity_key
from .tokens import Words, letters

# Levels from a value up to the object that has its list: the value is a record, or a member of one.
ABOVE_A_LIST = (-1, -2)


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
        if len({unit for unit, _ in members}) == len(members) > 1:
            best = min(members, key=lambda member: rank(member[0]))
            dropped |= {id(candidate) for _, candidate in members if candidate is not best[1]}
    return [candidate for candidate in candidates if id(candidate) not in dropped]


def listed_again(candidates: Sequence[Candidate]) -> set[int]:
    """Return the records of a list whose value is repeated above the list: {"samples": [{…}], "temperature": 21}."""
    named_above = {
        (candidate.parent, candidate.leaf, candidate.number)
        for candidate in candidates
        if candidate.number is not None and not candidate.recorded
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
    return any(
        sibling.leaf == stem[0]
        and (stem[1] == "°F" or (candidate.suffix is not None and sibling.number == candidate.number))
        for sibling in candidate.siblings
        if sibling is not candidate
    )


def stem_of(candidate: Candidate) -> tuple[Words, str] | None:
    """Return a key's words without its unit, and the unit; None if it has none."""
    if candidate.suffix is not None:
        return candidate.suffix.rest, candidate.suffix.unit
    units, rest = letters(candidate.leaf)
    if not units or not rest:
        return None
    quantity = quantity_key(candidate).quantity
    return (rest, units[0]) if quantity is None or is_unit(units[0], rest, candidate, quantity) else None


def rank(unit: str) -> int:
    """Return the position of a unit in the list of preferred units."""
    return PREFERRED.index(unit) if unit in PREFERRED else len(PREFERRED)
