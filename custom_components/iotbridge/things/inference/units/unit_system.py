"""Unit system of a message without units: imperial (Fahrenheit, inches of mercury) or metric (Celsius, hectopascal)."""

from collections.abc import Sequence
import re

from ...vocabulary.systems import DEW_POINT, OF_THE_AIR, WEATHER
from ..candidates.candidate import Candidate
from ..conditions import Subject, beside, between, decimal, has_phrase, has_unit, has_word, is_key
from ..rule_table import Example, Reads, Table, TableRule, no

IMPERIAL = re.compile(r"(_f|mph|_mi_h|inhg|fahrenheit|tempf)$|(rain|barom)(?!.*min$).*in$")
METRIC = re.compile(r"(_c|tempc|celsius|hpa|_mm|_km_h|_m_s)$")

# Values that only imperial messages have.
IMPERIAL_RULES: Table[Subject, TableRule[Subject, bool]] = Table(
    (
        TableRule(
            True,
            when=(is_key(("us", "units")), between(1, 1)),
            example=Example({"outTemp": 71.2, "usUnits": 1}, Reads(71.2, "°F", "temperature"), "WeeWX: usUnits"),
        ),
        # No dew point is that high in degrees Celsius.
        TableRule(
            True,
            when=(has_phrase(DEW_POINT), no(has_unit), between(40.001, 150)),
            example=Example({"dewpoint": 60, "wind": 3}, Reads(60, "°F", "temperature"), "WeatherFlow: US units"),
        ),
        # Inches of mercury.
        TableRule(
            True,
            when=(has_word(OF_THE_AIR), no(has_unit), decimal, between(24.001, 31.999), beside(*WEATHER)),
            example=Example(
                {"temperature": 71.2, "pressure": 29.91, "wind": 3},
                Reads(71.2, "°F", "temperature"),
                "WeatherFlow: US units",
            ),
        ),
    )
)


def is_imperial(candidates: Sequence[Candidate], keys: frozenset[str]) -> bool:
    """Return whether the values of a device without a unit are imperial; ``keys`` are all keys of its message."""
    has_imperial_value = any(IMPERIAL_RULES.first(Subject(candidate)) for candidate in candidates)
    return (has_imperial_value or any(IMPERIAL.search(key) for key in keys)) and not is_metric(keys)


def is_metric(keys: frozenset[str]) -> bool:
    """Return whether a message has metric values beside imperial ones: values without a unit are metric then."""
    return any(METRIC.search(key) or (f"{key}_f" in keys) for key in keys)
