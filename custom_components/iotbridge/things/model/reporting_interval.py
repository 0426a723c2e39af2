"""Reporting interval of a device, and the limit of its message rate. Pure: the clock is the caller's, in seconds."""

from collections import deque
from dataclasses import dataclass, field
import math

# The topics of a tree come within a moment: together they are one sign of life.
SAME_MOMENT_S = 2.0
ENOUGH = 5
MISSED = 3
SHORTEST_S = 60
# A device that publishes only on events has no regular interval: its longest is many times its usual one.
IRREGULAR = 8


@dataclass(slots=True)
class ReportingInterval:
    """The last intervals between signs of life, in seconds."""

    intervals: deque[float] = field(default_factory=lambda: deque(maxlen=20))
    _last: float | None = None

    def heard(self, now: float) -> None:
        """Note a sign of life."""
        if self._last is not None:
            if now - self._last < SAME_MOMENT_S:
                return
            self.intervals.append(now - self._last)
        self._last = now

    def interrupted(self) -> None:
        """Forget when it spoke last: for a while nobody could hear it."""
        self._last = None

    @property
    def expire_after_s(self) -> int | None:
        """Return after which silence the device is not there; None while its rhythm is not known, or has none."""
        if len(self.intervals) < ENOUGH:
            return None
        ordered = sorted(self.intervals)
        usual, longest = ordered[len(ordered) // 2], ordered[-1]
        if longest > IRREGULAR * usual:
            return None
        return max(SHORTEST_S, math.ceil(longest * MISSED))


# A meter that reports every second is fine; what speaks ten times a second for long has gone mad.
PER_S = 10.0
BURST = 100.0
CALM_AFTER_S = 60.0


@dataclass(slots=True)
class FloodDetector:
    """Detects floods of a device with a token bucket that refills by the second."""

    _tokens: float = BURST
    _at: float | None = None
    _mad_at: float | None = None

    def heard(self, now: float) -> bool:
        """Note a message; return whether this is a flood."""
        if self._at is not None:
            self._tokens = min(BURST, self._tokens + (now - self._at) * PER_S)
        self._at = now
        self._tokens = max(0.0, self._tokens - 1)
        if self._tokens < 1:
            self._mad_at = now
        return self.is_on(now)

    def is_on(self, now: float) -> bool:
        """Return whether the flood lasts: a minute without too many messages ends it."""
        if self._mad_at is not None and now - self._mad_at >= CALM_AFTER_S:
            self._mad_at = None
        return self._mad_at is not None
