"""Named conditions on a number without a stated unit: its size, its words, its siblings. Pure."""

from dataclasses import dataclass, replace
import re

from ...vocabulary.keys.neighbours import HUMIDITY, MODES, POWER, VOLTAGE
from ...vocabulary.states.binary_states import BITS
from ...vocabulary.units.air import AIR
from ..candidates.candidate import Candidate
from ..conditions import near, whole
from ..interpretation import Context, Interpretation
from ..rule_table import Condition

FEW_BITS = 3
MOST_PERCENT = 100
HOTTEST_ROOM = 100
MOST_TENTHS_OF_PERCENT, MOST_HUNDREDTHS_OF_PERCENT = 1000, 10000
TINY, ALMOST_ONE = 0.000001, 0.999999


@dataclass(frozen=True, slots=True)
class Case:
    """Value with its interpretation so far, the message around it, and its proposed device class."""

    interpretation: Interpretation
    candidate: Candidate
    context: Context
    device_class: str | None = None

    def with_unit(self, unit: str | None, *, quantity: str | None = None, scale: float = 1.0) -> Interpretation:
        """Return the interpretation with its unit."""
        quantity = quantity or self.interpretation.quantity
        return replace(self.interpretation, unit=unit, quantity=quantity, scale=scale)


def of(*quantities: str) -> Condition[Case]:
    """Return the condition that the number is of one of these quantities."""
    return lambda case: case.interpretation.quantity in quantities


def is_unknown(case: Case) -> bool:
    """Return whether neither the words nor the unit name a quantity."""
    return case.interpretation.quantity is None


def written_as(phrase: str) -> Condition[Case]:
    """Return the condition that these words of the key name the quantity."""
    return lambda case: case.interpretation.phrase == phrase


def beside_thousandths(words: frozenset[str]) -> Condition[Case]:
    """Return the condition that a key of the group with one of these words has a number with exactly three decimals."""
    return lambda case: any(
        isinstance(other.number, float)
        and round(other.number, 2) != other.number == round(other.number, 3)
        and not words.isdisjoint(other.leaf)
        for other in case.candidate.siblings
    )


def called(*words: str) -> Condition[Case]:
    """Return the condition that the key consists of one of these words, apart from numbers."""
    return lambda case: " ".join(case.candidate.pattern) in words


def fits_power(scale: float) -> Condition[Case]:
    """Return the condition that the current, scaled, is about that of the power and the voltage among the siblings."""

    def holds(case: Case) -> bool:
        volts, watts = number_beside(case.candidate, VOLTAGE), abs(number_beside(case.candidate, POWER) or 0)
        drawn = abs((case.candidate.number or 0) * scale * (volts or 0))
        return watts > 0 and 0.7 * watts <= drawn <= 1.4 * watts

    return holds


def is_whole_key(case: Case) -> bool:
    """Return whether the key has no other words and numbers than those that name the quantity."""
    return " ".join(case.candidate.leaf) == case.interpretation.phrase


def on_topic(words: frozenset[str], levels: int = 4) -> Condition[Case]:
    """Return the condition that the topic, or a level of the key, has one of these words."""
    is_near = near(words, levels)
    return lambda case: is_near(case) or not words.isdisjoint(re.split(r"[^a-z0-9]+", case.context.topic.lower()))


def unit_for_all(quantity: str) -> Condition[Case]:
    """Return the condition that the message states a unit for all its values of a quantity."""
    return lambda case: quantity in case.context.units


def in_unit(*units: str) -> Condition[Case]:
    """Return the condition that the unit of the number is one of these."""
    return lambda case: case.interpretation.unit in units


def imperial(case: Case) -> bool:
    """Return whether the values of the message are imperial."""
    return case.context.imperial


def in_inches(case: Case) -> bool:
    """Return whether the siblings are in inches, or the message is imperial."""
    return case.context.imperial or case.candidate.sibling_group.unit == "in"


def counted_in_watt_hours(case: Case) -> bool:
    """Return whether an energy in the message is too large for kilowatt hours."""
    return case.context.watt_hours


def is_among_bits(case: Case) -> bool:
    """Return whether most siblings are 0, 1 or booleans, or one is a mode."""
    others = [other for other in case.candidate.siblings if other is not case.candidate or other.is_bool]
    bits = sum(other.is_bool or other.number in BITS for other in others)
    return bits >= FEW_BITS or not case.candidate.sibling_group.words.isdisjoint(MODES)


def scale_of_percentage(case: Case) -> float:
    """Return the scale that converts the number to a percentage."""
    return percent_scale(case.candidate.number)


def scale_of_humidity_beside(case: Case) -> float:
    """Return the scale that converts the humidity among the siblings to a percentage; 1 without one."""
    return percent_scale(number_beside(case.candidate, HUMIDITY))


def is_scaled_like_humidity(case: Case) -> bool:
    """Return whether the humidity among the siblings is scaled, and the number, equally scaled, fits a room."""
    scale = scale_of_humidity_beside(case)
    return scale < 1 and whole(case) and abs(case.candidate.number or 0) * scale <= HOTTEST_ROOM


def number_beside(candidate: Candidate, words: frozenset[str]) -> float | None:
    """Return the number of a sibling whose key has one of these words."""
    return next((sibling.number for sibling in candidate.siblings if not words.isdisjoint(sibling.leaf)), None)


def percent_scale(value: float | None) -> float:
    """Return the scale that converts a number to a percentage: 455 is 45.5, 4550 too, 0.455 is a fraction."""
    if value is not None and TINY <= value <= ALMOST_ONE:
        return 100.0
    if not isinstance(value, int) or not MOST_PERCENT < value <= MOST_HUNDREDTHS_OF_PERCENT:
        return 1.0
    return 0.1 if value <= MOST_TENTHS_OF_PERCENT else 0.01


def beside_number(words: frozenset[str], low: float, high: float) -> Condition[Case]:
    """Return the condition that a sibling whose key has one of these words has a number in a range."""
    return lambda case: any(
        sibling.number is not None and low <= sibling.number <= high and not words.isdisjoint(sibling.leaf)
        for sibling in case.candidate.siblings
    )


def has_converted_sibling(case: Case) -> bool:
    """Return whether a sibling of the same name has another number, with its unit."""
    own, siblings = case.candidate, case.candidate.siblings
    return any(other.suffix and other.suffix.rest == own.leaf and other.number != own.number for other in siblings)


def is_air_pressure(case: Case) -> bool:
    """Return whether a pressure in its unit is within the range of the air pressure."""
    low, high = AIR.get(case.interpretation.unit or "", (1, 0))
    return case.candidate.number is not None and low <= case.candidate.number <= high
