"""Flow of the subentries of type ``schedule``: adds and changes schedules, and shows their next runs before saving."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, Final

import voluptuous as vol

from homeassistant.components.frontend import storage
from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigEntryState, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ...callers import async_request_user
from ...const import SUBENTRY_SCHEDULE
from ...forms import FieldError
from ...markdown import escaped
from ...migration import VERSION_KEY, marked
from ...subentries import read
from ...texts import async_texts
from ..engine.clock_format import ClockFormat
from ..engine.schedule import COMMANDS, SHUTDOWN, SUSPEND, Schedule
from ..engine.timetable import DAYS
from ..engine.timetable_texts import timetable_text
from ..runtime.hosts import HostDevice
from ..runtime.plan_entities import async_plan_name
from ..runtime.schedule_targets import async_target_hosts
from ..runtime.schedule_texts import async_schedule_texts
from ..runtime.screens import async_screens
from . import schedule_forms as forms
from .schedule_forms import CRON, WEEKLY

_SHOWN_RUNS: Final = 5
# Key of a user's profile in the storage of the frontend.
_PROFILE: Final = "language"

type Read = Callable[[dict[str, Any]], dict[str, Any] | Awaitable[dict[str, Any]]]


class ScheduleFlow(ConfigSubentryFlow):
    """Flow that creates or changes a schedule."""

    def __init__(self) -> None:
        """Start without a task."""
        self._draft: dict[str, Any] = {}

    async def async_step_user(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Add a schedule."""
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        return await self.async_step_task()

    async def async_step_reconfigure(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change a schedule."""
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        subentry = self._get_reconfigure_subentry()
        if read(subentry, partial(Schedule.of_subentry, "", subentry.title)) is None:
            return self.async_abort(reason="unreadable")
        data = {key: value for key, value in subentry.data.items() if key != VERSION_KEY}
        self._draft = {"name": subentry.title, "when": CRON if data.get("cron") else WEEKLY, **data}
        return await self.async_step_ready()

    async def async_step_task(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the form of the name and the task."""
        return await self._async_form("task", user_input, forms.task_fields(self._get_entry()), forms.read_task)

    async def async_step_hosts(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the form of the hosts."""
        fields = forms.host_fields(self.hass, self._draft["task"])
        values = forms.host_values(self.hass, self._draft)
        return await self._async_form("hosts", user_input, fields, partial(forms.read_hosts, self.hass), values)

    async def async_step_plan(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the form of the power plan."""
        return await self._async_form("plan", user_input, forms.plan_fields(self._get_entry()), dict)

    async def async_step_weekly(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the form of the days and the time."""
        return await self._async_form(
            "weekly", user_input, forms.WEEKLY_FIELDS, partial(forms.read_weekly, now=dt_util.now())
        )

    async def async_step_cron(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the form of the cron expression."""
        return await self._async_form(
            "cron", user_input, forms.CRON_FIELDS, partial(forms.read_cron, now=dt_util.now())
        )

    async def async_step_options(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the form of the conditions, the notice, missed runs and the maintenance."""
        fields = forms.option_fields(self._draft["task"])
        has_screen = bool(async_screens(self.hass, self._schedule()))
        reader = partial(forms.async_read_options, self.hass, has_screen)
        return await self._async_form("options", user_input, fields, reader)

    async def async_step_ready(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the next runs, and the menu to save or change the schedule."""
        return self.async_show_menu(
            step_id="ready",
            menu_options=["save", "task", self._target_step(), self._draft["when"], "options"],
            description_placeholders=await self._async_preview(self._schedule()),
        )

    async def async_step_save(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Save the schedule; it runs with the rights of the user who saves it."""
        user = async_request_user()
        user_id = user.id if user else self._draft.get("user_id")
        data = marked(SUBENTRY_SCHEDULE, self._data() | {"user_id": user_id})
        title = self._draft["name"]
        if self.source == SOURCE_RECONFIGURE:
            subentry = self._get_reconfigure_subentry()
            return self.async_update_and_abort(self._get_entry(), subentry, data=data, title=title)
        return self.async_create_entry(title=title, data=data)

    async def _async_form(
        self,
        step: str,
        user_input: dict[str, Any] | None,
        fields: Mapping[vol.Marker, Any],
        reader: Read,
        values: Mapping[str, Any] | None = None,
    ) -> SubentryFlowResult:
        """Show a form; go on with the first form that is still needed once it was read."""
        invalid: FieldError | None = None
        if user_input is not None:
            try:
                entered = reader(user_input)
                self._draft |= await entered if isinstance(entered, Awaitable) else entered
            except FieldError as error:
                invalid = error
            else:
                following = self._next_step()
                return await getattr(self, f"async_step_{following}")()  # type: ignore[no-any-return]
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema(dict(fields)), user_input or values or self._draft
            ),
            errors={invalid.field: invalid.key} if invalid else {},
            description_placeholders={"error": "", "hosts": "", **(invalid.placeholders if invalid else {})},
            last_step=False,
        )

    def _target_step(self) -> str:
        return "hosts" if self._draft["task"] in COMMANDS else "plan"

    def _next_step(self) -> str:
        """Return the first step whose form was not filled in."""
        needed = {
            self._target_step(): "target" if self._draft["task"] in COMMANDS else "plan",
            self._draft["when"]: "cron" if self._draft["when"] == CRON else "days",
            "options": "catch_up_h",
        }
        return next((step for step, key in needed.items() if key not in self._draft), "ready")

    def _schedule(self) -> Schedule:
        return Schedule.of_subentry("", self._draft["name"], self._data())

    def _data(self) -> dict[str, Any]:
        """Return the data without what belongs to another task or kind of times."""
        draft = self._draft
        unused = {"name", "when", *(("target", "without_users") if self._target_step() == "plan" else ("plan",))}
        unused |= {"days", "time"} if draft["when"] == CRON else {"cron"}
        return {key: value for key, value in draft.items() if key not in unused}

    async def _async_preview(self, schedule: Schedule) -> dict[str, str]:
        """Return the placeholders that tell the schedule in words."""
        texts, clock = async_schedule_texts(self.hass), await _async_clock_format(self.hass)
        runs = [
            clock.moment(run, texts.timetable_sentence(DAYS[run.weekday()]))
            for run in islice(schedule.timetable.runs(dt_util.now()), _SHOWN_RUNS)
        ]
        hosts = async_target_hosts(self.hass, schedule.target)
        names = [host.name for host in hosts]
        return {
            "name": escaped(schedule.name),
            "task": texts.sentence(f"task_{schedule.task}"),
            "hosts": escaped(", ".join(names) or async_plan_name(self.hass, schedule.plan)),
            "times": escaped(timetable_text(schedule.timetable, texts.timetable_sentence, clock.time)),
            "runs": "\n".join(f"- {run}" for run in runs),
            "note": await self._async_note(schedule.task, hosts),
        }

    async def _async_note(self, task: str, hosts: Sequence[HostDevice]) -> str:
        """Return a warning with an empty line behind it if Home Assistant stops with one of its hosts, or nothing."""
        own = next((host for host in hosts if host.is_own_machine), None)
        if own is None or task not in {SHUTDOWN, SUSPEND}:
            return ""
        texts = await async_texts(self.hass)
        return f"{texts.sentence('schedule_stops_home_assistant', host=escaped(own.name))}\n\n"


async def _async_clock_format(hass: HomeAssistant) -> ClockFormat:
    """Return the format of times of the user who sent the present request."""
    user = async_request_user()
    profile = (await storage.async_user_store(hass, user.id)).data.get(_PROFILE) if user else None
    return ClockFormat.of_profile(profile if isinstance(profile, Mapping) else {}, hass.config.language)
