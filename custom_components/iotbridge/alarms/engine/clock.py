"""Clock of the alarms. Pure."""

import time

# A clock that is synchronised over the network drifts less than this.
OFF_S = 2.0


class Clock:
    """Clock with the system's time that does not jump by itself: only ``follow`` sets it."""

    def __init__(self) -> None:
        """Start with the system's time."""
        self._offset_s = time.time() - time.monotonic()

    def now(self) -> float:
        """Return the time in seconds since 1970."""
        return self._offset_s + time.monotonic()

    def follow(self) -> float:
        """Adopt the system's time after it was set or the machine slept; return the difference in seconds, else 0."""
        by_s = time.time() - self.now()
        if abs(by_s) < OFF_S:
            return 0.0
        self._offset_s += by_s
        return by_s
