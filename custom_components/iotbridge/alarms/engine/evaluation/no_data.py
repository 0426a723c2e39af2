"""Evaluator of missing reports, after a fixed time or one learned from the entity's own interval; pure.

Unavailable and unknown are no data: the silence goes on. An entity that does not exist is not evaluated.
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
# So many gaps make an interval, if so many of them are within half and twice the usual one.
_GAPS_NEEDED = 8
_REGULAR_SHARE = 0.75
# How patient with an interval: so many usual gaps, and twice what it has done more than once within a week.
_PATIENCE = 5
_AT_LEAST_S = 120.0
_WEEK_S = 7 * 86400.0


class LearnedInterval:
    """Reporting interval of an entity, learned from the gaps between its reports."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._gaps: deque[float] = deque(maxlen=_GAPS)
        self._longest: list[tuple[float, float]] = []
        self.usual_s: float | None = None
        self.limit_s: float | None = None

    def learn(self, gap_s: float, now: float) -> None:
        """Take a gap that ended now.

        One long silence is an outage. When a second comes within a week it is how the entity is: it reports changes
        only, and at night there are none.
        """
        self._gaps.append(gap_s)
        # The two longest of the week; the shorter of them has happened twice.
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
        """Return what was learned."""
        return {"gaps": [round(gap, 1) for gap in self._gaps], "longest": [list(item) for item in self._longest]}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Take up what was learned before a restart."""
        self._gaps.extend(data["gaps"])
        self._longest = [(at, gap) for at, gap in data["longest"]]
        self._update_limit()


class NoDataEvaluator:
    """Evaluator of NO_DATA: no report for too long.

    The first report after the entity was away, or after a restart, may be one that Home Assistant remembered or the
    broker kept: the time starts again with it, but it does not end a silence, and is no part of the interval.
    """

    def __init__(self, severity: Severity, silent_s: float | None = None) -> None:
        """Begin with an entity that does not exist; without ``silent_s`` its interval is learned."""
        self._fixed_s = silent_s
        self._severity = severity
        self._interval = LearnedInterval()
        self._is_silent = False
        # It was silent once: the end of that counts even when its interval is unknown from then on.
        self._has_ended = False
        self._is_new = True
        self._reported_at: float | None = None
        self._value = ""
        # Absent and not yet silent: neither active nor over.
        self._is_absent = True

    def update(self, snapshot: EntitySnapshot | None, now: float) -> Evaluation:
        """Take a report, or that there is none."""
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
        self._note_report(at)
        return self.evaluate(now)

    def _note_report(self, at: float) -> None:
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
        """Return when it will have been silent for too long; None when it is, or when there is no limit."""
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
        # A clock that was set back must not make the silence longer than it is.
        self._reported_at = min(self._reported_at, now)
        if limit is not None and now >= self._reported_at + limit:
            self._is_silent = True
            return self._silence(now - self._reported_at, limit)
        if self._is_silent or self._is_absent or (limit is None and not self._has_ended):
            return Evaluation(None, self._severity, self._value)
        return Evaluation(False, self._severity, self._value)

    def discount_outage(self, since: float, now: float) -> Evaluation:
        """Begin to wait anew; what had fallen silent before is so still."""
        limit = self._limit_s
        if self._reported_at is not None and (limit is None or self._reported_at + limit >= since):
            self._reported_at, self._is_silent, self._has_ended = now, False, True
        return self.evaluate(now)

    def shift(self, by_s: float) -> None:
        """Take the silence along when the clock is set."""
        if self._reported_at is not None:
            self._reported_at += by_s

    @property
    def _limit_s(self) -> float | None:
        return self._interval.limit_s if self._fixed_s is None else self._fixed_s

    def _silence(self, silent_s: float, limit_s: float) -> Evaluation:
        silent, limit = duration_text(silent_s), duration_text(limit_s)
        if self._fixed_s is None and self._interval.usual_s is not None:
            key, values = SILENT_UNUSUAL, (("usual", duration_text(self._interval.usual_s)), ("silent", silent))
        else:
            key, values = SILENT, (("silent", silent), ("limit", limit))
        return Evaluation(True, self._severity, self._value, f"{silent} > {limit}", key, values)

    def as_dict(self) -> dict[str, Any]:
        """Return what survives a restart."""
        kept = {"silent": self._is_silent, "ended": self._has_ended}
        return {**kept, **(self._interval.as_dict() if self._fixed_s is None else {})}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Take up what survived."""
        self._is_silent, self._has_ended = data["silent"], data["ended"]
        if self._fixed_s is None and "gaps" in data:
            self._interval.restore(data)
