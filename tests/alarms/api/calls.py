"""Calls of the actions, and two alarms to call them for."""

from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)
from tests.kit import Kit
from tests.rules import add_rule, call, set_state

EVERYTHING = "all"
NOTHING: dict[str, Any] = {}


async def states(kit: Kit, **fields: Any) -> dict[str, str]:
    """Return the states of the listed alarms by entity."""
    alarms = (await call(kit, "list", answer=True, **fields))["alarms"]
    return {alarm["entity_id"]: alarm["state"] for alarm in alarms}


async def raise_two(kit: Kit) -> str:
    """Raise a warning for each of two entities of one rule."""
    rule_id = await add_rule(kit, "sensor.one", "sensor.two")
    await set_state(kit, "sensor.one", "90", friendly_name="Boiler")
    await set_state(kit, "sensor.two", "95")
    return rule_id


def locate_sensor(kit: Kit) -> dict[str, dict[str, Any]]:
    """Register sensor.one on a device in an area on a floor under a label; return the targets that select it."""
    floor = fr.async_get(kit.hass).async_create("Cellar")
    area = ar.async_get(kit.hass).async_create("Boiler room", floor_id=floor.floor_id)
    label = lr.async_get(kit.hass).async_create("Heating")
    other = MockConfigEntry(domain="test")
    other.add_to_hass(kit.hass)
    device = dr.async_get(kit.hass).async_get_or_create(config_entry_id=other.entry_id, identifiers={("test", "1")})
    dr.async_get(kit.hass).async_update_device(device.id, area_id=area.id, labels={label.label_id})
    entity = er.async_get(kit.hass).async_get_or_create(
        "sensor", "test", "one", config_entry=other, device_id=device.id, object_id_base="one"
    )
    er.async_get(kit.hass).async_update_entity(entity.entity_id, new_entity_id="sensor.one")
    return {
        "entity": {"entity_id": "sensor.one"},
        "device": {"device_id": device.id},
        "area": {"area_id": area.id},
        "floor": {"floor_id": floor.floor_id},
        "label": {"label_id": label.label_id},
    }
