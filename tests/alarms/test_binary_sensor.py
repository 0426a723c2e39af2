"""Binary sensors of alarm rules and of the connection to the broker."""

from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.engine.models import Actor, AlarmKey, Severity
from custom_components.iotbridge.alarms.engine.rule import AlarmKind, Condition
from homeassistant.components.mqtt.const import MQTT_CONNECTION_STATE
from homeassistant.core import State
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_send

from ..kit import Kit
from ..rules import add_rule, call, rule_entity, set_state


def shown(kit: Kit, rule_id: str) -> State:
    state = kit.hass.states.get(rule_entity(kit, rule_id))
    assert state is not None
    return state


def attributes(kit: Kit, rule_id: str) -> dict[str, Any]:
    return dict(shown(kit, rule_id).attributes)


async def test_it_is_on_while_the_condition_is_bad(kit: Kit) -> None:
    await set_state(kit, "sensor.one", "20", friendly_name="Boiler")
    rule_id = await add_rule(kit, "sensor.one", "sensor.two", instructions="Open the valve.")
    assert shown(kit, rule_id).state == "off"

    await set_state(kit, "sensor.one", "90", friendly_name="Boiler")

    assert shown(kit, rule_id).state == "on"
    told = attributes(kit, rule_id)
    assert (told["device_class"], told["severity"]) == ("problem", "warning")
    assert (told["total"], told["active"], told["unacknowledged"]) == (2, 1, 1)
    assert told["instructions"] == "Open the valve."
    (alarm,) = told["alarms"]
    since = alarm.pop("since")
    assert since.endswith("+00:00")
    assert alarm == {
        "alarm": "Boiler",
        "entity_id": "sensor.one",
        "state": "unacknowledged",
        "severity": "warning",
        "acknowledged_by": None,
        "suppressed_by": [],
    }
    assert "90" not in str(told), "who may see the rule may not for that see the values of its entities"

    await set_state(kit, "sensor.one", "20", friendly_name="Boiler")
    assert shown(kit, rule_id).state == "off"
    assert attributes(kit, rule_id)["alarms"] == []


async def test_who_acknowledged_is_shown_and_it_stays_on(kit: Kit) -> None:
    await set_state(kit, "sensor.one", "90")
    rule_id = await add_rule(kit, "sensor.one")

    await call(kit, "acknowledge", entity_id="sensor.one", comment="I am on it.")

    assert shown(kit, rule_id).state == "on"
    assert attributes(kit, rule_id)["unacknowledged"] == 0
    (alarm,) = attributes(kit, rule_id)["alarms"]
    assert alarm["state"] == "acknowledged"
    assert alarm["acknowledged_by"]["comment"] == "I am on it."


async def test_silent_alarms_count_and_those_out_of_service_do_not(kit: Kit) -> None:
    await set_state(kit, "sensor.one", "90")
    rule_id = await add_rule(kit, "sensor.one")

    await call(kit, "suppress", entity_id="sensor.one")
    assert shown(kit, rule_id).state == "on"
    await call(kit, "out_of_service", entity_id="sensor.one")
    assert shown(kit, rule_id).state == "off"
    await call(kit, "in_service", entity_id="sensor.one")
    assert shown(kit, rule_id).state == "on"


async def test_nothing_is_known_before_an_entity_is_there(kit: Kit) -> None:
    rule_id = await add_rule(kit, "sensor.one")
    assert shown(kit, rule_id).state == "unknown"

    await set_state(kit, "sensor.one", "unavailable")
    assert shown(kit, rule_id).state == "unknown"
    await set_state(kit, "sensor.one", "20")
    assert shown(kit, rule_id).state == "off"


async def test_a_rule_that_waits_for_an_event_is_off(kit: Kit) -> None:
    condition = Condition(kind=AlarmKind.EVENT, event_type="smoke")
    rule_id = await add_rule(kit, condition=condition, name="Smoke")

    assert shown(kit, rule_id).state == "off"


async def test_it_sits_on_the_device_of_alarms_and_goes_with_its_rule(kit: Kit, entry: MockConfigEntry) -> None:
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


async def test_what_the_user_called_it_outlives_a_restart(kit: Kit, entry: MockConfigEntry) -> None:
    await set_state(kit, "sensor.one", "90")
    rule_id = await add_rule(kit, "sensor.one")
    er.async_get(kit.hass).async_update_entity(rule_entity(kit, rule_id), name="Boiler room", labels={"mine"})

    assert await kit.hass.config_entries.async_reload(entry.entry_id)
    await kit.hass.async_block_till_done()

    entity = er.async_get(kit.hass).async_get(rule_entity(kit, rule_id))
    assert entity is not None
    assert (entity.name, entity.labels) == ("Boiler room", {"mine"})
    assert shown(kit, rule_id).state == "on"


async def test_a_renamed_rule_renames_it(kit: Kit, entry: MockConfigEntry) -> None:
    rule_id = await add_rule(kit, "sensor.one")
    assert attributes(kit, rule_id)["friendly_name"] == "Alarms Hot"

    kit.hass.config_entries.async_update_subentry(entry, entry.subentries[rule_id], title="Too hot")
    await kit.hass.async_block_till_done()

    assert attributes(kit, rule_id)["friendly_name"] == "Alarms Too hot"
    entity = er.async_get(kit.hass).async_get(rule_entity(kit, rule_id))
    assert entity is not None
    assert entity.original_name == "Too hot"


async def test_the_worst_comes_first_and_the_list_has_an_end(kit: Kit) -> None:
    names = [f"sensor.n{number:02}" for number in range(60)]
    condition = Condition(kind=AlarmKind.ABOVE, above=80, worse_above=100)
    rule_id = await add_rule(kit, *names, condition=condition)
    for name in names:
        kit.hass.states.async_set(name, "110" if name == "sensor.n30" else "90")
    await kit.hass.async_block_till_done()

    told = attributes(kit, rule_id)

    assert told["active"] == 60
    assert len(told["alarms"]) == 50
    assert told["alarms"][0]["entity_id"] == "sensor.n30"
    assert told["severity"] == "critical"


async def test_a_rule_over_a_thousand_entities_is_shown_once(kit: Kit, entry: MockConfigEntry) -> None:
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


async def test_the_broker(kit: Kit, entry: MockConfigEntry) -> None:
    key = f"{entry.entry_id}_broker_connected"
    assert kit.state(key).state == "on"

    async_dispatcher_send(kit.hass, MQTT_CONNECTION_STATE, False)
    await kit.hass.async_block_till_done()
    assert kit.state(key).state == "off"
    async_dispatcher_send(kit.hass, MQTT_CONNECTION_STATE, True)
    await kit.hass.async_block_till_done()
    assert kit.state(key).state == "on"


async def test_a_rule_may_watch_the_broker(kit: Kit, entry: MockConfigEntry) -> None:
    entity_id = kit.entity_id(f"{entry.entry_id}_broker_connected")
    rule_id = await add_rule(kit, entity_id, condition=Condition(kind=AlarmKind.STATE, states=("off",)))

    async_dispatcher_send(kit.hass, MQTT_CONNECTION_STATE, False)
    await kit.hass.async_block_till_done()

    assert shown(kit, rule_id).state == "on"
