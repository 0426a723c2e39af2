"""Hosts of plans and schedules: found through the registries, each with the sensor of its power state."""

from dataclasses import dataclass
import socket

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ...const import DOMAIN, MQTT_DOMAIN

_POWER_STATE = "_power_state"
_SERVICES_BUTTON = "_command_start_services"


@dataclass(frozen=True, slots=True)
class HostDevice:
    """Host by its device, with the sensor of its power state."""

    device_id: str
    name: str
    uid: str
    power_entity: str

    @property
    def is_own_machine(self) -> bool:
        """Return whether the host is the machine that runs Home Assistant, which is known by its name."""
        return self.name.lower() == socket.gethostname().lower()


@callback
def async_host(hass: HomeAssistant, device_id: str) -> HostDevice | None:
    """Return the host of a device; None for a device that is no host."""
    device = dr.async_get(hass).async_get(device_id)
    for entity in er.async_entries_for_device(er.async_get(hass), device_id):
        if device and entity.platform == DOMAIN and entity.unique_id.endswith(_POWER_STATE):
            name = device.name_by_user or device.name or device_id
            return HostDevice(device_id, name, entity.unique_id.removesuffix(_POWER_STATE), entity.entity_id)
    return None


@callback
def async_hosts(hass: HomeAssistant) -> list[HostDevice]:
    """Return all hosts, by name."""
    devices = {
        entity.device_id
        for entry in hass.config_entries.async_entries(DOMAIN)
        for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        if entity.device_id and entity.unique_id.endswith(_POWER_STATE)
    }
    hosts = [host for device_id in devices if (host := async_host(hass, device_id))]
    return sorted(hosts, key=lambda host: (host.name, host.device_id))


@callback
def async_can_start_services(hass: HomeAssistant, device_id: str) -> bool:
    """Return whether the agent of a host starts services in order: then it has a button for it."""
    host = async_host(hass, device_id)
    registry = er.async_get(hass)
    unique_id = f"{host.uid}{_SERVICES_BUTTON}" if host else ""
    return registry.async_get_entity_id(Platform.BUTTON, MQTT_DOMAIN, unique_id) is not None


@callback
def async_power(hass: HomeAssistant, host: HostDevice | None) -> str | None:
    """Return the power state of a host; None where there is none."""
    state = hass.states.get(host.power_entity) if host else None
    return state.state if state else None
