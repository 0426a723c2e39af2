"""Manager of the schedules: runs each at its times, once, also over restarts and changes of the clock."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.auth import EVENT_USER_REMOVED, EVENT_USER_UPDATED
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange
from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect, async_dispatcher_send
from homeassistant.helpers.event import async_call_later, async_track_point_in_utc_time
from homeassistant.helpers.start import async_at_started
from homeassistant.util import dt as dt_util

from ..const import DOMAIN, LOGGER, SUBENTRY_SCHEDULE
from ..issues import SCHEDULE_OWNER_GONE, SCHEDULE_UNREADABLE, Issues
from ..subentries import Reader
from .engine.schedule import (
    Occurrence,
    Schedule,
    ScheduleState,
    StepKind,
    cancelled,
    next_occurrence,
    next_step,
    postponed,
    switched,
)
from .engine.schedule_run import RunOutcome, RunReason, RunRecord, RunResult
from .runtime.schedule_notices import ScheduleNotices
from .runtime.schedule_runner import async_has_owner, async_run
from .runtime.schedule_store import ScheduleStore

# Sent when schedules were added, changed or removed, when the next run of one changed, and with the record of a run.
SIGNAL_SCHEDULES: Final = f"{DOMAIN}_schedules"
SIGNAL_NEXT_RUN: Final = f"{DOMAIN}_schedule_next_run"
SIGNAL_RUN: Final = f"{DOMAIN}_schedule_run"
# After a start, hosts need a while to report, and the entities of the schedules are added.
_SETTLE_S: Final = 60.0
# The clock may be put forward meanwhile, which a timer does not notice.
_LONGEST_WAIT: Final = timedelta(minutes=1)
_STILL_RUNNING: Final = RunResult(outcome=RunOutcome.SKIPPED, reason=RunReason.STILL_RUNNING)


class SchedulesManager:
    """Manager of all schedules of the config entry."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Prepare; ``async_start`` starts."""
        self.hass = hass
        self.schedules: dict[str, Schedule] = {}
        self.is_failed = False
        self._entry = entry
        self._store = ScheduleStore(hass)
        self._issues = Issues(hass)
        self._reader = Reader(self._issues, SCHEDULE_UNREADABLE)
        self._notices = ScheduleNotices(hass, self.async_cancel, self.async_postpone)
        self._has_begun = False
        self._shown: dict[str, tuple[bool, datetime | None]] = {}
        self._running: set[str] = set()
        self._lock = asyncio.Lock()
        self._stop: list[CALLBACK_TYPE] = []
        self._timer: CALLBACK_TYPE | None = None

    async def async_start(self) -> None:
        """Read the schedules, now and when they change; run them once Home Assistant has started."""
        await self._store.async_load()
        connect = async_dispatcher_connect
        self._stop.append(connect(self.hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._async_entry_changed))
        self._stop.append(self._notices.async_listen())
        for event in (EVENT_USER_REMOVED, EVENT_USER_UPDATED):
            self._stop.append(self.hass.bus.async_listen(event, self._async_check_owners_soon))
        self._async_read()
        await self._async_check_owners()

        @callback
        def begin(_hass: HomeAssistant) -> None:
            self._stop.append(async_call_later(self.hass, _SETTLE_S, self._async_begin))

        self._stop.append(async_at_started(self.hass, begin))

    async def async_stop(self) -> None:
        """Stop the timer and write the file; a run that is at work is cancelled with the config entry."""
        while self._stop:
            self._stop.pop()()
        self._async_stop_timer()
        self._issues.async_clear()
        await self._store.async_save()

    @callback
    def state(self, schedule_id: str) -> ScheduleState:
        """Return the state of a schedule."""
        return self._store.states[schedule_id]

    @callback
    def next_run(self, schedule_id: str) -> datetime | None:
        """Return the time of the next run, None if there is none."""
        schedule = self.schedules[schedule_id]
        occurrence = next_occurrence(schedule, self.state(schedule_id), dt_util.get_default_time_zone())
        return occurrence.at if occurrence else None

    def records(self) -> list[RunRecord]:
        """Return the last runs, oldest first."""
        return [record for record in self._store.records if record.schedule_id in self.schedules]

    async def async_set_enabled(self, schedule_id: str, *, is_enabled: bool) -> None:
        """Enable or disable a schedule."""
        state = self.state(schedule_id)
        if state.is_enabled != is_enabled:
            self._async_withdraw_notice(self.schedules[schedule_id])
            self._async_set(schedule_id, switched(state, dt_util.utcnow(), is_enabled=is_enabled))
            await self._async_advance()

    async def async_cancel(self, schedule_id: str, planned: datetime, person: str) -> None:
        """Cancel the run that was planned for a time, if it has not begun."""
        await self._async_change(schedule_id, planned, person, RunOutcome.CANCELLED)

    async def async_postpone(self, schedule_id: str, planned: datetime, person: str) -> None:
        """Postpone the run that was planned for a time, if it has not begun."""
        await self._async_change(schedule_id, planned, person, RunOutcome.POSTPONED)

    async def _async_change(self, schedule_id: str, planned: datetime, person: str, outcome: RunOutcome) -> None:
        schedule = self.schedules.get(schedule_id)
        if schedule is None or (pending := self.state(schedule_id).pending) is None or pending.planned != planned:
            return
        state = self.state(schedule_id)
        following: Occurrence | None = None
        if outcome is RunOutcome.CANCELLED:
            state = cancelled(state, pending)
        else:
            zone = dt_util.get_default_time_zone()
            state = postponed(schedule, state, pending, zone)
            following = next_occurrence(schedule, state, zone)
        self._async_withdraw_notice(schedule, following)
        self._async_set(schedule_id, state)
        result = RunResult(outcome=outcome, reason=RunReason.BY_PERSON, names=(person,) if person else ())
        self._async_record(schedule, planned, result)
        await self._async_advance()

    @callback
    def _async_entry_changed(self, change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.entry_id == self._entry.entry_id and change is ConfigEntryChange.UPDATED:
            self._async_read()
            self._async_check_owners_soon()
            self._async_advance_soon()

    @callback
    def _async_read(self) -> None:
        """Read the schedules; one whose times changed begins anew."""
        before, now = self.schedules, dt_util.utcnow()
        self.schedules = self._reader.async_read_all(self._entry, SUBENTRY_SCHEDULE, Schedule.of_subentry)
        self._reader.async_keep(self._entry.subentries)
        for schedule_id in before.keys() - self.schedules.keys():
            self._issues.async_set(SCHEDULE_OWNER_GONE, schedule_id, False)
            self._async_withdraw_notice(before[schedule_id])
        for schedule_id, schedule in self.schedules.items():
            state = self._store.states.get(schedule_id)
            if state is None:
                self._async_set(schedule_id, ScheduleState(handled=now))
            elif schedule_id in before and before[schedule_id].timetable != schedule.timetable:
                self._async_withdraw_notice(before[schedule_id])
                self._async_set(schedule_id, switched(state, now, is_enabled=state.is_enabled))
        self._store.async_keep(self._entry.subentries)
        if self.schedules != before:
            async_dispatcher_send(self.hass, SIGNAL_SCHEDULES)

    @callback
    def _async_check_owners_soon(self, _event: Event | None = None) -> None:
        self._entry.async_create_task(self.hass, self._async_check_owners(), "iotbridge schedule owners")

    async def _async_check_owners(self) -> None:
        """Open a repair for each schedule whose user is gone or no longer an administrator: it does not run."""
        for schedule_id, schedule in list(self.schedules.items()):
            is_gone = not await async_has_owner(self.hass, schedule)
            if schedule_id in self.schedules:
                self._issues.async_set(SCHEDULE_OWNER_GONE, schedule_id, is_gone, name=schedule.name)

    async def _async_begin(self, _now: datetime | None = None) -> None:
        """Record the runs that a restart interrupted, and run what is due."""
        self._has_begun = True
        self._stop.append(self.hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, self._async_time_zone_changed))
        for schedule in list(self.schedules.values()):
            with _logged_errors(schedule):
                await self._async_end_interrupted_run(schedule)
        await self._async_advance()

    async def _async_end_interrupted_run(self, schedule: Schedule) -> None:
        state = self._store.states.get(schedule.schedule_id)
        if state and state.begun:
            # Home Assistant may run on the machine that was stopped.
            outcome = RunOutcome.RAN if state.is_sent else RunOutcome.FAILED
            await self._async_end_run(schedule, state.begun, RunResult(outcome=outcome, reason=RunReason.INTERRUPTED))

    @callback
    def _async_time_zone_changed(self, _event: Event) -> None:
        self._async_advance_soon()

    @callback
    def _async_advance_soon(self, _now: datetime | None = None) -> None:
        self._entry.async_create_task(self.hass, self._async_advance(), "iotbridge schedules")

    async def _async_advance(self) -> None:
        """Do what is due, and set the timer for what comes next."""
        self._async_show_next_runs()
        if not self._has_begun:
            return
        async with self._lock:
            self._async_stop_timer()
            waits: list[datetime] = []
            try:
                for schedule in list(self.schedules.values()):
                    with _logged_errors(schedule):
                        if wait := await self._async_advance_schedule(schedule):
                            waits.append(wait)
                self._async_show_next_runs()
            finally:
                self._async_set_timer(waits)

    async def _async_advance_schedule(self, schedule: Schedule) -> datetime | None:
        """Do the due steps of a schedule; return the time of the next one."""
        zone, schedule_id = dt_util.get_default_time_zone(), schedule.schedule_id
        while before := self._store.states.get(schedule_id):
            step = next_step(schedule, before, dt_util.utcnow(), zone)
            occurrence = step.occurrence
            if step.kind is StepKind.WAIT or occurrence is None:
                return step.at
            if step.kind is StepKind.RUN and schedule_id in self._running:
                self._store.states[schedule_id] = replace(step.state, begun=before.begun, is_sent=before.is_sent)
                self._async_record(schedule, occurrence.planned, _STILL_RUNNING)
                continue
            # On disk before it begins, so that it is never done twice.
            self._store.states[schedule_id] = step.state
            try:
                await self._store.async_save()
            except OSError:
                # It is tried again in a minute.
                if self._store.states.get(schedule_id) is step.state:
                    self._store.states[schedule_id] = before
                raise
            if step.kind is StepKind.NOTIFY:
                self._async_in_background(self._notices.async_send(schedule, occurrence))
            elif step.kind is StepKind.RUN:
                self._running.add(schedule_id)
                self._async_in_background(self._async_run(schedule, occurrence))
            else:
                self._async_record(schedule, occurrence.planned, RunResult(outcome=RunOutcome.MISSED))
        return None

    @callback
    def _async_set_timer(self, waits: list[datetime]) -> None:
        if self._stop and self.schedules:
            at = min([*waits, dt_util.utcnow() + _LONGEST_WAIT])
            self._timer = async_track_point_in_utc_time(self.hass, self._async_advance_soon, at)

    @callback
    def _async_show_next_runs(self) -> None:
        """Write the states of the entities, if a next run changed or a schedule was enabled or disabled."""
        shown: dict[str, tuple[bool, datetime | None]] = {}
        for schedule_id, schedule in self.schedules.items():
            with _logged_errors(schedule):
                shown[schedule_id] = (self.state(schedule_id).is_enabled, self.next_run(schedule_id))
        if shown != self._shown:
            self._shown = shown
            async_dispatcher_send(self.hass, SIGNAL_NEXT_RUN)

    async def _async_run(self, schedule: Schedule, occurrence: Occurrence) -> None:
        """Run a schedule, and record the result."""

        async def sent() -> None:
            self._async_set(schedule.schedule_id, replace(self.state(schedule.schedule_id), is_sent=True))
            await self._store.async_save()

        try:
            if occurrence.is_notified:
                await self._notices.async_withdraw(schedule)
            result = await async_run(self.hass, schedule, sent)
            if occurrence.is_notified and result.outcome is RunOutcome.SKIPPED:
                self._async_in_background(self._notices.async_change(schedule, occurrence, None))
        except Exception as error:  # noqa: BLE001 - logged; the run has failed, and the schedule goes on
            LOGGER.exception("The run of the schedule %s failed", schedule.name)
            result = RunResult(outcome=RunOutcome.FAILED, reason=RunReason.ERROR, details=type(error).__name__)
        finally:
            self._running.discard(schedule.schedule_id)
        await self._async_end_run(schedule, occurrence.planned, result)

    async def _async_end_run(self, schedule: Schedule, planned: datetime, result: RunResult) -> None:
        """Record the result of a run that had begun; a failure is notified, too."""
        if state := self._store.states.get(schedule.schedule_id):
            self._store.states[schedule.schedule_id] = replace(state, begun=None, is_sent=False)
        self._async_record(schedule, planned, result)
        await self._store.async_save()
        if result.outcome is RunOutcome.FAILED:
            self._async_in_background(self._notices.async_send_failure(schedule, result))

    @callback
    def _async_record(self, schedule: Schedule, planned: datetime, result: RunResult) -> None:
        record = RunRecord(schedule.schedule_id, planned, dt_util.utcnow(), result)
        self._store.records.append(record)
        self._store.async_save_soon()
        async_dispatcher_send(self.hass, SIGNAL_RUN, record)

    @callback
    def _async_set(self, schedule_id: str, state: ScheduleState) -> None:
        self._store.states[schedule_id] = state
        self._store.async_save_soon()

    @callback
    def _async_withdraw_notice(self, schedule: Schedule, following: Occurrence | None = None) -> None:
        """Withdraw the notice of the coming run; ``following`` is the run to which it was put off."""
        pending = self.state(schedule.schedule_id).pending
        if pending and pending.is_notified:
            later = following.at if following else None
            self._async_in_background(self._notices.async_change(schedule, pending, later))

    @callback
    def _async_in_background(self, work: Coroutine[Any, Any, None]) -> None:
        self._entry.async_create_background_task(self.hass, work, "iotbridge schedule")

    @callback
    def _async_stop_timer(self) -> None:
        if self._timer:
            self._timer()
            self._timer = None


@contextmanager
def _logged_errors(schedule: Schedule) -> Iterator[None]:
    """Log an error with a schedule, so that the others go on."""
    try:
        yield
    except Exception:  # noqa: BLE001 - logged; the schedule goes on at its next step
        LOGGER.exception("The schedule %s failed", schedule.name)


async def async_remove_schedules(hass: HomeAssistant) -> None:
    """Delete the file of the schedules."""
    await ScheduleStore(hass).async_remove()
