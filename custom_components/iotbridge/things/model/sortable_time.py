"""Times that can be compared with others of the same message. Pure."""

import re
from typing import Any

WRITTEN = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*")
# From 2001 in seconds to the far future in nanoseconds.
EPOCH = 1e9, 1e20


def sortable_time(value: Any) -> str | None:
    """Return a time as a text that can be sorted; None if it is no time."""
    if isinstance(value, str) and WRITTEN.fullmatch(value):
        return value
    if isinstance(value, int | float) and EPOCH[0] < value < EPOCH[1]:
        return f"{value:020.3f}"
    return None
