"""Proofs that machines are off after their agents have signed off, from the outside, with real sockets."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigSubentry
from homeassistant.helpers import device_registry as dr
from tests.kit import FakeHost, Kit, settle

from .home import PROOF, add_host, set_proof


def name_proof(kit: Kit, entry: MockConfigEntry, host: FakeHost, **proof: Any) -> ConfigSubentry:
    """Name a proof for a host with an agent."""
    device = kit.device(host.uid)
    assert device is not None
    return add_host(kit.hass, entry, "nas", **{"device_id": device.id, "macs": [], "stop_actions": [], **proof})


async def sign_off(host: FakeHost, *, retain: bool = False) -> None:
    """Sign off like an agent that shuts its machine down."""
    await host.announce(power="shutting_down", retain=retain)
    await host.availability("offline", retain=retain)


async def test_a_host_is_shutting_down_as_long_as_its_entity_says_so(kit: Kit, entry: MockConfigEntry) -> None:
    host = await kit.host()
    await set_proof(kit, "on")
    name_proof(kit, entry, host)
    await sign_off(host)
    for _ in range(30):
        await kit.wait(10)
    assert host.power == "shutting_down", "its guests are still stopping"
    await set_proof(kit, "off")

    assert host.power == "off"


async def test_a_host_that_is_off_stays_off_until_its_agent_is_back(kit: Kit, entry: MockConfigEntry) -> None:
    host = await kit.host()
    await set_proof(kit, "on")
    name_proof(kit, entry, host)
    await sign_off(host)
    await set_proof(kit, "off")
    await set_proof(kit, "on")
    await kit.wait(10)
    assert host.power == "off", "it starts, and its agent does not run yet"
    await host.announce()
    await host.availability("online")
    assert host.power == "on"
    await set_proof(kit, "off")
    assert host.power == "on", "only a shutdown is followed"

    await sign_off(host)
    await kit.wait(80)
    assert host.power == "shutting_down", "silence from the beginning proves nothing"
    await kit.wait(20)
    assert host.power == "off"


async def test_a_machine_that_never_falls_silent_is_off_in_the_end(kit: Kit, entry: MockConfigEntry) -> None:
    host = await kit.host()
    await set_proof(kit, "on")
    name_proof(kit, entry, host)
    await sign_off(host)
    await kit.wait(1790)
    assert host.power == "shutting_down"
    await kit.wait(20)

    assert host.power == "off"


async def test_an_unavailable_entity_proves_nothing(kit: Kit, entry: MockConfigEntry) -> None:
    host = await kit.host()
    await set_proof(kit, "on")
    name_proof(kit, entry, host)
    await sign_off(host)
    await set_proof(kit, "unavailable")
    await kit.wait(300)

    assert host.power == "shutting_down"


async def test_the_command_is_done_when_the_machine_is_gone(kit: Kit, entry: MockConfigEntry) -> None:
    host = await kit.host()
    await set_proof(kit, "on")
    name_proof(kit, entry, host)
    button = {"command": "shutdown", "id": "1"}
    await kit.receive(host.topic("command"), button | {"timestamp": "2026-11-21T12:00:00Z"})
    await host.respond(button, "accepted")
    await sign_off(host)
    for _ in range(12):
        await kit.wait(100)
    assert kit.state(f"{host.uid}_command").attributes["event_type"] == "accepted"
    await set_proof(kit, "off")

    assert kit.state(f"{host.uid}_command").attributes["event_type"] == "done"


async def test_a_host_that_signed_off_before_a_restart_is_followed(kit: Kit, entry: MockConfigEntry) -> None:
    host = await kit.host()
    await set_proof(kit, "on")
    name_proof(kit, entry, host)
    await kit.hass.config_entries.async_reload(entry.entry_id)
    await sign_off(host, retain=True)
    assert host.power == "shutting_down", "the machine answers"
    await set_proof(kit, "off")
    assert host.power == "off"

    await kit.hass.config_entries.async_reload(entry.entry_id)
    await sign_off(host, retain=True)
    assert host.power == "off"
    await set_proof(kit, "on")
    assert host.power == "off", "it starts, and its agent does not run yet"


async def test_a_proof_can_be_named_changed_and_removed_at_any_time(kit: Kit, entry: MockConfigEntry) -> None:
    host = await kit.host()
    await set_proof(kit, "on")
    await sign_off(host)
    subentry = name_proof(kit, entry, host)
    await kit.hass.async_block_till_done()
    await kit.wait(100)
    assert host.power == "shutting_down"
    kit.hass.states.async_set("device_tracker.nas", "home")
    data = {**subentry.data, "entity_id": "device_tracker.nas"}
    kit.hass.config_entries.async_update_subentry(entry, subentry, data=data)
    await set_proof(kit, "off")
    assert host.power == "shutting_down"
    kit.hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await kit.wait(10)
    assert host.power == "off"

    name_proof(kit, entry, host, entity_id=PROOF)
    await set_proof(kit, "on")
    assert host.power == "off", "it was off when the proof was named"


async def test_a_host_that_is_removed_while_it_shuts_down_is_not_asked_any_more(
    kit: Kit, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def open_connection(_address: str, _port: int) -> Any:
        raise OSError(113, "No route to host")

    monkeypatch.setattr(asyncio, "open_connection", open_connection)
    host = await kit.host()
    name_proof(kit, entry, host, entity_id="", address="127.0.0.1", address_port=22)
    await kit.hass.async_block_till_done()
    await sign_off(host)
    await settle_sockets()
    assert questions()
    device = kit.device(host.uid)
    assert device is not None
    dr.async_get(kit.hass).async_remove_device(device.id)
    await kit.hass.async_block_till_done()

    assert not questions()


@pytest.fixture
async def server(socket_enabled: None) -> AsyncGenerator[asyncio.Server]:
    """Return a server on loopback that accepts connections and says nothing."""
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    yield server
    server.close()


@pytest.mark.usefixtures("socket_enabled")
async def test_its_address_is_asked_while_it_shuts_down(
    kit: Kit, entry: MockConfigEntry, server: asyncio.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network of the machine goes down with it: nothing answers at its address then."""
    answers: list[bool] = []
    is_down = False
    connect = asyncio.open_connection

    async def open_connection(address: str, port: int) -> Any:
        answers.append(not is_down)
        if is_down:
            raise OSError(113, "No route to host")
        return await connect(address, port)

    async def ask(times: int) -> None:
        for count in range(len(answers) + 1, len(answers) + times + 1):
            await kit.wait(5)
            await settle_sockets()
            assert len(answers) == count

    monkeypatch.setattr(asyncio, "open_connection", open_connection)
    host = await kit.host()
    name_proof(kit, entry, host, entity_id="", address="127.0.0.1", address_port=server.sockets[0].getsockname()[1])
    await kit.hass.async_block_till_done()
    assert not questions()
    assert answers == [], "nothing is asked while it is on"
    await sign_off(host)
    await settle_sockets()
    await ask(2)
    server.close()
    await ask(20)
    assert host.power == "shutting_down", "a refused connection is an answer"

    is_down = True
    await ask(2)
    assert host.power == "shutting_down", "two answers may get lost"
    await ask(1)
    assert host.power == "off"
    assert not questions(), "nothing is asked while it is off"


async def settle_sockets() -> None:
    """Process a connection on loopback: the time is frozen, and waiting would never end."""
    for _ in range(4):
        await settle()


def questions() -> list[str]:
    """Return the tasks that ask addresses."""
    return [name for task in asyncio.all_tasks() if "proof of" in (name := task.get_name()) and not task.cancelling()]
