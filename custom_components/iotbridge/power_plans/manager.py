"""Manager of the power plans: reads them from the subentries, runs them, and checks who made them."""

from datetime import datetime, timedelta

from homeassistant.auth import EVENT_USER_REMOVED, EVENT_USER_UPDATED
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange
from homeassistant.core import CALLBACK_TYPE, Context, CoreState, Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect, async_dispatcher_send
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.start import async_at_started

from ..activity import activity_texts
from ..callers import async_caller
from ..coalescing import CoalescedCall
from ..const import SUBENTRY_PLAN
from ..errors import InvalidCallError
from ..issues import PLAN_OWNER_GONE, PLAN_UNREADABLE, Issues
from ..subentries import Reader
from .engine.advance import PATIENCE_S, Abort
from .engine.plan import Plan
from .engine.plan_state import PlanState, plan_state
from .engine.run import Direction, PlanRun, RunCause
from .runtime.events import SIGNAL_PLANS
from .runtime.known_roles import AddressOf
from .runtime.maintenance import async_end
from .runtime.notifications import TEXTS, async_show
from .runtime.plan_runner import PlanRunner
from .runtime.references import COLLECT_S, PlanReferences
from .runtime.store import PlanRecord, PlanStore
from .runtime.waiting import async_check_waiting

WAITING_CHECK = timedelta(minutes=5)


class PowerPlansManager:
    """Manager of all power plans of the config entry."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, address_of: AddressOf = lambda _device_id: None
    ) -> None:
        """Prepare; ``async_start`` starts."""
        self.hass = hass
        self.address_of = address_of
        self.is_failed = False
        self.runners: dict[str, PlanRunner] = {}
        self._entry = entry
        self._issues = Issues(hass)
        self._reader = Reader(self._issues, PLAN_UNREADABLE)
        self._store = PlanStore(hass)
        self._references = PlanReferences(hass, entry, self._issues, lambda: self.plans)
        self._warned: set[str] = set()
        """Plans that cannot begin in the present power cut, of which people were told."""
        self._is_home_started = False
        self._is_reload = False
        self._track_soon = CoalescedCall(hass, self._async_track)
        self._stop: list[CALLBACK_TYPE] = []

    @property
    def plans(self) -> dict[str, Plan]:
        """Return the plans by id."""
        return {plan_id: runner.plan for plan_id, runner in self.runners.items()}

    async def async_start(self) -> None:
        """Read the plans, and continue their runs when Home Assistant has started."""
        await self._store.async_load()
        self._is_reload = self.hass.state is CoreState.running
        self._stop += [
            async_dispatcher_connect(self.hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._async_entry_changed),
            self.hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._async_registry_changed),
            self.hass.bus.async_listen(EVENT_USER_REMOVED, self._async_users_changed),
            self.hass.bus.async_listen(EVENT_USER_UPDATED, self._async_users_changed),
            async_track_time_interval(self.hass, self._async_check_waiting, WAITING_CHECK),
            self._track_soon.cancel,
            self._references.async_stop,
        ]
        self._async_read_plans()
        await self._async_check_owners()
        self._stop.append(async_at_started(self.hass, self._async_home_started))

    @callback
    def async_stop(self) -> None:
        """Stop watching; runs are continued at the next start."""
        while self._stop:
            self._stop.pop()()
        for runner in self.runners.values():
            runner.async_stop()
        self._issues.async_clear()

    # ------------------------------------------------------------------ commands

    async def async_begin(self, plan_id: str, direction: Direction, context: Context) -> PlanRun:
        """Begin a run for a caller.

        Raises InvalidCallError while another run is at work, without the user who made the plan, and for a start while
        the UPS is on battery.
        """
        runner = self.runners[plan_id]
        await self._async_check_owners()
        name, _ = await async_caller(self.hass, context)
        self.check_can_begin(plan_id, direction)
        return runner.async_begin(direction, RunCause.CALL, name, context)

    @callback
    def check_can_begin(self, plan_id: str, direction: Direction) -> None:
        """Raise InvalidCallError if a run cannot begin now."""
        runner = self.runners[plan_id]
        if runner.is_owner_gone:
            raise InvalidCallError("plan_owner_gone", plan=runner.plan.name)
        if (run := runner.record.run) is not None and not run.is_waiting:
            raise InvalidCallError("plan_running", plan=runner.plan.name)
        if direction is Direction.ON and runner.is_power_cut:
            raise InvalidCallError("plan_on_battery", plan=runner.plan.name)

    async def async_abort(self, plan_id: str, context: Context) -> PlanRun:
        """Begin nothing further in a run; return it. Raises InvalidCallError where there is none."""
        name, _ = await async_caller(self.hass, context)
        runner = self.runners[plan_id]
        if runner.record.run is None:
            raise InvalidCallError("plan_not_running", plan=runner.plan.name)
        runner.async_advance(Abort(by=name))
        return runner.record.run or runner.record.reports[0]

    # ------------------------------------------------------------------ queries

    @callback
    def state(self, plan_id: str) -> PlanState:
        """Return the state of a plan."""
        record = self.record(plan_id)
        last = record.reports[0] if record.reports else None
        return plan_state(record.run, last, has_stopped=bool(record.stopped_by_plan))

    @callback
    def record(self, plan_id: str) -> PlanRecord:
        """Return the memory of a plan."""
        return self.runners[plan_id].record

    # ------------------------------------------------------------------ changes

    @callback
    def _async_home_started(self, _hass: HomeAssistant) -> None:
        self._is_home_started = True
        for runner in self.runners.values():
            runner.async_begin_watching(is_reload=self._is_reload)
        # Until then integrations add their entities.
        self._references.async_check_in(PATIENCE_S)

    @callback
    def _async_entry_changed(self, change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry is self._entry and change is ConfigEntryChange.UPDATED:
            self._async_read_plans()
            self._entry.async_create_task(self.hass, self._async_check_owners(), "iotbridge plan owners")

    @callback
    def _async_read_plans(self) -> None:
        plans = self._reader.async_read_all(self._entry, SUBENTRY_PLAN, Plan.from_dict)
        self._reader.async_keep(self._entry.subentries)
        for plan_id in self.runners.keys() - plans.keys():
            self.runners.pop(plan_id).async_stop()
            self._issues.async_set(PLAN_OWNER_GONE, plan_id, False)
        # A plan that cannot be read keeps its memory.
        for plan_id in self._store.records.keys() - self._entry.subentries.keys():
            windows = self._store.records.pop(plan_id).windows
            window_ids = [window_id for _, ids in windows.values() for window_id in ids]
            self._entry.async_create_task(
                self.hass, async_end(self.hass, window_ids, Context()), "iotbridge plan removed"
            )
        for plan_id, plan in plans.items():
            self._async_set_plan(plan_id, plan)
        if self._is_home_started:
            self._references.async_check_in(COLLECT_S)
        async_dispatcher_send(self.hass, SIGNAL_PLANS)

    @callback
    def _async_set_plan(self, plan_id: str, plan: Plan) -> None:
        if runner := self.runners.get(plan_id):
            if runner.plan != plan:
                runner.async_set_plan(plan)
            return
        record = self._store.records.setdefault(plan_id, PlanRecord())
        self.runners[plan_id] = runner = PlanRunner(
            self.hass, self._entry, plan, record, self._store.async_save, self._async_check_owner
        )
        if self._is_home_started:
            runner.async_begin_watching(is_reload=True)

    @callback
    def _async_registry_changed(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        """Follow new and renamed entities, and those that are removed or disabled."""
        data = event.data
        if data["action"] == "update" and data["changes"].keys().isdisjoint({"entity_id", "disabled_by"}):
            return
        if data["action"] == "update" and "entity_id" in data["changes"]:
            self._references.async_rename(data["old_entity_id"], data["entity_id"])
        self._track_soon()
        if self._is_home_started:
            self._references.async_check_in(COLLECT_S)

    @callback
    def _async_track(self) -> None:
        for runner in self.runners.values():
            runner.async_track()
            runner.async_advance()

    async def _async_check_waiting(self, _now: datetime) -> None:
        notified = [await async_check_waiting(self.hass, runner) for runner in list(self.runners.values())]
        if any(notified):
            await self._store.async_save()

    @callback
    def _async_users_changed(self, _event: Event) -> None:
        self._entry.async_create_task(self.hass, self._async_check_owners(), "iotbridge plan owners")

    async def _async_check_owners(self) -> None:
        """Check that the users who made the plans are active administrators: a plan has their rights and no others."""
        for runner in list(self.runners.values()):
            await self._async_check_owner(runner)

    async def _async_check_owner(self, runner: PlanRunner) -> None:
        plan = runner.plan
        user = await self.hass.auth.async_get_user(plan.user_id)
        runner.is_owner_gone = user is None or not user.is_active or not user.is_admin
        if plan.plan_id in self.runners:
            self._issues.async_set(PLAN_OWNER_GONE, plan.plan_id, runner.is_owner_gone, name=plan.name)
        if not (runner.is_owner_gone and runner.is_power_cut and runner.record.run is None):
            self._warned.discard(plan.plan_id)
        elif plan.plan_id not in self._warned:
            self._warned.add(plan.plan_id)
            async_show(self.hass, plan, activity_texts(self.hass, TEXTS).get("owner_gone", ""))
