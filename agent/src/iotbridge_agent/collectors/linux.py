"""Reading the small text files Linux describes itself with."""

from pathlib import Path
import sys

ROOT = Path("/") if sys.platform == "linux" else None
"""Where /proc and /sys are. None elsewhere: there psutil reads, which Linux spares itself (6 MB, 100 ms)."""


def read_line(path: Path) -> str | None:
    """Return the first line of a file, or None when it is not there, not readable or empty.

    Drivers answer EIO, ENODATA or EAGAIN while the hardware sleeps, so every OSError means: no value now.
    """
    try:
        return path.read_text(encoding="utf-8", errors="replace").split("\n", 1)[0].strip() or None
    except OSError:
        return None


def read_number(path: Path) -> float | None:
    """Return the number in a file, or None when there is none."""
    line = read_line(path)
    try:
        return None if line is None else float(line)
    except ValueError:
        return None


def entries(folder: Path) -> list[Path]:
    """Return what is in a folder, in a stable order; nothing when there is no such folder."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
