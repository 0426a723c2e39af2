"""Configured hosts: hosts without an agent, from the outside, and other ways to wake a known one."""

import asyncio
import json
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
from tests.automation import connection
from tests.downloads import download
from tests.kit import Kit, settle
from tests.wire import NETWORK, Wire, card

from .home import MAC, PROOF, STOP, add_host, attributes, set_proof, stops, uid


@pytest.fixture
async def nas(kit: Kit, entry: MockConfigEntry) -> str:
    """Return the uid of a NAS without an agent, which is on."""
    await set_proof(kit, "on")
    subentry = add_host(kit.hass, entry)
    await kit.hass.async_block_till_done()
    return uid(subentry, kit)


def power(kit: Kit, nas: str) -> str:
    return kit.state(f"{nas}_power_state").state


def device_id(kit: Kit, nas: str) -> str:
    entity = er.async_get(kit.hass).async_get(kit.entity_id(f"{nas}_power_state"))
    assert entity is not None
    assert entity.device_id
    return entity.device_id


async def call(kit: Kit, nas: str, action: str, **data: Any) -> dict[str, Any]:
    """Call an action for the NAS; return its result."""
    context = data.pop("context", None)
    data = {"device_id": device_id(kit, nas), "raise_on_failure": False, **data}
    response = await kit.hass.services.async_call(
        "iotbridge", action, data, blocking=True, return_response=True, context=context
    )
    results: Any = response and response["results"]
    (result,) = results
    found: dict[str, Any] = result
    return found


async def test_it_is_a_device_with_the_entities_of_a_host(kit: Kit, nas: str) -> None:
    device = dr.async_get(kit.hass).async_get(device_id(kit, nas))
    assert device is not None
    entities = er.async_entries_for_device(er.async_get(kit.hass), device.id, include_disabled_entities=True)

    assert device.name == "Backup NAS"
    assert {entity.unique_id.removeprefix(nas) for entity in entities} == {
        "_power_state",
        "_command",
        "_wake",
        "_power",
    }
    assert {entity.config_subentry_id for entity in entities} == {device.config_subentry_id}
    assert device.config_subentry_id
    assert kit.bridge("hosts_online") == "1"


async def test_its_entity_proves_that_it_is_on(kit: Kit, nas: str) -> None:
    assert power(kit, nas) == "on"
    await set_proof(kit, "off")
    assert power(kit, nas) == "off"
    await set_proof(kit, "unavailable")
    assert power(kit, nas) == "unknown"
    await set_proof(kit, "home")
    assert power(kit, nas) == "on"
    await connection(kit, is_connected=False)
    assert power(kit, nas) == "on", "it has nothing to do with the broker"


async def test_its_stop_action_runs_as_who_asks_and_the_proof_follows(kit: Kit, nas: str) -> None:
    calls, context = stops(kit.hass), Context()
    result = await call(kit, nas, "send_command", command="shutdown", context=context)

    assert (result["success"], result["status"], result["host"]) == (True, "accepted", "Backup NAS")
    assert [called.context for called in calls] == [context]
    assert (power(kit, nas), attributes(kit, f"{nas}_command")["event_type"]) == ("shutting_down", "accepted")
    await set_proof(kit, "off")
    assert power(kit, nas) == "off"
    assert attributes(kit, f"{nas}_command")["event_type"] == "done"
    assert attributes(kit, f"{nas}_command")["message"] == "The host is off."
    await set_proof(kit, "on")
    assert power(kit, nas) == "on"


async def test_a_proof_that_goes_off_before_the_stop_action_ends_counts(kit: Kit, nas: str, wire: Wire) -> None:
    async def stop(_call: object) -> None:
        kit.hass.states.async_set(PROOF, "off")

    kit.hass.services.async_register("test", "stop", stop)
    result = await call(kit, nas, "send_command", command="shutdown")
    await kit.hass.async_block_till_done()
    assert (result["status"], power(kit, nas)) == ("accepted", "off")
    assert attributes(kit, f"{nas}_command")["message"] == "The host is off."

    task = asyncio.create_task(call(kit, nas, "wake"))
    await settle()
    await set_proof(kit, "on")
    assert (await task)["success"]
    assert power(kit, nas) == "on"


async def test_templates_in_its_stop_action_are_rendered_when_it_runs(kit: Kit, entry: MockConfigEntry) -> None:
    await set_proof(kit, "on")
    actions = [{"action": "test.stop", "data": {"power": "{{ 40 + 2 }}"}}, {"delay": {"seconds": 0}}]
    nas = uid(add_host(kit.hass, entry, stop_actions=actions), kit)
    await kit.hass.async_block_till_done()
    calls = stops(kit.hass)
    for _ in range(2):
        await call(kit, nas, "send_command", command="shutdown")

    assert [called.data for called in calls] == [{"power": 42}] * 2
    assert json.dumps(next(iter(entry.subentries.values())).data["stop_actions"]) == json.dumps(actions)


async def test_a_host_that_does_not_stop_is_on_again_after_a_while(kit: Kit, nas: str) -> None:
    stops(kit.hass)
    await call(kit, nas, "send_command", command="shutdown")
    for _ in range(70):
        await kit.wait(10)

    assert power(kit, nas) == "on"


async def test_what_it_cannot_do(kit: Kit, entry: MockConfigEntry, nas: str, wire: Wire) -> None:
    reboot = await call(kit, nas, "send_command", command="reboot")
    assert (reboot["status"], reboot["reason"]) == ("refused", "unknown")

    assert (await call(kit, nas, "send_command", command="shutdown"))["reason"] == "error"  # there is no such action
    await set_proof(kit, "off")
    assert (await call(kit, nas, "send_command", command="shutdown"))["reason"] == "offline"
    await set_proof(kit, "on")
    add_host(kit.hass, entry, "Switch", macs=[], stop_actions=STOP)
    plain = uid(add_host(kit.hass, entry, "Plain", stop_actions=[]), kit)
    await kit.hass.async_block_till_done()
    assert (await call(kit, plain, "send_command", command="shutdown"))["reason"] == "not_enabled"
    assert power(kit, plain) == "on"


async def test_it_is_woken_until_its_proof_comes(kit: Kit, nas: str, wire: Wire) -> None:
    await set_proof(kit, "off")
    task = asyncio.create_task(call(kit, nas, "wake"))
    await settle()
    assert wire.take() == [(MAC, NETWORK), (MAC, "255.255.255.255")]
    await kit.wait(12)
    await set_proof(kit, "on")

    result = await task
    assert (result["success"], result["data"]["attempts"], result["latency_ms"]) == (True, 2, 12_000.0)


async def test_the_settings_of_the_user_go_into_the_packets(kit: Kit, entry: MockConfigEntry, wire: Wire) -> None:
    pi = await kit.host("pi", commands=["wake"])
    chosen: dict[str, Any] = {
        "broadcast": "10.1.2.255",
        "port": 7,
        "password": "00:11:22:33:44:55",
        "via": pi_device(kit),
    }
    nas = uid(add_host(kit.hass, entry, **chosen), kit)
    await kit.hass.async_block_till_done()
    task = asyncio.create_task(call(kit, nas, "wake"))
    await settle()

    assert {(data[-6:].hex(), address) for data, address in wire.sent} == {("001122334455", ("10.1.2.255", 7))}
    (command,) = pi.commands()
    assert command["args"] == {"mac": [MAC], "broadcast": "10.1.2.255", "password": "00:11:22:33:44:55"}
    await pi.respond(command, "done", data={"addresses": ["10.1.2.255"]})
    await set_proof(kit, "on")
    assert (await task)["data"]["via"] == ["pi"]


async def test_only_the_chosen_sender_gets_the_password(kit: Kit, entry: MockConfigEntry, wire: Wire) -> None:
    """Any client of the broker can claim to be in the network of the host."""
    pi = await kit.host("pi", commands=["wake"])
    claimant = await kit.host("mole", commands=["wake"], cards=[card("a8:a1:59:00:00:01", "10.1.2.255")])
    chosen = {"broadcast": "10.1.2.255", "password": "00:11:22:33:44:55", "via": pi_device(kit)}
    add_host(kit.hass, entry, **chosen)
    await set_proof(kit, "off")
    nas = uid(next(iter(entry.subentries.values())), kit)
    task = asyncio.create_task(call(kit, nas, "wake"))
    await settle()
    await pi.respond(pi.commands()[0], "failed", message="No network.")
    await settle()

    (command,) = claimant.commands()
    assert command["args"] == {"mac": [MAC], "broadcast": "10.1.2.255"}
    await claimant.respond(command, "done", data={"addresses": ["10.1.2.255"]})
    await set_proof(kit, "on")
    assert (await task)["data"]["via"] == ["mole"]


async def test_a_known_host_is_woken_as_the_user_says(kit: Kit, entry: MockConfigEntry, wire: Wire) -> None:
    host = await kit.host()
    registry = er.async_get(kit.hass)
    assert registry.async_get_entity_id("button", "iotbridge", "iotbridge_nas_wake") is None
    device = kit.device(host.uid)
    assert device is not None
    subentry = add_host(kit.hass, entry, device_id=device.id, broadcast="10.1.2.255", entity_id="", stop_actions=[])
    await kit.hass.async_block_till_done()
    assert registry.async_get_entity_id("button", "iotbridge", "iotbridge_nas_wake"), "its card is known now"
    assert len(list(entry.runtime_data.hosts.inventory)) == 1

    await host.announce(power="off", cards=[card("a8:a1:59:00:00:01")])
    await host.availability("offline")
    await kit.hass.services.async_call("button", "press", {"entity_id": "button.nas_wake_up"}, blocking=True)
    await kit.hass.async_block_till_done()
    assert wire.take() == [(MAC, "10.1.2.255")]

    kit.hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await kit.wait(10)
    assert wire.take() == [("a8:a1:59:00:00:01", NETWORK)]


async def test_changes_are_followed_and_a_removed_host_is_gone(kit: Kit, entry: MockConfigEntry, nas: str) -> None:
    (subentry,) = entry.subentries.values()
    kit.hass.states.async_set("device_tracker.nas", "away")
    data = {**subentry.data, "entity_id": "device_tracker.nas", "on_states": ["here"]}
    kit.hass.config_entries.async_update_subentry(entry, subentry, data=data, title="Cellar NAS")
    await kit.hass.async_block_till_done()
    assert power(kit, nas) == "off"
    kit.hass.states.async_set("device_tracker.nas", "here")
    await kit.hass.async_block_till_done()
    assert power(kit, nas) == "on"
    await set_proof(kit, "off")
    assert power(kit, nas) == "on"
    found = device_id(kit, nas)
    device = dr.async_get(kit.hass).async_get(found)
    assert device is not None
    assert device.name == "Cellar NAS"

    assert kit.hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await kit.hass.async_block_till_done()
    assert dr.async_get(kit.hass).async_get(found) is None
    assert list(entry.runtime_data.hosts.inventory) == []
    assert [call for call in kit.mqtt.async_publish.call_args_list if "$host" in call.args[0]] == []


async def test_a_renamed_entity_is_followed(kit: Kit, entry: MockConfigEntry, nas: str) -> None:
    registry = er.async_get(kit.hass)
    kit.hass.states.async_remove(PROOF)
    assert registry.async_get_or_create("binary_sensor", "ping", "1", suggested_object_id="nas_ping").entity_id == PROOF
    registry.async_update_entity(PROOF, new_entity_id="binary_sensor.nas_reachable")
    kit.hass.states.async_set("binary_sensor.nas_reachable", "off")
    await kit.hass.async_block_till_done()

    assert power(kit, nas) == "off"


async def test_it_survives_a_reload_and_its_switch_shows_the_proof(kit: Kit, entry: MockConfigEntry, nas: str) -> None:
    registry = er.async_get(kit.hass)
    registry.async_update_entity(kit.entity_id(f"{nas}_power"), disabled_by=None)
    assert await kit.hass.config_entries.async_reload(entry.entry_id)
    await kit.hass.async_block_till_done()
    calls = stops(kit.hass)
    assert kit.state(f"{nas}_power").state == "on"
    await kit.hass.services.async_call(
        "switch", "turn_off", {"entity_id": kit.entity_id(f"{nas}_power")}, blocking=True
    )
    assert (len(calls), kit.state(f"{nas}_power").state) == (1, "on")
    await set_proof(kit, "off")

    assert kit.state(f"{nas}_power").state == "off"
    entity = registry.async_get(kit.entity_id(f"{nas}_command", "iotbridge"))
    assert entity is not None
    assert entity.config_subentry_id


async def test_an_unreadable_host_opens_a_repair(kit: Kit, entry: MockConfigEntry) -> None:
    add_host(kit.hass, entry, macs="none of a list")
    await kit.hass.async_block_till_done()

    assert "host_unreadable" in [issue.translation_key for issue in ir.async_get(kit.hass).issues.values()]
    assert list(entry.runtime_data.hosts.inventory) == []


async def test_diagnostics_have_no_addresses_and_no_password(
    kit: Kit, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    private = {"broadcast": "10.1.2.255", "password": "00:11:22:33:44:55", "entity_id": "", "address": "127.0.0.1"}
    add_host(kit.hass, entry, **private, address_port=22)
    await kit.hass.async_block_till_done()
    data = await download(kit, hass_client)

    assert [word for word in (MAC, "Backup NAS", *private.values()) if word and word in json.dumps(data)] == []
    (found,) = data["configured_hosts"]
    assert (found["macs"], found["proof"], found["address_port"], found["stop_actions"]) == (1, "address", 22, 1)


async def test_a_failing_action_is_told(kit: Kit, nas: str) -> None:
    async def fail(_call: object) -> None:
        raise HomeAssistantError("the NAS does not listen")

    kit.hass.services.async_register("test", "stop", fail)
    result = await call(kit, nas, "send_command", command="shutdown")

    assert (result["status"], result["message"]) == ("failed", "the NAS does not listen")
    assert power(kit, nas) == "on"


@pytest.mark.parametrize(
    "step",
    [{"stop": "The NAS is backing up.", "error": True}, {"condition": "template", "value_template": "{{ false }}"}],
)
async def test_a_stop_action_that_ends_early_has_failed(kit: Kit, entry: MockConfigEntry, step: dict[str, Any]) -> None:
    await set_proof(kit, "on")
    nas = uid(add_host(kit.hass, entry, stop_actions=[step, *STOP]), kit)
    await kit.hass.async_block_till_done()
    calls = stops(kit.hass)
    result = await call(kit, nas, "send_command", command="shutdown")

    assert (result["status"], result["reason"], calls) == ("failed", "error", [])
    assert power(kit, nas) == "on"


@pytest.mark.parametrize(
    "step",
    [
        {"stop": "That was all."},
        {"if": [{"condition": "template", "value_template": "{{ false }}"}], "then": STOP},
        {"sequence": [{"condition": "template", "value_template": "{{ false }}"}]},
        {"action": "script.turn_off_nas"},
    ],
)
async def test_a_stop_action_that_ends_as_it_is_written_has_run(
    kit: Kit, entry: MockConfigEntry, step: dict[str, Any]
) -> None:
    never = {"sequence": [{"condition": "template", "value_template": "{{ false }}"}]}
    assert await async_setup_component(kit.hass, "script", {"script": {"turn_off_nas": never}})
    await set_proof(kit, "on")
    nas = uid(add_host(kit.hass, entry, stop_actions=[step]), kit)
    await kit.hass.async_block_till_done()

    assert (await call(kit, nas, "send_command", command="shutdown"))["status"] == "accepted"


async def test_a_stop_action_runs_once_at_a_time(kit: Kit, nas: str) -> None:
    is_stopped, runs = asyncio.Event(), []

    async def stop(called: object) -> None:
        runs.append(called)
        await is_stopped.wait()

    kit.hass.services.async_register("test", "stop", stop)
    first = asyncio.create_task(call(kit, nas, "send_command", command="shutdown"))
    await settle()
    second = await call(kit, nas, "send_command", command="shutdown")
    assert (second["status"], second["reason"], len(runs)) == ("refused", "busy", 1)
    is_stopped.set()

    assert (await first)["status"] == "accepted"
    await set_proof(kit, "off")
    assert attributes(kit, f"{nas}_command")["event_type"] == "done"
    await set_proof(kit, "on")
    assert (await call(kit, nas, "send_command", command="shutdown"))["status"] == "accepted"


def pi_device(kit: Kit) -> str:
    device = kit.device("iotbridge_pi")
    assert device is not None
    return device.id
