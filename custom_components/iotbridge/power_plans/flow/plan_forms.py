"""Forms of a power plan: its hosts, its UPS and its options; each one reads what was entered."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

import voluptuous as vol

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er, selector

from ...forms import DURATION, TEXT, ActionsField, FieldError, dropdown, duration, seconds, text
from ..engine.plan import Cluster, Plan, Step, Ups, plan_mistakes
from ..runtime.hosts import async_hosts
from ..runtime.names import async_step_names
from ..runtime.world import async_status, reads_on_battery

ONE_BY_ONE: Final = "one_by_one"
TOGETHER: Final = "together"
_WORDS: Final = selector.TextSelector(selector.TextSelectorConfig(multiple=True))
_STATUS: Final = selector.EntitySelector(selector.EntitySelectorConfig(domain=["sensor", "binary_sensor"]))
_NUMBER_ENTITY: Final = selector.EntitySelector(selector.EntitySelectorConfig(domain="sensor"))
# Field of the form that has a mistake of the plan.
_FIELDS: Final = {"cycle": "needs", "role_twice": "role", "time_invalid": "off_within"}
# Unique ids of the entities of core's NUT, behind that of the UPS.
_NUT_STATUS, _NUT_BATTERY, _NUT_RUNTIME = "_ups.status", "_battery.charge", "_battery.runtime"


def translated(
    options: list[str], key: str, mode: selector.SelectSelectorMode = selector.SelectSelectorMode.LIST
) -> selector.SelectSelector:
    """Return a selector of words that are translated."""
    return selector.SelectSelector(selector.SelectSelectorConfig(options=options, translation_key=key, mode=mode))


def number(unit: str, *, highest: float | None = None) -> selector.NumberSelector:
    """Return a selector of a number of zero or more."""
    config = selector.NumberSelectorConfig(
        min=0, step="any", mode=selector.NumberSelectorMode.BOX, unit_of_measurement=unit
    )
    if highest is not None:
        config["max"] = highest
    return selector.NumberSelector(config)


PERCENT: Final = number("%", highest=100)
MINUTES: Final = number("min")


def checked(plan: Plan) -> Plan:
    """Return a plan that is possible; raise FieldError for the first mistake."""
    for mistake, _ in plan_mistakes(plan):
        raise FieldError(_FIELDS.get(mistake, "base"), mistake)
    return plan


# ---------------------------------------------------------------- hosts


@callback
def host_fields(hass: HomeAssistant, plan: Plan) -> dict[vol.Marker, Any]:
    """Return the fields of the name and the hosts."""
    names = {host.device_id: host.name for host in async_hosts(hass)}
    known = {step.device_id: step.device_id for step in plan.steps if step.is_host}
    fields: dict[vol.Marker, Any] = {
        vol.Required("name"): TEXT,
        vol.Optional("hosts"): dropdown(known | names, multiple=True),
    }
    if not plan.steps:
        fields[vol.Required("order", default=ONE_BY_ONE)] = translated([ONE_BY_ONE, TOGETHER], "plan_order")
    return fields


def host_values(plan: Plan) -> dict[str, Any]:
    """Return the values of the fields of the name and the hosts."""
    return {"name": plan.name, "hosts": [step.device_id for step in plan.steps if step.is_host]}


def read_hosts(plan: Plan, form: Mapping[str, Any]) -> Plan:
    """Return the plan with the chosen hosts; the first ones stop in the order in which they were chosen."""
    if not (name := text(form, "name")):
        raise FieldError("name", "name_missing")
    chosen = list(dict.fromkeys(form.get("hosts") or ()))
    kept = [step for step in plan.steps if not step.is_host or step.device_id in chosen]
    known = {step.device_id for step in kept}
    added = [Step(key=device_id, device_id=device_id) for device_id in chosen if device_id not in known]
    if form.get("order") == ONE_BY_ONE:
        added = _one_by_one(added)
    steps = [*kept, *added]
    keys = {step.key for step in steps}
    steps = [replace(step, needs=tuple(need for need in step.needs if need in keys)) for step in steps]
    clusters = tuple(
        replace(cluster, devices=tuple(device for device in cluster.devices if device in keys))
        for cluster in plan.clusters
    )
    return checked(replace(plan, name=name, steps=tuple(steps), clusters=clusters))


def _one_by_one(steps: list[Step]) -> list[Step]:
    """Return the steps, each of which needs the one behind it."""
    following = {step.key: later.key for step, later in pairwise(steps)}
    return [replace(step, needs=(following[step.key],)) if step.key in following else step for step in steps]


# ---------------------------------------------------------------- UPS


def ups_fields() -> dict[vol.Marker, Any]:
    """Return the fields of the UPS."""
    return {
        vol.Optional("status"): _STATUS,
        vol.Optional("on_battery"): _WORDS,
        vol.Optional("on_mains"): _WORDS,
        vol.Optional("battery"): _NUMBER_ENTITY,
        vol.Optional("runtime"): _NUMBER_ENTITY,
        vol.Optional("on_battery_for"): DURATION,
        vol.Optional("battery_below"): PERCENT,
        vol.Optional("runtime_below"): MINUTES,
        vol.Optional("steady_for"): DURATION,
        vol.Optional("battery_at_least"): PERCENT,
    }


@callback
def ups_values(hass: HomeAssistant, plan: Plan) -> dict[str, Any]:
    """Return the values of the fields of the UPS; a plan without one gets those of the first UPS of core's NUT."""
    ups = plan.ups or _proposed_ups(hass) or Ups(entity_id="")
    values = {
        "status": ups.entity_id or None,
        "on_battery": list(ups.on_battery),
        "on_mains": list(ups.on_mains),
        "battery": ups.battery_entity_id or None,
        "runtime": ups.runtime_entity_id or None,
        "on_battery_for": None if ups.on_battery_s is None else duration(ups.on_battery_s),
        "battery_below": ups.battery_below,
        "runtime_below": None if ups.runtime_below_s is None else ups.runtime_below_s / 60,
        "steady_for": duration(ups.steady_s),
        "battery_at_least": ups.battery_at_least,
    }
    return {key: value for key, value in values.items() if value is not None}


@callback
def _proposed_ups(hass: HomeAssistant) -> Ups | None:
    entities = [entity for entity in er.async_get(hass).entities.values() if entity.platform == "nut"]
    for status in entities:
        if not status.unique_id.endswith(_NUT_STATUS) or status.disabled:
            continue
        beside = {entity.unique_id: entity for entity in entities if not entity.disabled}
        ups = status.unique_id.removesuffix(_NUT_STATUS)
        battery, runtime = beside.get(f"{ups}{_NUT_BATTERY}"), beside.get(f"{ups}{_NUT_RUNTIME}")
        return Ups(
            entity_id=status.entity_id,
            battery_entity_id=battery.entity_id if battery else "",
            runtime_entity_id=runtime.entity_id if runtime else "",
        )
    return None


@callback
def read_ups(hass: HomeAssistant, plan: Plan, form: Mapping[str, Any]) -> Plan:
    """Return the plan with the UPS of a form, or without one if no status was entered."""
    if not (status := form.get("status")):
        return replace(plan, ups=None)
    on_battery, on_mains = (
        tuple(word.strip() for word in form.get(key) or () if word.strip()) for key in ("on_battery", "on_mains")
    )
    on_battery_s = seconds(form, "on_battery_for") if form.get("on_battery_for") else None
    battery_below, runtime_below = form.get("battery_below"), form.get("runtime_below")
    if not on_battery:
        raise FieldError("on_battery", "words_missing")
    if on_battery_s is None and battery_below is None and runtime_below is None:
        raise FieldError("base", "ups_without_limit")
    if (battery_below is not None or form.get("battery_at_least")) and not form.get("battery"):
        raise FieldError("battery", "battery_missing")
    if runtime_below is not None and not form.get("runtime"):
        raise FieldError("runtime", "runtime_missing")
    ups = Ups(
        entity_id=status,
        on_battery=on_battery,
        on_mains=on_mains or Ups(entity_id=status).on_mains,
        battery_entity_id=form.get("battery") or "",
        runtime_entity_id=form.get("runtime") or "",
        on_battery_s=on_battery_s,
        battery_below=battery_below,
        runtime_below_s=None if runtime_below is None else runtime_below * 60,
        steady_s=seconds(form, "steady_for"),
        battery_at_least=form.get("battery_at_least") or 0.0,
    )
    if (state := async_status(hass, ups)) and reads_on_battery(ups, state) is None:
        raise FieldError("status", "status_unknown", state=state.state)
    return checked(replace(plan, ups=ups))


# ---------------------------------------------------------------- options


def option_fields(hass: HomeAssistant, plan: Plan) -> dict[vol.Marker, Any]:
    """Return the fields of the pause between starts, the clusters and the notification."""
    hosts = list(_host_names(hass, plan).values())
    names = selector.SelectSelector(
        selector.SelectSelectorConfig(options=hosts, multiple=True, mode=selector.SelectSelectorMode.LIST)
    )
    clusters = selector.ObjectSelector(
        selector.ObjectSelectorConfig(
            multiple=True,
            translation_key="plan_clusters",
            label_field="name",
            description_field="hosts",
            fields={
                "name": selector.ObjectSelectorField(selector=TEXT.serialize()["selector"], required=True),
                "hosts": selector.ObjectSelectorField(selector=names.serialize()["selector"], required=True),
            },
        )
    )
    return {
        vol.Required("stagger"): number("s"),
        vol.Optional("clusters"): clusters,
        vol.Required("is_whole_site"): selector.BooleanSelector(),
        vol.Optional("notify"): ActionsField(),
    }


def option_values(hass: HomeAssistant, plan: Plan) -> dict[str, Any]:
    """Return the values of the fields of the options."""
    names = _host_names(hass, plan)
    clusters = [
        {"name": cluster.name, "hosts": [names[device] for device in cluster.devices if device in names]}
        for cluster in plan.clusters
    ]
    return {
        "stagger": plan.stagger_s,
        "clusters": clusters,
        "is_whole_site": plan.is_whole_site,
        "notify": [dict(action) for action in plan.notify],
    }


def read_options(hass: HomeAssistant, plan: Plan, form: Mapping[str, Any]) -> Plan:
    """Return the plan with the options of a form."""
    devices = {name: device for device, name in _host_names(hass, plan).items()}
    clusters = []
    for item in form.get("clusters") or ():
        members = tuple(devices[name] for name in item.get("hosts") or () if name in devices)
        if not text(item, "name") or len(members) < 2:  # noqa: PLR2004
            raise FieldError("clusters", "cluster_small")
        clusters.append(Cluster(name=text(item, "name"), devices=members))
    return replace(
        plan,
        stagger_s=float(form["stagger"]),
        clusters=tuple(clusters),
        is_whole_site=form["is_whole_site"],
        notify=tuple(form.get("notify") or ()),
    )


def _host_names(hass: HomeAssistant, plan: Plan) -> dict[str, str]:
    """Return the names of the plan's hosts by their devices; a repeated name has its number."""
    of_steps = async_step_names(hass, plan)
    names: dict[str, str] = {}
    for step in plan.steps:
        if step.is_host:
            name = of_steps[step.key]
            names[step.device_id] = name if name not in names.values() else f"{name} ({len(names) + 1})"
    return names
