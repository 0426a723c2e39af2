"""Filter of entities for the triggers and conditions of hosts, which use states of entities, never MQTT messages."""

from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.automation import DomainSpec

from ..const import DOMAIN

SENSORS = {SENSOR_DOMAIN: DomainSpec()}
POWER_STATE = "power_state"


def entities_of_hosts(hass: HomeAssistant, entity_ids: set[str], key: str) -> set[str]:
    """Return those of the entities that are ours and of one kind.

    A device or an area holds many more sensors and events than that of its host, and a host's own device holds those
    of core's mqtt.
    """
    registry = er.async_get(hass)
    return {
        entity_id
        for entity_id in entity_ids
        if (entity := registry.async_get(entity_id)) and entity.platform == DOMAIN and entity.translation_key == key
    }
