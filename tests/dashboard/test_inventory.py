"""Inventory for the dashboard: hosts, things and their entities, as far as the user may read them."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.iotbridge.dashboard.inventory import async_inventory
from custom_components.iotbridge.things.model.mapping import thing_uid
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..kit import PREFIX, FakeHost, Kit


@pytest.fixture
async def nas(kit: Kit) -> FakeHost:
    """Return a host with buttons for two commands."""
    host = await kit.host("nas")
    device = kit.device(host.uid)
    (mqtt,) = kit.hass.config_entries.async_entries("mqtt")
    assert device is not None
    for command in ("reboot", "status"):
        er.async_get(kit.hass).async_get_or_create(
            "button", "mqtt", f"{host.uid}_command_{command}", config_entry=mqtt, device_id=device.id
        )
    return host


async def discover(kit: Kit, uid: str, components: dict[str, Any]) -> None:
    payload = {
        "device": {"identifiers": [uid], "name": uid},
        "origin": {"name": "test"},
        "components": components,
    }
    await kit.receive(f"homeassistant/device/{uid}/config", payload, retain=True)
    await kit.hass.async_block_till_done(wait_background_tasks=True)


def keys(device: dict[str, Any]) -> dict[str, str]:
    return {key: entity_id for _, entity_id, key in device["entities"]}


def user_with(kit: Kit, **entities: bool) -> MockUser:
    """Return a user who may read these entities, and control those that are true."""
    user = MockUser().add_to_hass(kit.hass)
    rights = {
        entity_id.replace("__", "."): {POLICY_READ: True, POLICY_CONTROL: control}
        for entity_id, control in entities.items()
    }
    user.mock_policy({"entities": {"entity_ids": rights}})
    return user


async def test_a_host_has_its_readings_by_key_and_the_commands_that_its_agent_permits(
    kit: Kit, nas: FakeHost, hass_admin_user: MockUser
) -> None:
    (host,) = async_inventory(kit.hass, hass_admin_user)["hosts"]

    device = kit.device(nas.uid)
    assert device is not None
    assert host["device_id"] == device.id
    assert keys(host)["cpu_percent"] == kit.entity_id(f"{nas.uid}_cpu_percent", "mqtt")
    assert keys(host)["power_state"] == kit.entity_id(f"{nas.uid}_power_state")
    assert (host["can_control"], host["commands"], host["is_restricted"]) == (True, ["reboot", "status"], False)


async def test_an_entity_is_named_by_the_id_of_its_registry_entry(
    kit: Kit, nas: FakeHost, hass_admin_user: MockUser
) -> None:
    registry = er.async_get(kit.hass)
    entity_id = kit.entity_id(f"{nas.uid}_cpu_percent", "mqtt")
    entry = registry.async_get(entity_id)
    assert entry is not None
    registry.async_update_entity(entity_id, new_entity_id="sensor.renamed")

    (host,) = async_inventory(kit.hass, hass_admin_user)["hosts"]

    assert (entry.id, "sensor.renamed", "cpu_percent") in host["entities"]


async def test_hidden_and_disabled_entities_are_left_out(kit: Kit, nas: FakeHost, hass_admin_user: MockUser) -> None:
    registry = er.async_get(kit.hass)
    hidden = kit.entity_id(f"{nas.uid}_cpu_percent", "mqtt")
    disabled = kit.entity_id(f"{nas.uid}_power_state")
    registry.async_update_entity(hidden, hidden_by=er.RegistryEntryHider.USER)
    (host,) = async_inventory(kit.hass, hass_admin_user)["hosts"]
    assert "cpu_percent" not in keys(host)

    registry.async_update_entity(disabled, disabled_by=er.RegistryEntryDisabler.USER)
    (host,) = async_inventory(kit.hass, hass_admin_user)["hosts"]
    assert "power_state" not in keys(host)


async def test_a_thing_is_a_device_that_was_learned(kit: Kit, nas: FakeHost, hass_admin_user: MockUser) -> None:
    uid = thing_uid("garden/+", "barrel")
    for identifier in (uid, "somebody_else"):
        sensor = {"platform": "sensor", "unique_id": f"{identifier}_sensor_level", "state_topic": "x", "name": "Level"}
        await discover(kit, identifier, {"sensor_level": sensor})

    (thing,) = async_inventory(kit.hass, hass_admin_user)["things"]

    assert keys(thing) == {"sensor_level": kit.entity_id(f"{uid}_sensor_level", "mqtt")}


async def test_the_counts_of_the_bridge_are_named(
    kit: Kit, nas: FakeHost, entry: MockConfigEntry, hass_admin_user: MockUser
) -> None:
    bridge = async_inventory(kit.hass, hass_admin_user)["bridge"]

    assert bridge["hosts_online"] == kit.entity_id(f"{entry.entry_id}_hosts_online")
    assert nas.uid not in str(bridge)


async def test_a_host_that_can_be_woken_has_the_command_for_administrators(
    kit: Kit, nas: FakeHost, hass_admin_user: MockUser
) -> None:
    await nas.announce(mac=["a8:a1:59:00:00:01"])
    await kit.hass.async_block_till_done()
    button = kit.entity_id(f"{nas.uid}_wake")

    (host,) = async_inventory(kit.hass, hass_admin_user)["hosts"]
    assert (host["commands"], host["is_restricted"]) == (["reboot", "status", "wake"], False)
    assert keys(host)["wake"] == button

    command = kit.entity_id(f"{nas.uid}_command")
    user = user_with(kit, **{entity.replace(".", "__"): True for entity in (command, button)})
    (host,) = async_inventory(kit.hass, user)["hosts"]
    assert (host["commands"], host["is_restricted"]) == (["status"], True)


async def test_only_what_the_user_may_read_is_there(kit: Kit, nas: FakeHost) -> None:
    await kit.host("other")
    cpu = kit.entity_id(f"{nas.uid}_cpu_percent", "mqtt")
    user = user_with(kit, **{cpu.replace(".", "__"): False})

    inventory = async_inventory(kit.hass, user)

    assert [keys(host) for host in inventory["hosts"]] == [{"cpu_percent": cpu}]
    assert inventory["hosts"][0]["commands"] == []
    assert inventory["bridge"] == {}


async def test_a_user_without_admin_rights_may_only_refresh(kit: Kit, nas: FakeHost) -> None:
    command = kit.entity_id(f"{nas.uid}_command")
    for control, expected in ((True, ["status"]), (False, [])):
        user = user_with(kit, **{command.replace(".", "__"): control})
        (host,) = async_inventory(kit.hass, user)["hosts"]
        assert (host["can_control"], host["commands"], host["is_restricted"]) == (control, expected, True)


async def test_a_host_that_is_removed_leaves(kit: Kit, nas: FakeHost, hass_admin_user: MockUser) -> None:
    await nas.availability("offline")
    device = kit.device(f"{PREFIX}_nas")
    assert device is not None
    dr.async_get(kit.hass).async_remove_device(device.id)
    await kit.hass.async_block_till_done()

    assert async_inventory(kit.hass, hass_admin_user)["hosts"] == []
