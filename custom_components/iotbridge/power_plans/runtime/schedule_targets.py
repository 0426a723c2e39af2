"""Hosts of a schedule: those of its target, the event of their commands, and who is logged in."""

from collections.abc import Mapping

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er, target

from ...const import DOMAIN, MQTT_DOMAIN
from .hosts import HostDevice, async_host

_USER_COUNT = "_user_count"


@callback
def async_target_hosts(hass: HomeAssistant, selected: Mapping[str, list[str]]) -> list[HostDevice]:
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
    hosts = [host for device_id in devices if (host := async_host(hass, device_id))]
    return sorted(hosts, key=lambda host: (host.name, host.device_id))


@callback
def async_command_entity(hass: HomeAssistant, host: HostDevice) -> str | None:
    """Return the event entity of the commands of a host."""
    return er.async_get(hass).async_get_entity_id(Platform.EVENT, DOMAIN, f"{host.uid}_command")


@callback
def async_has_user_count(hass: HomeAssistant, host: HostDevice) -> bool:
    """Return whether a host has an enabled sensor of its logged-in users."""
    entity = _async_user_count_entity(hass, host)
    return entity is not None and not entity.disabled


@callback
def _async_user_count_entity(hass: HomeAssistant, host: HostDevice) -> er.RegistryEntry | None:
    registry = er.async_get(hass)
    entity_id = registry.async_get_entity_id(Platform.SENSOR, MQTT_DOMAIN, f"{host.uid}{_USER_COUNT}")
    return registry.async_get(entity_id) if entity_id else None


@callback
def async_user_count(hass: HomeAssistant, host: HostDevice) -> int | None:
    """Return the number of people who are logged in to a host; None where it is unknown."""
    entity = _async_user_count_entity(hass, host)
    state = hass.states.get(entity.entity_id) if entity else None
    if state is None or state.state in {STATE_UNKNOWN, STATE_UNAVAILABLE}:
        return None
    try:
        return int(float(state.state))
    except ValueError:
        return None
