"""Numbers that sensors send instead of a value, by device class.

Each is outside of everything that the sensor could measure, so it is certain; 85 °C, which a DS18B20 sends before its
first measurement, is not.
"""

# Sent by drivers and gateways for no value.
NEGATIVE = frozenset({-999, -999.9, -9999, -9999.9, -99999, -32768})
# The largest numbers of 16 bits, as they are and with decimals.
FULL = frozenset({32767, 65535, 3276.7, 6553.5, 9999, 9999.9})
# Beyond these a share, a wind speed and a direction do not go; a temperature does, in a kiln.
ABOVE = FULL | {999.9}
BELOW_ZERO = frozenset({-1, -127, -327.68, -3276.8})

ERROR_NUMBERS: dict[str, frozenset[float]] = {
    # A DS18B20 whose wire is broken: -127.
    "temperature": NEGATIVE | FULL | {-127, -327.68, -3276.8},
    "humidity": NEGATIVE | ABOVE | BELOW_ZERO | {655.35},
    "moisture": NEGATIVE | ABOVE | BELOW_ZERO | {655.35},
    "battery": NEGATIVE | ABOVE | BELOW_ZERO | {655.35},
    "carbon_dioxide": NEGATIVE | BELOW_ZERO | {65535},
    "atmospheric_pressure": NEGATIVE | BELOW_ZERO,
    "illuminance": NEGATIVE | BELOW_ZERO,
    "wind_speed": NEGATIVE | ABOVE | BELOW_ZERO,
    "wind_direction": NEGATIVE | ABOVE | BELOW_ZERO,
    "pm1": NEGATIVE | BELOW_ZERO | {65535, 6553.5},
    "pm25": NEGATIVE | BELOW_ZERO | {65535, 6553.5},
    "pm10": NEGATIVE | BELOW_ZERO | {65535, 6553.5},
}
