"""Delivery policy of notifications: quiet hours and a limit for alarm storms. Pure: times are arguments."""

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from ..engine.models import Severity

MINUTE_S = 60.0
DEFAULT_QUIET_SEVERITIES = ("info", "warning")
DEFAULT_STORM_PER_MINUTE = 10


class Digest(StrEnum):
    """Reason for which notifications wait, to be delivered together."""

    QUIET = "quiet"
    STORM = "storm"


class Deferral(NamedTuple):
    """Deferral of a notification: its reason, and its end in seconds since 1970."""

    digest: Digest
    until: float


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours in which alarms of some severities wait. They may span midnight; none when they begin where they end."""

    start: time
    end: time
    severities: frozenset[Severity]

    def until(self, now: datetime, severity: Severity) -> float | None:
        """Return when the quiet hours around a local time end, in seconds since 1970; None outside of them.

        Instants are compared, so the night on which clocks change has one beginning and one end, as all others.
        """
        if severity not in self.severities or self.start == self.end:
            return None
        for day in (now.date() - timedelta(days=1), now.date()):
            last_day = day if self.start < self.end else day + timedelta(days=1)
            start = datetime.combine(day, self.start, now.tzinfo).timestamp()
            end = datetime.combine(last_day, self.end, now.tzinfo).timestamp()
            if start <= now.timestamp() < end:
                return end
        return None


@dataclass(slots=True)
class StormLimit:
    """Rate limit per group: notifications beyond ``per_minute`` wait until that minute is over."""

    per_minute: int
    _told: defaultdict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _until: dict[str, float] = field(default_factory=dict)

    def until(self, group: str, now: float) -> float | None:
        """Count a notification; return until when it has to wait, None when it need not. A limit of 0 is none."""
        if not self.per_minute:
            return None
        if now < (waits := self._until.get(group, now)) <= now + MINUTE_S:
            return waits
        self._until.pop(group, None)
        told = self._told[group]
        while told and not told[0] <= now < told[0] + MINUTE_S:  # what lies in the future was told by another clock
            told.popleft()
        if len(told) < self.per_minute:
            told.append(now)
            return None
        self._until[group] = told[0] + MINUTE_S
        return self._until[group]


@dataclass(slots=True)
class DeliveryPolicy:
    """Policy that decides for each notification whether it is delivered now."""

    quiet: QuietHours | None = None
    storm: StormLimit = field(default_factory=lambda: StormLimit(DEFAULT_STORM_PER_MINUTE))

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> DeliveryPolicy:
        """Read the options of the config entry; quiet hours need a beginning and an end."""
        start, end = options.get("quiet_start"), options.get("quiet_end")
        names = options.get("quiet_severities", DEFAULT_QUIET_SEVERITIES)
        severities = frozenset(Severity[name.upper()] for name in names)
        quiet = QuietHours(time.fromisoformat(start), time.fromisoformat(end), severities) if start and end else None
        return cls(quiet, StormLimit(int(options.get("storm_per_minute", DEFAULT_STORM_PER_MINUTE))))

    def hold(
        self, group: str, severity: Severity, now: datetime, *, breaks_through: bool, is_new: bool = True
    ) -> Deferral | None:
        """Return why and until when a notification waits; None when it is to be delivered now.

        Critical ones that may break through ignore quiet hours; in a storm they too are grouped, which delays them by
        no more than a minute. ``is_new`` is False for what was counted before and could not be delivered.
        """
        is_urgent = breaks_through and severity is Severity.CRITICAL
        if not is_urgent and (until := self.quiet_until(severity, now)) is not None:
            return Deferral(Digest.QUIET, until)
        if is_new and (until := self.storm.until(group, now.timestamp())) is not None:
            return Deferral(Digest.STORM, until)
        return None

    def quiet_until(self, severity: Severity, now: datetime) -> float | None:
        """Return when the quiet hours for a severity end, None when it is not quiet."""
        return self.quiet.until(now, severity) if self.quiet else None
