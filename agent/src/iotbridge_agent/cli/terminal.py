"""Terminal output: coloured on a terminal that supports it, plain in a journal or a file."""

import os
import sys
from typing import Literal, TextIO, TypeAlias

Colour: TypeAlias = Literal["red", "green", "yellow", "bold"]
_CODES: dict[Colour, str] = {"red": "31", "green": "32", "yellow": "33", "bold": "1"}


def coloured(text: str, colour: Colour, stream: TextIO) -> str:
    """Return the text in a colour if ``stream`` shows colours, unchanged otherwise."""
    if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\033[{_CODES[colour]}m{text}\033[0m"


def write_line(text: str = "") -> None:
    """Write a line to standard output, at once."""
    print(text, flush=True)  # noqa: T201 - the output of the command line


def write_error(text: str) -> None:
    """Write a line to standard error."""
    print(text, file=sys.stderr)  # noqa: T201 - the error output of the command line
