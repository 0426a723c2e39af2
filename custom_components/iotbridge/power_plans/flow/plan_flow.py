"""Flow of the subentries of type ``plan``: adds and changes power plans, and shows their order before saving."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigEntryState, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.util.ulid import ulid_now

from ...callers import async_request_user
from ...forms import FieldError, choices
from ...markdown import escaped
from ...subentries import read
from ...texts import async_texts
from ..engine.plan import Plan, Step
from ..runtime.hosts import async_can_start_services
from ..runtime.known_roles import async_known_roles
from ..runtime.names import async_step_names
from . import plan_forms, plan_role_forms, plan_step_forms
from .plan_summary import begin_text, note, order_text

type Fields = Mapping[vol.Marker, Any]
# Of a plan that is not saved yet.
NOT_OWNED = "-"


class PlanFlow(ConfigSubentryFlow):
    """Flow that creates or changes a power plan."""

    def __init__(self) -> None:
        """Start without steps."""
        self._plan = Plan(plan_id="", name="", user_id=NOT_OWNED, steps=())
        self._key = ""
        """Key of the step that is being changed."""

    async def async_step_user(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Add a plan."""
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        return await self.async_step_hosts()

    async def async_step_reconfigure(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change a plan."""
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        subentry = self._get_reconfigure_subentry()
        plan = read(subentry, partial(Plan.from_dict, "", subentry.title))
        if plan is None:
            return self.async_abort(reason="unreadable")
        self._plan = plan
        return await self.async_step_ready()

    async def async_step_hosts(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the form of the name and the hosts; new ones are asked for their roles."""
        known = self._plan.by_key

        async def following() -> SubentryFlowResult:
            return await (
                self.async_step_ready() if self._plan.by_key.keys() <= known.keys() else self.async_step_roles()
            )

        return await self._async_form(
            "hosts",
            user_input,
            plan_forms.host_fields(self.hass, self._plan),
            partial(plan_forms.read_hosts, self._plan),
            plan_forms.host_values(self._plan),
            following,
        )

    async def async_step_roles(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the form of the machines that stop last."""
        known = await async_known_roles(self.hass, self._get_entry().runtime_data.power_plans.address_of)
        return await self._async_form(
            "roles",
            user_input,
            plan_role_forms.fields(async_step_names(self.hass, self._plan)),
            partial(plan_role_forms.read, self._plan),
            plan_role_forms.values(self._plan, known),
        )

    async def async_step_steps(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the form that selects the step to change."""
        if user_input is not None:
            self._key = user_input["step"]
            return await (self.async_step_host() if self._step.is_host else self.async_step_device())
        names = async_step_names(self.hass, self._plan)
        schema = vol.Schema({vol.Required("step"): choices(names)})
        return self.async_show_form(step_id="steps", data_schema=schema, last_step=False)

    async def async_step_new_device(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Add a step for a device that is no host."""
        self._key = ulid_now()
        return await self.async_step_device()

    async def async_step_host(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the form of a host."""
        return await self._async_step_form("host", user_input)

    async def async_step_device(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the form of a device that is no host."""
        return await self._async_step_form("device", user_input)

    async def async_step_ups(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the form of the UPS."""
        return await self._async_form(
            "ups",
            user_input,
            plan_forms.ups_fields(),
            partial(plan_forms.read_ups, self.hass, self._plan),
            plan_forms.ups_values(self.hass, self._plan),
        )

    async def async_step_options(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the form of the clusters, the pause between starts, and the notification."""
        return await self._async_form(
            "options",
            user_input,
            plan_forms.option_fields(self.hass, self._plan),
            partial(plan_forms.read_options, self.hass, self._plan),
            plan_forms.option_values(self.hass, self._plan),
        )

    async def async_step_ready(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the order, and the menu to save or change the plan."""
        texts = await async_texts(self.hass)
        return self.async_show_menu(
            step_id="ready",
            menu_options=["save", "hosts", "roles", "steps", "new_device", "ups", "options"],
            description_placeholders={
                "name": escaped(self._plan.name),
                "order": order_text(self._plan, async_step_names(self.hass, self._plan)),
                "begin": begin_text(self.hass, self._plan, texts),
                "note": note(self._plan, texts),
            },
        )

    async def async_step_save(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Save the plan; it runs with the rights of the user who saves it."""
        user = async_request_user()
        plan = replace(self._plan, user_id=user.id if user else self._plan.user_id)
        if self.source == SOURCE_RECONFIGURE:
            subentry = self._get_reconfigure_subentry()
            return self.async_update_and_abort(self._get_entry(), subentry, data=plan.as_dict(), title=plan.name)
        return self.async_create_entry(title=plan.name, data=plan.as_dict())

    @property
    def _step(self) -> Step:
        """Return the step that is being changed, or the beginning of a new one."""
        return self._plan.by_key.get(self._key) or Step(key=self._key)

    async def _async_step_form(self, form: str, user_input: dict[str, Any] | None) -> SubentryFlowResult:
        step = self._step
        names = async_step_names(self.hass, self._plan)
        can_start_services = step.start_services or async_can_start_services(self.hass, step.device_id)
        return await self._async_form(
            form,
            user_input,
            plan_step_forms.fields(self._plan, step, names, can_start_services=can_start_services),
            partial(plan_step_forms.read, self._plan, step),
            plan_step_forms.values(step),
            name=names.get(step.key, ""),
        )

    async def _async_form(
        self,
        step_id: str,
        user_input: dict[str, Any] | None,
        fields: Fields,
        reader: Callable[[dict[str, Any]], Plan],
        values: Mapping[str, Any],
        following: Callable[[], Awaitable[SubentryFlowResult]] | None = None,
        **placeholders: str,
    ) -> SubentryFlowResult:
        """Show a form; once it was read, show the step that follows, or the menu."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                self._plan = reader(user_input)
            except FieldError as error:
                errors, placeholders = {error.field: error.key}, {**placeholders, **error.placeholders}
            else:
                return await (following or self.async_step_ready)()
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(vol.Schema(dict(fields)), user_input or values),
            errors=errors,
            description_placeholders={name: escaped(text) for name, text in placeholders.items()},
            last_step=False,
        )
