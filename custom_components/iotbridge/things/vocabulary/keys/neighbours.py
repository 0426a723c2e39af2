"""Words of the keys around a value that decide its unit: what is measured together, and by what kind of device."""

# Names of a battery's or a chip's own voltage; so large a number there is in millivolts.
BATTERIES = frozenset({"battery", "batt", "bat", "vbat", "vbatt", "vcc", "vdd"})
# What a small sensor sends beside the voltage of its cell, and nothing that is fed by thousands of volts has.
SENSORS = frozenset({"temperature", "temp", "humidity", "hum", "rssi", "uptime", "heap", "moisture", "co2"})
# What a meter sends beside the voltage of the mains.
METERED = frozenset({"current", "energy", "kwh", "wh", "frequency", "pf", "apower", "power"})
# Beside one of these a power of 0 or 1 is off or on.
MODES = frozenset({"mode", "swing", "fan", "target", "setpoint"})
# The power that a beacon sends with, or is received with at one metre, is in dBm.
RADIO_POWER = frozenset({"measured", "tx", "ref", "reference", "calibrated"})
# What has a temperature above 150 °C: ovens, printers, engines, fires.
HOT = frozenset({
    "oven", "grill", "flue", "exhaust", "nozzle", "bed", "hotend", "tool", "tool0", "kiln", "fire", "smoker", "meat",
    "collector", "stove", "furnace", "chimney", "probe", "thermocouple", "extruder", "chamber", "pit", "egt", "engine",
    "burner", "gas", "smoke", "iron", "roaster", "target", "combustion", "turbo", "kelvin",
})  # fmt: skip
# A percentage of this beside a whole temperature shows by how much both were multiplied.
HUMIDITY = frozenset({"humidity", "hum", "humi", "rh"})
# What is switched: beside it a light of 0 or 1 is a lamp, and no lux.
LAMPS = frozenset({"pool", "spa", "pump", "relay", "filter", "heater", "garage", "lamp"})
# Radios guess a distance, and in metres.
BEACONS = frozenset({"bluetooth", "ble", "beacon", "ibeacon"})
# Below one of these a "current" and a "target" are temperatures of a room.
HEATED = frozenset({"heat", "heating", "thermostat", "climate", "radiator", "trv", "hvac", "floorheating"})
# Pressures that are not the air's.
IN_PIPES = frozenset({
    "water", "tire", "tyre", "pump", "system", "boiler", "filter", "oil", "fuel", "coolant", "brake", "hydraulic",
    "suction", "manifold", "boost", "pipe",
})  # fmt: skip
