"""Words around a yes or no that decide what kind it is, or that it is none; the kinds are in binary_states.py."""

from .binary_states import Binary

# Words that ask for a yes or no only where they are the whole key: {"on": true}, but not "on_demand".
ALONE = {("on",): Binary(), ("operating",): Binary("running")}
# In a key with one of these a 0 or a 1 is a number: "alarm_counter".
NUMBER_WORDS = frozenset({
    "count", "counter", "counts", "time", "duration", "code", "flags", "number", "total", "cnt",
    "num", "nr", "requests", "attempts", "events", "retries", "seconds", "minutes", "hours", "days",
})  # fmt: skip
# A relay that is closed lets the current through: "closed" is on.
CONTACTS = frozenset({"relay", "contactor", "breaker"})
# Words of a key that asks whether a battery is low; with any other word it asks something else: "battery_connected".
BATTERY_WORDS = frozenset({
    "battery", "batt", "bat", "low", "critical", "warning", "alarm", "weak", "empty", "replace", "state", "status",
    "ok", "alert", "flat", "dead", "fault", "level",
})  # fmt: skip
# Words of a key that asks for a leak; with any other word it asks something else: "water_valve".
WATER_WORDS = frozenset({"water", "alarm", "state", "status", "sensor", "alert", "is", "warning", "detector"})
# Words that say that something is too low or too high: "lowWaterPressure".
LIMITS = frozenset({"low", "high", "lack", "missing", "shortage", "over", "under", "too"})
# Where all that begins with one of these is 0 or 1, each is a yes or a no, whatever it is about.
FLAGS = (("error",), ("err",), ("fault",), ("alarm",), ("warning",))
# How the yes of a switch is written; a cover's is "open", a lock's is "lock".
SWITCHED = frozenset({"on", "true", "1"})
# Classes whose events are counted, too: how often there was motion.
COUNTED = frozenset({"motion", "occupancy", "presence", "vibration", "opening", "door"})
