"""Forms of a schedule: the task, its hosts or plan, its times, and the options; each one reads what was entered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import voluptuous as vol

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import selector

from ...const import SUBENTRY_PLAN
from ...forms import TEXT, FieldError, dropdown, text
from ..engine.schedule import COMMANDS, ENDING, TASKS
from ..engine.timetable import DAYS, Timetable, TimetableError
from ..runtime.hosts import async_hosts
from ..runtime.schedule_conditions import async_validate
from ..runtime.schedule_targets import async_has_user_count, async_target_hosts
from .raw_selectors import ConditionsField

WEEKLY: Final = "weekly"
CRON: Final = "cron"
_PHONES: Final = selector.DeviceSelector(
    selector.DeviceSelectorConfig(filter=[selector.DeviceFilterSelectorConfig(integration="mobile_app")], multiple=True)
)
_NOTIFY: Final = selector.EntitySelector(selector.EntitySelectorConfig(domain="notify", multiple=True))
_LIST = selector.SelectSelectorMode.LIST


def plans(entry: ConfigEntry) -> dict[str, str]:
    """Return the names of the power plans by id."""
    return {
        subentry.subentry_id: subentry.title
        for subentry in entry.subentries.values()
        if subentry.subentry_type == SUBENTRY_PLAN
    }


def task_fields(entry: ConfigEntry) -> dict[vol.Marker, Any]:
    """Return the fields of the name and the task."""
    tasks = TASKS if plans(entry) else COMMANDS
    return {
        vol.Required("name"): TEXT,
        vol.Required("task"): selector.SelectSelector(
            selector.SelectSelectorConfig(options=list(tasks), translation_key="schedule_task", mode=_LIST)
        ),
        vol.Required("when", default=WEEKLY): selector.SelectSelector(
            selector.SelectSelectorConfig(options=[WEEKLY, CRON], translation_key="schedule_when", mode=_LIST)
        ),
    }


def read_task(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return name, task and kind of times."""
    name = text(form, "name")
    if not name:
        raise FieldError("name", "name_missing")
    return {"name": name, "task": form["task"], "when": form["when"]}


@callback
def host_fields(hass: HomeAssistant, task: str) -> dict[vol.Marker, Any]:
    """Return the fields of the hosts."""
    fields: dict[vol.Marker, Any] = {
        vol.Optional("hosts"): dropdown({host.device_id: host.name for host in async_hosts(hass)}, multiple=True),
        vol.Optional("areas"): selector.AreaSelector(selector.AreaSelectorConfig(multiple=True)),
        vol.Optional("labels"): selector.LabelSelector(selector.LabelSelectorConfig(multiple=True)),
    }
    if task in ENDING:
        fields[vol.Required("without_users", default=False)] = selector.BooleanSelector()
    return fields


@callback
def read_hosts(hass: HomeAssistant, form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the target, and whether people who are logged in keep their host on."""
    chosen = {"device_id": form.get("hosts"), "area_id": form.get("areas"), "label_id": form.get("labels")}
    target = {key: list(ids) for key, ids in chosen.items() if ids}
    if not target:
        raise FieldError("base", "no_targets")
    if not (hosts := async_target_hosts(hass, target)):
        raise FieldError("base", "no_host")
    without_users = form.get("without_users", False)
    unknown = [host.name for host in hosts if without_users and not async_has_user_count(hass, host)]
    if unknown:
        raise FieldError("without_users", "users_unknown", hosts=", ".join(unknown))
    return {"target": target, "without_users": without_users}


@callback
def host_values(hass: HomeAssistant, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the fields of the hosts, without hosts that are gone."""
    target, known = data.get("target", {}), {host.device_id for host in async_hosts(hass)}
    return {
        "hosts": [device_id for device_id in target.get("device_id", ()) if device_id in known],
        "areas": target.get("area_id", []),
        "labels": target.get("label_id", []),
        "without_users": data.get("without_users", False),
    }


def plan_fields(entry: ConfigEntry) -> dict[vol.Marker, Any]:
    """Return the field of the plan."""
    return {vol.Required("plan"): dropdown(plans(entry), multiple=False)}


WEEKLY_FIELDS: Final[dict[vol.Marker, Any]] = {
    vol.Required("days", default=list(DAYS)): selector.SelectSelector(
        selector.SelectSelectorConfig(options=list(DAYS), translation_key="days", multiple=True, mode=_LIST)
    ),
    vol.Required("time", default="23:30:00"): selector.TimeSelector(),
}
CRON_FIELDS: Final[dict[vol.Marker, Any]] = {vol.Required("cron"): TEXT}


def read_weekly(form: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return the days and the time."""
    hour, minute = form["time"].split(":")[:2]
    days = [day for day in DAYS if day in form["days"]]
    _check(Timetable(days=tuple(days), time=f"{hour}:{minute}"), "days", now)
    return {"days": days, "time": f"{hour}:{minute}"}


def read_cron(form: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return the expression."""
    expression = " ".join(form["cron"].split())
    if not expression:
        raise FieldError("cron", "cron_invalid")
    _check(Timetable(cron=expression), "cron", now)
    return {"cron": expression}


def _check(timetable: Timetable, field: str, now: datetime) -> None:
    try:
        timetable.check(now)
    except TimetableError as error:
        raise FieldError(field, error.key) from None


def option_fields(task: str) -> dict[vol.Marker, Any]:
    """Return the fields of the options."""
    fields: dict[vol.Marker, Any] = {
        vol.Optional("conditions"): ConditionsField(),
        vol.Required("notice_min", default=0): _number(120, "min"),
        vol.Optional("phones"): _PHONES,
        vol.Optional("notify_entities"): _NOTIFY,
        vol.Required("catch_up_h", default=0): _number(168, "h"),
    }
    if task in ENDING:
        fields[vol.Required("maintenance_min", default=15)] = _number(10080, "min")
    return fields


async def async_read_options(hass: HomeAssistant, has_screen: bool, form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options; ``has_screen``: a host of the schedule shows notices."""
    conditions = form.get("conditions") or []
    try:
        await async_validate(hass, conditions)
    except (HomeAssistantError, vol.Invalid) as error:
        raise FieldError("conditions", "conditions_invalid", error=str(error)) from None
    phones, entities = form.get("phones") or [], form.get("notify_entities") or []
    if form["notice_min"] and not (phones or entities or has_screen):
        raise FieldError("notice_min", "notice_without_recipient")
    return {
        "conditions": conditions,
        "notice_min": int(form["notice_min"]),
        "phones": phones,
        "notify_entities": entities,
        "catch_up_h": int(form["catch_up_h"]),
        "maintenance_min": int(form.get("maintenance_min", 0)),
    }


def _number(highest: int, unit: str) -> selector.NumberSelector:
    return selector.NumberSelector(
        selector.NumberSelectorConfig(
            min=0, max=highest, step=1, mode=selector.NumberSelectorMode.BOX, unit_of_measurement=unit
        )
    )
