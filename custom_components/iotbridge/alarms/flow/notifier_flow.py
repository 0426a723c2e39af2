"""Flow of the subentries of type ``notifier``: adds and changes notifier groups."""

from collections.abc import Mapping, Sequence
from functools import partial
import time
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers import selector

from ...const import SUBENTRY_NOTIFIER
from ...forms import TEXT, FieldError, text
from ...markdown import escaped
from ...migration import marked
from ...subentries import read
from ..engine.models import Severity
from ..notifications.channels import CHANNELS
from ..notifications.channels.channel import InvalidTargetError, Target
from ..notifications.message import alarm_texts, test_message
from ..notifications.notifier import DeliveryError, Group
from .draft_group import DRAFT, async_send_to_draft

FALLBACK = "fallback"


class NotifierFlow(ConfigSubentryFlow):
    """Flow that creates or changes a notifier group of phones, entities and actions."""

    def __init__(self) -> None:
        """Start without targets."""
        self._name = ""
        self._reasons = ""
        self._data = marked(SUBENTRY_NOTIFIER, {"targets": [], "fallback": [], "break_through": False})

    async def async_step_user(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Add a group."""
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        return await self.async_step_targets()

    async def async_step_reconfigure(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change a group."""
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        subentry = self._get_reconfigure_subentry()
        if read(subentry, partial(Group.of_subentry, "", subentry.title)) is None:
            return self.async_abort(reason="unreadable")
        self._name, self._data = subentry.title, {**self._data, **subentry.data}
        return await self.async_step_ready()

    async def async_step_targets(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the form of the targets."""
        invalid: FieldError | None = None
        if user_input is not None:
            try:
                self._data = _read(self.hass, user_input)
            except FieldError as error:
                invalid = error
            else:
                self._name = text(user_input, "name")
                return await self.async_step_ready()
        targets = [*self._data["targets"], *self._data["fallback"]]
        fields = {
            vol.Required("name"): TEXT,
            **target_fields(self.hass, targets),
            vol.Required("break_through", default=False): selector.BooleanSelector(),
            vol.Required(FALLBACK): section(vol.Schema(target_fields(self.hass, targets)), {"collapsed": True}),
        }
        suggested = user_input or {
            "name": self._name,
            **_suggested(self._data["targets"]),
            "break_through": self._data["break_through"],
            FALLBACK: _suggested(self._data["fallback"]),
        }
        return self.async_show_form(
            step_id="targets",
            data_schema=self.add_suggested_values_to_schema(vol.Schema(fields), suggested),
            errors={invalid.field: invalid.key} if invalid else {},
            description_placeholders={"action": "", **(invalid.placeholders if invalid else {})},
            last_step=False,
        )

    async def async_step_ready(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the menu to save, test or change the group."""
        return self._ready("ready")

    async def async_step_test_sent(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the menu after a test message was sent."""
        return self._ready("test_sent")

    async def async_step_test_failed(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the menu with the reason why a test message could not be sent."""
        return self._ready("test_failed")

    def _ready(self, step: str) -> SubentryFlowResult:
        return self.async_show_menu(
            step_id=step,
            menu_options=["save", "try_it", "targets"],
            description_placeholders={"name": escaped(self._name), "reasons": escaped(self._reasons)},
        )

    async def async_step_try_it(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Send a test message to the unsaved group; a critical one where those break through."""
        severity = Severity.CRITICAL if self._data["break_through"] else Severity.INFO
        message = test_message(alarm_texts(self.hass), DRAFT, self._name, severity, time.time())
        try:
            await async_send_to_draft(self.hass, self._name, self._data, message)
        except DeliveryError as error:
            self._reasons = error.reasons
            return self._ready("test_failed")
        return self._ready("test_sent")

    async def async_step_save(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Save the group."""
        if self.source == SOURCE_RECONFIGURE:
            subentry = self._get_reconfigure_subentry()
            return self.async_update_and_abort(self._get_entry(), subentry, data=self._data, title=self._name)
        return self.async_create_entry(title=self._name, data=self._data)


def target_fields(hass: HomeAssistant, targets: Sequence[Target]) -> dict[vol.Marker, Any]:
    """Return the fields of all channels; ``targets`` are those that the group has."""
    fields: dict[vol.Marker, Any] = {}
    for channel in CHANNELS.values():
        fields |= channel.async_form_fields(hass, targets)
    return fields


def _suggested(targets: Sequence[Target]) -> dict[str, Any]:
    """Return the values of the fields for targets."""
    values: dict[str, Any] = {}
    for kind, channel in CHANNELS.items():
        values |= channel.to_form([target for target in targets if target["kind"] == kind])
    return values


def _read(hass: HomeAssistant, form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of a group; raise FieldError."""
    if not text(form, "name"):
        raise FieldError("name", "name_missing")
    targets = _targets(hass, form)
    if not targets:
        raise FieldError("base", "no_targets")
    data = {
        "targets": targets,
        "fallback": _targets(hass, form[FALLBACK]),
        "break_through": form["break_through"],
    }
    return marked(SUBENTRY_NOTIFIER, data)


def _targets(hass: HomeAssistant, form: Mapping[str, Any]) -> list[Target]:
    """Return the targets selected in the fields of all channels; raise FieldError."""
    try:
        return [target for channel in CHANNELS.values() for target in channel.async_from_form(hass, form)]
    except InvalidTargetError as error:
        # A field inside a folded part cannot carry an error of its own.
        raise FieldError("base", error.key, **error.placeholders) from None
