"""The values of one device, each with its place, its words and its neighbours. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
import dataclasses
from dataclasses import dataclass
from functools import cached_property
import re
from typing import NamedTuple
from urllib.parse import unquote

from ..model.conversion import is_absent, quantity_of, text_of, unit_of
from ..model.message import Field, Scalar
from ..model.profile import key_of
from ..vocabulary.obis import OBIS
from ..vocabulary.records import UNITS
from ..vocabulary.roles import GENERIC
from ..vocabulary.unit_spellings import NO_UNIT
from .records import Record, record_of, title_of
from .time_series import outdated
from .tokens import Suffix, Words, bracketed, is_number, suffix, words_of

# Members of a record that name what another member of it holds: {"value_type": "humidity", "value": "45.1"}.
NAMERS = ("value_type", "valuetype", "name", "n", "key", "sensor", "param", "parameter", "label", "measurement",
          "variable", "metric", "quantity", "type", "field", "id", "channel", "code", "obis")  # fmt: skip
VALUES = frozenset({"measurementvalue", "sensorvalue", "datavalue", "value", "val", "v", "reading", "measurement"})
# A part of a key that is an address: "0x2916", "4C33A6603C79", "28-0316a2799bff".
ADDRESS = re.compile(
    r"0x[0-9a-fA-F]{4,16}|(?=.*\d)[0-9a-fA-F]{8,16}"
    r"|[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){4,7}|\d{2}-[0-9a-fA-F]{12}"
)


# A key that starts with the address of what it is about: "BidCos-RF.LEQ0423081:4.VALVE_STATE".
ADDRESSED = re.compile(r"(?:.*[./])?[A-Za-z]{0,4}\d{6,}[0-9A-Za-z]*(?::\d+)?[./](?=[A-Za-z])([^./]+)")
# So many levels of the device's own topic may say what it measures: "home/temperature/kitchen".
BASE_LEVELS = 3


# A text under one of these is never a number with its unit: "5A" is no current.
NAMED = re.compile(r"(?i).*(hex|id|code|type|version|model|serial|name|address|addr|mac|eui)")


def plain(member_name: str) -> str:
    """Return a member's name in lower case, without the marks that some put before it: "_unit", "@name"."""
    return member_name.lower().lstrip("_@#")


class Family:
    """The values under one parent; what is asked of them by each of them is found once."""

    def __init__(self) -> None:
        """A family is empty until it is filled, and not asked before."""
        self.places: list[Place] = []

    @cached_property
    def texts(self) -> dict[str, str]:
        """Return the members that are texts, by their names in lower case."""
        return {
            plain(one.parts[-1]): one.field.value
            for one in self.places
            if one.parts and isinstance(one.field.value, str) and one.field.value
        }

    @cached_property
    def words(self) -> frozenset[str]:
        """Return the words of all keys."""
        return frozenset(word for one in self.places for word in one.leaf)

    @cached_property
    def letters(self) -> frozenset[str]:
        """Return the keys of numbers that are a single letter."""
        return frozenset(letter for one in self.places if one.number is not None and (letter := one.letter))

    @cached_property
    def marks(self) -> frozenset[str]:
        """Return the letters that keys are, whatever they hold: inputs are called A1 and D1."""
        return frozenset(letter for one in self.places if (letter := one.letter))

    @cached_property
    def periods(self) -> int:
        """Return how many keys are only a day, a week, a month or a year."""
        return sum(one.leaf in PERIODS for one in self.places)

    @cached_property
    def phases(self) -> frozenset[str]:
        """Return the last letters of keys like Va, Ia and Pa: those of the phases."""
        pairs = {tuple(one.leaf[0]) for one in self.places if len(one.leaf) == 1 and len(one.leaf[0]) == len("Va")}
        volts = {last for first, last in pairs if first in "vu" and last in "abc"}
        return frozenset(last for first, last in pairs if first in "iap" and last in volts)

    @cached_property
    def is_date(self) -> bool:
        """Return whether its members are the parts of a date and a time of day."""
        keys = {one.parts[-1].lower().removesuffix("s") for one in self.places if one.parts}
        return {"hour", "minute"} <= keys and bool({"year", "month", "day"} & keys)

    @cached_property
    def measured(self) -> frozenset[Words]:
        """Return the patterns of keys that hold a number with digits behind the point: what only counts has none."""
        return frozenset(
            one.pattern for one in self.places if isinstance(one.number, float) and not one.number.is_integer()
        )

    @cached_property
    def totals(self) -> int:
        """Return how many keys begin with "total"."""
        return sum(one.leaf[:1] == ("total",) for one in self.places)

    @cached_property
    def suffixes(self) -> frozenset[str]:
        """Return the units that keys end with, beyond doubt."""
        return frozenset(one.suffix.unit for one in self.places if one.suffix is not None)

    @cached_property
    def has_only_numbers(self) -> bool:
        """Return whether every member that has a value is a number."""
        return all(one.number is not None or one.value is None for one in self.places)


# Beside each other these tell of counts, not of a date.
PERIODS = (("day",), ("today",), ("week",), ("month",), ("year",))
# Words that stand beside a letter without making a word of it: U_AC, I_DC.
BESIDE_A_LETTER = frozenset({"ac", "dc", "in", "out", "grid", "pv", "bat"})


# A meter's name for a reading: "1-0:16.7.0", "1.8.0*255".
NUMBERED = re.compile(r"(?:\d+-\d+:)?(\d{1,2})\.(\d{1,2})\.(\d{1,3})(?:\*\d+)?")
TOTAL = ("0", "255")
# D of the readings that are counted by tariff.
TARIFFS = (8,)


class ObisKey(NamedTuple):
    """What an OBIS number says: which reading, and of which tariff, empty for all of them."""

    kind: tuple[int, int]
    tariff: str


def obis_of(key: str) -> ObisKey | None:
    """Return what a meter's number for a reading says; None where it is no such number."""
    match = NUMBERED.fullmatch(key) if key[:1].isdigit() else None
    kind = (int(match[1]), int(match[2])) if match else None
    if match is None or kind is None or kind not in OBIS:
        return None
    return ObisKey(kind, "" if match[3] in TOTAL or kind[1] not in TARIFFS else match[3])


@dataclass(slots=True, kw_only=True)
class Place:
    """One value of a device.

    ``parts`` are the levels of its key from the topic down, as written; ``levels`` the words of those that say
    something, the last one first; ``number`` is the value where it is a number or writes one; ``unit`` where the
    message states it; ``depth`` levels are its own, those after them its device's topic; ``recorded``: a
    record names it.
    """

    subtopic: str
    field: Field
    parts: tuple[str, ...]
    value: Scalar
    number: int | float | None = None
    unit: str | None = None
    stated: bool = False
    levels: tuple[Words, ...] = ()
    suffix: Suffix | None = None
    family: Family = dataclasses.field(default_factory=Family, repr=False)
    annotated: str | None = None
    depth: int = 0
    recorded: bool = False
    settable: bool = False
    factor: float = 1.0
    spare: bool = False
    obis: ObisKey | None = None

    @property
    def siblings(self) -> Sequence[Place]:
        """Return the values under the same parent, itself among them."""
        return self.family.places

    @property
    def key(self) -> str:
        """Return what it is called where people read it."""
        return key_of(self.subtopic, self.field.path)

    @property
    def leaf(self) -> Words:
        """Return the words that are its own."""
        return self.levels[0] if self.levels else ()

    @property
    def pattern(self) -> Words:
        """Return the words that it shares with its sisters: those of "temp1" and "temp2", or of a list's elements."""
        return tuple(word for word in self.leaf if not word.isdigit())

    @property
    def letter(self) -> str | None:
        """Return the letter that its key is, numbers aside: "t", "I1", "U_AC"."""
        if self.leaf[1:2] == ("phase",) and len(self.leaf[0]) == 1:
            return self.leaf[0]
        rest = [word for word in self.leaf if not word.isdigit() and word not in BESIDE_A_LETTER]
        if len(rest) != 1 or len(rest[0]) > len("Va"):
            return None
        return rest[0][0] if len(rest[0]) == 1 or rest[0][1] in self.family.phases else None

    @property
    def parent(self) -> tuple[str, ...]:
        """Return the levels above it."""
        return self.parts[:-1]

    @property
    def is_bool(self) -> bool:
        """Return whether it is JSON's true or false."""
        return isinstance(self.value, bool)

    @property
    def text(self) -> str | None:
        """Return it where it is a text that writes no number."""
        return self.value if isinstance(self.value, str) and self.number is None else None


def places_of(fields: Sequence[tuple[str, Field]], topic: str) -> list[Place]:
    """Return the values of a device on a topic, annotations taken out and given to what they annotate."""
    values = [(subtopic, one) for subtopic, one in fields if not is_annotation(subtopic)]
    notes = {subtopic: text_of(one.value) for subtopic, one in fields if is_annotation(subtopic)}
    places = [place(subtopic, one) for subtopic, one in values]
    for one in places:
        annotate(
            one,
            {name.rpartition("/")[2]: note for name, note in notes.items() if name.rpartition("/")[0] == one.subtopic},
        )
    families: defaultdict[tuple[str, ...], Family] = defaultdict(Family)
    for one in places:
        one.family = families[one.parent]
        one.family.places.append(one)
    named = {id(one): record_name(one) for one in places}
    base = [level for level in topic.split("/") if level][-BASE_LEVELS:]
    records = {id(family): record_of(family) for family in families.values()}
    old = {id(one) for family in outdated(families) for one in family.places}
    for one in places:
        spell(one, named[id(one)], base)
        one.spare = id(one) in old
        record = records[id(one.family)]
        if record is not None:
            tell(one, record, families)
    return places


def tell(one: Place, record: Record, families: Mapping[tuple[str, ...], Family]) -> None:
    """Give a value what the other members of its record say of it; ``families`` are all, by their parents."""
    one.spare = one.spare or id(one) in record.spare
    if one is not record.value:
        return
    one.unit, one.stated, one.suffix, one.factor = unit_of(record.unit), True, None, record.factor
    name = record.name
    if name is None:
        return
    title = title_of(one, families) if one.field.path[-1:] == (1,) else None
    words = words_of(name)
    one.recorded = True
    above = (words_of(title),) if title else one.levels[1:]
    one.levels = (words, *above) if words else one.levels
    one.depth = max(one.depth, 2 if title else 1)
    one.annotated = f"{title} {name[:1].lower()}{name[1:]}" if title and title.lower() not in name.lower() else name


def is_annotation(subtopic: str) -> bool:
    """Return whether a topic describes another one, as Homie's ``$unit`` does."""
    return any(level.startswith("$") for level in subtopic.split("/"))


def place(subtopic: str, one: Field) -> Place:
    """Return a value with its place."""
    levels = [level for level in subtopic.split("/") if level]
    parts = (*levels, *map(str, one.path))
    # "none" may be a state: no alarm.
    absent = is_absent(one.value) and one.value != "" and str(one.value).strip().lower() != "none"
    value = None if absent else one.value
    number, unit = quantity_of(value) if isinstance(value, str) else (None, None)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = value
    if isinstance(value, str) and re.fullmatch(r"0\d+", value.strip()):
        number = None
    if unit is not None and parts and NAMED.fullmatch(parts[-1]):
        number, unit = None, None
    if one.unit is not None:
        unit = unit_of(one.unit)
    return Place(subtopic=subtopic, field=one, parts=parts, value=value, number=number, unit=unit,
                 stated=one.unit is not None or unit is not None)  # fmt: skip


def annotate(one: Place, notes: dict[str, str]) -> None:
    """Give a value what topics beside it say of it (Homie)."""
    if not notes:
        return
    one.annotated = notes.get("$name")
    one.settable = notes.get("$settable") == "true"
    if "$unit" in notes:
        one.unit, one.stated = unit_of(notes["$unit"]), True


def member(one: Place, names: Sequence[str]) -> str | None:
    """Return the text of a sibling that has one of these names."""
    return next((text for name in names if (text := one.family.texts.get(name))), None)


def record_name(one: Place) -> str | None:
    """Return the name that a record gives its own value; None where the key is the name."""
    if not one.parts or plain(one.parts[-1]) not in VALUES or not one.field.path:
        return None
    in_list = any(isinstance(part, int) for part in one.field.path[-2:])
    return member(one, NAMERS if in_list else NAMERS[:3]) or None


def spell(one: Place, record: str | None, base: Sequence[str]) -> None:
    """Find the words of a value's key, and the unit in it or beside it; ``base`` are the last levels of the topic."""
    parts = [*base, *one.parts]
    name = one.field.name or record
    one.recorded = record is not None
    if name is not None:
        parts = [*parts[:-1], name]
    elif one.field.path and isinstance(one.field.path[-1], str) and (bare := ADDRESSED.fullmatch(unquote(parts[-1]))):
        parts = [*parts[:-1], bare[1]]
    one.obis = obis_of(parts[-1]) if parts else None
    headed = bracketed(parts[-1]) if parts else None
    levels = [words_of(part) for part in parts if not ADDRESS.fullmatch(part)]
    if headed and levels:
        levels[-1] = headed.rest
    one.levels = tuple(level for level in reversed(levels) if level)
    one.depth = len([level for part in parts[len(base) :] if not ADDRESS.fullmatch(part) and (level := words_of(part))])
    one.suffix = headed or unit_in(one.levels)
    if not one.stated:
        one.unit, one.stated = beside(one)


def unit_in(levels: tuple[Words, ...]) -> Suffix | None:
    """Return the unit that ends the first level with words of its own."""
    for level in levels[:2]:
        found = suffix(level)
        if found:
            return found
        if not all(word in GENERIC or is_number(word) for word in level):
            return None
    return None


def beside(one: Place) -> tuple[str | None, bool]:
    """Return the unit that a sibling names, and whether one does: {"value": 21, "unit": "C"}, {"temp_unit": "F"}."""
    last = plain(one.parts[-1]) if one.parts else ""
    if last in VALUES or last in ("current", "now"):
        text = member(one, UNITS)
        if text is not None:
            return unit_of(text), unit_of(text) is not None or text in NO_UNIT
    text = member(one, (f"{last}_unit", f"{last}unit", f"{last}_units", f"unit_{last}", f"{last}u"))
    return (unit_of(text), True) if text is not None else (None, False)


def unit_siblings(places: Sequence[Place]) -> dict[str, str]:
    """Return units that a message names once for all: {"TempUnit": "C"} is {"temperature": "°C"}."""
    wanted = {
        "tempunit": "temperature",
        "temperatureunit": "temperature",
        "pressureunit": "pressure",
        "speedunit": "speed",
    }
    return {
        wanted[name]: unit
        for one in places
        if one.parts and (name := one.parts[-1].lower().replace("_", "")) in wanted
        if isinstance(one.value, str) and (unit := unit_of(one.value))
    }
