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
    """Reason for which notifications are deferred and delivered together."""

    QUIET = "quiet"
    STORM = "storm"


class Deferral(NamedTuple):
    """Deferral of a notification: its reason, and its end in seconds since 1970."""

    digest: Digest
    until: float


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours in which notifications of some severities are deferred; they may span midnight. Equal ends disable them."""

    start: time
    end: time
    severities: frozenset[Severity]

    def until(self, now: datetime, severity: Severity) -> float | None:
        """Return when the quiet hours around a local time end, in seconds since 1970; None outside of them.

        Instants are compared, so they have one start and one end also in the night in which clocks change.
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
    """Rate limit per group: notifications beyond ``per_minute`` are deferred until that minute has passed."""

    per_minute: int
    _sent: defaultdict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _until: dict[str, float] = field(default_factory=dict)

    def until(self, group: str, now: float) -> float | None:
        """Count a notification; return until when to defer it, None to deliver it now. A limit of 0 disables this."""
        if not self.per_minute:
            return None
        if now < (until := self._until.get(group, now)) <= now + MINUTE_S:
            return until
        self._until.pop(group, None)
        sent = self._sent[group]
        while sent and not sent[0] <= now < sent[0] + MINUTE_S:  # one in the future is from before a clock change
            sent.popleft()
        if len(sent) < self.per_minute:
            sent.append(now)
            return None
        self._until[group] = sent[0] + MINUTE_S
        return self._until[group]


@dataclass(slots=True)
class DeliveryPolicy:
    """Policy that decides for each notification whether to deliver it now."""

    quiet: QuietHours | None = None
    storm: StormLimit = field(default_factory=lambda: StormLimit(DEFAULT_STORM_PER_MINUTE))

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> DeliveryPolicy:
        """Read the options of the config entry; quiet hours need a start and an end."""
        start, end = options.get("quiet_start"), options.get("quiet_end")
        names = options.get("quiet_severities", DEFAULT_QUIET_SEVERITIES)
        severities = frozenset(Severity[name.upper()] for name in names)
        quiet = QuietHours(time.fromisoformat(start), time.fromisoformat(end), severities) if start and end else None
        return cls(quiet, StormLimit(int(options.get("storm_per_minute", DEFAULT_STORM_PER_MINUTE))))

    def deferral(
        self, group: str, severity: Severity, now: datetime, *, breaks_through: bool, is_new: bool = True
    ) -> Deferral | None:
        """Return the deferral of a notification, None to deliver it now.

        Critical ones that may break through ignore quiet hours; in a storm they too are grouped, which delays them by
        no more than a minute. ``is_new`` is False for a retry, which was counted before.
        """
        is_urgent = breaks_through and severity is Severity.CRITICAL
        if not is_urgent and (until := self.quiet_until(severity, now)) is not None:
            return Deferral(Digest.QUIET, until)
        if is_new and (until := self.storm.until(group, now.timestamp())) is not None:
            return Deferral(Digest.STORM, until)
        return None

    def quiet_until(self, severity: Severity, now: datetime) -> float | None:
        """Return when the quiet hours for a severity end, None outside of them."""
        return self.quiet.until(now, severity) if self.quiet else None
