"""Event entities: outcomes of commands from any source."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    mock_restore_cache_with_extra_data,
)

from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..automation import Automate, connection
from ..kit import FakeHost, Kit


def last(kit: Kit) -> dict[str, Any]:
    state = kit.state("iotbridge_nas_command")
    return {k: v for k, v in state.attributes.items() if k not in ("event_types", "friendly_name", "latency_ms")}


async def press(kit: Kit, host: FakeHost) -> dict[str, Any]:
    """Press the button that core's mqtt created; the broker delivers the command back to us."""
    await kit.hass.services.async_call("button", "press", {"entity_id": "button.nas_reboot"}, blocking=True)
    command = host.commands()[-1]
    await kit.receive(host.topic("command"), command)
    return command


@pytest.mark.parametrize("status", ["accepted", "done", "refused", "failed"])
async def test_the_response_to_a_button(kit: Kit, status: str) -> None:
    host = await kit.host()
    command = await press(kit, host)
    more = {"reason": "expired"} if status in ("refused", "failed") else {}
    await host.respond(command, status, message="As I said.", **more)

    expected = {"event_type": status, "command": "reboot", "command_id": "button-1", "message": "As I said."}
    assert last(kit) == expected | more
    assert kit.state("iotbridge_nas_command").attributes["latency_ms"] == 0


async def test_a_button_without_a_response(kit: Kit) -> None:
    host = await kit.host()
    await press(kit, host)
    await kit.wait(4)
    assert kit.state("iotbridge_nas_command").state == "unknown"
    await kit.wait(1)

    assert last(kit) == {
        "event_type": "timed_out",
        "command": "reboot",
        "command_id": "button-1",
        "message": "No answer within 5 s.",
        "reason": "no_response",
    }


async def test_a_script_elsewhere_in_the_oldest_form(kit: Kit) -> None:
    host = await kit.host()
    await kit.receive(host.topic("command"), {"command": "reboot"})
    await host.respond({"command": "reboot"}, "accepted")

    assert last(kit) == {"event_type": "accepted", "command": "reboot", "message": "accepted."}


async def test_a_reboot_is_done_when_the_host_is_back_with_a_new_boot_time(kit: Kit) -> None:
    host = await kit.host()
    await host.status(boot_time="2026-11-20T10:00:00Z")
    await host.respond(await press(kit, host), "accepted")
    await host.announce(power="rebooting")
    await host.availability("offline")
    assert host.power == "rebooting"
    await host.announce(power="on")
    await host.availability("online")
    assert last(kit)["event_type"] == "accepted"
    await kit.wait(40)
    await host.status(boot_time="2026-11-21T10:00:00Z")

    assert last(kit)["event_type"] == "done"
    assert last(kit)["message"] == "The host is back."
    assert kit.state("iotbridge_nas_command").attributes["latency_ms"] == 40_000


async def test_a_shutdown_is_done_when_the_host_is_off(kit: Kit) -> None:
    host = await kit.host()
    await kit.receive(host.topic("command"), {"command": "shutdown", "id": "1"})
    await host.respond({"command": "shutdown", "id": "1"}, "accepted")
    await host.announce(power="shutting_down")
    await host.availability("offline")
    await kit.wait(60)
    assert (host.power, last(kit)["event_type"]) == ("shutting_down", "accepted")
    await kit.wait(60)

    assert (host.power, last(kit)["event_type"]) == ("off", "done")


async def test_two_hosts_are_not_mixed_up(kit: Kit) -> None:
    await kit.host()
    desk = await kit.host("desk")
    await kit.receive(desk.topic("command"), {"command": "ping", "id": "1"})
    await desk.respond({"command": "ping", "id": "1"}, "done")

    assert kit.state("iotbridge_nas_command").state == "unknown"
    assert kit.state("iotbridge_desk_command").state != "unknown"


async def test_a_dry_run_is_never_done(kit: Kit) -> None:
    host = await kit.host(dry_run=True)
    command = await press(kit, host)
    await host.respond(command, "accepted")
    assert last(kit)["event_type"] == "accepted"

    await host.respond(command, "done", message="This was a dry run: reboot was not executed.")

    assert last(kit)["event_type"] == "dry_run"
    await kit.receive(host.topic("command"), {"command": "ping", "id": "2"})
    await host.respond({"command": "ping", "id": "2"}, "done")
    assert last(kit)["event_type"] == "done"


async def test_automations_see_no_event_when_the_broker_or_the_host_returns(kit: Kit, automate: Automate) -> None:
    host = await kit.host()
    await host.respond(await press(kit, host), "refused")
    event = kit.state("iotbridge_nas_command")
    ran = await automate({"trigger": "state", "entity_id": event.entity_id})

    await connection(kit, is_connected=False)
    assert kit.state("iotbridge_nas_command") == event
    await connection(kit, is_connected=True)
    await host.availability("offline")
    await host.availability("online")
    await host.status()

    assert ran == []
    await host.respond(await press(kit, host), "refused")
    assert len(ran) == 1


async def test_the_event_of_a_known_host_is_there_before_the_host_is_heard(kit: Kit, entry: MockConfigEntry) -> None:
    """At a start of Home Assistant the entities that are not there when everything is set up become unavailable."""
    host = await kit.host()
    await host.respond(await press(kit, host), "refused")
    before = kit.state("iotbridge_nas_command")
    assert await kit.hass.config_entries.async_unload(entry.entry_id)
    kit.hass.states.async_remove(before.entity_id)
    mock_restore_cache_with_extra_data(
        kit.hass, [(before, {"last_event_type": "refused", "last_event_attributes": {"command": "reboot"}})]
    )

    assert await kit.hass.config_entries.async_setup(entry.entry_id)
    await kit.hass.async_block_till_done()

    assert kit.state("iotbridge_nas_command").state == before.state
    assert kit.hass.states.get("sensor.nas_power_state").state == "unavailable"  # type: ignore[union-attr]
    ran = async_capture_events(kit.hass, "state_changed")
    await host.announce()
    await host.status()
    assert before.entity_id not in [event.data["entity_id"] for event in ran]
    await host.respond(await press(kit, host), "accepted")
    assert last(kit)["event_type"] == "accepted"


async def test_the_event_of_a_device_that_was_removed_returns_with_it(kit: Kit) -> None:
    host = await kit.host()
    await host.availability("offline")
    device = kit.device(host.uid)
    assert device is not None
    dr.async_get(kit.hass).async_remove_device(device.id)
    await kit.hass.async_block_till_done()
    assert er.async_get(kit.hass).async_get_entity_id("event", "iotbridge", "iotbridge_nas_command") is None

    await host.discover(retain=False)
    await host.announce()
    await host.availability("online")
    await kit.receive(host.topic("command"), {"command": "ping", "id": "1"})
    await host.respond({"command": "ping", "id": "1"}, "refused")

    assert last(kit)["event_type"] == "refused"
