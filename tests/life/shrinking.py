"""Shrinking of a failing sequence: leaves out operations while it keeps failing."""

from pathlib import Path
import time

from .life import Life, Log
from .sequence import Sequence


async def shrink(sequence: Sequence, folder: Path, *, minutes: float, log: Log = None) -> Sequence:
    """Return the shortest sequence found in the time that still ends in a difference.

    First halves, then quarters and so on are left out. The last operation stays: it showed the difference.
    """
    deadline = time.monotonic() + minutes * 60
    operations = sequence.operations
    size, number = max(1, len(operations) // 2), 0
    while time.monotonic() < deadline:
        start = 0
        while start < len(operations) - 1 and time.monotonic() < deadline:
            shorter = operations[:start] + operations[min(start + size, len(operations) - 1) :]
            number += 1
            if await _still_differs(shorter, folder / f"shrink-{number}"):
                operations = shorter
                if log:
                    log(f"{len(operations)} operations are enough")
            else:
                start += size
        if size == 1:
            break
        size //= 2
    return Sequence(sequence.about, operations)


async def _still_differs(operations: list[dict[str, object]], folder: Path) -> bool:
    """Return whether it differs; operations that became impossible do not count."""
    try:
        outcome = await Life.of_sequence(folder.name, Sequence("", operations)).live(folder)
    except LookupError, StopIteration:
        return False
    return outcome.error is not None and len(outcome.done) == len(operations)
