"""Unit system of a message without units: imperial (Fahrenheit, inches of mercury) or metric (Celsius, hectopascal)."""

from collections.abc import Sequence
import re

from ...vocabulary.systems import DEW_POINT, OF_THE_AIR, WEATHER
from ..candidates.candidate import Candidate

IMPERIAL = re.compile(r"(_f|mph|_mi_h|inhg|fahrenheit|tempf)$|(rain|barom)(?!.*min$).*in$")
METRIC = re.compile(r"(_c|tempc|celsius|hpa|_mm|_km_h|_m_s)$")
# Range of the air pressure in inches of mercury, and maximum of the dew point in degrees Celsius.
INCHES = (24, 32)
HIGHEST_DEW_POINT = 40


def is_imperial(candidates: Sequence[Candidate], keys: frozenset[str]) -> bool:
    """Return whether the values of a device without a unit are imperial; ``keys`` are all keys of its message."""
    has_imperial_key = any(IMPERIAL.search(key) for key in keys)
    return (has_imperial_key or is_imperial_weather(candidates)) and not is_metric(keys)


def is_imperial_weather(candidates: Sequence[Candidate]) -> bool:
    """Return whether weather values can only be imperial: a pressure of 30.1, a dew point of 67."""
    if any(candidate.leaf == ("us", "units") and candidate.number == 1 for candidate in candidates):
        return True
    if not any(WEATHER & set(candidate.leaf) for candidate in candidates):
        return False
    for candidate in candidates:
        if candidate.number is None or candidate.suffix is not None or candidate.unit:
            continue
        words = set(candidate.leaf)
        if words & DEW_POINT or {"dew", "point"} <= words:
            if candidate.number > HIGHEST_DEW_POINT:
                return True
        elif words & OF_THE_AIR and isinstance(candidate.number, float) and INCHES[0] < candidate.number < INCHES[1]:
            return True
    return False


def is_metric(keys: frozenset[str]) -> bool:
    """Return whether a message has metric values beside imperial ones: values without a unit are metric then."""
    return any(METRIC.search(key) or (f"{key}_f" in keys) for key in keys)
