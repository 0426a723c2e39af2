"""Words of keys that decide what a number is beside the quantity that they name."""

# Keys that only hold what the level above names.
HOLDERS = (("value",), ("val",), ("data",), ("reading",))
# A setting even with a unit beside it: no reading is called so.
FIRM_SETTINGS = frozenset({"interval", "intervall", "period", "threshold", "timeout", "hysteresis", "sampling"})
# A value now, beside its target: {"actual": 21.3, "target": 22}.
REACHED = frozenset({("current",), ("actual",)})
WANTED = frozenset({("target",), ("setpoint",)})
# Last words of a number that stands for a word.
CODES = frozenset({"status", "state", "code", "mode"})
# Keys of the number that a state beside them belongs to: {"data": 7.2, "state": 0}.
MEASURED = (("data",), ("value",), ("reading",), ("measurement",))
# Beside one of these words "current" is amperes.
ELECTRIC = frozenset({"voltage", "power", "volt", "volts", "energy", "watt", "apower"})
# Beside one of these words "factor" is a power factor.
ELECTRIC_OF_A_FACTOR = ELECTRIC | {"current", "pf"}
# Words that are amperes, or mean "now".
NOW = frozenset({"current", "curr"})
# Beside one of these keys "current" only means "now".
OTHER_TIMES = frozenset({("target",), ("setpoint",), ("set",), ("desired",), ("goal",), ("previous",), ("total",)})
# Behind one of these "current" is where something is now.
AXES = frozenset({"x", "y", "z"})
# Groups that have a current: "current" below them is amperes.
HAVE_A_CURRENT = frozenset({"energy", "battery", "solar"})
