"""Evaluator of missing reports, after a fixed time or one learned from the entity's own rhythm; pure.

Unavailable and unknown are no data: the silence goes on. An entity that does not exist is not evaluated.
"""

from collections import deque
from collections.abc import Mapping
from statistics import median
from typing import Any

from ..models import Evaluation, Severity
from ..rule import Condition
from .formatting import duration_text
from .snapshot import EntitySnapshot, Reason

# Reports this close together are one message that changed the entity twice.
_BURST_S = 2.0
_GAPS = 32
# So many gaps make a rhythm, if so many of them are within half and twice the usual one.
_GAPS_NEEDED = 8
_REGULAR_SHARE = 0.75
# How patient with a rhythm: so many usual gaps, and twice what it has done more than once within a week.
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
        self._judge()

    def _judge(self) -> None:
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
        self._judge()


class NoDataEvaluator:
    """Bad while nothing was heard for too long.

    The first report after the entity was away, or after a restart, may be one that Home Assistant remembered or the
    broker kept: the time starts again with it, but it does not end a silence, and is no part of the rhythm.
    """

    def __init__(self, condition: Condition, severity: Severity) -> None:
        """Begin with an entity that is not there."""
        self._fixed_s = condition.silent_s
        self._severity = severity
        self._rhythm = LearnedInterval()
        self._is_silent = False
        # It was silent once: that it is no longer is to be said even when its rhythm is lost with that.
        self._has_ended = False
        self._is_new = True
        self._heard_at: float | None = None
        self._value = ""
        # What cannot be said while it is away and not yet silent.
        self._is_away = True

    def update(self, seen: EntitySnapshot | None, now: float) -> Evaluation:
        """Take a report, or that there is none."""
        if seen is None:
            self._heard_at, self._value, self._is_new, self._is_away = None, "", True, True
            return Evaluation(None)
        at = min(seen.changed_at, now)
        if seen.is_absent:
            self._is_new = self._is_away = True
            if self._heard_at is None:
                self._heard_at = at
            return self.evaluate(now)
        self._value = seen.state
        self._is_away = False
        self._note_report(at)
        return self.evaluate(now)

    def _note_report(self, at: float) -> None:
        last, self._heard_at = self._heard_at, at
        if self._is_new or last is None or at < last:
            self._is_new = False
        elif at - last < _BURST_S:
            self._heard_at = last
        else:
            self._has_ended = self._has_ended or self._is_silent
            self._is_silent = False
            if self._fixed_s is None:
                self._rhythm.learn(at - last, at)

    def due(self, now: float) -> float | None:
        """Return when it will have been silent for too long, None when that is known or nobody can say."""
        limit = self._limit_s
        if self._heard_at is None or limit is None:
            return None
        at = self._heard_at + limit
        return at if at > now else None

    def evaluate(self, now: float) -> Evaluation:
        """Judge at this time."""
        if self._heard_at is None:
            return Evaluation(None)
        limit = self._limit_s
        # A clock that was set back must not make the silence longer than it is.
        self._heard_at = min(self._heard_at, now)
        if limit is not None and now >= self._heard_at + limit:
            self._is_silent = True
            return self._silent(now - self._heard_at, limit)
        if self._is_silent or self._is_away or (limit is None and not self._has_ended):
            return Evaluation(None, self._severity, self._value)
        return Evaluation(False, self._severity, self._value)

    def discount_outage(self, since: float, now: float) -> Evaluation:
        """Begin to wait anew; what had fallen silent before is so still."""
        limit = self._limit_s
        if self._heard_at is not None and (limit is None or self._heard_at + limit >= since):
            self._heard_at, self._is_silent, self._has_ended = now, False, True
        return self.evaluate(now)

    def shift(self, by_s: float) -> None:
        """Take the silence along when the clock is set."""
        if self._heard_at is not None:
            self._heard_at += by_s

    @property
    def _limit_s(self) -> float | None:
        return self._rhythm.limit_s if self._fixed_s is None else self._fixed_s

    def _silent(self, silent_s: float, limit_s: float) -> Evaluation:
        silent, limit = duration_text(silent_s), duration_text(limit_s)
        if self._fixed_s is None and self._rhythm.usual_s is not None:
            key, values = Reason.SILENT_UNUSUAL, (("usual", duration_text(self._rhythm.usual_s)), ("silent", silent))
        else:
            key, values = Reason.SILENT, (("silent", silent), ("limit", limit))
        return Evaluation(True, self._severity, self._value, f"{silent} > {limit}", key, values)

    def as_dict(self) -> dict[str, Any]:
        """Return what survives a restart."""
        kept = {"silent": self._is_silent, "ended": self._has_ended}
        return {**kept, **(self._rhythm.as_dict() if self._fixed_s is None else {})}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Take up what survived."""
        self._is_silent, self._has_ended = data["silent"], data["ended"]
        if self._fixed_s is None and "gaps" in data:
            self._rhythm.restore(data)
