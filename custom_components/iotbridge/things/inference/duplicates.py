"""The same reading in two units is one reading. Pure."""

from collections import defaultdict
from collections.abc import Sequence

from ..vocabulary.units import PREFERRED, QUANTITY_OF_UNIT
from .candidates import Place
from .tokens import Words, letters


def without_sisters(places: Sequence[Place]) -> list[Place]:
    """Return the places without those that repeat a neighbour in another unit: of tempc and tempf the first stays."""
    families: defaultdict[tuple[object, ...], list[tuple[str, Place]]] = defaultdict(list)
    for one in places:
        stem = stem_of(one)
        if stem is not None and one.number is not None:
            words, unit = stem
            family = QUANTITY_OF_UNIT.get(unit, unit)
            families[one.parent, words, "length" if family in ("distance", "rain rate") else family].append((unit, one))
    dropped = {id(one) for one in places if repeats(one)} | listed_again(places)
    for members in families.values():
        if len({unit for unit, _ in members}) == len(members) > 1:
            best = min(members, key=lambda member: rank(member[0]))
            dropped |= {id(one) for _, one in members if one is not best[1]}
    return [one for one in places if id(one) not in dropped]


def listed_again(places: Sequence[Place]) -> set[int]:
    """Return the records of a list that a member above the list says, too: {"samples": [{…}], "temperature": 21}."""
    said = {(one.parent, one.leaf, one.number) for one in places if one.number is not None and not one.recorded}
    return {id(one) for one in places if one.recorded and (one.parent[:-2], one.leaf, one.number) in said}


def repeats(one: Place) -> bool:
    """Return whether a neighbour says the same without a unit: illuminance and illuminance_lux, or in Celsius."""
    stem = stem_of(one)
    if stem is None or not stem[0]:
        return False
    return any(
        sibling.leaf == stem[0] and (stem[1] == "°F" or (one.suffix is not None and sibling.number == one.number))
        for sibling in one.siblings
        if sibling is not one
    )


def stem_of(one: Place) -> tuple[Words, str] | None:
    """Return a key's words without its unit, and the unit; None where it names none."""
    if one.suffix is not None:
        return one.suffix.rest, one.suffix.unit
    units, rest = letters(one.leaf)
    return (rest, units[0]) if rest and units else None


def rank(unit: str) -> int:
    """Return how far down the list of preferred units one is."""
    return PREFERRED.index(unit) if unit in PREFERRED else len(PREFERRED)
