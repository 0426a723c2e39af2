"""Words of keys that determine the meaning of a number in addition to its quantity."""

# Keys whose quantity is named by the level above.
HOLDERS = (("value",), ("val",), ("data",), ("reading",))
# Settings even with a unit: no reading has such a name.
FIRM_SETTINGS = frozenset({"interval", "intervall", "period", "threshold", "timeout", "hysteresis", "sampling"})
# Current values beside their target: {"actual": 21.3, "target": 22}.
REACHED = frozenset({("current",), ("actual",)})
WANTED = frozenset({("target",), ("setpoint",)})
# Last words of a number that is a code.
CODES = frozenset({"status", "state", "code", "mode"})
# Keys of a measurement with a state beside it: {"data": 7.2, "state": 0}.
MEASURED = (("data",), ("value",), ("reading",), ("measurement",))
# Beside one of these words "current" is amperes.
ELECTRIC = frozenset({"voltage", "power", "volt", "volts", "energy", "watt", "apower"})
# Beside one of these words "factor" is a power factor.
ELECTRIC_OF_A_FACTOR = ELECTRIC | {"current", "pf"}
# Words that are amperes, or mean "now".
NOW = frozenset({"current", "curr"})
# Beside one of these keys "current" only means "now".
OTHER_TIMES = frozenset({("target",), ("setpoint",), ("set",), ("desired",), ("goal",), ("previous",), ("total",)})
# After one of these, "current" is a present position.
AXES = frozenset({"x", "y", "z"})
# Groups that have a current: "current" below them is amperes.
HAVE_A_CURRENT = frozenset({"energy", "battery", "solar"})
