"""Members that speak of each other: a value beside its unit, its factor and its name is one reading. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..model.conversion import unit_of
from ..vocabulary.unit_spellings import NO_UNIT
from ..vocabulary.units import QUANTITY_OF_UNIT
from ..vocabulary.words import WORDS
from .tokens import Words, phrases, words_of

if TYPE_CHECKING:
    from .candidates import Family, Place

VALUE_WORDS = frozenset(
    {"value", "val", "v", "reading", "measurement", "consumption", "total", "counter", "level", "data"}
)
UNIT_WORDS = frozenset({"unit", "units", "uom"})
NAME_WORDS = ("name", "title", "titel", "label", "designation")
# What stands beside a value and its unit is about them: its limits, its digits, how it is written for people.
TITLES = ("title", "titel", "label", "designation")
SPARE = frozenset({
    "min", "max", "minimum", "maximum", "step", "factor", "scale", "multiplier", "divisor", "digits", "decimals",
    "precision", "text", "string", "str", "display", "formatted", "writable", "writeable", "readonly", "category",
    "title", "titel", "name", "designation", "enum", "offset", "raw", "register",
})  # fmt: skip
FACTORS = frozenset({"factor", "multiplier", "scale", "sf", "scalefactor", "scale_factor"})
# A row of a table: what, how much, in which unit, and perhaps a word more.
ROW = range(3, 6)
# So many levels above a row may carry the title of its table.
TITLE_LEVELS = 4


@dataclass(frozen=True, slots=True)
class Record:
    """One reading that several members tell: ``value`` is its number, ``spare`` are those that only describe it."""

    value: Place
    unit: str
    name: str | None
    factor: float
    spare: frozenset[int]


def record_of(family: Family) -> Record | None:
    """Return the one reading that a family tells; None where its members are readings of their own."""
    return row_of(family) or described(family)


def described(family: Family) -> Record | None:
    """Return the record of an object: {"val": 221, "unit": "°C", "factor": 0.1}."""
    units = [one for one in family.places if one.text is not None and names_unit(one)]
    if len(units) != 1 or (unit_of(units[0].text or "") is None and units[0].text not in NO_UNIT):
        return None
    prefix = words_of(units[0].parts[-1])[:-1]
    value = value_of(family, prefix, QUANTITY_OF_UNIT.get(unit_of(units[0].text or "") or ""))
    if value is None:
        return None
    twins = [one for one in family.places if one is not value and one.number is not None and one.stated]
    applied = any(one.number == value.number for one in twins) or has_raw(family)
    spare = frozenset(id(one) for one in family.places if one is not value and (one in twins or is_spare(one)))
    return Record(value, units[0].text or "", name_of(family, prefix), 1.0 if applied else factor_of(family), spare)


def has_raw(family: Family) -> bool:
    """Return whether the number before its factor is there, too: the other one is right then."""
    return any(one.number is not None and "raw" in words_of(one.parts[-1]) for one in family.places)


def names_unit(one: Place) -> bool:
    """Return whether a key says that its text is a unit: "unit", "parameterUnit"."""
    words = words_of(one.parts[-1]) if one.parts else ()
    return bool(words) and (words[-1] in UNIT_WORDS or words == ("u",))


def value_of(family: Family, prefix: Words, quantity: str | None) -> Place | None:
    """Return the member that a unit is of: the one that is called by its quantity, or "value"."""
    numbers = [one for one in family.places if one.number is not None and not is_spare(one) and not one.unit]
    own = [(words_of(one.parts[-1]), one) for one in numbers]
    if prefix and any(words == prefix for words, _ in own):
        return None
    if not prefix and quantity:
        fitting = [one for words, one in own if any(WORDS[phrase.text] == quantity for phrase in phrases(words, WORDS))]
        if fitting:
            return fitting[0] if len(fitting) == 1 else None
    named = [one for words, one in own if words and words[-1] in VALUE_WORDS and words[:-1] in ((), prefix)]
    return named[0] if len(named) == 1 else None


def is_spare(one: Place) -> bool:
    """Return whether a member only describes the value beside it."""
    return not SPARE.isdisjoint(words_of(one.parts[-1]))


def factor_of(family: Family) -> float:
    """Return what a value is to be multiplied with: a factor, or a power of ten where it is negative."""
    for one in family.places:
        if one.parts[-1].lower() in FACTORS and one.number:
            return float(one.number) if one.number > 0 else float(10**one.number)
    return 1.0


def name_of(family: Family, prefix: Words) -> str | None:
    """Return what a record calls its value, where its key is made like that of its unit: "parameterName"."""
    for one in family.places:
        words = words_of(one.parts[-1]) if one.text else ()
        if prefix and words and words[-1] in NAME_WORDS and words[:-1] == prefix:
            return one.text
    return next((text for key in TITLES if not prefix and (text := family.texts.get(key))), None)


def row_of(family: Family) -> Record | None:
    """Return the record of a table's row: ["Humidity", "38", "%"]."""
    row = family.places
    if len(row) not in ROW or [one.field.path[-1:] for one in row] != [(index,) for index in range(len(row))]:
        return None
    name, value, unit = (one.text for one in row[:3])
    if not name or value is not None or row[1].number is None or not unit or unit_of(unit) is None:
        return None
    return Record(row[1], unit, name, 1.0, frozenset(id(one) for one in row if one is not row[1]))


def title_of(one: Place, families: Mapping[tuple[str, ...], Family]) -> str | None:
    """Return the title of the table that a row stands in."""
    above: Sequence[str] = one.parts[:-1]
    for length in range(len(above) - 1, max(0, len(above) - TITLE_LEVELS), -1):
        family = families.get(tuple(above[:length]))
        title = next((text for name in NAME_WORDS if family and (text := family.texts.get(name))), None)
        if title:
            return title
    return None
