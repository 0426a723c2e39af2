"""Entities of a rule: their device, names and life cycle."""

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.engine.models import Actor, AlarmKey, Severity
from homeassistant.helpers import device_registry as dr, entity_registry as er
from tests.kit import Kit
from tests.rules import add_rule, attributes, rule_entity, set_state, shown


async def test_the_entity_is_on_the_device_of_alarms_and_removed_with_its_rule(
    kit: Kit, entry: MockConfigEntry
) -> None:
    rule_id = await add_rule(kit, "sensor.one")
    other_id = await add_rule(kit, "sensor.one", name="Other")
    entity_id = rule_entity(kit, rule_id)
    registry, devices = er.async_get(kit.hass), dr.async_get(kit.hass)
    entity = registry.async_get(entity_id)
    assert entity is not None
    assert entity.config_subentry_id == rule_id
    device = devices.async_get(entity.device_id or "")
    assert isinstance(device, dr.DeviceEntry)
    assert (device.name, device.entry_type) == ("Alarms", "service")
    bridge = devices.async_get(device.via_device_id or "")
    assert isinstance(bridge, dr.DeviceEntry)
    assert bridge.identifiers == {("iotbridge", entry.entry_id)}

    kit.hass.config_entries.async_remove_subentry(entry, rule_id)
    await kit.hass.async_block_till_done()

    assert registry.async_get(entity_id) is None
    assert kit.hass.states.get(entity_id) is None
    assert rule_entity(kit, other_id)
    assert devices.async_get(device.id) is not None

    kit.hass.config_entries.async_remove_subentry(entry, other_id)
    await kit.hass.async_block_till_done()

    assert devices.async_get(device.id) is None


async def test_a_name_given_by_the_user_survives_a_reload(kit: Kit, entry: MockConfigEntry) -> None:
    await set_state(kit, "sensor.one", "90")
    rule_id = await add_rule(kit, "sensor.one")
    er.async_get(kit.hass).async_update_entity(rule_entity(kit, rule_id), name="Boiler room", labels={"mine"})

    assert await kit.hass.config_entries.async_reload(entry.entry_id)
    await kit.hass.async_block_till_done()

    entity = er.async_get(kit.hass).async_get(rule_entity(kit, rule_id))
    assert entity is not None
    assert (entity.name, entity.labels) == ("Boiler room", {"mine"})
    assert shown(kit, rule_id).state == "on"


async def test_a_renamed_rule_renames_its_entity(kit: Kit, entry: MockConfigEntry) -> None:
    rule_id = await add_rule(kit, "sensor.one")
    assert attributes(kit, rule_id)["friendly_name"] == "Alarms Hot"

    kit.hass.config_entries.async_update_subentry(entry, entry.subentries[rule_id], title="Too hot")
    await kit.hass.async_block_till_done()

    assert attributes(kit, rule_id)["friendly_name"] == "Alarms Too hot"
    entity = er.async_get(kit.hass).async_get(rule_entity(kit, rule_id))
    assert entity is not None
    assert entity.original_name == "Too hot"


async def test_simultaneous_changes_write_the_state_once(kit: Kit, entry: MockConfigEntry) -> None:
    """Write the state once for a thousand alarms that change together."""
    names = [f"sensor.n{number:04}" for number in range(1000)]
    rule_id = await add_rule(kit, *names)
    for name in names:
        kit.hass.states.async_set(name, "90")
    await kit.hass.async_block_till_done()
    writes: list[str] = []
    entity_id = rule_entity(kit, rule_id)
    kit.hass.bus.async_listen("state_changed", lambda event: writes.append(event.data["entity_id"]))

    manager = entry.runtime_data.alarms
    manager.async_acknowledge([AlarmKey(rule_id, name) for name in names], Actor("Anna"))
    await kit.hass.async_block_till_done()

    assert writes.count(entity_id) == 1
    assert attributes(kit, rule_id)["unacknowledged"] == 0
    assert manager.count(Severity.WARNING, unacknowledged=False) == 1000
