"""Runner of one plan: feeds its runs with the states of Home Assistant and the time, and executes their orders."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime
import time
from typing import Any
import uuid

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, Context, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.event import async_call_later, async_track_state_change_event

from ...const import LOGGER
from ...errors import InvalidCallError
from ..engine.advance import PATIENCE_S, Abort, OrderResult, Restart, Signal, advance, superseded
from ..engine.draft import Order, OrderKind, World
from ..engine.plan import Plan
from ..engine.power import PowerHistory, begins_at, updated
from ..engine.run import (
    Direction,
    PlanOutcome,
    PlanRun,
    PlanRunEvent,
    PlanRunEventKind,
    RunCause,
    StepState,
    matching,
    new_run,
)
from .events import PlanEvent, async_publish, signal_of_plan
from .maintenance import MaintenanceWindows
from .notifications import async_message, async_notify
from .orders import async_execute
from .store import PlanRecord
from .world import async_entities, async_world

MAINTENANCE_TIMEOUT_S = 30.0
# State of a step while its order is executed.
_AT_WORK = {
    OrderKind.STOP: StepState.STOPPING,
    OrderKind.START: StepState.STARTING,
    OrderKind.SERVICES: StepState.STARTING,
}


class PlanRunner:
    """Runner of one plan; nothing happens before ``async_begin_watching``."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        plan: Plan,
        record: PlanRecord,
        save: Callable[[], Coroutine[Any, Any, None]],
        check_owner: Callable[[PlanRunner], Coroutine[Any, Any, None]],
    ) -> None:
        """``save`` writes the records of all plans, ``check_owner`` updates ``is_owner_gone``."""
        self.plan = plan
        self.record = record
        self.is_owner_gone = False
        self._hass = hass
        self._entry = entry
        self._save = save
        self._check_owner = check_owner
        self._history = PowerHistory()
        self._clock_offset_s = time.time() - time.monotonic()
        self._context = Context(user_id=plan.user_id)
        self._is_watching = self._is_beginning = False
        self._watched_since = 0.0
        self._due: float | None = None
        self._cancel_due: CALLBACK_TYPE | None = None
        self._cancel_renewal: CALLBACK_TYPE | None = None
        self._untrack: CALLBACK_TYPE | None = None
        self._tracked: set[str] = set()
        self._waiters: list[asyncio.Future[PlanRun]] = []
        self._windows = MaintenanceWindows(hass, record, save)
        self._windows_lock = asyncio.Lock()

    @property
    def is_on_battery(self) -> bool | None:
        """Return whether the UPS was on battery when that was last known; None if it never was."""
        return self._history.is_on_battery

    @property
    def on_battery_since(self) -> float | None:
        """Return since when the UPS is on battery, in seconds since 1970; None if it is not."""
        return self._history.since if self._history.is_on_battery else None

    @property
    def is_power_cut(self) -> bool:
        """Return whether the UPS is on battery and may begin a run, now or soon."""
        return self.record.is_enabled and self.plan.ups is not None and self._history.is_on_battery is True

    def now(self) -> float:
        """Return the time in seconds since 1970, which does not jump while a run or a power cut is timed.

        A machine without a clock of its own gets the right time some minutes after it has booted.
        """
        if self.record.run is None and not self._history.is_on_battery:
            self._clock_offset_s = time.time() - time.monotonic()
        return time.monotonic() + self._clock_offset_s

    @callback
    def async_begin_watching(self, *, is_reload: bool) -> None:
        """Begin to follow the world, and continue the run of the time before a restart."""
        self._is_watching = True
        self._watched_since = self.now()
        self.async_track()
        self.async_advance(Restart(is_reload=is_reload) if self.record.run else None)

    @callback
    def async_track(self) -> None:
        """Follow the entities of the plan, which may have changed."""
        if not self._is_watching:
            return
        entities = async_entities(self._hass, self.plan)
        if self._untrack:
            if entities == self._tracked:
                return
            self._untrack()
        self._tracked = entities
        self._untrack = async_track_state_change_event(self._hass, entities, self._async_state_changed)

    @callback
    def async_set_plan(self, plan: Plan) -> None:
        """Take a changed plan; a run goes on with it."""
        self.plan = plan
        self._context = Context(user_id=plan.user_id, parent_id=self._context.parent_id)
        self.async_track()
        self.async_advance()

    @callback
    def async_stop(self) -> None:
        """Stop watching; a run is continued at the next start."""
        self._is_watching = False
        for cancel in (self._untrack, self._cancel_due, self._cancel_renewal):
            if cancel:
                cancel()
        self._untrack = self._cancel_due = self._cancel_renewal = self._due = None
        for waiter in self._pop_waiters():
            waiter.set_exception(InvalidCallError("not_set_up"))

    @callback
    def async_begin(
        self, direction: Direction, cause: RunCause, started_by: str = "", context: Context | None = None
    ) -> PlanRun:
        """Begin a run; one that waits for the power is ended. The caller has checked that none is at work."""
        now = self.now()
        if self.record.run is not None:
            ended = superseded(self.record.run, now)
            self.record.end(ended)
            self._async_publish(ended, ended.events[-1:])
        run = new_run(
            self.plan,
            direction,
            run_id=uuid.uuid4().hex,
            now=now,
            cause=cause,
            started_by=started_by,
            stopped_by_plan=self.record.stopped_by_plan,
            history=self._history,
        )
        self.record.is_cut_handled = self.record.is_cut_handled or cause is RunCause.UPS
        self.record.run = replace(run, patient_until=self._watched_since + PATIENCE_S)
        self._context = Context(user_id=self.plan.user_id, parent_id=context.id if context else None)
        self._async_publish(run, run.events)
        self._async_save_soon()
        self.async_advance()
        return self.record.run or self.record.reports[0]

    @callback
    def async_advance(self, signal: Signal | None = None) -> None:
        """Advance the run by a signal, or by what changed in the world."""
        if not self._is_watching:
            return
        now, world = self.now(), async_world(self._hass, self.plan)
        steady_s = self.plan.ups.steady_s if self.plan.ups else 0.0
        before, self._history = self._history, updated(self._history, world.power, now, steady_s)
        if self.record.run is None:
            self._async_rest(world, now, is_cut_over=self._is_cut_over(before, now))
            return
        if not self.record.is_enabled and self.record.run.cause is RunCause.CALL:
            world = replace(world, power=None)
        result = advance(self.plan, matching(self.plan, self.record.run, now), world, now, signal)
        self._async_schedule(result.due, now)
        if result.run == self.record.run:
            return
        self.record.run = result.run
        is_aborted = isinstance(signal, Abort) and result.run.cause is RunCause.UPS
        is_lost_again = any(event.kind is PlanRunEventKind.POWER_LOST for event in result.events)
        is_cut_over = self._is_cut_over(before, now)
        if is_lost_again or (is_aborted and not is_cut_over):
            self.record.is_cut_handled = True
        elif is_cut_over:
            self.record.is_cut_handled = False
        if result.run.is_ended:
            self.record.end(result.run)
        self._async_publish(result.run, result.events)
        self._entry.async_create_task(self._hass, self._async_commit(result.orders), f"iotbridge plan {self.plan.name}")
        if result.run.is_ended:
            for waiter in self._pop_waiters():
                waiter.set_result(result.run)
            self._async_rest(world, now, is_cut_over=is_cut_over)

    def _is_cut_over(self, before: PowerHistory, now: float) -> bool:
        """Return whether the power is back, or was until now.

        After an abort it has to be steady: a cut that flaps is one, and would begin the plan again at once.
        """
        back = before if self._history.is_on_battery else self._history
        run = self.record.run or next(iter(self.record.reports), None)
        is_aborted = run is not None and run.halted is PlanOutcome.ABORTED
        steady_s = self.plan.ups.steady_s if self.plan.ups and is_aborted else 0.0
        return back.is_on_battery is False and now >= back.since + steady_s

    @callback
    def async_wait(self) -> asyncio.Future[PlanRun]:
        """Return a future of the run's end; it raises InvalidCallError when the integration stops before."""
        future = self._hass.loop.create_future()
        self._waiters.append(future)
        return future

    def _pop_waiters(self) -> list[asyncio.Future[PlanRun]]:
        """Return those that still wait, and forget all."""
        waiters, self._waiters = self._waiters, []
        return [waiter for waiter in waiters if not waiter.done()]

    @callback
    def async_set_enabled(self, is_enabled: bool) -> None:
        """Allow or forbid that the UPS begins a run."""
        self.record.is_enabled = is_enabled
        self._async_save_soon()
        async_dispatcher_send(self._hass, signal_of_plan(self.plan.plan_id))
        self.async_advance()

    @callback
    def _async_rest(self, world: World, now: float, *, is_cut_over: bool) -> None:
        """Wait for a power cut; leave out of the stopped steps those that were switched on again meanwhile."""
        record = self.record
        before = (record.stopped_by_plan, record.is_cut_handled)
        record.stopped_by_plan = record.stopped_by_plan - world.on
        if is_cut_over:
            record.is_cut_handled = False
        if (record.stopped_by_plan, record.is_cut_handled) != before:
            self._async_save_soon()
            async_dispatcher_send(self._hass, signal_of_plan(self.plan.plan_id))
        is_ready = record.is_enabled and not record.is_cut_handled
        begins = begins_at(self.plan.ups, self._history, world.power) if self.plan.ups and is_ready else None
        if begins is None or begins > now:
            self._async_schedule(begins, now)
        elif not self._is_beginning:
            self._is_beginning = True
            self._entry.async_create_task(
                self._hass, self._async_begin_in_cut(), f"iotbridge plan {self.plan.name} power cut"
            )

    async def _async_begin_in_cut(self) -> None:
        """Begin because of a power cut, if the plan still has the rights for it."""
        try:
            await self._check_owner(self)
        finally:
            self._is_beginning = False
        if self._is_watching and self.is_power_cut and self.record.run is None and not self.is_owner_gone:
            self.async_begin(Direction.OFF, RunCause.UPS)

    @callback
    def _async_publish(self, run: PlanRun, events: tuple[PlanRunEvent, ...]) -> None:
        """Publish what happened, and notify people."""
        async_publish(self._hass, self.plan, run, events)
        for event in events:
            plan_event = PlanEvent(plan=self.plan, run=run, event=event)
            if message := async_message(self._hass, plan_event):
                self._entry.async_create_background_task(
                    self._hass,
                    async_notify(self._hass, plan_event, message, self._context),
                    f"iotbridge plan {self.plan.name} notification",
                )

    @callback
    def _async_schedule(self, due: float | None, now: float) -> None:
        if due == self._due:
            return
        if self._cancel_due:
            self._cancel_due()
        self._due = due
        # A little later: a timer may fire a moment before its time.
        self._cancel_due = None
        if due is not None:
            self._cancel_due = async_call_later(self._hass, max(due - now, 0.0) + 0.001, self._async_due)

    @callback
    def _async_due(self, _now: datetime) -> None:
        self._due = self._cancel_due = None
        self.async_advance()

    @callback
    def _async_state_changed(self, _event: Event[EventStateChangedData]) -> None:
        self.async_advance()

    @callback
    def _async_save_soon(self) -> None:
        self._entry.async_create_task(self._hass, self._save(), f"iotbridge plan {self.plan.name} save")

    async def _async_commit(self, orders: tuple[Order, ...]) -> None:
        """Save the run, and only then execute its orders: killed in between, they are given once more."""
        await self._save()
        if not self._is_watching:
            return
        for order in orders:
            self._entry.async_create_background_task(
                self._hass, self._async_execute(order), f"iotbridge plan {self.plan.name} {order.kind} {order.key}"
            )
        await self._async_update_windows()

    async def _async_execute(self, order: Order) -> None:
        await self._check_owner(self)
        if self.is_owner_gone:
            result = OrderResult(key=order.key, is_ok=False, message="The user who made the plan is gone.")
        else:
            try:
                result = await async_execute(self._hass, self.plan, order, self._context)
            except Exception as error:  # noqa: BLE001 - an action of any integration may raise anything
                LOGGER.exception("Could not execute %s of %s", order.kind, order.key)
                result = OrderResult(key=order.key, is_ok=False, message=repr(error))
        # The step may have been removed from the plan meanwhile.
        step = self.record.run.steps.get(order.key) if self.record.run else None
        if step and step.state is _AT_WORK[order.kind]:
            self.async_advance(replace(result, kind=order.kind))

    @callback
    def _async_renew(self, _now: datetime) -> None:
        self._cancel_renewal = None
        self._entry.async_create_task(self._hass, self._async_update_windows(), "iotbridge plan maintenance")

    async def _async_update_windows(self) -> None:
        async with self._windows_lock:
            try:
                async with asyncio.timeout(MAINTENANCE_TIMEOUT_S):
                    now = self.now()
                    run = self.record.run or next(iter(self.record.reports), None)
                    due = await self._windows.async_update(self.plan, run, self._context, now)
            except TimeoutError:
                LOGGER.warning("The maintenance of the hosts of %s takes too long", self.plan.name)
                return
        if self._cancel_renewal:
            self._cancel_renewal()
            self._cancel_renewal = None
        if due is not None and self._is_watching:
            self._cancel_renewal = async_call_later(self._hass, due - now, self._async_renew)
