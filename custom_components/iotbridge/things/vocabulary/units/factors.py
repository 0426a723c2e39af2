"""Units of one dimension as multiples of one of them, for messages with another unit than that of their entity."""

from .known_units import SECONDS

# Displays choose the unit by the size of the value: "950 W", then "1.2 kW".
DIMENSIONS: tuple[dict[str, float], ...] = (
    SECONDS,
    {"µV": 1e-6, "mV": 1e-3, "V": 1, "kV": 1e3},
    {"\u03bcA": 1e-6, "mA": 1e-3, "A": 1},
    {"mAh": 1e-3, "Ah": 1},
    {"mW": 1e-3, "W": 1, "kW": 1e3, "MW": 1e6, "GW": 1e9},
    {"mVA": 1e-3, "VA": 1, "kVA": 1e3},
    {"mvar": 1e-3, "var": 1, "kvar": 1e3},
    {
        "J": 1, "kJ": 1e3, "MJ": 1e6, "GJ": 1e9, "mWh": 3.6, "Wh": 3.6e3, "kWh": 3.6e6, "MWh": 3.6e9, "GWh": 3.6e12,
        "TWh": 3.6e15, "kcal": 4184, "Mcal": 4.184e6, "Gcal": 4.184e9,
    },
    {"varh": 1, "kvarh": 1e3},
    {"VAh": 1, "kVAh": 1e3},
    {"mΩ": 1e-3, "Ω": 1, "kΩ": 1e3, "MΩ": 1e6},
    {"mHz": 1e-3, "Hz": 1, "kHz": 1e3, "MHz": 1e6, "GHz": 1e9},
    {
        "Pa": 1, "hPa": 100, "mbar": 100, "kPa": 1e3, "cbar": 1e3, "bar": 1e5, "psi": 6894.757, "mmHg": 133.3224,
        "inHg": 3386.389, "inH₂O": 249.0889,
    },
    {
        "µm": 1e-6, "mm": 1e-3, "cm": 1e-2, "m": 1, "km": 1e3, "in": 0.0254, "ft": 0.3048, "yd": 0.9144, "mi": 1609.344,
        "nmi": 1852,
    },
    {"mm/s": 1e-3, "m/s": 1, "m/min": 1 / 60, "km/h": 1 / 3.6, "mph": 0.44704, "kn": 0.5144444, "ft/s": 0.3048},
    {"mm/h": 1, "mm/d": 1 / 24, "in/h": 25.4, "in/d": 25.4 / 24},
    {"mL": 1e-3, "L": 1, "m³": 1e3, "ft³": 28.316846592, "gal": 3.785411784},
    {
        "mL/s": 0.06, "L/h": 1 / 60, "L/min": 1, "L/s": 60, "m³/h": 1000 / 60, "m³/min": 1000, "m³/s": 60000,
        "gal/min": 3.785411784, "ft³/min": 28.316846592,
    },
    {"mm²": 1e-6, "cm²": 1e-4, "m²": 1, "km²": 1e6, "ha": 1e4, "ft²": 0.09290304},
    {"µg": 1e-6, "mg": 1e-3, "g": 1, "kg": 1e3, "oz": 28.349523125, "lb": 453.59237},
    {
        "B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30,
        "TiB": 2**40, "PiB": 2**50, "kbit": 125, "Mbit": 125e3, "Gbit": 125e6,
    },
    {
        "bit/s": 1, "kbit/s": 1e3, "Mbit/s": 1e6, "Gbit/s": 1e9, "B/s": 8, "kB/s": 8e3, "MB/s": 8e6, "GB/s": 8e9,
        "KiB/s": 8 * 2**10, "MiB/s": 8 * 2**20, "GiB/s": 8 * 2**30,
    },
    {"ppb": 1e-3, "ppm": 1},
    {"µg/m³": 1, "mg/m³": 1e3, "g/m³": 1e6},
    {"µg/L": 1e-3, "mg/L": 1, "g/L": 1e3},
    {"µS/cm": 1, "mS/cm": 1e3, "S/cm": 1e6},
    {"Bq/m³": 1, "pCi/L": 37},
    {"lx": 1, "klx": 1e3},
)  # fmt: skip
# A difference of temperatures has no zero point.
TEMPERATURE_DIFFERENCES = {"°C": 1.0, "K": 1.0, "°F": 5 / 9}
# Factor and offset to degrees Celsius.
TEMPERATURES = {"°C": (1.0, 0.0), "K": (1.0, -273.15), "°F": (5 / 9, -160 / 9)}
