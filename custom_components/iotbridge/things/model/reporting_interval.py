"""Reporting interval of a device, and detection of floods. Pure: the caller provides the time, in seconds."""

from collections import deque
from dataclasses import dataclass, field
import math

# The topics of a device are published within a moment: together they are one report.
SAME_MOMENT_S = 2.0
ENOUGH = 5
MISSED = 3
SHORTEST_S = 60
# A device that reports only on events has no regular interval: its longest is many times its usual one.
IRREGULAR = 8


@dataclass(slots=True)
class ReportingInterval:
    """Last intervals between reports, in seconds."""

    intervals: deque[float] = field(default_factory=lambda: deque(maxlen=20))
    _last: float | None = None

    def record(self, now: float) -> None:
        """Record a report."""
        if self._last is not None:
            if now - self._last < SAME_MOMENT_S:
                return
            self.intervals.append(now - self._last)
        self._last = now

    def reset(self) -> None:
        """Discard the time of the last report: none could be received for a while."""
        self._last = None

    @property
    def expire_after_s(self) -> int | None:
        """Return the seconds without a report after which the device is offline; None without a regular interval."""
        if len(self.intervals) < ENOUGH:
            return None
        ordered = sorted(self.intervals)
        usual, longest = ordered[len(ordered) // 2], ordered[-1]
        if longest > IRREGULAR * usual:
            return None
        return max(SHORTEST_S, math.ceil(longest * MISSED))


# A meter that reports every second is fine; ten messages a second for long are a fault.
PER_S = 10.0
BURST = 100.0
CALM_AFTER_S = 60.0


@dataclass(slots=True)
class FloodDetector:
    """Detects floods of a device with a token bucket that refills by the second."""

    _tokens: float = BURST
    _at: float | None = None
    _flooding_at: float | None = None

    def count(self, now: float, devices: int = 1) -> bool:
        """Count a message of one of some devices on the topic; return whether this is a flood."""
        if self._at is not None:
            self._tokens = min(BURST, self._tokens + (now - self._at) * PER_S)
        self._at = now
        self._tokens = max(0.0, self._tokens - 1 / devices)
        if self._tokens < 1:
            self._flooding_at = now
        return self.is_on(now)

    def is_on(self, now: float) -> bool:
        """Return whether the flood lasts: it ends after a minute without too many messages."""
        if self._flooding_at is not None and now - self._flooding_at >= CALM_AFTER_S:
            self._flooding_at = None
        return self._flooding_at is not None
