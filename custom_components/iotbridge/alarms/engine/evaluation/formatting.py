"""Formatting of numbers and durations, the same in every language. Pure."""

# Home Assistant writes a percent sign and degrees of an angle without a space.
_CLOSE_UNITS = frozenset({"%", "°"})
_LARGE = 1e15


def number_text(number: float, unit: str | None = None) -> str:
    """Return a number with at most two decimals, a small one with three digits."""
    if abs(number) >= _LARGE:
        text = f"{number:.6g}"
    elif number == int(number):
        text = str(int(number))
    elif abs(number) < 1:
        text = f"{number:.3g}"
    else:
        text = f"{number:.2f}".rstrip("0").rstrip(".")
    return _with_unit(text, unit)


def comparison_text(number: float, sign: str, limit: float, unit: str | None = None) -> str:
    """Return a comparison such as "81.5 °C > 80 °C", with enough decimals to show the difference."""
    left, right = number_text(number, unit), number_text(limit, unit)
    if left == right:
        left, right = _with_unit(f"{number:.15g}", unit), _with_unit(f"{limit:.15g}", unit)
    return f"{left} {sign} {right}"


def duration_text(seconds: float) -> str:
    """Return a duration as "45 s", "9 min" or "2 h 10 min", in units that are the same in every language."""
    if seconds < 10:  # noqa: PLR2004
        return f"{number_text(round(seconds, 1))} s"
    if seconds < 120:  # noqa: PLR2004
        return f"{seconds:.0f} s"
    hours, minutes = divmod(int(seconds // 60), 60)
    if hours < 2:  # noqa: PLR2004
        return f"{hours * 60 + minutes} min"
    return f"{hours} h {minutes} min" if minutes and hours < 24 else f"{hours} h"  # noqa: PLR2004


def _with_unit(text: str, unit: str | None) -> str:
    if not unit:
        return text
    return f"{text}{unit}" if unit in _CLOSE_UNITS else f"{text} {unit}"
