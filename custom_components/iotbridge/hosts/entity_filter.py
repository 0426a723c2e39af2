"""Entity filter of the triggers and conditions of hosts, which evaluate entity states, never MQTT messages."""

from homeassistant.components.sensor import DOMAIN as SENSOR_DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.automation import DomainSpec

from ..const import DOMAIN

SENSORS = {SENSOR_DOMAIN: DomainSpec()}
POWER_STATE = "power_state"


def entities_of_hosts(hass: HomeAssistant, entity_ids: set[str], key: str) -> set[str]:
    """Return the entities of this integration with one translation key.

    A device or an area has many more sensors and events than those of its host, and the host's own device also has
    those of core's mqtt.
    """
    registry = er.async_get(hass)
    return {
        entity_id
        for entity_id in entity_ids
        if (entity := registry.async_get(entity_id)) and entity.platform == DOMAIN and entity.translation_key == key
    }
