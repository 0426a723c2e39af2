"""Who is told what, and when: escalation, repeats, recovery. Pure: the clock is the caller's.

The lifecycle says what happened; this says to whom it is news. What comes out are notices, for groups of notifiers.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from .models import Alarm, AlarmKey, AlarmState, Change, Severity, Transition
from .rule import Plan

LONGEST_REPEAT_S = 24 * 3600.0


class News(StrEnum):
    """What a notice is about."""

    RAISED = "raised"
    WORSENED = "worsened"
    REPEATED = "repeated"
    ESCALATED = "escalated"
    ACKNOWLEDGED = "acknowledged"
    CLEARED = "cleared"
    # The message of before is taken away, and no other comes in its place.
    WITHDRAWN = "withdrawn"


# What calls for somebody, and so may have to wait for the morning.
CALLS = frozenset({News.RAISED, News.WORSENED, News.REPEATED, News.ESCALATED})

_ASIDE = frozenset({Change.SHELVED, Change.SUPPRESSED, Change.OUT_OF_SERVICE})
_BACK = frozenset({Change.UNSHELVED, Change.UNSUPPRESSED, Change.IN_SERVICE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something to tell to groups of notifiers, by the id of their subentry."""

    news: News
    key: AlarmKey
    episode: int
    groups: tuple[str, ...]
    severity: Severity
    at: float


@dataclass(slots=True)
class Telling:
    """How far the telling of an alarm is; kept over a restart.

    ``step`` is the next step of the plan, counted from ``began_at``; ``told`` are the groups that know of ``episode``.
    """

    episode: int = 0
    began_at: float | None = None
    step: int = 0
    repeats: int = 0
    repeat_at: float | None = None
    told: list[str] = field(default_factory=list)

    def shift(self, by_s: float) -> None:
        """Take the steps and the repeats along when the clock is set."""
        self.began_at = None if self.began_at is None else self.began_at + by_s
        self.repeat_at = None if self.repeat_at is None else self.repeat_at + by_s

    def as_dict(self) -> dict[str, Any]:
        """Return it for the store."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Telling:
        """Read what ``as_dict`` wrote."""
        return cls(**{**data, "told": list(data["told"])})


def tell(telling: Telling, plan: Plan, alarm: Alarm, happened: Transition) -> list[Notice]:
    """Return to whom a transition of the alarm is news."""
    now, change = happened.at, happened.change
    notices: list[Notice] = []
    if change is Change.RAISED:
        _begin(telling, alarm, now, told=[])
        notices = _steps(telling, plan, alarm, now, News.RAISED)
    elif change is Change.WORSENED and not alarm.is_quiet:
        before = telling.told
        _begin(telling, alarm, now, told=[])
        notices = _steps(telling, plan, alarm, now, News.WORSENED)
        also = [group for group in before if group not in telling.told]
        telling.told += also
        notices += _notice(alarm, News.WORSENED, also, now)
    elif change in _BACK and _is_known(telling, alarm):
        # Their messages were withdrawn: whoever was told before the silence is told again, of later steps as well.
        before = telling.told
        _begin(telling, alarm, now, told=[])
        notices = _steps(telling, plan, alarm, now, News.REPEATED)
        also = [group for group in before if group not in telling.told]
        telling.told += also
        notices += _notice(alarm, News.REPEATED, also, now)
    elif change in _ASIDE:
        notices = _end(telling, alarm, now, News.WITHDRAWN, forget=False)
    elif change is Change.ACKNOWLEDGED:
        notices = _end(telling, alarm, now, News.ACKNOWLEDGED, forget=not alarm.active)
    elif change is Change.CLEARED:
        news = News.WITHDRAWN if alarm.is_quiet else News.CLEARED
        notices = _end(telling, alarm, now, news, forget=alarm.beneath is not AlarmState.RETURNED)
    return notices


def tick(telling: Telling, plan: Plan, alarm: Alarm, now: float) -> list[Notice]:
    """Do what is due at this time: the next step while nobody has acknowledged, or the same once more."""
    if telling.began_at is None or alarm.state is not AlarmState.UNACKNOWLEDGED:
        return []
    notices = _steps(telling, plan, alarm, now, News.ESCALATED if telling.told else News.RAISED)
    if notices or telling.repeat_at is None or now < telling.repeat_at:
        return notices
    telling.repeats += 1
    telling.repeat_at = now + _repeat_s(plan, telling.repeats)
    return _notice(alarm, News.REPEATED, telling.told, now)


def due(telling: Telling, plan: Plan) -> float | None:
    """Return when the telling wants its next tick."""
    if telling.began_at is None:
        return None
    times = [] if telling.repeat_at is None else [telling.repeat_at]
    if telling.step < len(plan.steps):
        times.append(telling.began_at + plan.steps[telling.step].after_s)
    return min(times, default=None)


def _is_known(telling: Telling, alarm: Alarm) -> bool:
    """Tell whether somebody was told of this episode before it was put aside, and it still calls for somebody."""
    return alarm.state is AlarmState.UNACKNOWLEDGED and alarm.announced and telling.episode == alarm.episode


def _begin(telling: Telling, alarm: Alarm, now: float, told: list[str]) -> None:
    telling.episode, telling.began_at, telling.told = alarm.episode, now, list(told)
    telling.step, telling.repeats, telling.repeat_at = 0, 0, None


def _steps(telling: Telling, plan: Plan, alarm: Alarm, now: float, news: News) -> list[Notice]:
    """Take all steps whose time has come; a group that knows already is not told by a later step once more."""
    assert telling.began_at is not None  # noqa: S101 - the callers began it
    groups: list[str] = []
    while telling.step < len(plan.steps) and now >= telling.began_at + plan.steps[telling.step].after_s:
        groups += [group for group in plan.steps[telling.step].groups if group not in groups]
        telling.step += 1
    if news is News.ESCALATED:
        groups = [group for group in groups if group not in telling.told]
    telling.told += [group for group in groups if group not in telling.told]
    if groups and plan.repeat_s:
        telling.repeat_at = now + _repeat_s(plan, telling.repeats)
    return _notice(alarm, news, groups, now)


def _end(telling: Telling, alarm: Alarm, now: float, news: News, *, forget: bool) -> list[Notice]:
    told = list(telling.told) if telling.episode == alarm.episode else []
    telling.began_at = telling.repeat_at = None
    if forget:
        telling.told = []
    return _notice(alarm, news, told, now)


def _repeat_s(plan: Plan, repeats: int) -> float:
    """Return the next distance: each twice the one before, a day at most."""
    return min(plan.repeat_s * 2.0 ** min(repeats, 30), LONGEST_REPEAT_S)


def _notice(alarm: Alarm, news: News, groups: list[str], now: float) -> list[Notice]:
    if not groups:
        return []
    return [
        Notice(news=news, key=alarm.key, episode=alarm.episode, groups=tuple(groups), severity=alarm.severity, at=now)
    ]
