"""Units of one dimension as multiples of one of them, for texts with another unit than that of their entity."""

from .known_units import SECONDS

# Displays choose the unit by the size of the value: "950 W", then "1.2 kW".
DIMENSIONS: tuple[dict[str, float], ...] = (
    SECONDS,
    {"mV": 1e-3, "V": 1, "kV": 1e3},
    {"mA": 1e-3, "A": 1},
    {"mW": 1e-3, "W": 1, "kW": 1e3, "MW": 1e6},
    {"VA": 1, "kVA": 1e3},
    {"var": 1, "kvar": 1e3},
    {"Wh": 1, "kWh": 1e3, "MWh": 1e6},
    {"Hz": 1, "kHz": 1e3, "MHz": 1e6, "GHz": 1e9},
    {"Pa": 1, "hPa": 100, "mbar": 100, "kPa": 1e3, "bar": 1e5, "psi": 6894.757, "mmHg": 133.3224, "inHg": 3386.389},
    {"mm": 1e-3, "cm": 1e-2, "m": 1, "km": 1e3, "in": 0.0254, "ft": 0.3048, "mi": 1609.344},
    {"m/s": 1, "km/h": 1 / 3.6, "mph": 0.44704, "kn": 0.5144444},
    {"mL": 1e-3, "L": 1, "m³": 1e3},
    {"L/h": 1 / 60, "L/min": 1, "m³/h": 1000 / 60},
    {"g": 1, "kg": 1e3, "lb": 453.59237},
    {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12},
    {"bit/s": 1, "kbit/s": 1e3, "Mbit/s": 1e6},
    {"ppb": 1e-3, "ppm": 1},
    {"µg/m³": 1, "mg/m³": 1e3},
    {"µS/cm": 1, "mS/cm": 1e3},
    {"lx": 1, "klx": 1e3},
)
# Factor and offset to degrees Celsius.
TEMPERATURES = {"°C": (1.0, 0.0), "K": (1.0, -273.15), "°F": (5 / 9, -160 / 9)}
