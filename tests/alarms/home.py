"""A home that alarms watch: what befalls it, and what Anna's phone is told of it."""

from collections.abc import Callable
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.engine.rule import AlarmKind, Condition
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
from ..rules import call

UNAVAILABLE = Condition(kind=AlarmKind.UNAVAILABLE)
BROKER_OFF = Condition(kind=AlarmKind.STATE, states=("off",))

type SetClock = Callable[[float], None]


def bridge(kit: Kit) -> ConfigEntry[Any]:
    """Return the config entry of IoT Bridge."""
    (entry,) = kit.hass.config_entries.async_entries("iotbridge")
    return entry


def alarms(kit: Kit) -> AlarmsManager:
    """Return the running manager; a reload makes another."""
    manager: AlarmsManager = bridge(kit).runtime_data.alarms
    return manager


async def wait(kit: Kit, seconds: int, step: int = 1) -> None:
    """Let time pass, and all be told that is to be told meanwhile; ``step`` is how many seconds pass at once."""
    for _ in range(0, seconds, step):
        await kit.wait(step)
        await kit.hass.async_block_till_done(wait_background_tasks=True)


def titles(told: list[ServiceCall]) -> list[str]:
    """Return how each message begins."""
    return [call.data.get("title", "taken away").partition(":")[0] for call in told]


def buttons(told: list[ServiceCall]) -> list[str]:
    """Return what the buttons do that the phone shows now: the last message of each alarm has them, or none."""
    last = {call.data["data"]["tag"]: call.data["data"].get("actions", []) for call in told}
    return [action["action"] for actions in last.values() for action in actions]


async def press(kit: Kit, button: str) -> None:
    """Press a button on the phone."""
    kit.hass.bus.async_fire("mobile_app_notification_action", {"action": button})
    await kit.hass.async_block_till_done(wait_background_tasks=True)


async def stop(kit: Kit) -> None:
    """Stop IoT Bridge as Home Assistant does when it stops."""
    assert await kit.hass.config_entries.async_unload(bridge(kit).entry_id)
    kit.hass.set_state(CoreState.starting)


async def start(kit: Kit) -> None:
    """Start IoT Bridge while Home Assistant is starting."""
    assert await kit.hass.config_entries.async_setup(bridge(kit).entry_id)
    await wait(kit, 5)


async def started(kit: Kit) -> None:
    """Let Home Assistant have started."""
    kit.hass.set_state(CoreState.running)
    kit.hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await kit.hass.async_block_till_done()


async def restart(kit: Kit) -> None:
    """Let Home Assistant stop and start."""
    await stop(kit)
    await start(kit)
    await started(kit)


async def reload(kit: Kit) -> None:
    """Let somebody reload IoT Bridge."""
    assert await kit.hass.config_entries.async_reload(bridge(kit).entry_id)
    await kit.hass.async_block_till_done()


async def lose_broker(kit: Kit) -> None:
    """Let the broker go, and alarms see it."""
    kit.mqtt.connected = False
    async_dispatcher_send(kit.hass, MQTT_CONNECTION_STATE, False)
    await kit.hass.async_block_till_done()
    await wait(kit, 3)


async def find_broker(kit: Kit) -> None:
    """Let the broker come back."""
    kit.mqtt.connected = True
    async_dispatcher_send(kit.hass, MQTT_CONNECTION_STATE, True)
    await kit.hass.async_block_till_done()


def broker_entity(kit: Kit) -> str:
    """Return the entity that says whether the broker is there."""
    return kit.entity_id(f"{bridge(kit).entry_id}_broker_connected")


def device(kit: Kit, name: str) -> str:
    """Return the id of a device of another integration."""
    other = MockConfigEntry(domain="test")
    other.add_to_hass(kit.hass)
    known = dr.async_get(kit.hass)
    return known.async_get_or_create(config_entry_id=other.entry_id, identifiers={("test", name)}).id


def device_of(kit: Kit, entity_id: str) -> str:
    """Return the id of the device of an entity."""
    entry = er.async_get(kit.hass).async_get(entity_id)
    assert entry is not None
    assert entry.device_id is not None
    return entry.device_id


def part(kit: Kit, entity_id: str, device_id: str | None = None, *, platform: str = "test") -> str:
    """Register an entity, perhaps of a device; it says that all is well."""
    domain, name = entity_id.split(".")
    registry = er.async_get(kit.hass)
    registry.async_get_or_create(domain, platform, name, suggested_object_id=name, device_id=device_id)
    kit.hass.states.async_set(entity_id, "5")
    return entity_id


async def sensor(kit: Kit, name: str, value: str = "20") -> str:
    """Return a sensor of core's mqtt that has said a value."""
    config = f'{{"unique_id": "{name}", "name": "{name}", "state_topic": "sensors/{name}"}}'
    await kit.receive(f"homeassistant/sensor/{name}/config", config)
    await kit.hass.async_block_till_done(wait_background_tasks=True)
    await say(kit, name, value)
    return kit.entity_id(name, "mqtt")


async def say(kit: Kit, name: str, value: str) -> None:
    """Let a sensor say a value."""
    await kit.receive(f"sensors/{name}", value)
    await kit.hass.async_block_till_done(wait_background_tasks=True)


async def rename(kit: Kit, entity_id: str, to: str) -> None:
    """Give an entity another id, as the user does in its settings."""
    er.async_get(kit.hass).async_update_entity(entity_id, new_entity_id=to)
    await kit.hass.async_block_till_done(wait_background_tasks=True)


async def listed(kit: Kit) -> dict[str, str]:
    """Return the states of the alarms that are not normal, by entity."""
    answer = await call(kit, "list", answer=True)
    return {alarm["entity_id"]: alarm["state"] for alarm in answer["alarms"]}


async def history(kit: Kit, entity_id: str) -> list[str]:
    """Return what happened to the alarms of an entity, the oldest first."""
    answer = await call(kit, "history", answer=True, entity_id=entity_id)
    return [row["change"] for row in reversed(answer["events"])]


def selection_of(kit: Kit, rule_id: str) -> Any:
    """Return what the subentry of a rule or a window says of its entities."""
    return bridge(kit).subentries[rule_id].data["selection"]


def place(kit: Kit) -> dict[str, dict[str, Any]]:
    """Put sensor.one into an area, on a floor and under a label; return every way to mean it."""
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
