"""Unit that a message states in a member beside a value. Pure."""

from collections.abc import Callable

from ..vocabulary.keys.records import UNITS
from .message import Path
from .profile import Channel, is_value


def unit_text_of(channel: Channel, path: Path, value_at: Callable[[Path], object]) -> str | None:
    """Return the text of the unit that belongs to the value at a path; None if there is none.

    ``value_at`` returns the value at another path of the message. It is cheap, because it runs for every value.
    """
    text: object = None
    if channel.unit_path is not None:
        text = value_at(channel.unit_path)
    if text is None and is_value(path):
        # The device may have begun to state the unit later.
        values = (value_at((*path[:-1], name)) for name in UNITS)
        text = next((value for value in values if isinstance(value, str)), None)
    return text if isinstance(text, str) else None
