"""Helpers of alarm tests: events in a home, and the notifications on Anna's phone."""

from collections.abc import Callable
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy
from custom_components.iotbridge.alarms.manager import AlarmsManager
from homeassistant.components.mqtt.const import MQTT_CONNECTION_STATE
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, ServiceCall
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)
from homeassistant.helpers.dispatcher import async_dispatcher_send

from ..kit import Kit
from ..rules import add_rule, call

ABOVE_50 = Condition(kind=AlarmKind.ABOVE, above=50)
UNAVAILABLE = Condition(kind=AlarmKind.UNAVAILABLE)
BROKER_OFF = Condition(kind=AlarmKind.STATE, states=("off",))

type SetClock = Callable[[float], None]


def bridge(kit: Kit) -> ConfigEntry[Any]:
    """Return the config entry of IoT Bridge."""
    (entry,) = kit.hass.config_entries.async_entries("iotbridge")
    return entry


def alarms(kit: Kit) -> AlarmsManager:
    """Return the running manager; a reload replaces it."""
    manager: AlarmsManager = bridge(kit).runtime_data.alarms
    return manager


async def wait(kit: Kit, seconds: int, step: int = 1) -> None:
    """Advance the time in steps of ``step`` seconds, and complete the deliveries that are due meanwhile."""
    for _ in range(0, seconds, step):
        await kit.wait(step)
        await kit.hass.async_block_till_done(wait_background_tasks=True)


def titles(notifications: list[ServiceCall]) -> list[str]:
    """Return the first word of each title."""
    return [call.data.get("title", "withdrawn").partition(":")[0] for call in notifications]


def buttons(notifications: list[ServiceCall]) -> list[str]:
    """Return the actions of the buttons that the phone shows, those of the latest message of each alarm."""
    last = {call.data["data"]["tag"]: call.data["data"].get("actions", []) for call in notifications}
    return [action["action"] for actions in last.values() for action in actions]


async def press(kit: Kit, button: str) -> None:
    """Press a button on the phone."""
    kit.hass.bus.async_fire("mobile_app_notification_action", {"action": button})
    await kit.hass.async_block_till_done(wait_background_tasks=True)


async def stop(kit: Kit) -> None:
    """Unload IoT Bridge, as at a stop of Home Assistant."""
    assert await kit.hass.config_entries.async_unload(bridge(kit).entry_id)
    kit.hass.set_state(CoreState.starting)


async def start(kit: Kit) -> None:
    """Set IoT Bridge up while Home Assistant is starting."""
    assert await kit.hass.config_entries.async_setup(bridge(kit).entry_id)
    await wait(kit, 5)


async def started(kit: Kit) -> None:
    """Complete the start of Home Assistant."""
    kit.hass.set_state(CoreState.running)
    kit.hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await kit.hass.async_block_till_done()


async def restart(kit: Kit) -> None:
    """Stop and start Home Assistant."""
    await stop(kit)
    await start(kit)
    await started(kit)


async def reload(kit: Kit) -> None:
    """Reload IoT Bridge."""
    assert await kit.hass.config_entries.async_reload(bridge(kit).entry_id)
    await kit.hass.async_block_till_done()


async def disconnect_broker(kit: Kit) -> None:
    """Disconnect the broker, and wait until the alarms react."""
    kit.mqtt.connected = False
    async_dispatcher_send(kit.hass, MQTT_CONNECTION_STATE, False)
    await kit.hass.async_block_till_done()
    await wait(kit, 3)


async def connect_broker(kit: Kit) -> None:
    """Connect the broker again."""
    kit.mqtt.connected = True
    async_dispatcher_send(kit.hass, MQTT_CONNECTION_STATE, True)
    await kit.hass.async_block_till_done()


def broker_entity(kit: Kit) -> str:
    """Return the entity that reports the connection to the broker."""
    return kit.entity_id(f"{bridge(kit).entry_id}_broker_connected")


def add_device(kit: Kit, name: str) -> str:
    """Add a device of another integration; return its id."""
    other = MockConfigEntry(domain="test")
    other.add_to_hass(kit.hass)
    devices = dr.async_get(kit.hass)
    return devices.async_get_or_create(config_entry_id=other.entry_id, identifiers={("test", name)}).id


def device_of(kit: Kit, entity_id: str) -> str:
    """Return the id of the device of an entity."""
    entry = er.async_get(kit.hass).async_get(entity_id)
    assert entry is not None
    assert entry.device_id is not None
    return entry.device_id


def add_entity(kit: Kit, entity_id: str, device_id: str | None = None, *, platform: str = "test") -> str:
    """Register an entity, optionally on a device, with a good state."""
    domain, name = entity_id.split(".")
    registry = er.async_get(kit.hass)
    registry.async_get_or_create(domain, platform, name, suggested_object_id=name, device_id=device_id)
    kit.hass.states.async_set(entity_id, "5")
    return entity_id


async def sensor(kit: Kit, name: str, value: str = "20") -> str:
    """Add a sensor of the MQTT integration with a value; return its id."""
    config = f'{{"unique_id": "{name}", "name": "{name}", "state_topic": "sensors/{name}"}}'
    await kit.receive(f"homeassistant/sensor/{name}/config", config)
    await kit.hass.async_block_till_done(wait_background_tasks=True)
    await publish(kit, name, value)
    return kit.entity_id(name, "mqtt")


async def publish(kit: Kit, name: str, value: str) -> None:
    """Publish a value of a sensor."""
    await kit.receive(f"sensors/{name}", value)
    await kit.hass.async_block_till_done(wait_background_tasks=True)


async def rename(kit: Kit, entity_id: str, to: str) -> None:
    """Change the id of an entity, as a user does in its settings."""
    er.async_get(kit.hass).async_update_entity(entity_id, new_entity_id=to)
    await kit.hass.async_block_till_done(wait_background_tasks=True)


async def alarm_states(kit: Kit) -> dict[str, str]:
    """Return the states of the alarms that are not normal, by entity."""
    answer = await call(kit, "list", answer=True)
    return {alarm["entity_id"]: alarm["state"] for alarm in answer["alarms"]}


async def changes_of(kit: Kit, entity_id: str) -> list[str]:
    """Return the recorded changes of the alarms of an entity, oldest first."""
    answer = await call(kit, "history", answer=True, entity_id=entity_id)
    return [row["change"] for row in reversed(answer["events"])]


def selection_of(kit: Kit, rule_id: str) -> Any:
    """Return the selection in the subentry of a rule or a window."""
    return bridge(kit).subentries[rule_id].data["selection"]


def locate_sensor(kit: Kit) -> dict[str, dict[str, Any]]:
    """Register sensor.one in an area, on a floor and under a label; return the targets that select it."""
    floor = fr.async_get(kit.hass).async_create("Cellar")
    area = ar.async_get(kit.hass).async_create("Boiler room", floor_id=floor.floor_id)
    label = lr.async_get(kit.hass).async_create("Heating")
    entity = er.async_get(kit.hass).async_get_or_create("sensor", "test", "1", object_id_base="one")
    er.async_get(kit.hass).async_update_entity(
        entity.entity_id, new_entity_id="sensor.one", area_id=area.id, labels={label.label_id}
    )
    return {
        "area": {"area_id": area.id},
        "floor": {"floor_id": floor.floor_id},
        "label": {"label_id": label.label_id},
        "entity": {"entity_id": "sensor.one"},
        "none": {},
    }


async def raise_alarm(kit: Kit, policy: EscalationPolicy, **more: Any) -> tuple[str, str]:
    """Add a rule and a sensor, and raise its alarm; return their ids."""
    entity_id = await sensor(kit, "attic")
    rule_id = await add_rule(kit, entity_id, condition=ABOVE_50, escalation=policy, **more)
    await publish(kit, "attic", "60")
    await wait(kit, 1)
    return rule_id, entity_id
