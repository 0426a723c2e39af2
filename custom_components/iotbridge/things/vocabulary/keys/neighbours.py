"""Words of sibling keys that determine the unit of a value: typical combinations, and kinds of devices."""

# Names of the supply voltage of a battery or a chip; a large number is in millivolts.
BATTERIES = frozenset({"battery", "batt", "bat", "vbat", "vbatt", "vcc", "vdd"})
# Sent by small sensors beside the voltage of their cell, and never by devices on mains or higher voltage.
SENSORS = frozenset({"temperature", "temp", "humidity", "hum", "rssi", "uptime", "heap", "moisture", "co2"})
# Sent by meters beside the mains voltage.
METERED = frozenset({"current", "energy", "kwh", "wh", "frequency", "pf", "apower", "power"})
# Beside one of these, a power of 0 or 1 is off or on.
MODES = frozenset({"mode", "swing", "fan", "target", "setpoint"})
# Sent by meters of the grid, which count in kilowatt hours.
GRID = frozenset({
    "delivered", "returned", "tariff", "tariff1", "tariff2", "import", "export", "imported",
    "exported",
})  # fmt: skip
# Sent by radios beside their frequency.
MODULATION = frozenset({"sf", "bw", "bandwidth", "modulation", "spreading", "datr", "codr", "ssid", "bssid", "station"})
# The transmit power of a beacon, or its received power at one metre, is in dBm.
RADIO_POWER = frozenset({"measured", "tx", "ref", "reference", "calibrated"})
# Things with temperatures above 150 °C: ovens, printers, engines, fires.
HOT = frozenset({
    "oven", "grill", "flue", "exhaust", "nozzle", "bed", "hotend", "tool", "tool0", "kiln", "fire", "smoker", "meat",
    "collector", "stove", "furnace", "chimney", "probe", "thermocouple", "extruder", "chamber", "pit", "egt", "engine",
    "burner", "gas", "smoke", "iron", "roaster", "target", "combustion", "turbo", "kelvin",
})  # fmt: skip
# A humidity beside an integer temperature shows the factor of both.
HUMIDITY = frozenset({"humidity", "hum", "humi", "rh"})
# Switched devices: beside them, a light of 0 or 1 is a lamp, not an illuminance.
LAMPS = frozenset({"pool", "spa", "pump", "relay", "filter", "heater", "garage", "lamp"})
# Radio receivers estimate a distance in metres.
BEACONS = frozenset({"bluetooth", "ble", "beacon", "ibeacon"})
# Below one of these, "current" and "target" are room temperatures.
HEATED = frozenset({"heat", "heating", "thermostat", "climate", "radiator", "trv", "hvac", "floorheating"})
# Pressures other than air pressure.
IN_PIPES = frozenset({
    "water", "tire", "tyre", "pump", "system", "boiler", "filter", "oil", "fuel", "coolant", "brake", "hydraulic",
    "suction", "manifold", "boost", "pipe",
})  # fmt: skip
# Sent by devices in a network, whose uptime is in seconds.
NETWORKED = frozenset({
    "rssi", "wifi", "heap", "ip", "ssid", "bssid", "mac", "memory", "mem", "ram", "cpu", "load", "hostname", "host",
    "channel", "signal", "free", "fw", "firmware", "version",
})  # fmt: skip
# Voltage and power beside a current show its unit.
VOLTAGE = frozenset({"voltage"})
POWER = frozenset({"power", "apower"})
# Signals and pressures whose size shows the scale of the values beside them.
RADIO = frozenset({"rssi", "rsrp"})
PRESSURES = frozenset({"pressure"})
