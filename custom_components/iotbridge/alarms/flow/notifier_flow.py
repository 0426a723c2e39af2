"""Add a notifier group, and change one: the flow of the subentries of type ``notifier``."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
import re
import time
from types import MappingProxyType
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers import selector

from ...const import SUBENTRY_NOTIFIER
from ...forms import TEXT
from ...markdown import escaped
from ...migration import marked
from ...subentries import read
from ..engine.models import Severity
from ..notifications.message import alarm_texts, test_message
from ..notifications.notifier import DeliveryError, Group, Notifier
from .fields import FieldError, text

type Target = dict[str, Any]

FALLBACK = "fallback"
_DRAFT = "draft"
_PHONE = "mobile_app_"
_ACTION = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")


@dataclass(frozen=True, slots=True)
class _Draft:
    """A group that is not saved yet, where a notifier looks for it."""

    subentries: Mapping[str, ConfigSubentry]


class NotifierFlow(ConfigSubentryFlow):
    """Flow that creates or changes a notifier group of phones, entities and actions."""

    def __init__(self) -> None:
        """Start without targets."""
        self._name = ""
        self._reasons = ""
        self._data = marked(SUBENTRY_NOTIFIER, {"targets": [], "fallback": [], "break_through": False})

    async def async_step_user(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask for a new group."""
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        return await self.async_step_targets()

    async def async_step_reconfigure(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show a group as it is."""
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        subentry = self._get_reconfigure_subentry()
        if read(subentry, partial(Group.of_subentry, "", subentry.title)) is None:
            return self.async_abort(reason="unreadable")
        self._name, self._data = subentry.title, {**self._data, **subentry.data}
        return await self.async_step_ready()

    async def async_step_targets(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask whom to tell."""
        wrong = None
        if user_input is not None:
            try:
                self._data = _read(self.hass, user_input)
            except FieldError as error:
                wrong = error
            else:
                self._name = text(user_input, "name")
                return await self.async_step_ready()
        phones = self._phones()
        fields = {
            vol.Required("name"): TEXT,
            **target_fields(self.hass, phones),
            vol.Required("break_through", default=False): selector.BooleanSelector(),
            vol.Required(FALLBACK): section(vol.Schema(target_fields(self.hass, phones)), {"collapsed": True}),
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
            errors={wrong.field: wrong.key} if wrong else {},
            description_placeholders={"action": "", **(wrong.placeholders if wrong else {})},
            last_step=False,
        )

    def _phones(self) -> dict[str, str]:
        """Return the phones that can be told, and those that the group has, by name."""
        known = [f"notify.{name}" for name in self.hass.services.async_services_for_domain("notify")]
        chosen = [target.get("action", "") for target in (*self._data["targets"], *self._data["fallback"])]
        phones = sorted({action for action in (*known, *chosen) if action.startswith(f"notify.{_PHONE}")})
        return {action: action.removeprefix(f"notify.{_PHONE}").replace("_", " ").capitalize() for action in phones}

    async def async_step_ready(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask whether that is all."""
        return self._ready("ready")

    async def async_step_test_sent(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Say that the test message was sent."""
        return self._ready("test_sent")

    async def async_step_test_failed(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Say why the test message was not sent."""
        return self._ready("test_failed")

    def _ready(self, step: str) -> SubentryFlowResult:
        return self.async_show_menu(
            step_id=step,
            menu_options=["save", "try_it", "targets"],
            description_placeholders={"name": escaped(self._name), "reasons": escaped(self._reasons)},
        )

    async def async_step_try_it(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Send a test message to the group as it is in the dialog; a critical one where those break through."""
        severity = Severity.CRITICAL if self._data["break_through"] else Severity.INFO
        message = test_message(alarm_texts(self.hass), _DRAFT, self._name, severity, time.time())
        group = ConfigSubentry(
            data=MappingProxyType(self._data), subentry_type=SUBENTRY_NOTIFIER, title=self._name, unique_id=None
        )
        draft = _Draft({_DRAFT: group})
        try:
            await Notifier(self.hass, draft).async_send(_DRAFT, [message])
        except DeliveryError as error:
            self._reasons = error.reasons
            return self._ready("test_failed")
        return self._ready("test_sent")

    async def async_step_save(self, _user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Keep the group."""
        if self.source == SOURCE_RECONFIGURE:
            subentry = self._get_reconfigure_subentry()
            return self.async_update_and_abort(self._get_entry(), subentry, data=self._data, title=self._name)
        return self.async_create_entry(title=self._name, data=self._data)


def target_fields(hass: HomeAssistant, phones: Mapping[str, str]) -> dict[vol.Marker, Any]:
    """Return what can be told; a phone field without phones would be an empty list."""
    fields: dict[vol.Marker, Any] = {}
    if phones:
        fields[vol.Optional("phones")] = selector.SelectSelector(
            selector.SelectSelectorConfig(
                options=[selector.SelectOptionDict(value=action, label=name) for action, name in phones.items()],
                multiple=True,
                mode=selector.SelectSelectorMode.LIST,
            )
        )
    every = hass.services.async_services_internal()
    action = selector.SelectSelector(
        selector.SelectSelectorConfig(
            options=sorted(f"{domain}.{name}" for domain, names in every.items() for name in names),
            custom_value=True,
            mode=selector.SelectSelectorMode.DROPDOWN,
        )
    )
    actions = selector.ObjectSelector(
        selector.ObjectSelectorConfig(
            multiple=True,
            translation_key="actions",
            label_field="action",
            fields={
                "action": selector.ObjectSelectorField(selector=action.serialize()["selector"], required=True),
                "data": selector.ObjectSelectorField(selector=selector.ObjectSelector().serialize()["selector"]),
            },
        )
    )
    return fields | {
        vol.Optional("entities"): selector.EntitySelector(
            selector.EntitySelectorConfig(
                filter=selector.EntityWithDeviceFilterSelectorConfig(domain="notify"), multiple=True
            )
        ),
        vol.Required("persistent", default=False): selector.BooleanSelector(),
        vol.Optional("actions"): actions,
    }


def _suggested(targets: Iterable[Target]) -> dict[str, Any]:
    """Return what a part of the form shows at first."""
    kinds: dict[str, list[Target]] = {}
    for target in targets:
        kinds.setdefault(target["kind"], []).append(target)
    shown = {
        "phones": [target["action"] for target in kinds.get("mobile_app", ())],
        "entities": [target["entity_id"] for target in kinds.get("notify", ())],
        "persistent": "persistent" in kinds,
        "actions": [{"action": target["action"], "data": target["data"]} for target in kinds.get("action", ())],
    }
    return {key: value for key, value in shown.items() if value != []}


def _read(hass: HomeAssistant, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of a group; raise FieldError."""
    if not text(given, "name"):
        raise FieldError("name", "name_missing")
    targets = _targets(hass, given)
    if not targets:
        raise FieldError("base", "no_targets")
    data = {
        "targets": targets,
        "fallback": _targets(hass, given[FALLBACK]),
        "break_through": given["break_through"],
    }
    return marked(SUBENTRY_NOTIFIER, data)


def _targets(hass: HomeAssistant, given: Mapping[str, Any]) -> list[Target]:
    targets: list[Target] = [{"kind": "mobile_app", "action": action} for action in given.get("phones", ())]
    targets += [{"kind": "notify", "entity_id": entity_id} for entity_id in given.get("entities", ())]
    targets += [{"kind": "persistent"}] if given["persistent"] else []
    for item in given.get("actions") or ():
        action, data = text(item, "action"), item.get("data") or {}
        if not _ACTION.fullmatch(action) or not hass.services.has_service(*action.split(".")):
            # A field inside a folded part cannot carry an error of its own.
            raise FieldError("base", "action_unknown", action=action)
        if not isinstance(data, Mapping):
            raise FieldError("base", "data_invalid")
        targets.append({"kind": "action", "action": action, "data": dict(data)})
    return targets
