"""What a number means: its quantity, its unit and its scale, from its words, its neighbours and its size. Pure."""

from dataclasses import dataclass
import re

from ..vocabulary import display_names, roles
from ..vocabulary.device_classes import SENSOR_CLASSES
from ..vocabulary.obis import OBIS
from ..vocabulary.quantities import QUANTITIES, Quantity
from ..vocabulary.units import QUANTITY_OF_UNIT
from ..vocabulary.vendor_conventions import CONVENTIONS, Convention
from ..vocabulary.words import WORDS
from .candidate import ObisKey, Place
from .code_fields import is_beside_its_number, is_code
from .single_letters import is_unit_letter, letter_quantity
from .tokens import Phrase, Words, letters, only_qualifies, phrases, suffix


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
    watt_hours: bool = False
    conventions: tuple[tuple[Convention, re.Pattern[str]], ...] = ()


def meaning(candidate: Place, context: Context) -> Meaning:
    """Return what a number means."""
    convention = known_convention(candidate, context)
    if convention is not None:
        role = "setting" if convention.quantity == "off" else None
        quantity = None if convention.quantity == "off" else convention.quantity
        return Meaning(quantity=quantity, unit=convention.unit, scale=convention.scale, role=role, name=convention.name,
                       certain=convention.unit is not None)  # fmt: skip
    if candidate.obis is not None:
        return by_number(candidate.obis, candidate, context)
    word, words, level = quantity_word(candidate)
    held = level == 0 or (candidate.leaf in HOLDERS and level == 1)
    role = role_of(words, word) if held else role_of(bare(candidate.leaf), None)
    firm = role is not None and held and bool(phrases(words, roles.HISTORY) or phrases(words, FIRM_SETTINGS))
    if role is None and (is_beside_its_number(candidate) or (level == 0 and is_code(candidate, word))):
        role = "internal"
    share = candidate.suffix is not None and candidate.suffix.unit == "%" and role == "internal"
    if candidate.family.is_date and candidate.leaf and candidate.leaf[-1].removesuffix("s") in DATE_PARTS:
        role = "time"
    if (
        role == "time"
        and candidate.family.periods > 1
        and not candidate.family.is_date
        and candidate.number is not None
    ):
        role = None
    if role and not share and (firm or not (candidate.stated and candidate.unit)):
        return Meaning(role="internal" if role == "time" and is_lasting(candidate) else role)
    quantity, unit = unit_of_suffix(candidate, WORDS[word.text] if word else None)
    if quantity is None:
        quantity = letter_quantity(candidate) or reached(candidate)
    if "wind" in candidate.leaf:
        quantity = OF_THE_WIND.get(quantity or "", quantity)
    if quantity == "energy" and not STORED.isdisjoint(candidate.leaf):
        quantity = "stored energy"
    phrase = word.text if word else candidate.letter or (candidate.leaf[0] if quantity == "setpoint" else None)
    return Meaning(quantity=quantity, unit=unit, certain=unit is not None, phrase=phrase)


# What is a setting even with a unit beside it: no reading is called so.
FIRM_SETTINGS = frozenset({"interval", "intervall", "period", "threshold", "timeout", "hysteresis", "sampling"})
# Keys that only hold what the level above names.
HOLDERS = (("value",), ("val",), ("data",), ("reading",))
# What is only a speed or a direction by its last word: "wind_instant_speed".
OF_THE_WIND = {"speed": "wind speed", "course": "wind direction"}
# Energy that is there, and not counted.
STORED = frozenset({"remaining", "capacity", "stored"})
DATE_PARTS = frozenset({"year", "month", "mounth", "day", "hour", "minute", "second"})
# Smaller numbers are no time of our age.
EPOCH = 1e8


def is_lasting(candidate: Place) -> bool:
    """Return whether a "…Time" is how long something took: a small number, and no known moment."""
    found = phrases(candidate.leaf, roles.TIME)
    lasting = bool(found) and found[0].text == "time" and len(candidate.leaf) > 1
    return lasting and candidate.number is not None and abs(candidate.number) < EPOCH


def by_number(key: ObisKey, candidate: Place, context: Context) -> Meaning:
    """Return what a reading of a meter is that is called by its number in OBIS; single tariffs are off."""
    row = OBIS[key.kind]
    name = f"{row.name} tariff {key.tariff}" if key.tariff else row.name
    has_total = any(other.obis == ObisKey(key.kind, "") for other in candidate.siblings)
    role = "internal" if key.tariff and has_total else None
    unit = candidate.unit or row.unit or ("Wh" if row.quantity == "energy" and context.watt_hours else None)
    if row.quantity == "energy" and unit is None:
        return Meaning(name=name, role=role, known=True)
    return Meaning(quantity=row.quantity, unit=unit, certain=unit is not None, name=name, role=role)


# The keys of the conventions, ready to be compared.
KEYS = tuple((row, re.compile(f"(.*[./:])?{row.key}([.:]value)?")) for row in CONVENTIONS)


def conventions_of(keys: frozenset[str], topic: str) -> tuple[tuple[Convention, re.Pattern[str]], ...]:
    """Return the vendors' conventions that may hold for a message."""
    return tuple(
        (row, key)
        for row, key in KEYS
        if row.keys <= keys and (row.topic is None or re.search(row.topic, topic) is not None)
    )


def known_convention(candidate: Place, context: Context) -> Convention | None:
    """Return the vendor's convention for a value, if there is one."""
    key = f"{context.topic}/{candidate.key}".lower()
    return next((row for row, pattern in context.conventions if pattern.fullmatch(key)), None)


def quantity_word(candidate: Place) -> tuple[Phrase | None, Words, int]:
    """Return the words that name the quantity, those of the level they stand in, and how far up that is."""
    levels = [strip_unit(candidate, index, level) for index, level in enumerate(candidate.levels)]
    for index, level in enumerate(levels):
        above = levels[index + 1] if index + 1 < len(levels) else ()
        across = above + level
        found = [phrase for phrase in phrases(across, WORDS) if phrase.end > len(above)] or without_numbers(level)
        found = [phrase for phrase in found if not is_adjective(phrase, across, candidate)]
        if found:
            best = max(found, key=strength)
            if QUANTITIES[WORDS[best.text]].subject and only_qualifies(level) and not is_electric(candidate):
                further = phrases(above, WORDS)
                if further and not stands_alone(best, further):
                    return max(further, key=strength), level, index
            return Phrase(best.text, best.start - len(above), best.end - len(above)), level, index
        if not only_qualifies(level) and not is_named_place(candidate, index):
            return None, level, index
    return None, levels[0] if levels else (), 0


ELECTRIC = frozenset({"voltage", "power", "volt", "volts", "energy", "watt", "apower"})
ELECTRIC_OF_A_FACTOR = ELECTRIC | {"current", "pf"}
NOW = frozenset({"current", "curr"})
# Where one of these is beside "current", it only means "now".
OTHER_TIMES = frozenset({("target",), ("setpoint",), ("set",), ("desired",), ("goal",), ("previous",), ("total",)})
AXES = frozenset({"x", "y", "z"})


def is_adjective(phrase: Phrase, across: Words, candidate: Place) -> bool:
    """Return whether a word that may be a quantity is none here: a scale factor, the current version."""
    if phrase.text == "factor":
        return candidate.leaf != ("factor",) or candidate.family.words.isdisjoint(ELECTRIC_OF_A_FACTOR)
    if phrase.text not in NOW or is_electric(candidate):
        return False
    after = across[phrase.end :]
    if after:
        unclear = not only_qualifies(after) and not phrases(after, WORDS) and not ends_in_unit(after)
        return after[0] in AXES or unclear
    return any(sibling.leaf in OTHER_TIMES for sibling in candidate.siblings)


def ends_in_unit(words: Words) -> bool:
    """Return whether the last word is a letter that is a unit: "curr_w", "current_pump_a"."""
    return bool(letters(("", *words))[0]) or words[-1] == "a"


def without_numbers(words: Words) -> list[Phrase]:
    """Return the quantities in words that numbers part: "line_1_total_in"."""
    bare_words = tuple(word for word in words if not word.isdigit())
    return phrases(bare_words, WORDS) if len(bare_words) < len(words) else []


def stands_alone(phrase: Phrase, above: list[Phrase]) -> bool:
    """Return whether a word means itself whatever is above it: a count, and the current of an ENERGY group."""
    quantity = WORDS[phrase.text]
    return quantity == "count" or (
        quantity == "current" and any(WORDS[candidate.text] in HAVE_A_CURRENT for candidate in above)
    )


HAVE_A_CURRENT = frozenset({"energy", "battery", "solar"})


def is_electric(candidate: Place) -> bool:
    """Return whether "current" beside a value's siblings is amperes: there is a voltage or a power too."""
    return not candidate.family.words.isdisjoint(ELECTRIC)


# So many rooms or tanks have one temperature each; a longer list is something else.
MOST_NAMED_PLACES = 40
# A unit ends a value's own words, or those right above.
SUFFIXED_LEVELS = 2


def strip_unit(candidate: Place, index: int, level: Words) -> Words:
    """Return the words of a level without its unit."""
    if candidate.suffix is None or index >= SUFFIXED_LEVELS:
        return level
    return candidate.suffix.rest if suffix(level) == candidate.suffix else level


def strength(phrase: Phrase) -> tuple[bool, int, int]:
    """Return what makes one of several quantities in a key the one that is meant: the last one, in English."""
    return not QUANTITIES[WORDS[phrase.text]].subject, phrase.end - phrase.start, phrase.end


def is_named_place(candidate: Place, index: int) -> bool:
    """Return whether siblings are names of places rather than quantities: {"temperature": {"kitchen": 21.2}}."""
    if index or not candidate.family.has_only_numbers or len(candidate.siblings) > MOST_NAMED_PLACES:
        return False
    return not any(phrases(sibling.leaf, WORDS) or role_of(sibling.leaf, None) for sibling in candidate.siblings)


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


def unit_of_suffix(candidate: Place, quantity: str | None) -> tuple[str | None, str | None]:
    """Return the quantity and the unit once the key's suffix is read: "battery_mV" is a voltage."""
    if candidate.stated and candidate.unit:
        return UNIT_TELLS.get(candidate.field.unit or "") or fitting(quantity, candidate.unit), candidate.unit
    if candidate.suffix:
        return fitting(quantity, candidate.suffix.unit), candidate.suffix.unit
    units, rest = letters(candidate.leaf)
    row = QUANTITIES[quantity] if quantity else None
    for unit in units:
        if unit in units_of(quantity) and rest:
            return quantity, unit
        if unit in ("°C", "°F") and rest and (set(rest) <= display_names.THERMAL or rest == ("t",)):
            return "temperature", unit
        of_subject = row is not None and row.subject and unit in ("V", "A", "W", "°C", "°F")
        if of_subject or (quantity is None and is_unit_letter(candidate, unit, rest)):
            return fitting(quantity, unit), unit
    return "temperature" if is_t_of_a_place(candidate) else quantity, None


def is_t_of_a_place(candidate: Place) -> bool:
    """Return whether a key is a t and nothing but what has a temperature: "T_return", "tDhw2"."""
    places = {word for word in candidate.leaf[1:] if not word.isdigit()}
    return candidate.leaf[:1] == ("t",) and bool(places) and places <= display_names.THERMAL


# SenML's own units, that say more than what Home Assistant calls them.
UNIT_TELLS = {"%EL": "battery", "EL": "battery time", "%RH": "humidity"}


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


# What is now, beside what it shall be.
REACHED = frozenset({("current",), ("actual",)})
WANTED = frozenset({("target",), ("setpoint",)})


def reached(candidate: Place) -> str | None:
    """Return that a value is of the kind of the target beside it: {"actual": 21.3, "target": 22}."""
    return (
        "setpoint" if candidate.leaf in REACHED and any(other.leaf in WANTED for other in candidate.siblings) else None
    )


def qualifier(candidate: Place, table: frozenset[str]) -> bool:
    """Return whether one of these words stands in the key, or right above it."""
    return any(word in table for level in candidate.levels[:2] for word in level)


def is_over(candidate: Place) -> bool:
    """Return whether a value is of a time that is over, and so does not grow."""
    return qualifier(candidate, display_names.OVER)
