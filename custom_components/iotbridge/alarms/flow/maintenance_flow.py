"""Flow of the subentries of type ``window``: adds and changes maintenance windows."""

from dataclasses import asdict
from functools import partial
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigEntryState, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.helpers import selector

from ...const import SUBENTRY_ALARM, SUBENTRY_WINDOW
from ...forms import DURATION, TEXT, FieldError, choices, duration, seconds, text
from ...migration import marked
from ...subentries import read
from ...texts import async_texts
from ..engine.maintenance_window import MaintenanceWindow
from ..engine.rule import Selection
from . import entities_form
from .escalation_form import groups

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_S = 86400.0


class MaintenanceFlow(ConfigSubentryFlow):
    """Flow of a recurring maintenance window."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Add a window."""
        return await self._async_form("user", user_input)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change a window."""
        subentry = self._get_reconfigure_subentry()
        if read(subentry, partial(MaintenanceWindow.of_subentry, "", subentry.title)) is None:
            return self.async_abort(reason="unreadable")
        return await self._async_form("reconfigure", user_input)

    async def _async_form(self, step: str, user_input: dict[str, Any] | None) -> SubentryFlowResult:
        entry = self._get_entry()
        if entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                data = _read(user_input)
            except FieldError as error:
                errors[error.field] = error.key
            else:
                return self._save(text(user_input, "name"), data)
        texts = await async_texts(self.hass)
        fields: dict[vol.Marker, Any] = {
            vol.Required("name"): TEXT,
            vol.Required("days", default=list(DAYS)): selector.SelectSelector(
                selector.SelectSelectorConfig(
                    options=list(DAYS), translation_key="days", multiple=True, mode=selector.SelectSelectorMode.LIST
                )
            ),
            vol.Required("start", default="02:00:00"): selector.TimeSelector(),
            vol.Required("duration", default={"hours": 1}): DURATION,
        }
        if rules := groups(entry, SUBENTRY_ALARM):
            fields[vol.Optional("rules")] = choices(rules, multiple=True)
        fields |= await entities_form.async_schema(self.hass, texts)
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(vol.Schema(fields), user_input or self._suggested()),
            errors=errors,
            last_step=True,
        )

    def _suggested(self) -> dict[str, Any] | None:
        if self.source != SOURCE_RECONFIGURE:
            return None
        subentry = self._get_reconfigure_subentry()
        data = subentry.data
        labels = groups(self._get_entry(), SUBENTRY_ALARM)
        return {
            "name": subentry.title,
            "days": list(data["days"]),
            "start": data["start"],
            "duration": duration(data["duration_s"]),
            "rules": [rule for rule in data["rules"] if rule in labels],
            **entities_form.suggested(Selection.from_dict(data["selection"])),
        }

    def _save(self, title: str, data: dict[str, Any]) -> SubentryFlowResult:
        if self.source == SOURCE_RECONFIGURE:
            subentry = self._get_reconfigure_subentry()
            return self.async_update_and_abort(self._get_entry(), subentry, data=data, title=title)
        return self.async_create_entry(title=title, data=data)


def _read(user_input: dict[str, Any]) -> dict[str, Any]:
    """Return the data of a window; raise FieldError."""
    if not text(user_input, "name"):
        raise FieldError("name", "name_missing")
    if not user_input["days"]:
        raise FieldError("days", "no_days")
    duration_s = seconds(user_input, "duration", least=60.0)
    if duration_s > _DAY_S:
        raise FieldError("duration", "window_long")
    selection, rules = entities_form.read(user_input), list(user_input.get("rules", ()))
    if entities_form.is_empty(selection) and not rules:
        raise FieldError("base", "window_of_nothing")
    data = {
        "days": [day for day in DAYS if day in user_input["days"]],
        "start": user_input["start"],
        "duration_s": duration_s,
        "selection": {name: list(chosen) for name, chosen in asdict(selection).items()},
        "rules": rules,
    }
    return marked(SUBENTRY_WINDOW, data)
