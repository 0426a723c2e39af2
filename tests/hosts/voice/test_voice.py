"""Hosts by voice: the names for the sentences, and the checks before a power command is sent."""

import pytest

from custom_components.iotbridge.hosts.voice.voice import HostVoice, async_host_devices
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er

from ...assist import Assist
from ...kit import FakeHost, Kit


@pytest.fixture
async def hosts(kit: Kit, assist: Assist) -> list[FakeHost]:
    """Return two hosts, of which the first is open for power commands."""
    nas, desk = await kit.host("nas"), await kit.host("desk")
    await assist.configure(nas, desk, voice_power_hosts=[assist.device_id(nas), assist.device_id(desk)])
    return [nas, desk]


def voice(assist: Assist) -> HostVoice:
    found: HostVoice = assist.entry.runtime_data.voice
    return found


def switchable(assist: Assist) -> set[str]:
    """Return the names in sentences that could be about something else."""
    return {name for name, _ in voice(assist).async_names()["switchable"]}


async def test_every_host_has_a_name_and_an_id(assist: Assist, hosts: list[FakeHost]) -> None:
    ids = {assist.device_id(host): host.node_id for host in hosts}
    assert async_host_devices(assist.kit.hass, assist.entry) == ids
    assert {device_id: name for name, device_id in voice(assist).async_names()["host"]} == ids


async def test_a_name_of_something_else_is_not_switched_off(assist: Assist, hosts: list[FakeHost]) -> None:
    hass = assist.kit.hass
    assert switchable(assist) == {"nas", "desk"}
    lamp = er.async_get(hass).async_get_or_create("light", "test", "desk", original_name="Desk")
    hass.states.async_set(lamp.entity_id, "on", {"friendly_name": "Desk"})
    assert switchable(assist) == {"nas"}, "lamps are exposed by default"
    async_expose_entity(hass, "conversation", lamp.entity_id, False)
    assert switchable(assist) == {"nas", "desk"}
    ar.async_get(hass).async_create("NAS", aliases={"Desk"})
    assert switchable(assist) == set()


async def test_names_stay_while_hosts_have_not_reported(kit: Kit, assist: Assist, hosts: list[FakeHost]) -> None:
    await kit.hass.config_entries.async_reload(assist.entry.entry_id)
    await kit.hass.async_block_till_done()
    assert switchable(assist) == {"nas", "desk"}
    assert list(voice(assist).async_hosts()) == []
    await hosts[0].announce()
    assert [name for _, _, name in voice(assist).async_hosts()] == ["nas"]


async def test_a_removed_device_is_no_longer_open(kit: Kit, assist: Assist, hosts: list[FakeHost]) -> None:
    dr.async_get(kit.hass).async_remove_device(assist.device_id(hosts[1]))
    await kit.hass.async_block_till_done()
    assert [name for _, name in voice(assist).async_open_hosts()] == ["nas"]
