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
    """Times at which one alarm was raised or cleared in the last hour; kept over a restart."""

    is_flapping: bool = False
    times: list[float] = field(default_factory=list)

    def note(self, now: float, per_hour: int = DEFAULT_PER_HOUR) -> bool:
        """Count one coming or going; tell whether the alarm begins to flap with it. A limit of 0 is none."""
        self._forget(now)
        self.times.append(now)
        # More than what decides is of no use, however wildly it flaps.
        del self.times[: -(per_hour + 1)]
        if self.is_flapping or not per_hour or len(self.times) <= per_hour:
            return False
        self.is_flapping = True
        return True

    def calm(self, now: float, per_hour: int = DEFAULT_PER_HOUR) -> bool:
        """Return whether the alarm ceases to flap now."""
        self._forget(now)
        if not self.is_flapping or len(self.times) >= _low(per_hour):
            return False
        self.is_flapping = False
        return True

    def due(self, per_hour: int = DEFAULT_PER_HOUR) -> float | None:
        """Return when the alarm is calm if nothing more happens; None when it does not flap."""
        if not self.is_flapping:
            return None
        low = _low(per_hour)
        return self.times[-low] + WINDOW_S if len(self.times) >= low else (self.times or [0.0])[-1]

    def shift(self, by_s: float) -> None:
        """Take the hour along when the clock is set."""
        self.times = [at + by_s for at in self.times]

    def as_dict(self) -> dict[str, Any]:
        """Return it for the store."""
        return {"is_flapping": self.is_flapping, "times": self.times}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Flapping:
        """Read what ``as_dict`` wrote."""
        return cls(data["is_flapping"], list(data["times"]))

    def _forget(self, now: float) -> None:
        """Forget what is older than an hour, or lies in the future because a clock was set back."""
        self.times = [at for at in self.times if at <= now < at + WINDOW_S]


def _low(per_hour: int) -> int:
    """Return below how many in the hour it is over: half as many, and never so few that it cannot end."""
    return max(1, per_hour // 2)
