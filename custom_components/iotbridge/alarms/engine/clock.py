"""The time of alarms. Pure."""

import time

# A clock that is disciplined over the network is off by less.
OFF_S = 2.0


class Clock:
    """The system's time, by a clock that does not jump: it is set only by ``follow``."""

    def __init__(self) -> None:
        """Begin with the system's time."""
        self._began = time.time() - time.monotonic()

    def now(self) -> float:
        """Return the time in seconds since 1970."""
        return self._began + time.monotonic()

    def follow(self) -> float:
        """Follow the system's clock when it was set, or when the machine slept; return by how many seconds, else 0."""
        by_s = time.time() - self.now()
        if abs(by_s) < OFF_S:
            return 0.0
        self._began += by_s
        return by_s
