"""Keys of members that describe a sibling: its name, its unit, its factor, its limits."""

from . import identities

# Keys of a sibling's unit, in order of precedence.
UNITS = (*identities.UNITS, "u", "unit_of_measurement", "$unit")
# The same as words of a longer key: "parameterUnit".
UNIT_WORDS = frozenset({"unit", "units", "uom"})
# Units that a message states once for all values: {"TempUnit": "C"}.
UNITS_FOR_ALL = {
    "tempunit": "temperature",
    "temperatureunit": "temperature",
    "pressureunit": "pressure",
    "speedunit": "speed",
}
# Keys of a sibling's name, in order of precedence: {"value_type": "humidity", "value": "45.1"}.
NAMERS = (
    "value_type", "valuetype", "name", "n", "key", "sensor", "param", "parameter", "label", "measurement", "variable",
    "metric", "quantity", "type", "field", "id", "channel", "code", "obis",
)  # fmt: skip
# The first of them name a value outside a list, too: {"name": "Level", "value": 3}.
NAMERS_OF_AN_OBJECT = NAMERS[:3]
# Keys of the value of a named record.
VALUES = frozenset({*identities.VALUES, "measurement"})
# Keys of a current value whose unit is a sibling.
OF_NOW = frozenset({"current", "now"})
# Keys of the only number of an object with a unit: {"pv": 21.5, "eu": "°C"} are the process value and its unit.
ONLY_VALUES = frozenset({("pv",), ("measure",), ("measured",)})
ONLY_UNITS = frozenset({("u",), ("eu",)})
# Last words of the key of a record's value, if the record has a unit.
VALUE_WORDS = frozenset(
    {"value", "val", "v", "reading", "measurement", "consumption", "total", "counter", "level", "data"}
)
# Last words of the key of a record's or table's name: {"parameterName": "Supply", "parameterUnit": "°C"}.
NAME_WORDS = ("name", "title", "titel", "label", "designation")
TITLES = ("title", "titel", "label", "designation")
# Members that only describe a value and its unit: its limits, its precision, its formatted text.
SPARE = frozenset({
    "min", "max", "minimum", "maximum", "step", "factor", "scale", "multiplier", "divisor", "digits", "decimals",
    "precision", "text", "string", "str", "display", "formatted", "writable", "writeable", "readonly", "category",
    "title", "titel", "name", "designation", "enum", "offset", "raw", "register",
})  # fmt: skip
# Members with the factor of a value; a negative one is a power of ten (SunSpec).
FACTORS = frozenset({"factor", "multiplier", "scale", "sf", "scalefactor", "scale_factor"})
# Members beside the only value of a topic; "lc" is the last change in the convention of mqtt-smarthome.
BESIDE_A_VALUE = SPARE | identities.BESIDE_A_VALUE | {*UNITS} | {"lc", "ack", "q", "status"}
