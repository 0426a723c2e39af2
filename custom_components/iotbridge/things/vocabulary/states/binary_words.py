"""Words in keys that determine the kind of a binary value, or exclude one; the kinds are in binary_states.py."""

from .binary_states import Binary

# Words that name a binary value only as the whole key: {"on": true}, but not "on_demand".
ALONE = {("on",): Binary(), ("operating",): Binary("running")}
# In a key with one of these, a 0 or a 1 is a number: "alarm_counter".
NUMBER_WORDS = frozenset({
    "count", "counter", "counts", "time", "duration", "code", "flags", "number", "total", "cnt",
    "num", "nr", "requests", "attempts", "events", "retries", "seconds", "minutes", "hours", "days",
})  # fmt: skip
# A closed relay conducts: "closed" is on.
CONTACTS = frozenset({"relay", "contactor", "breaker"})
# Words of a key for a low battery; any other word changes its meaning: "battery_connected".
BATTERY_WORDS = frozenset({
    "battery", "batt", "bat", "low", "critical", "warning", "alarm", "weak", "empty", "replace", "state", "status",
    "ok", "alert", "flat", "dead", "fault", "level",
})  # fmt: skip
# Words of a key for a leak; any other word changes its meaning: "water_valve".
WATER_WORDS = frozenset({"water", "alarm", "state", "status", "sensor", "alert", "is", "warning", "detector"})
# Words for a value that is too low or too high: "lowWaterPressure".
LIMITS = frozenset({"low", "high", "lack", "missing", "shortage", "over", "under", "too"})
# Words before a quantity that is exceeded, or too small: "over_voltage".
BEYOND = frozenset({"over", "under"})
# Words for bounds, and their opposites: "alarm_low" and "alarm_high" are limits if one is another number than 0 and 1.
OPPOSITES = {"low": "high", "high": "low", "lower": "upper", "upper": "lower", "min": "max", "max": "min"}
# If all keys that start with one of these are 0 or 1, each is a binary value.
FLAGS = (("error",), ("err",), ("fault",), ("alarm",), ("warning",))
# Raw values for on of a switch; a cover's is "open", a lock's is "lock".
SWITCHED = frozenset({"on", "true", "1"})
# Classes whose events are also counted: the number of motions.
COUNTED = frozenset({"motion", "occupancy", "presence", "vibration", "opening", "door"})
