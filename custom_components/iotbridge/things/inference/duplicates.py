"""Duplicates: the same reading in two units, of which one is kept. Pure."""

from collections import defaultdict
from collections.abc import Sequence

from ..vocabulary.units.known_units import PREFERRED, QUANTITY_OF_UNIT
from .candidates.candidate import Place
from .tokens import Words, letters


def without_sisters(places: Sequence[Place]) -> list[Place]:
    """Return the places without those that repeat a neighbour in another unit: of tempc and tempf the first stays."""
    families: defaultdict[tuple[object, ...], list[tuple[str, Place]]] = defaultdict(list)
    for candidate in places:
        stem = stem_of(candidate)
        if stem is not None and candidate.number is not None:
            words, unit = stem
            family = QUANTITY_OF_UNIT.get(unit, unit)
            families[candidate.parent, words, "length" if family in ("distance", "rain rate") else family].append(
                (unit, candidate)
            )
    dropped = {id(candidate) for candidate in places if repeats(candidate)} | listed_again(places)
    for members in families.values():
        if len({unit for unit, _ in members}) == len(members) > 1:
            best = min(members, key=lambda member: rank(member[0]))
            dropped |= {id(candidate) for _, candidate in members if candidate is not best[1]}
    return [candidate for candidate in places if id(candidate) not in dropped]


def listed_again(places: Sequence[Place]) -> set[int]:
    """Return the records of a list that a member above the list says, too: {"samples": [{…}], "temperature": 21}."""
    said = {
        (candidate.parent, candidate.leaf, candidate.number)
        for candidate in places
        if candidate.number is not None and not candidate.recorded
    }
    return {
        id(candidate)
        for candidate in places
        if candidate.recorded and (candidate.parent[:-2], candidate.leaf, candidate.number) in said
    }


def repeats(candidate: Place) -> bool:
    """Return whether a neighbour says the same without a unit: illuminance and illuminance_lux, or in Celsius."""
    stem = stem_of(candidate)
    if stem is None or not stem[0]:
        return False
    return any(
        sibling.leaf == stem[0]
        and (stem[1] == "°F" or (candidate.suffix is not None and sibling.number == candidate.number))
        for sibling in candidate.siblings
        if sibling is not candidate
    )


def stem_of(candidate: Place) -> tuple[Words, str] | None:
    """Return a key's words without its unit, and the unit; None where it names none."""
    if candidate.suffix is not None:
        return candidate.suffix.rest, candidate.suffix.unit
    units, rest = letters(candidate.leaf)
    return (rest, units[0]) if rest and units else None


def rank(unit: str) -> int:
    """Return how far down the list of preferred units one is."""
    return PREFERRED.index(unit) if unit in PREFERRED else len(PREFERRED)
