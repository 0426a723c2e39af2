"""Words of keys that determine the meaning of a number in addition to its quantity."""

from ..roles.setting import HISTORY

# Keys whose quantity is named by the level above.
HOLDERS = (("value",), ("val",), ("data",), ("reading",))
# Keys with one of these words do not take their quantity from the device's topic: "status", "free", "user".
NEED_OWN = frozenset({
    "level", "rate", "used", "free", "available", "percent", "user", "history", "since", "midnight", "left", "room",
    "charge", "discharge", "usage", "status", "state", "number", "tariff", "session",
})  # fmt: skip
# Settings, and values of the past, even with a unit: no reading has such a name.
FIRM = HISTORY | {"interval", "intervall", "period", "threshold", "timeout", "hysteresis", "sampling"}
# Current values beside their target: {"actual": 21.3, "target": 22}.
REACHED = frozenset({("current",), ("actual",)})
WANTED = frozenset({("target",), ("setpoint",)})
# Last words of a number that is a code.
CODES = frozenset({"status", "state", "code", "mode"})
# Last words of a key, or of the group above it, whose texts are no numbers: {"pin_code": "0123", "fw_rev": "1.10"}.
WRITTEN_CODES = frozenset({
    "code", "codes", "pin", "barcode", "ean", "postcode", "zip", "number", "version", "versions", "revision", "rev",
    "release", "serials",
})  # fmt: skip
# Last words of a group of states: {"sensor_status": {"temperature": 0}}.
STATES = CODES | {"states", "errors", "error", "faults", "fault", "flags", "valid", "health", "diagnostics"}
# Words behind it that only say where: "input_state_in1".
WHERE = frozenset({"in", "out"})
# Keys of a measurement with a state beside it: {"data": 7.2, "state": 0}.
MEASURED = (("data",), ("value",), ("reading",), ("measurement",))
# Beside one of these words "current" is amperes.
ELECTRIC = frozenset({"voltage", "power", "volt", "volts", "energy", "watt", "apower"})
# Beside one of these words "factor" is a power factor.
ELECTRIC_OF_A_FACTOR = ELECTRIC | {"current", "pf"}
# Words that are amperes, or mean "now".
NOW = frozenset({"current", "curr"})
# Beside one of these keys "current" only means "now".
OTHER_TIMES = frozenset({
    ("target",), ("setpoint",), ("set",), ("desired",), ("goal",), ("previous",), ("total",), ("last",), ("yesterday",),
    ("average",), ("avg",), ("next",), ("max",), ("min",), ("size",), ("limit",), ("capacity",),
})  # fmt: skip
# Before one of these, "current" only means "now": a position, a period, a tariff.
NOT_AMPERES = frozenset({
    "x", "y", "z", "index", "tariff", "tarif", "tier", "rate", "price", "month", "week", "day", "year", "hour",
    "version", "firmware", "mode", "state", "status", "fan", "speed", "compressor", "season", "period",
})  # fmt: skip
# Quantities of which a meter sends one for each phase: "voltage_ph1" has no pH.
ELECTRICITY = frozenset({
    "voltage", "current", "power", "energy", "frequency", "power factor", "apparent power", "reactive power",
    "reactive energy", "apparent energy",
})  # fmt: skip
PHASE_LETTERS = frozenset({"a", "b", "c"})
# Quantities that no battery has: "humidity_battery" is the battery of that sensor.
CLIMATE = frozenset({
    "humidity", "moisture", "pressure", "air pressure", "illuminance", "light", "uv index", "wind speed",
    "wind", "rain", "noise", "co2", "co", "pm1", "pm25", "pm4", "pm10", "voc", "aqi", "hcho", "o3", "no2", "radon",
    "irradiance",
})  # fmt: skip
# Quantities that a sensor measures beside the one that it is named after: "humi_co2".
MEASURED_BESIDE = CLIMATE | {"temperature", "battery"}
GASES = frozenset({"co2", "co", "voc", "pm1", "pm25", "pm4", "pm10", "hcho", "o3", "no2", "radon"})
# Meters, which have a battery: "water_meter_battery".
METERS = frozenset({
    "water meter", "gas meter", "heat meter", "flow meter", "electricity meter", "energy meter", "power meter", "water",
    "gas", "heat", "flow",
})  # fmt: skip
# Incidents that are counted: "voltage_dips".
COUNTED = frozenset({
    "dips", "sags", "swells", "surges", "spikes", "drops", "outages", "interruptions", "failures", "losses", "faults",
    "errors", "alarms", "alerts", "warnings", "events", "cycles", "trips", "replacements", "resets", "changes",
    "readings", "measurements", "violations",
})  # fmt: skip
# Words of a difference of temperatures: "spread": "4.75 K".
DIFFERENCES = frozenset({
    "delta", "diff", "difference", "differential", "differenz", "spread", "spreizung", "superheat", "subcooling",
})  # fmt: skip
# Quantities that are paid: "price_energy".
PAID = frozenset({"price", "money"})
# Things that a quantity describes: a topic "power_strip" or "high_voltage_battery" names no power and no voltage.
THINGS = frozenset({
    "battery", "converter", "regulator", "transformer", "stabilizer", "supply", "strip", "station", "bank", "plug",
    "switch", "outlet", "socket", "tool", "tools", "pump", "lamp", "lamps", "light", "lights", "heater", "fence",
    "line", "cable", "relay", "inverter", "charger",
})  # fmt: skip
# Groups that have a current: "current" below them is amperes.
HAVE_A_CURRENT = frozenset({"energy", "battery", "solar"})
