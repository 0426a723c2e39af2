"""Rules for the quantity of a number, whose unit and siblings may correct its words. Pure."""

from ...vocabulary.device_classes import SENSOR_CLASSES
from ...vocabulary.keys.key_words import DIFFERENCES, REACHED, WANTED
from ...vocabulary.keys.letters import OTHER_LETTERS, UNITS_OF_SUBJECTS
from ...vocabulary.names import display_names
from ...vocabulary.quantities import QUANTITIES
from ...vocabulary.units.known_units import QUANTITY_OF_UNIT
from ...vocabulary.units.meanings import STORAGE, UNIT_TELLS, UNIT_WINS
from ..candidates.candidate import Candidate
from ..conditions import beside_key, has_word, is_key
from ..interpretation import Context, Interpretation
from ..rule_table import Example, Reads, Table, TableRule
from ..tokens import Words, letters
from ..units.conditions import Case, is_unknown, of
from .single_letters import is_unit_letter, letter_quantity
from .words import Key

QUANTITY_RULES: Table[Case, TableRule[Case, str]] = Table(
    (
        TableRule(
            "setpoint",
            when=(is_unknown, is_key(*REACHED), beside_key(*WANTED)),
            example=Example(
                {"current": 22.6, "target": 22.5},
                Reads(22.6, "°C", "temperature"),
                "blind/wavin-ahc",
                topic="heat/floorDC4F220FB38A/10",
            ),
        ),
        TableRule(
            "temperature difference",
            when=(of("temperature"), has_word(DIFFERENCES)),
            example=Example(
                {"temp_delta": 5.5}, Reads(5.5, "K", "temperature_delta"), "Modbus: differences of heat pumps"
            ),
        ),
        TableRule(
            "wind speed",
            when=(of("speed"), has_word(frozenset({"wind"}))),
            example=Example(
                {"wind_spd_km_h": 12.4}, Reads(12.4, "km/h", "wind_speed"), "rtl_433: NetAtmo temp/hum and wind sensors"
            ),
        ),
        TableRule(
            "wind direction",
            when=(of("course"), has_word(frozenset({"wind"}))),
            example=Example({"wind_instant_dir": 237}, Reads(237, "°", "wind_direction"), "blind2/windnerd-now"),
        ),
    )
)


def with_quantity(key: Key, context: Context) -> Interpretation:
    """Return the interpretation of a key: its quantity, and its unit if one is stated."""
    candidate = key.candidate
    quantity, unit = key.quantity, written_unit(candidate, key.quantity)
    if unit is not None:
        quantity = UNIT_TELLS.get(candidate.field.unit or "") or combined_quantity(quantity, unit)
    if quantity is None:
        quantity = letter_quantity(candidate)
    phrase = key.phrase.text if key.phrase else candidate.letter
    rule = QUANTITY_RULES.first(Case(Interpretation(quantity=quantity, unit=unit), candidate, context))
    if rule is not None:
        quantity = rule.gives
    if phrase is None and quantity == "setpoint":
        phrase = candidate.leaf[0]
    return Interpretation(quantity=quantity, unit=unit, certain=unit is not None, phrase=phrase)


def written_unit(candidate: Candidate, quantity: str | None) -> str | None:
    """Return the unit beside a number, at the end of its key, or as its last letter: "battery_mV", "temp_c"."""
    if candidate.stated and candidate.unit:
        return candidate.unit
    if candidate.suffix:
        return candidate.suffix.unit
    units, rest = letters(candidate.leaf)
    if units and any(sibling.leaf == (*rest, letter) for sibling in candidate.siblings for letter in OTHER_LETTERS):
        return None
    return next((unit for unit in units if is_unit(unit, rest, candidate, quantity)), None)


def is_unit(unit: str, rest: Words, candidate: Candidate, quantity: str | None) -> bool:
    """Return whether the last letter of a key is a unit of the ``quantity`` that the ``rest`` names."""
    if rest and unit in units_of(quantity):
        return True
    if unit in ("°C", "°F") and rest and (display_names.THERMAL.issuperset(rest) or rest == ("t",)):
        return True
    if quantity is None:
        return is_unit_letter(candidate, unit, rest)
    return unit in UNITS_OF_SUBJECTS.get(quantity, ())


def units_of(quantity: str | None) -> tuple[str | None, ...]:
    """Return the units of a quantity's device class."""
    device_class = QUANTITIES[quantity].device_class if quantity else None
    return SENSOR_CLASSES[device_class][0] if device_class else ()


def combined_quantity(quantity: str | None, unit: str) -> str | None:
    """Return the quantity that a word and a unit mean together; None if they contradict each other."""
    by_unit = QUANTITY_OF_UNIT.get(unit)
    if quantity is None:
        return by_unit
    if (quantity, unit) in UNIT_WINS:
        return UNIT_WINS[quantity, unit]
    if quantity in STORAGE and by_unit == "data size":
        return "memory size"
    row = QUANTITIES[quantity]
    if unit in units_of(quantity) or unit == row.unit:
        return quantity
    if row.device_class is None and (row.diagnostic or by_unit is None or (by_unit == "decibel" and not row.subject)):
        return quantity
    return by_unit
