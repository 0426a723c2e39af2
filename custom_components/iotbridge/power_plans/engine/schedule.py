"""Schedule: a power command or a plan at the times of a timetable, and the next step of its runs. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any, Final

from .timetable import Timetable

SHUTDOWN: Final = "shutdown"
REBOOT: Final = "reboot"
SUSPEND: Final = "suspend"
WAKE: Final = "wake"
PLAN_OFF: Final = "plan_off"
PLAN_ON: Final = "plan_on"
COMMANDS: Final = (SHUTDOWN, REBOOT, SUSPEND, WAKE)
# After these a machine is away, and people at it lose their work.
ENDING: Final = (SHUTDOWN, REBOOT, SUSPEND)
TASKS: Final = (*COMMANDS, PLAN_OFF, PLAN_ON)
# A run that is later than this, because Home Assistant was down or the clock was put forward, is a missed one.
LATE: Final = timedelta(minutes=5)
# A notice that is later than this gives people their whole time all the same.
_NOTICE_LATE: Final = timedelta(minutes=1)
# How much a run is put off by the button of its notice.
POSTPONED_BY: Final = timedelta(hours=1)
# A run that was handled later than this from now was handled by a wrong clock.
_FUTURE: Final = timedelta(days=2)
_ANY_TIME: Final = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Schedule as configured. ``target`` are devices, areas and labels; ``phones`` are devices of the phone apps."""

    schedule_id: str
    name: str
    task: str
    timetable: Timetable
    target: Mapping[str, list[str]]
    plan: str = ""
    conditions: tuple[Mapping[str, Any], ...] = ()
    is_without_users: bool = False
    notice: timedelta = timedelta()
    phones: tuple[str, ...] = ()
    notify_entities: tuple[str, ...] = ()
    catch_up: timedelta = timedelta()
    maintenance: timedelta = timedelta()
    user_id: str | None = None

    @classmethod
    def of_subentry(cls, schedule_id: str, name: str, data: Mapping[str, Any]) -> Schedule:
        """Read the data of a subentry; raise ValueError, KeyError or TypeError for those of another version."""
        if data["task"] not in TASKS:
            raise ValueError(f"{data['task']}: no task; expected are {', '.join(TASKS)}")
        timetable = Timetable(
            cron=data.get("cron", ""), days=tuple(data.get("days", ())), time=data.get("time", "00:00")
        )
        timetable.check(_ANY_TIME)
        return cls(
            schedule_id=schedule_id,
            name=name,
            task=data["task"],
            timetable=timetable,
            target={key: list(ids) for key, ids in data.get("target", {}).items()},
            plan=data.get("plan", ""),
            conditions=tuple(data.get("conditions", ())),
            is_without_users=bool(data.get("without_users", False)),
            notice=timedelta(minutes=data.get("notice_min", 0)),
            phones=tuple(data.get("phones", ())),
            notify_entities=tuple(data.get("notify_entities", ())),
            catch_up=timedelta(hours=data.get("catch_up_h", 0)),
            maintenance=timedelta(minutes=data.get("maintenance_min", 0)),
            user_id=data.get("user_id"),
        )


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Run to come: the time it is planned for, the time at which it runs, and whether its notice was sent.

    It is planned for the time of the timetable, or the one to which a person put it off. It runs later when Home
    Assistant was down.
    """

    planned: datetime
    at: datetime
    is_notified: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleState:
    """State of a schedule, kept over restarts. All times are in UTC.

    Runs of the timetable up to ``handled`` are done with. ``pending`` is a run with a notice or another time, and
    ``begun`` the planned time of a run that has not ended; ``is_sent`` is set when all its hosts accepted the command.
    """

    handled: datetime
    is_enabled: bool = True
    pending: Occurrence | None = None
    begun: datetime | None = None
    is_sent: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the state for the store."""
        pending = self.pending
        return {
            "handled": self.handled.isoformat(),
            "is_enabled": self.is_enabled,
            "pending": pending and [pending.planned.isoformat(), pending.at.isoformat(), pending.is_notified],
            "begun": self.begun and self.begun.isoformat(),
            "is_sent": self.is_sent,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ScheduleState:
        """Read what ``as_dict`` wrote."""
        begun, pending = data["begun"], None
        if data["pending"]:
            planned, at, is_notified = data["pending"]
            pending = Occurrence(datetime.fromisoformat(planned), datetime.fromisoformat(at), is_notified)
        return cls(
            handled=datetime.fromisoformat(data["handled"]),
            is_enabled=data["is_enabled"],
            pending=pending,
            begun=datetime.fromisoformat(begun) if begun else None,
            is_sent=data["is_sent"],
        )


class StepKind(StrEnum):
    """Kinds of the next step of a schedule."""

    WAIT = "wait"
    NOTIFY = "notify"
    RUN = "run"
    MISS = "miss"


@dataclass(frozen=True, slots=True)
class ScheduleStep:
    """Next step of a schedule: to be done now, or for WAIT at ``at``; ``state`` is the state to be saved before it."""

    kind: StepKind
    state: ScheduleState
    occurrence: Occurrence | None = None
    at: datetime | None = None


def next_occurrence(schedule: Schedule, state: ScheduleState, zone: tzinfo) -> Occurrence | None:
    """Return the run to come, if the schedule is enabled."""
    if not state.is_enabled or state.pending:
        return state.pending if state.is_enabled else None
    run = schedule.timetable.next_run(state.handled.astimezone(zone))
    return Occurrence(run.astimezone(UTC), run.astimezone(UTC)) if run else None


def next_step(schedule: Schedule, state: ScheduleState, now: datetime, zone: tzinfo) -> ScheduleStep:
    """Return the next step at a time, in UTC."""
    if state.handled > now + _FUTURE:
        state = replace(state, handled=now)
    occurrence = next_occurrence(schedule, state, zone)
    if occurrence is None:
        return ScheduleStep(StepKind.WAIT, state)
    if now - occurrence.at > LATE:
        return _late_step(schedule, state, occurrence, now, zone)
    notice_at = occurrence.at - schedule.notice
    if schedule.notice and not occurrence.is_notified:
        if now < notice_at:
            return ScheduleStep(StepKind.WAIT, state, occurrence, notice_at)
        at = occurrence.at if now - notice_at <= _NOTICE_LATE else _whole(now + schedule.notice)
        occurrence = Occurrence(occurrence.planned, at, is_notified=True)
        return ScheduleStep(StepKind.NOTIFY, _with_pending(state, occurrence), occurrence)
    if now < occurrence.at:
        return ScheduleStep(StepKind.WAIT, state, occurrence, occurrence.at)
    begun = replace(_handled(state, occurrence.planned), begun=occurrence.planned, is_sent=False)
    return ScheduleStep(StepKind.RUN, begun, occurrence)


def _late_step(schedule: Schedule, state: ScheduleState, late: Occurrence, now: datetime, zone: tzinfo) -> ScheduleStep:
    """Return the step for a run that was missed: the last one is caught up, or all of them are left out."""
    last = schedule.timetable.last_run(state.handled.astimezone(zone), now.astimezone(zone))
    planned = max(late.planned, last.astimezone(UTC)) if last else late.planned
    if now - planned <= max(schedule.catch_up, LATE):
        caught_up = Occurrence(planned, _whole(now + schedule.notice))
        return next_step(schedule, _with_pending(state, caught_up), now, zone)
    return ScheduleStep(StepKind.MISS, _handled(state, planned), Occurrence(planned, planned))


def postponed(schedule: Schedule, state: ScheduleState, occurrence: Occurrence, zone: tzinfo) -> ScheduleState:
    """Return the state after a run is put off; where the timetable has another one until then, that one remains."""
    later = _whole(occurrence.at + POSTPONED_BY)
    following = schedule.timetable.next_run(occurrence.planned.astimezone(zone))
    if following and following.astimezone(UTC) <= later:
        return _handled(state, occurrence.planned)
    return _with_pending(state, Occurrence(later, later))


def cancelled(state: ScheduleState, occurrence: Occurrence) -> ScheduleState:
    """Return the state after a run is cancelled."""
    return _handled(state, occurrence.planned)


def switched(state: ScheduleState, now: datetime, *, is_enabled: bool) -> ScheduleState:
    """Return the state after a schedule is enabled or disabled; no run of the time before is missed."""
    return replace(_handled(state, now), is_enabled=is_enabled)


def _whole(at: datetime) -> datetime:
    """Return a time in whole seconds, as the buttons of a notice name the run."""
    return at.replace(microsecond=0)


def _handled(state: ScheduleState, until: datetime) -> ScheduleState:
    return replace(state, handled=max(state.handled, until), pending=None)


def _with_pending(state: ScheduleState, occurrence: Occurrence) -> ScheduleState:
    return replace(state, handled=max(state.handled, occurrence.planned), pending=occurrence)
