"""Calendar of all schedules: their runs to come and the last ones with their outcome."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from typing import Final, override

from homeassistant.components.calendar import CalendarEntity, CalendarEvent
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from ..coalescing import CoalescedCall
from ..entity import IotBridgeEntity
from .engine.schedule import Schedule
from .engine.schedule_run import RunRecord
from .runtime.schedule_texts import async_schedule_texts, result_text
from .schedules import SIGNAL_NEXT_RUN, SIGNAL_RUN, SIGNAL_SCHEDULES, SchedulesManager

# Events are as long as half an hour in a day's view, so that their names can be read.
_LENGTH: Final = timedelta(minutes=30)
_MAX_RUNS: Final = 366


@callback
def async_setup_schedule_calendar(
    entry: ConfigEntry, schedules: SchedulesManager, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the calendar."""
    async_add_entities([ScheduleCalendar(entry, schedules)])


class ScheduleCalendar(IotBridgeEntity, CalendarEntity):
    """Calendar on the device of the bridge."""

    def __init__(self, entry: ConfigEntry, schedules: SchedulesManager) -> None:
        """Add the calendar to the device of the bridge."""
        super().__init__(entry, "schedules")
        self._schedules = schedules

    @property
    @override
    def available(self) -> bool:
        """Return whether the schedules could be started."""
        return not self._schedules.is_failed

    @override
    async def async_added_to_hass(self) -> None:
        """Subscribe to the schedules and their runs; simultaneous changes are coalesced."""
        changed = CoalescedCall(self.hass, self.async_write_ha_state)
        self.async_on_remove(changed.cancel)

        @callback
        def ran(_record: RunRecord) -> None:
            changed()

        self.async_on_remove(async_dispatcher_connect(self.hass, SIGNAL_RUN, ran))
        for signal in (SIGNAL_SCHEDULES, SIGNAL_NEXT_RUN):
            self.async_on_remove(async_dispatcher_connect(self.hass, signal, changed))

    @property
    @override
    def event(self) -> CalendarEvent | None:
        """Return the run that comes next."""
        now = dt_util.utcnow()
        runs = [
            (at, schedule)
            for schedule_id, schedule in self._schedules.schedules.items()
            if (at := self._schedules.next_run(schedule_id)) and at >= now
        ]
        return _event(*min(runs, key=lambda run: run[0])) if runs else None

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        """Return the runs in a time."""
        start, end = start_date.astimezone(UTC), end_date.astimezone(UTC)
        events = [*self._async_past(), *self._async_coming(end)]
        return sorted(
            (event for event in events if event.end > start and event.start < end), key=lambda event: event.start
        )

    @callback
    def _async_past(self) -> Iterator[CalendarEvent]:
        texts = async_schedule_texts(self.hass)
        for record in self._schedules.records():
            schedule, outcome = self._schedules.schedules[record.schedule_id], record.result.outcome
            summary = texts.sentence("ended", name=schedule.name, outcome=texts.sentence(f"outcome_{outcome.value}"))
            yield _event(record.planned, schedule, summary, result_text(record.result, texts))

    @callback
    def _async_coming(self, end: datetime) -> Iterator[CalendarEvent]:
        zone = dt_util.get_default_time_zone()
        for schedule_id, schedule in self._schedules.schedules.items():
            state = self._schedules.state(schedule_id)
            if state.begun:
                yield _event(state.begun, schedule)
            if not state.is_enabled:
                continue
            if state.pending:
                yield _event(state.pending.at, schedule)
            runs = schedule.timetable.runs(state.handled.astimezone(zone))
            for run in islice(takewhile(lambda run: run.astimezone(UTC) < end, runs), _MAX_RUNS):
                yield _event(run, schedule)


def _event(at: datetime, schedule: Schedule, summary: str = "", description: str | None = None) -> CalendarEvent:
    start = dt_util.as_local(at)
    return CalendarEvent(
        start=start,
        end=start + _LENGTH,
        summary=summary or schedule.name,
        description=description,
        uid=f"{schedule.schedule_id}_{int(at.timestamp())}",
    )
