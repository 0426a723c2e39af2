"""Display precision of values. Pure."""

from ..vocabulary.units.precision import DIGITS

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
