"""Inventory for the dashboard: hosts and things with the entities that a user may read, and their roles."""

from collections.abc import Callable
from typing import Any

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .. import mqtt_client
from ..const import DOMAIN, MQTT_DOMAIN
from ..protocol.topics import THING_UID_PREFIX

POWER_STATE = "power_state"
COMMAND = "command"
WAKE = "wake"
# Commands for everyone who may control the host; all others are for administrators.
HARMLESS = frozenset({"status"})

type EntityRow = tuple[str, str, str]
"""Id of the registry entry, entity id, and the part of the unique id that names the reading."""
type LastSeen = Callable[[], dict[str, int]]
"""Time at which each host was last heard from, by its device, in seconds since 1970."""


@callback
def async_inventory(hass: HomeAssistant, user: User) -> dict[str, Any]:
    """Return the hosts and the things of which the user may read an entity.

    The frontend's own registries have neither unique ids nor ids of entries: it could not tell the CPU usage from
    another percentage, nor remember a reading whose entity is renamed.
    """
    registry = er.async_get(hass)
    hosts = [
        {"device_id": device_id, "entities": rows, **_rights(registry, user, device_id, uid)}
        for device_id, uid in _host_uids(hass, registry).items()
        if (rows := _entities(registry, user, device_id, uid))
    ]
    things = [
        {"device_id": device_id, "entities": rows}
        for device_id, uid in _thing_uids(hass).items()
        if (rows := _entities(registry, user, device_id, uid))
    ]
    return {"hosts": hosts, "things": things, "bridge": _bridge(hass, registry, user)}


def _host_uids(hass: HomeAssistant, registry: er.EntityRegistry) -> dict[str, str]:
    """Return the uid of each host by its device: the unique id of its power state begins with it."""
    return {
        entity.device_id: entity.unique_id.removesuffix(f"_{POWER_STATE}")
        for entry in hass.config_entries.async_entries(DOMAIN)
        for entity in er.async_entries_for_config_entry(registry, entry.entry_id)
        if entity.translation_key == POWER_STATE and entity.device_id
    }


def _thing_uids(hass: HomeAssistant) -> dict[str, str]:
    if (entry := mqtt_client.async_entry(hass)) is None:
        return {}
    return {
        device.id: uid
        for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
        if isinstance(device, dr.DeviceEntry)
        for domain, uid in device.identifiers
        if domain == MQTT_DOMAIN and uid.startswith(THING_UID_PREFIX)
    }


def _entities(registry: er.EntityRegistry, user: User, device_id: str, uid: str) -> list[EntityRow]:
    return [
        (entity.id, entity.entity_id, entity.unique_id.removeprefix(f"{uid}_"))
        for entity in er.async_entries_for_device(registry, device_id)
        if entity.platform in (DOMAIN, MQTT_DOMAIN)
        and entity.hidden_by is None
        and user.permissions.check_entity(entity.entity_id, POLICY_READ)
    ]


def _rights(registry: er.EntityRegistry, user: User, device_id: str, uid: str) -> dict[str, Any]:
    """Return whether the user may control a host, the commands that they may send, and whether there are others.

    A host has a button for each command that its agent permits, and one of ours if it can be woken.
    """
    event = registry.async_get_entity_id("event", DOMAIN, f"{uid}_{COMMAND}")
    can_control = event is not None and user.permissions.check_entity(event, POLICY_CONTROL)
    head = f"{uid}_{COMMAND}_"
    buttons = [
        entity
        for entity in er.async_entries_for_device(registry, device_id, include_disabled_entities=True)
        if entity.domain == "button"
    ]
    commands = sorted(
        entity.unique_id.removeprefix(head)
        for entity in buttons
        if entity.platform == MQTT_DOMAIN and entity.unique_id.startswith(head)
    )
    if any(entity.platform == DOMAIN and entity.unique_id == f"{uid}_{WAKE}" for entity in buttons):
        commands.append(WAKE)
    allowed = [command for command in commands if can_control and (command in HARMLESS or user.is_admin)]
    return {"can_control": can_control, "commands": allowed, "is_restricted": allowed != commands}


def _bridge(hass: HomeAssistant, registry: er.EntityRegistry, user: User) -> dict[str, str]:
    """Return the enabled entities on the bridge's own device by their keys."""
    return {
        entity.translation_key: entity.entity_id
        for entry in hass.config_entries.async_entries(DOMAIN)
        for entity in er.async_entries_for_config_entry(registry, entry.entry_id)
        if entity.translation_key
        and entity.unique_id == f"{entry.entry_id}_{entity.translation_key}"
        and entity.disabled_by is None
        and user.permissions.check_entity(entity.entity_id, POLICY_READ)
    }
