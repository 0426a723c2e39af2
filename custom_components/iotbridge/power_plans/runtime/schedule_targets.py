"""Hosts of a schedule: found through the registries, with their power states and logged-in users."""

from collections.abc import Mapping
from dataclasses import dataclass
import socket

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er, target

from ...const import DOMAIN, MQTT_DOMAIN

_POWER_STATE = "_power_state"
_USER_COUNT = "_user_count"
_PLAN_STATE = "_plan_state"


@dataclass(frozen=True, slots=True)
class TargetHost:
    """Host of a schedule, by its device."""

    device_id: str
    name: str
    uid: str
    power_entity: str


@callback
def async_target_hosts(hass: HomeAssistant, selected: Mapping[str, list[str]]) -> list[TargetHost]:
    """Return the hosts of a target: of its devices, areas and labels."""
    referenced = target.async_extract_referenced_entity_ids(
        hass, target.TargetSelection(dict(selected)), primary_entities_only=False
    )
    entities, devices = er.async_get(hass), set(referenced.referenced_devices)
    devices |= {
        entity.device_id
        for entity_id in referenced.indirectly_referenced
        if (entity := entities.async_get(entity_id)) and entity.device_id
    }
    hosts = [host for device_id in devices if (host := _async_host(hass, device_id))]
    return sorted(hosts, key=lambda host: (host.name, host.device_id))


@callback
def async_hosts(hass: HomeAssistant) -> list[TargetHost]:
    """Return all hosts."""
    devices = {
        entity.device_id
        for entry in hass.config_entries.async_entries(DOMAIN)
        for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        if entity.device_id and entity.unique_id.endswith(_POWER_STATE)
    }
    hosts = [host for device_id in devices if (host := _async_host(hass, device_id))]
    return sorted(hosts, key=lambda host: (host.name, host.device_id))


@callback
def _async_host(hass: HomeAssistant, device_id: str) -> TargetHost | None:
    device = dr.async_get(hass).async_get(device_id)
    for entity in er.async_entries_for_device(er.async_get(hass), device_id):
        if device and entity.platform == DOMAIN and entity.unique_id.endswith(_POWER_STATE):
            name = device.name_by_user or device.name or device_id
            return TargetHost(device_id, name, entity.unique_id.removesuffix(_POWER_STATE), entity.entity_id)
    return None


def is_own_machine(host: TargetHost) -> bool:
    """Return whether a host is the machine that runs Home Assistant, which is known by its name."""
    return host.name.lower() == socket.gethostname().lower()


@callback
def async_power(hass: HomeAssistant, host: TargetHost) -> str:
    """Return the power state of a host."""
    state = hass.states.get(host.power_entity)
    return state.state if state else STATE_UNKNOWN


@callback
def async_command_entity(hass: HomeAssistant, host: TargetHost) -> str | None:
    """Return the event entity of the commands of a host."""
    return er.async_get(hass).async_get_entity_id(Platform.EVENT, DOMAIN, f"{host.uid}_command")


@callback
def async_has_user_count(hass: HomeAssistant, host: TargetHost) -> bool:
    """Return whether a host has an enabled sensor of its logged-in users."""
    entity = _async_user_count_entity(hass, host)
    return entity is not None and not entity.disabled


@callback
def _async_user_count_entity(hass: HomeAssistant, host: TargetHost) -> er.RegistryEntry | None:
    registry = er.async_get(hass)
    entity_id = registry.async_get_entity_id(Platform.SENSOR, MQTT_DOMAIN, f"{host.uid}{_USER_COUNT}")
    return registry.async_get(entity_id) if entity_id else None


@callback
def async_user_count(hass: HomeAssistant, host: TargetHost) -> int | None:
    """Return the number of people who are logged in to a host; None where it is unknown."""
    entity = _async_user_count_entity(hass, host)
    state = hass.states.get(entity.entity_id) if entity else None
    if state is None or state.state in {STATE_UNKNOWN, STATE_UNAVAILABLE}:
        return None
    try:
        return int(float(state.state))
    except ValueError:
        return None


@callback
def async_plan_entity(hass: HomeAssistant, plan_id: str) -> str:
    """Return the sensor of a plan, by the id of its subentry; an id without a sensor is returned as it is."""
    registry = er.async_get(hass)
    return registry.async_get_entity_id(Platform.SENSOR, DOMAIN, f"{plan_id}{_PLAN_STATE}") or plan_id


@callback
def async_plan_name(hass: HomeAssistant, plan_id: str) -> str:
    """Return the name of a plan, by the id of its subentry."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        if plan := entry.subentries.get(plan_id):
            return plan.title
    return "-"
