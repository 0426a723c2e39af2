"""Keys of members that describe the value beside them: its name, its unit, its factor, its limits."""

# Names of the unit of the value beside it, in the order in which they are looked for.
UNITS = ("unit", "units", "u", "uom", "unit_of_measurement", "unitofmeasurement", "$unit")
# The same as words of a longer key: "parameterUnit".
UNIT_WORDS = frozenset({"unit", "units", "uom"})
# Units that a message names once for all: {"TempUnit": "C"}.
UNITS_FOR_ALL = {
    "tempunit": "temperature",
    "temperatureunit": "temperature",
    "pressureunit": "pressure",
    "speedunit": "speed",
}
# Names of what another member holds, in the order in which they count: {"value_type": "humidity", "value": "45.1"}.
NAMERS = (
    "value_type", "valuetype", "name", "n", "key", "sensor", "param", "parameter", "label", "measurement", "variable",
    "metric", "quantity", "type", "field", "id", "channel", "code", "obis",
)  # fmt: skip
# The first of them name a value outside of a list, too: {"name": "Level", "value": 3}.
NAMERS_OF_AN_OBJECT = NAMERS[:3]
# Members that hold the value of a record that is named.
VALUES = frozenset({"measurementvalue", "sensorvalue", "datavalue", "value", "val", "v", "reading", "measurement"})
# Members whose value now is in the unit beside it.
OF_NOW = frozenset({"current", "now"})
# Last words of the member that holds the value of a record with a unit.
VALUE_WORDS = frozenset(
    {"value", "val", "v", "reading", "measurement", "consumption", "total", "counter", "level", "data"}
)
# Last words of the name of a record, or of a table: {"parameterName": "Supply", "parameterUnit": "°C"}.
NAME_WORDS = ("name", "title", "titel", "label", "designation")
TITLES = ("title", "titel", "label", "designation")
# Members beside a value and its unit that only describe it: its limits, its digits, how it is written for people.
SPARE = frozenset({
    "min", "max", "minimum", "maximum", "step", "factor", "scale", "multiplier", "divisor", "digits", "decimals",
    "precision", "text", "string", "str", "display", "formatted", "writable", "writeable", "readonly", "category",
    "title", "titel", "name", "designation", "enum", "offset", "raw", "register",
})  # fmt: skip
# Members that a value is multiplied with; a negative one is a power of ten (SunSpec).
FACTORS = frozenset({"factor", "multiplier", "scale", "sf", "scalefactor", "scale_factor"})
# Members that tell when their record was measured.
TIMES = frozenset({"time", "timestamp", "date", "datetime", "ts", "t", "at"})
# Members whose number tells whose record it is: two records with different ones are no series of one thing.
RECORD_NUMBERS = frozenset({"type", "sensor", "channel", "id", "index", "number", "address", "port"})
