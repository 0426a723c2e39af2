"""How many digits of a value are worth showing. Pure."""

# (device class, unit) → digits; a class alone stands for its other units.
DIGITS: dict[tuple[str | None, str | None], int] = {
    ("temperature", None): 1,
    ("temperature_delta", None): 1,
    ("humidity", None): 1,
    ("moisture", None): 1,
    ("atmospheric_pressure", None): 1,
    ("atmospheric_pressure", "Pa"): 0,
    ("atmospheric_pressure", "inHg"): 2,
    ("pressure", None): 2,
    ("pressure", "hPa"): 1,
    ("voltage", None): 1,
    ("voltage", "mV"): 0,
    ("current", None): 2,
    ("current", "mA"): 0,
    ("power", None): 1,
    ("power", "kW"): 3,
    ("apparent_power", None): 1,
    ("reactive_power", None): 1,
    ("power_factor", None): 2,
    ("power_factor", "%"): 0,
    ("energy", None): 2,
    ("energy", "Wh"): 0,
    ("frequency", None): 2,
    ("illuminance", None): 0,
    ("irradiance", None): 0,
    ("wind_speed", None): 1,
    ("wind_direction", None): 0,
    ("speed", None): 1,
    ("precipitation", None): 1,
    ("precipitation", "in"): 2,
    ("precipitation_intensity", None): 1,
    ("precipitation_intensity", "in/h"): 2,
    ("water", None): 3,
    ("gas", None): 3,
    ("volume", None): 3,
    ("volume", "L"): 0,
    ("water", "L"): 0,
    ("volume_flow_rate", None): 3,
    ("carbon_dioxide", None): 0,
    ("pm1", None): 0,
    ("pm25", None): 0,
    ("pm10", None): 0,
    ("battery", None): 0,
    ("signal_strength", None): 0,
    ("distance", None): 2,
    ("distance", "mm"): 0,
    ("distance", "cm"): 0,
    ("distance", "m"): 1,
    ("weight", None): 2,
    ("sound_pressure", None): 0,
    ("duration", None): 0,
    ("ph", None): 2,
}
SMALL_VOLTAGE = 20
NOISY = 3


def precision_of(device_class: str | None, unit: str | None, value: float | None) -> int | None:
    """Return the digits to show; None leaves it to Home Assistant."""
    known = DIGITS.get((device_class, unit), DIGITS.get((device_class, None)))
    if device_class == "voltage" and unit == "V" and value is not None and abs(value) < SMALL_VOLTAGE:
        return 2
    if known is not None:
        return known
    return 2 if isinstance(value, float) and len(repr(value).partition(".")[2]) > NOISY else None
