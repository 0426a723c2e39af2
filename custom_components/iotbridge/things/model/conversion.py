"""Conversion of raw values to states: numbers from text, words to booleans, without float noise. Pure."""

import math
import re

from ..vocabulary.states.binary_states import CALM, PAIRS
from ..vocabulary.units.error_numbers import ERROR_NUMBERS
from ..vocabulary.units.factors import DIMENSIONS, TEMPERATURE_DIFFERENCES, TEMPERATURES
from ..vocabulary.units.known_units import PLAIN, QUANTITY_OF_UNIT
from ..vocabulary.units.spellings import NO_UNIT, WRITTEN
from .message import Scalar, Value
from .number_notation import LIKE_A_STATE, MINUS, number_of
from .profile import Channel

ABSENT = frozenset({
    "", "null", "none", "nan", "-nan", "n/a", "na", "unknown", "unavailable", "undefined", "-", "--", "---", "nil",
    "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity",
})  # fmt: skip
YES = frozenset({"true", "1", "on", "yes"})
NO = frozenset({"false", "0", "off", "no"})

NUMBER_AND_UNIT = re.compile(r"([-+]?\d(?:[\d.,'\u2019 \u00a0\u202f]{0,30}\d)?)\s*([^\d\s.,:/-].{0,9})", re.ASCII)
# A number and a short word or ratio that is not a known unit: "12.4 xyz", "1.5 kg/cm²". Words of dates and counts are
# excluded.
NUMBER_AND_WORD = re.compile(r"[-+\d.,' ]+ ([A-Za-z]{2,5}|[A-Za-zµμ]{1,5}/[A-Za-z]{1,4}[²³]?)", re.ASCII)
NO_UNIT_WORDS = frozenset({
    "am", "pm", "of", "or", "to", "on", "off", "ok", "yes", "no", "open", "jan", "feb", "mar", "apr", "may", "jun",
    "jul", "aug", "sep", "sept", "oct", "nov", "dec", "march", "april", "june", "july", "mon", "tue", "wed", "thu",
    "fri", "sat", "sun", "day", "days", "ago", "left", "new", "and", "x", "beta", "alpha", "rc", "low", "high",
    "full", "empty", "alarm", "error", "fault",
})  # fmt: skip
SHORTEST_WORD = 3
# A divisor with its exponent, as in the norms: "W⋅m⁻²", "mS cm-1".
DIVISOR = re.compile(r"[⋅·* ]([A-Za-zµμ]+)(?:⁻|\^?-)([¹²³123])")
EXPONENTS = str.maketrans("123", "¹²³")
# "04d" is a name; a number is not written like that.
CODE = re.compile(r"0\d+[A-Za-z]+", re.ASCII)
# As many digits as a double holds; one more shows how it is stored, not what was measured.
DIGITS = 15


class OtherUnitError(ValueError):
    """Value whose message states a unit that cannot be converted to that of its channel."""


def unit_of(text: str) -> str | None:
    """Return Home Assistant's unit for the text beside a value; None if it is not a known unit."""
    text = DIVISOR.sub(lambda match: f"/{match[1]}{match[2].translate(EXPONENTS).strip('¹')}", text.strip())
    unit = WRITTEN.get(text, text)
    if unit in QUANTITY_OF_UNIT or unit in PLAIN:
        return unit
    # "Percent", "MINUTES": capitals distinguish units of one or two letters, not words.
    return WRITTEN.get(text.lower()) if len(text) >= SHORTEST_WORD else None


def quantity_of(text: str, *, decimal_comma: bool = False) -> tuple[int | float | None, str | None]:
    """Parse a number and the unit beside it: "23.5 °C" is 23.5 and "°C"; return (None, None) for other texts.

    ``decimal_comma`` as in ``number_of``.
    """
    number = number_of(text, decimal_comma=decimal_comma)
    if number is not None:
        return number, None
    text = text.strip().replace(MINUS, "-")
    match = NUMBER_AND_UNIT.fullmatch(text)
    if match is None or CODE.fullmatch(text):
        return None, None
    number = number_of(match[1], decimal_comma=decimal_comma)
    if number is None:
        return None, None
    unit = unit_of(match[2].removeprefix("*"))
    if unit is None and (word := NUMBER_AND_WORD.fullmatch(text)):
        unit = word[1] if NO_UNIT_WORDS.isdisjoint(word[1].lower().split("/")) else None
    return (number, unit) if unit else (None, None)


def is_absent(raw: Scalar) -> bool:
    """Return whether a raw value stands for a missing one."""
    return raw is None or (isinstance(raw, str) and raw.strip().lower() in ABSENT)


def text_of(raw: Scalar) -> str:
    """Return a raw value in the form of a channel's ``on`` and ``off``: JSON's ``true`` is "true", 1.0 is "1"."""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    return "" if raw is None else str(raw)


def convert(channel: Channel, raw: Scalar, unit: str | None = None) -> Value:
    """Return the state of a channel for a raw value; ``unit`` is the text with its unit, if one is beside it.

    A numeric sensor yields a number, any other sensor its value; a binary sensor or a switch a boolean, an event its
    type. None stays None; for a number, so does a word such as "unknown".

    Raises:
        OtherUnitError: Its unit cannot be converted to that of the channel.
        ValueError: The value does not fit the channel.
    """
    if channel.platform == "device_tracker":
        raise ValueError("a position consists of several values")
    if channel.platform in ("binary_sensor", "switch"):
        return None if raw is None or raw == "" else state(channel, raw)
    if channel.platform == "event":
        # A receiver has no code for a signal that it has not learned: "None".
        return None if channel.receives_codes and is_absent(raw) else text_of(raw) or None
    if not channel.is_number:
        return None if raw is None else plain(channel, raw, unit)
    if is_absent(raw) or is_error(channel.device_class, raw, channel.scale):
        return None
    if unit is None and not isinstance(raw, str):
        return scaled(number(raw), channel.scale)  # most values; it runs for each of them
    return measured(channel, raw, unit)


def measured(channel: Channel, raw: Scalar, unit_text: str | None) -> int | float:
    """Return the number of a sensor; one in another unit is converted.

    The scale of a channel applies to the unit that its messages stated when it was learned, whatever unit the user gave
    it since. A channel without a stated unit has its scale for numbers without one.

    Raises:
        OtherUnitError: Its unit cannot be converted to that of the channel.
        ValueError: It is not a number.
    """
    unit = None
    if isinstance(raw, str):
        value, unit = number_in_text(raw, channel.decimal_comma)
    else:
        value = number(raw)
    if unit is None and unit_text:
        unit = stated_unit_of(unit_text)
    own = own_unit(channel) if unit else None
    if unit is None or own is None or unit == own:
        return scaled(value, channel.scale)
    converted = in_unit(scaled(value, channel.scale) if channel.stated_unit else value, unit, own, channel.device_class)
    if converted is not None:
        return converted
    if channel.stated_unit is None and not (is_known_unit(unit) and is_known_unit(own)):
        return scaled(value, channel.scale)
    raise OtherUnitError(f"not in {own}: {unit[:20]!r}")


def own_unit(channel: Channel) -> str | None:
    """Return the unit of a channel's values before they are scaled: the stated one, or the channel's."""
    return channel.stated_unit or (stated_unit_of(channel.unit) if channel.unit else None)


def stated_unit_of(text: str) -> str | None:
    """Return the unit that a text beside a value states; an unknown one as it is written, None if it states none."""
    return unit_of(text) or (None if text in NO_UNIT else text)


def has_other_unit(channel: Channel, unit_text: str | None) -> bool:
    """Return whether a message states another unit than that of a channel, so that its value has to be converted."""
    unit = stated_unit_of(unit_text) if unit_text else None
    return unit is not None and own_unit(channel) not in (None, unit)


def is_known_unit(unit: str) -> bool:
    """Return whether a unit is in one of the tables."""
    return unit in QUANTITY_OF_UNIT or unit in PLAIN


def in_unit(value: float, unit: str, wanted: str, device_class: str | None) -> int | float | None:
    """Return a value in another unit; None if the units are of two dimensions, or of an unknown one."""
    if unit in TEMPERATURES and wanted in TEMPERATURES:
        if device_class == "temperature_delta":
            return scaled(value, TEMPERATURE_DIFFERENCES[unit] / TEMPERATURE_DIFFERENCES[wanted])
        if device_class != "temperature" and "K" in (unit, wanted):
            return None  # kelvins are used for differences, too
        (factor, offset), (own_factor, own_offset) = TEMPERATURES[unit], TEMPERATURES[wanted]
        return float(f"{(value * factor + offset - own_offset) / own_factor:.6g}")
    factors = next((units for units in DIMENSIONS if unit in units and wanted in units), None)
    return scaled(value, factors[unit] / factors[wanted]) if factors else None


def is_error(device_class: str | None, raw: Scalar, scale: float) -> bool:
    """Return whether a raw value, once it is scaled, is a number that a sensor sends instead of a value."""
    numbers = ERROR_NUMBERS.get(device_class or "")
    if numbers is None:
        return False
    value = quantity_of(raw)[0] if isinstance(raw, str) else raw
    return value is not None and scaled(value, scale) in numbers


def plain(channel: Channel, raw: Scalar, unit_text: str | None) -> Value:
    """Return the value of a sensor without unit or class: a number stays one, everything else is text."""
    return text_of(raw) if isinstance(raw, str | bool) else measured(channel, raw, unit_text)


def number(raw: Scalar, decimal_comma: bool = False) -> int | float:
    """Return the number in a raw value; ``decimal_comma`` as in ``number_of``.

    Raises:
        ValueError: It is not a number.
    """
    if isinstance(raw, bool):
        return int(raw)
    if isinstance(raw, str):
        return number_in_text(raw, decimal_comma)[0]
    if raw is None or not math.isfinite(raw):
        raise ValueError("not a number")
    return raw


def number_in_text(text: str, decimal_comma: bool) -> tuple[int | float, str | None]:
    """Return the number in a text, and the unit behind it.

    Raises:
        ValueError: It is not a number.
    """
    value, unit = quantity_of(text, decimal_comma=decimal_comma)
    if value is None:
        raise ValueError(f"not a number: {text[:40]!r}")
    return value, unit


def scaled(value: float, scale: float) -> int | float:
    """Return the scaled value without float noise: -822 by 0.1 is -82.2, not -82.2000000001."""
    if scale == 1:
        return value
    result = float(f"{value * scale:.{DIGITS - 3}g}")
    return int(result) if result.is_integer() and isinstance(value, int) and scale >= 1 else result


def is_same_state(channel: Channel, raw: Scalar, unit: str | None = None) -> bool:
    """Return whether core's template converts a raw value to the same state as ``convert``; ``unit`` as there.

    It does not for "21,5", "21.5 °C", "0041", "n/a" or an error number where a number is expected, nor for "1" where
    ``on`` and ``off`` are words.
    """
    if channel.platform in ("binary_sensor", "switch"):
        return raw is None or _is_word_of(channel, raw)
    if channel.is_number and is_error(channel.device_class, raw, channel.scale):
        return False
    if unit and channel.platform == "sensor" and has_other_unit(channel, unit):
        return False
    if not channel.is_number or not isinstance(raw, str):
        return True
    if LIKE_A_STATE.fullmatch(raw.strip()):
        return True
    return not is_absent(raw) and quantity_of(raw, decimal_comma=channel.decimal_comma)[0] is None


def _is_word_of(channel: Channel, raw: Scalar) -> bool:
    """Return whether a template recognizes the channel's ``on`` or ``off``; True if we recognize neither."""
    if str(raw).lower() in {(channel.on or "").lower(), (channel.off or "").lower()}:
        return True
    if raw == "":
        return False
    try:
        state(channel, raw)
    except ValueError:
        return True
    return False


def state(channel: Channel, raw: Scalar) -> bool:
    """Return whether a raw value means on or off for the channel.

    Raises:
        ValueError: It is neither.
    """
    text = text_of(raw).strip().lower()
    on, off = (channel.on or "").lower(), (channel.off or "").lower()
    if text == on:
        return True
    if text == off:
        return False
    for same in (YES, NO):
        if text in same and (on in same or off in same):
            return on in same
    if not on and not off and text in YES | NO:
        return text in YES
    likely = boolean_of(text)
    if likely is None or (expected := boolean_of(on)) is None:
        raise ValueError(f"neither {channel.on!r} nor {channel.off!r}: {text[:40]!r}")
    return likely == expected


def boolean_of(text: str) -> bool | None:
    """Return the meaning of a word by itself: "open" is True, "dry" is False; None for an unknown word."""
    text = text.strip().lower().replace("_", " ")
    if text in YES or any(text == yes.replace("_", " ") for yes, _, _ in PAIRS):
        return True
    if text in NO or text in CALM or any(text == no.replace("_", " ") for _, no, _ in PAIRS):
        return False
    return None
