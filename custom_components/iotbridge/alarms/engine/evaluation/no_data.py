"""Evaluator of missing reports, after a fixed time or one learned from the entity's own interval; pure.

Unavailable and unknown are no reports. An entity that does not exist is not evaluated.
"""

from collections import deque
from collections.abc import Mapping
from statistics import median
from typing import Any

from ..models import Evaluation, Severity
from .formatting import duration_text
from .snapshot import EntitySnapshot

# Translation keys of reasons; the comments name their placeholders.
SILENT = "silent"  # silent, limit
SILENT_UNUSUAL = "silent_unusual"  # usual, silent
# Reports this close together are one message that changed the entity twice.
_BURST_S = 2.0
_GAPS = 32
# Number of gaps from which an interval is learned, and share of them that is between half and twice the usual one.
_GAPS_NEEDED = 8
_REGULAR_SHARE = 0.75
# The limit is this many usual gaps, at least so long, and at least twice a gap that occurred twice within a week.
_PATIENCE = 5
_AT_LEAST_S = 120.0
_WEEK_S = 7 * 86400.0


class LearnedInterval:
    """Reporting interval of an entity, learned from the gaps between its reports."""

    def __init__(self) -> None:
        """Start without gaps."""
        self._gaps: deque[float] = deque(maxlen=_GAPS)
        self._longest: list[tuple[float, float]] = []
        self.usual_s: float | None = None
        self.limit_s: float | None = None

    def learn(self, gap_s: float, now: float) -> None:
        """Add a gap that ended now.

        One long gap is an outage. Two within a week are normal for the entity, such as one that reports only changes,
        of which there are none at night.
        """
        self._gaps.append(gap_s)
        # The two longest of the week; the shorter one occurred twice.
        recent = [(at, gap) for at, gap in self._longest if now - _WEEK_S < at <= now]
        self._longest = sorted([*recent, (now, gap_s)], key=lambda item: item[1])[-2:]
        self._update_limit()

    def _update_limit(self) -> None:
        self.usual_s = self.limit_s = None
        if len(self._gaps) < _GAPS_NEEDED:
            return
        usual = median(self._gaps)
        regular = sum(usual / 2 <= gap <= usual * 2 for gap in self._gaps)
        if regular < _REGULAR_SHARE * len(self._gaps):
            return
        self.usual_s = usual
        self.limit_s = max(_AT_LEAST_S, _PATIENCE * usual, 2 * self._longest[0][1])

    def as_dict(self) -> dict[str, Any]:
        """Return the gaps for the store."""
        return {"gaps": [round(gap, 1) for gap in self._gaps], "longest": [list(item) for item in self._longest]}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Restore the gaps of before a restart."""
        self._gaps.extend(data["gaps"])
        self._longest = [(at, gap) for at, gap in data["longest"]]
        self._update_limit()


class NoDataEvaluator:
    """Evaluator of NO_DATA: no report for too long.

    The first report after an absence or a restart may be a restored or retained one: the time starts again with it, but
    it does not clear the alarm, and is no part of the interval.
    """

    def __init__(self, severity: Severity, silent_s: float | None = None) -> None:
        """Start with an entity that does not exist; without ``silent_s`` its interval is learned."""
        self._fixed_s = silent_s
        self._severity = severity
        self._interval = LearnedInterval()
        self._is_silent = False
        # True after reports resumed once: inactive then, even if the interval is not known any more.
        self._has_ended = False
        self._is_new = True
        self._reported_at: float | None = None
        self._value = ""
        # While absent but not overdue, the evaluation is undetermined.
        self._is_absent = True

    def update(self, snapshot: EntitySnapshot | None, now: float) -> Evaluation:
        """Evaluate a report, or the absence of the entity."""
        if snapshot is None:
            self._reported_at, self._value, self._is_new, self._is_absent = None, "", True, True
            return Evaluation(None)
        at = min(snapshot.changed_at, now)
        if snapshot.is_absent:
            self._is_new = self._is_absent = True
            if self._reported_at is None:
                self._reported_at = at
            return self.evaluate(now)
        self._value = snapshot.state
        self._is_absent = False
        self._record_report(at)
        return self.evaluate(now)

    def _record_report(self, at: float) -> None:
        last, self._reported_at = self._reported_at, at
        if self._is_new or last is None or at < last:
            self._is_new = False
        elif at - last < _BURST_S:
            self._reported_at = last
        else:
            self._has_ended = self._has_ended or self._is_silent
            self._is_silent = False
            if self._fixed_s is None:
                self._interval.learn(at - last, at)

    def due(self, now: float) -> float | None:
        """Return when a report will be overdue; None when it is already, or when there is no limit."""
        limit = self._limit_s
        if self._reported_at is None or limit is None:
            return None
        at = self._reported_at + limit
        return at if at > now else None

    def evaluate(self, now: float) -> Evaluation:
        """Evaluate the last report at this time."""
        if self._reported_at is None:
            return Evaluation(None)
        limit = self._limit_s
        # A clock that was set back must not lengthen the time without reports.
        self._reported_at = min(self._reported_at, now)
        if limit is not None and now >= self._reported_at + limit:
            self._is_silent = True
            return self._overdue(now - self._reported_at, limit)
        if self._is_silent or self._is_absent or (limit is None and not self._has_ended):
            return Evaluation(None, self._severity, self._value)
        return Evaluation(False, self._severity, self._value)

    def discount_outage(self, since: float, now: float) -> Evaluation:
        """Restart the time without reports, unless a report was overdue before the outage."""
        limit = self._limit_s
        if self._reported_at is not None and (limit is None or self._reported_at + limit >= since):
            self._reported_at, self._is_silent, self._has_ended = now, False, True
        return self.evaluate(now)

    def shift(self, by_s: float) -> None:
        """Move the time of the last report when the clock is set."""
        if self._reported_at is not None:
            self._reported_at += by_s

    @property
    def _limit_s(self) -> float | None:
        return self._interval.limit_s if self._fixed_s is None else self._fixed_s

    def _overdue(self, silent_s: float, limit_s: float) -> Evaluation:
        silent, limit = duration_text(silent_s), duration_text(limit_s)
        if self._fixed_s is None and self._interval.usual_s is not None:
            key, values = SILENT_UNUSUAL, (("usual", duration_text(self._interval.usual_s)), ("silent", silent))
        else:
            key, values = SILENT, (("silent", silent), ("limit", limit))
        return Evaluation(True, self._severity, self._value, f"{silent} > {limit}", key, values)

    def as_dict(self) -> dict[str, Any]:
        """Return the state for the store."""
        state = {"silent": self._is_silent, "ended": self._has_ended}
        return {**state, **(self._interval.as_dict() if self._fixed_s is None else {})}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Restore the state of before a restart."""
        self._is_silent, self._has_ended = data["silent"], data["ended"]
        if self._fixed_s is None and "gaps" in data:
            self._interval.restore(data)
