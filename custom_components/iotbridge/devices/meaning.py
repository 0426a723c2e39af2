"""What a number means: its quantity, its unit and its scale, from its words, its neighbours and its size. Pure."""

from dataclasses import dataclass
import re

from .keys import Phrase, Words, letters, only_qualifies, phrases, suffix
from .knowledge import names, roles
from .knowledge.classes import SENSOR_CLASSES
from .knowledge.conventions import CONVENTIONS, Convention
from .knowledge.quantities import QUANTITIES, Quantity
from .knowledge.units import QUANTITY_OF_UNIT
from .knowledge.words import LETTER_FAMILIES, WORDS
from .places import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a number is; ``quantity`` None where nobody can tell. ``known``: its words are, only its unit is not."""

    quantity: str | None = None
    unit: str | None = None
    scale: float = 1.0
    certain: bool = False
    role: str | None = None
    name: str | None = None
    known: bool = False
    phrase: str | None = None

    @property
    def row(self) -> Quantity:
        """Return the row of the quantity; an empty one where it is not known."""
        return QUANTITIES[self.quantity] if self.quantity else Quantity()


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is the same for all values of a device."""

    topic: str
    format: str
    keys: frozenset[str]
    units: dict[str, str]
    imperial: bool
    media: str | None
    alone: bool


def meaning(one: Place, context: Context) -> Meaning:
    """Return what a number means."""
    convention = known_convention(one, context)
    if convention is not None:
        role = "setting" if convention.quantity == "off" else None
        quantity = None if convention.quantity == "off" else convention.quantity
        return Meaning(quantity=quantity, unit=convention.unit, scale=convention.scale, role=role, name=convention.name,
                       certain=convention.unit is not None)  # fmt: skip
    word, words, level = quantity_word(one)
    role = role_of(words, word) if level == 0 else role_of(bare(one.leaf), None)
    if role is None and level == 0 and is_code(one, word):
        role = "internal"
    share = one.suffix is not None and one.suffix.unit == "%" and role == "internal"
    if role and not share and not (one.stated and one.unit):
        return Meaning(role=role)
    quantity, unit = unit_of_suffix(one, WORDS[word.text] if word else None)
    if quantity is None:
        quantity = letter_quantity(one)
    phrase = word.text if word else one.letter
    return Meaning(quantity=quantity, unit=unit, certain=unit is not None, phrase=phrase)


CODES = frozenset({"status", "state", "code", "mode"})


def is_code(one: Place, word: Phrase | None) -> bool:
    """Return whether a number only stands for a word: "inverterStatus": 102."""
    own = [part for part in one.leaf if not part.isdigit()]
    weak = word is None or (QUANTITIES[WORDS[word.text]].subject and WORDS[word.text] != "battery")
    return bool(own) and own[-1] in CODES and weak and len(one.parts) > 0 and not one.stated


def known_convention(one: Place, context: Context) -> Convention | None:
    """Return the vendor's convention for a value, if there is one."""
    key = f"{context.topic}/{one.key}".lower()
    return next(
        (
            row
            for row in CONVENTIONS
            if row.keys <= context.keys
            and (row.topic is None or re.search(row.topic, context.topic))
            and re.fullmatch(f"(.*[./:])?{row.key}([.:]value)?", key)
        ),
        None,
    )


def quantity_word(one: Place) -> tuple[Phrase | None, Words, int]:
    """Return the words that name the quantity, those of the level they stand in, and how far up that is."""
    levels = [strip_unit(one, index, level) for index, level in enumerate(one.levels)]
    for index, level in enumerate(levels):
        above = levels[index + 1] if index + 1 < len(levels) else ()
        across = above + level
        found = [phrase for phrase in phrases(across, WORDS) if phrase.end > len(above)] or without_numbers(level)
        found = [phrase for phrase in found if phrase.text != "factor" or level == ("factor",)]
        if found:
            best = max(found, key=strength)
            if QUANTITIES[WORDS[best.text]].subject and only_qualifies(level) and not is_electric(one):
                further = phrases(above, WORDS)
                if further and not stands_alone(best, further):
                    return max(further, key=strength), level, index
            return Phrase(best.text, best.start - len(above), best.end - len(above)), level, index
        if not only_qualifies(level) and not is_named_place(one, index):
            return None, level, index
    return None, levels[0] if levels else (), 0


def without_numbers(words: Words) -> list[Phrase]:
    """Return the quantities in words that numbers part: "line_1_total_in"."""
    bare_words = tuple(word for word in words if not word.isdigit())
    return phrases(bare_words, WORDS) if len(bare_words) < len(words) else []


def stands_alone(phrase: Phrase, above: list[Phrase]) -> bool:
    """Return whether a word means itself whatever is above it: a count, and the current of an ENERGY group."""
    quantity = WORDS[phrase.text]
    return quantity == "count" or (quantity == "current" and any(WORDS[one.text] == "energy" for one in above))


def is_electric(one: Place) -> bool:
    """Return whether "current" beside a value's siblings is amperes: there is a voltage or a power too."""
    return bool(one.family.words & {"voltage", "power", "volt", "volts"})


# So many rooms or tanks have one temperature each; a longer list is something else.
MOST_NAMED_PLACES = 40
# A unit ends a value's own words, or those right above.
SUFFIXED_LEVELS = 2


def strip_unit(one: Place, index: int, level: Words) -> Words:
    """Return the words of a level without its unit."""
    if one.suffix is None or index >= SUFFIXED_LEVELS:
        return level
    return one.suffix.rest if suffix(level) == one.suffix else level


def strength(phrase: Phrase) -> tuple[bool, int, int]:
    """Return what makes one of several quantities in a key the one that is meant: the last one, in English."""
    return not QUANTITIES[WORDS[phrase.text]].subject, phrase.end - phrase.start, phrase.end


def is_named_place(one: Place, index: int) -> bool:
    """Return whether siblings are names of places rather than quantities: {"temperature": {"kitchen": 21.2}}."""
    if index or not one.family.has_only_numbers or len(one.siblings) > MOST_NAMED_PLACES:
        return False
    return not any(phrases(sibling.leaf, WORDS) or role_of(sibling.leaf, None) for sibling in one.siblings)


def bare(words: Words) -> Words:
    """Return words without those that say nothing by themselves."""
    return tuple(word for word in words if word not in roles.GENERIC)


def role_of(words: Words, quantity: Phrase | None) -> str | None:
    """Return what a key is instead of a reading: "identity", "time", "setting" or "internal"; None if it may be one."""
    for role, table, anywhere in (
        ("setting", roles.SETTING, True),
        ("internal", roles.HISTORY, True),
        ("identity", roles.IDENTITY, False),
        ("time", roles.TIME, False),
        ("internal", roles.INTERNAL, False),
    ):
        for phrase in phrases(words, table):
            if quantity and quantity.start <= phrase.start and phrase.end <= quantity.end:
                continue
            after = words[phrase.end :]
            heads = only_qualifies(after) if role == "internal" else all(word.isdigit() for word in after)
            covers = quantity is not None and phrase.start <= quantity.start and phrase.end >= quantity.end
            stronger = quantity is None or covers or (heads and phrase.end > quantity.end)
            if (anywhere or heads) and (anywhere or stronger):
                return role
    return None


def unit_of_suffix(one: Place, quantity: str | None) -> tuple[str | None, str | None]:
    """Return the quantity and the unit once the key's suffix is read: "battery_mV" is a voltage."""
    if one.stated and one.unit:
        return fitting(quantity, one.unit), one.unit
    if one.suffix:
        return fitting(quantity, one.suffix.unit), one.suffix.unit
    for level in one.levels[:1]:
        units, rest = letters(level)
        allowed = units_of(quantity)
        row = QUANTITIES[quantity] if quantity else None
        for unit in units:
            if unit in allowed and rest:
                return quantity, unit
            if unit in ("°C", "°F") and rest and set(rest) <= names.THERMAL:
                return "temperature", unit
            if row and row.subject and unit in ("V", "A", "W", "°C", "°F"):
                return fitting(quantity, unit), unit
    return quantity, None


def units_of(quantity: str | None) -> tuple[str | None, ...]:
    """Return the units that a quantity's device class goes with."""
    device_class = QUANTITIES[quantity].device_class if quantity else None
    return SENSOR_CLASSES[device_class][0] if device_class else ()


# A unit makes something else of a word.
UNIT_WINS = {
    ("rain", "mm/h"): "rain rate",
    ("rain", "in/h"): "rain rate",
    ("wind", "°"): "wind direction",
    ("water", "°C"): "temperature",
    ("moisture", "°C"): "temperature",
    ("level", "%"): "tank",
    ("volume", "%"): "percentage",
    ("gas", "ppm"): "gas ppm",
    ("light", "%"): "percentage",
    ("luminosity", "lx"): "illuminance",
    ("voc", "ppb"): "voc parts",
    ("voc", "ppm"): "voc parts",
    ("voc", "µg/m³"): "voc mass",
    ("voc", "mg/m³"): "voc mass",
    ("pressure", "dB"): "noise",
    ("signal", "%"): "signal share",
    ("snr", "dB"): "snr",
    ("battery", "V"): "voltage",
    ("battery", "Wh"): "stored energy",
    ("battery", "kWh"): "stored energy",
    ("solar", "kWh"): "energy",
    ("position", "°"): "angle",
    ("processor", "°C"): "temperature",
    ("duration", "kWh"): "energy",
    ("orp", "mV"): "orp",
    ("noise", "dBA"): "noise",
    ("rain", "°C"): "temperature",
}


def fitting(quantity: str | None, unit: str) -> str | None:
    """Return the quantity that a word and a unit mean together; None where they contradict each other."""
    by_unit = QUANTITY_OF_UNIT.get(unit)
    if quantity is None:
        return by_unit
    if (quantity, unit) in UNIT_WINS:
        return UNIT_WINS[quantity, unit]
    if quantity in ("memory", "disk", "heap", "free heap") and by_unit == "data size":
        return "memory size"
    row = QUANTITIES[quantity]
    if unit in units_of(quantity) or unit == row.unit:
        return quantity
    if row.device_class is None and (row.diagnostic or by_unit is None or (by_unit == "decibel" and not row.subject)):
        return quantity
    return by_unit


# Beside one of these, written out, a letter is of the same family: {"t": 21.5, "rh": 40}.
SURE_RELATIVES = frozenset({"temperature", "humidity", "voltage", "current"})


def letter_quantity(one: Place) -> str | None:
    """Return what a single letter means among others of its family."""
    best = max(LETTER_FAMILIES, key=lambda family: len(one.family.letters & family.keys()))
    spelled = any(WORDS.get(word) in SURE_RELATIVES & set(best.values()) for word in one.family.words)
    return best.get(one.letter or "") if len(one.family.letters & best.keys()) > 1 or spelled else None


def qualifier(one: Place, table: frozenset[str]) -> bool:
    """Return whether one of these words stands in the key, or right above it."""
    return any(word in table for level in one.levels[:2] for word in level)


def is_over(one: Place) -> bool:
    """Return whether a value is of a time that is over, and so does not grow."""
    return qualifier(one, names.OVER)
