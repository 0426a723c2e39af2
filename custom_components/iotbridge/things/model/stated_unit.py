"""Unit that a message states in a member beside a value. Pure."""

from collections.abc import Callable

from ..vocabulary.keys.records import UNITS, VALUES
from .message import Path
from .profile import Channel


def unit_text_of(channel: Channel, path: Path, value_at: Callable[[Path], object]) -> str | None:
    """Return the text of the unit that belongs to the value at a path; None if there is none.

    ``value_at`` returns the value at another path of the message. It is cheap, because it runs for every value.
    """
    text = None if channel.unit_path is None else value_at(channel.unit_path)
    if text is None and path and path[-1] in VALUES:
        # The device may have begun to state the unit later.
        values = (value_at((*path[:-1], name)) for name in UNITS)
        text = next((value for value in values if isinstance(value, str)), None)
    return text if isinstance(text, str) else None
