"""Detection of flapping alarms. Pure: times are arguments, in seconds since 1970.

Flapping begins above a high threshold and ends below a low one, as in Icinga, so that it does not flap itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# The reason for which a flapping alarm is suppressed.
FLAPPING = "flapping"
WINDOW_S = 3600.0
DEFAULT_PER_HOUR = 6


@dataclass(slots=True)
class Flapping:
    """Times at which one alarm became active in the last hour; kept over a restart."""

    is_flapping: bool = False
    times: list[float] = field(default_factory=list)

    def record(self, now: float, per_hour: int = DEFAULT_PER_HOUR) -> bool:
        """Record an activation; return whether the flapping starts with it. A limit of 0 disables the detection."""
        self._drop_old(now)
        self.times.append(now)
        # Older times cannot change the result, however fast the alarm flaps.
        del self.times[: -(per_hour + 1)]
        if self.is_flapping or not per_hour or len(self.times) <= per_hour:
            return False
        self.is_flapping = True
        return True

    def end_if_calm(self, now: float, per_hour: int = DEFAULT_PER_HOUR) -> bool:
        """End the flapping when few activations are left in the last hour; return whether it ended."""
        self._drop_old(now)
        if not self.is_flapping or len(self.times) >= _end_threshold(per_hour):
            return False
        self.is_flapping = False
        return True

    def due(self, per_hour: int = DEFAULT_PER_HOUR) -> float | None:
        """Return when the flapping ends without further activations; None when the alarm does not flap."""
        if not self.is_flapping:
            return None
        count = _end_threshold(per_hour)
        return self.times[-count] + WINDOW_S if len(self.times) >= count else (self.times or [0.0])[-1]

    def shift(self, by_s: float) -> None:
        """Move the times when the clock is set."""
        self.times = [at + by_s for at in self.times]

    def as_dict(self) -> dict[str, Any]:
        """Return the times for the store."""
        return {"is_flapping": self.is_flapping, "times": self.times}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Flapping:
        """Read what ``as_dict`` wrote."""
        return cls(data["is_flapping"], list(data["times"]))

    def _drop_old(self, now: float) -> None:
        """Drop times that are older than an hour, or in the future because a clock was set back."""
        self.times = [at for at in self.times if at <= now < at + WINDOW_S]


def _end_threshold(per_hour: int) -> int:
    """Return the number of activations per hour below which the flapping ends: half the limit, at least 1."""
    return max(1, per_hour // 2)
