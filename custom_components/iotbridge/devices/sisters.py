"""The same reading in two units is one reading. Pure."""

from collections import defaultdict
from collections.abc import Sequence

from .keys import Words, letters
from .knowledge.units import PREFERRED, QUANTITY_OF_UNIT
from .places import Place


def without_sisters(places: Sequence[Place]) -> list[Place]:
    """Return the places without those that repeat a neighbour in another unit: of tempc and tempf the first stays."""
    families: defaultdict[tuple[object, ...], list[tuple[str, Place]]] = defaultdict(list)
    for one in places:
        stem = stem_of(one)
        if stem is not None and one.number is not None:
            words, unit = stem
            family = QUANTITY_OF_UNIT.get(unit, unit)
            families[one.parent, words, "length" if family in ("distance", "rain rate") else family].append((unit, one))
    dropped = {id(one) for one in places if repeats_in_fahrenheit(one)}
    for members in families.values():
        if len({unit for unit, _ in members}) == len(members) > 1:
            best = min(members, key=lambda member: rank(member[0]))
            dropped |= {id(one) for _, one in members if one is not best[1]}
    return [one for one in places if id(one) not in dropped]


def repeats_in_fahrenheit(one: Place) -> bool:
    """Return whether a neighbour says the same in Celsius without saying so: temperature and temperature_f."""
    stem = stem_of(one)
    return stem is not None and stem[1] == "°F" and any(sibling.leaf == stem[0] for sibling in one.siblings)


def stem_of(one: Place) -> tuple[Words, str] | None:
    """Return a key's words without its unit, and the unit; None where it names none."""
    if one.suffix is not None:
        return one.suffix.rest, one.suffix.unit
    units, rest = letters(one.leaf)
    return (rest, units[0]) if rest and units else None


def rank(unit: str) -> int:
    """Return how far down the list of preferred units one is."""
    return PREFERRED.index(unit) if unit in PREFERRED else len(PREFERRED)
