"""Activity of hosts: sentences about the outcomes of commands."""

import asyncio
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser, async_capture_events

from homeassistant.core import Context, Event
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.translation import async_setup as async_setup_translations

from ..automation import Automate
from ..kit import FakeHost, Kit, settle
from ..wire import Wire, card


@pytest.fixture
def entries(kit: Kit) -> list[Event]:
    """Return the entries that are written into the logbook from now on."""
    found: list[Event] = async_capture_events(kit.hass, "logbook_entry")
    return found


def sentences(entries: list[Event]) -> list[str]:
    return [event.data["message"] for event in entries]


async def send(kit: Kit, host: FakeHost, command: str, user: MockUser | None = None) -> dict[str, Any]:
    """Send a command by the action, without waiting for its response; return the command as the host gets it."""
    data = {"device_id": kit.device(host.uid).id, "command": command, "raise_on_failure": False}  # type: ignore[union-attr]
    context = Context(user_id=user.id if user else None)
    action = asyncio.create_task(
        kit.hass.services.async_call("iotbridge", "send_command", data, blocking=True, context=context)
    )
    await settle()
    assert not action.done()
    return host.commands()[-1]


async def press(kit: Kit, host: FakeHost, user: MockUser) -> dict[str, Any]:
    """Press the button that core's mqtt created; the broker delivers the command back to us."""
    data, context = {"entity_id": "button.nas_reboot"}, Context(user_id=user.id)
    await kit.hass.services.async_call("button", "press", data, blocking=True, context=context)
    command = host.commands()[-1]
    await kit.receive(host.topic("command"), command)
    return command


async def test_a_power_command_by_the_action(kit: Kit, entries: list[Event], hass_admin_user: MockUser) -> None:
    hass_admin_user.name = "Anna"
    host = await kit.host(dry_run=True)

    command = await send(kit, host, "reboot", hass_admin_user)
    await host.respond(command, "accepted", message="This is a dry run: reboot will not be executed.")
    await host.respond(command, "done", message="This was a dry run: reboot was not executed.")

    assert sentences(entries) == ["Reboot of nas: accepted, dry run, asked by Anna"]
    assert entries[0].data["name"] == "nas"
    assert entries[0].data["entity_id"] == "sensor.nas_power_state"


async def test_a_shutdown_by_the_button_of_core(kit: Kit, entries: list[Event], hass_admin_user: MockUser) -> None:
    hass_admin_user.name = "Anna"
    host = await kit.host()
    await host.status(boot_time="2026-11-20T10:00:00Z")
    await host.respond(await press(kit, host, hass_admin_user), "accepted")
    await host.announce(power="rebooting")
    await host.availability("offline")
    await host.announce(power="on")
    await host.availability("online")
    await host.status(boot_time="2026-11-21T10:00:00Z")

    assert sentences(entries) == ["Reboot of nas: accepted, asked by Anna", "Reboot of nas: done, asked by Anna"]


async def test_a_press_long_ago_is_not_who_asks(kit: Kit, entries: list[Event], hass_admin_user: MockUser) -> None:
    host = await kit.host()
    await host.respond(await press(kit, host, hass_admin_user), "accepted")
    await kit.wait(6)
    entries.clear()

    await kit.receive(host.topic("command"), {"command": "reboot", "id": "script-1"})
    await host.respond({"command": "reboot", "id": "script-1"}, "refused", message="Not again.", reason="busy")

    assert sentences(entries) == ["Reboot of nas: refused (Not again.)"]


async def test_an_automation_that_asks_has_its_name(kit: Kit, entries: list[Event], automate: Automate) -> None:
    host = await kit.host()
    await automate({"trigger": "event", "event_type": "go"})
    automation = kit.hass.states.get("automation.test")
    assert automation is not None
    kit.hass.bus.async_fire("go")
    await kit.hass.async_block_till_done()
    context = kit.hass.states.get("automation.test").context  # type: ignore[union-attr]
    data = {"entity_id": "sensor.nas_power_state", "command": "shutdown", "raise_on_failure": False}
    action = asyncio.create_task(
        kit.hass.services.async_call("iotbridge", "send_command", data, blocking=True, context=context)
    )
    await settle()
    await host.respond(host.commands()[-1], "failed", message="No power.")
    await action

    assert sentences(entries)[-1] == "Shutdown of nas: failed, asked by test (No power.)"


async def test_commands_without_an_answer_and_hosts_that_are_off(kit: Kit, entries: list[Event]) -> None:
    host = await kit.host()
    await send(kit, host, "backup")
    await kit.wait(10)
    await host.availability("offline")
    data = {"entity_id": "sensor.nas_power_state", "command": "suspend", "raise_on_failure": False}
    await kit.hass.services.async_call("iotbridge", "send_command", data, blocking=True)
    await kit.hass.async_block_till_done()

    assert sentences(entries) == ["Command backup on nas: no answer", "Suspending nas: failed (nas is not online.)"]


async def test_the_device_is_called_as_its_user_calls_it(kit: Kit, entries: list[Event]) -> None:
    host = await kit.host()
    device = kit.device(host.uid)
    assert device is not None
    dr.async_get(kit.hass).async_update_device(device.id, name_by_user="Archive")

    await host.respond(await send(kit, host, "reboot"), "accepted")

    assert sentences(entries) == ["Reboot of Archive: accepted"]


async def test_commands_that_change_nothing_are_left_out(kit: Kit, entries: list[Event]) -> None:
    host = await kit.host()
    for command in ("ping", "status"):
        await host.respond(await send(kit, host, command), "done")

    assert entries == []


async def wake(kit: Kit, entries: list[Event], user: MockUser) -> list[str]:
    """Wake a host that is on after 42 seconds; return the sentences about that."""
    user.name = "Anna"
    host = await kit.host(cards=[card("a8:a1:59:00:00:01")])
    await host.announce(power="off", cards=[card("a8:a1:59:00:00:01")])
    await host.availability("offline")
    data = {"entity_id": "button.nas_wake_up"}
    await kit.hass.services.async_call("button", "press", data, blocking=True, context=Context(user_id=user.id))
    await kit.hass.async_block_till_done()
    await kit.wait(42)
    await host.announce()
    await host.availability("online")
    return sentences(entries)


async def test_a_host_that_was_woken(kit: Kit, wire: Wire, entries: list[Event], hass_admin_user: MockUser) -> None:
    assert await wake(kit, entries, hass_admin_user) == [
        "Wake-up of nas: magic packets sent, asked by Anna",
        "Wake-up of nas: on after 42 s, asked by Anna",
    ]


async def test_an_agent_that_wakes_others_for_somebody(kit: Kit, entries: list[Event]) -> None:
    host = await kit.host(commands=["wake"])
    for number, status in enumerate(("done", "failed")):
        command = {"command": "wake", "id": f"script-{number}", "args": {"mac": ["a8:a1:59:00:00:01"]}}
        await kit.receive(host.topic("command"), command)
        await host.respond(command, status, message="No card.")

    assert sentences(entries) == ["Command wake on nas: failed (No card.)"]


async def test_a_dry_run_that_is_not_accepted_first_is_told(kit: Kit, entries: list[Event]) -> None:
    host = await kit.host(dry_run=True)
    await host.respond(await send(kit, host, "start_services"), "done")

    assert sentences(entries) == ["Command start_services on nas: dry run"]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("it", "Riavvio di nas: richiesta accettata, simulazione, su richiesta di Anna"),
        ("fr", "Redémarrage de nas: demande acceptée, simulation, demandé par Anna"),
    ],
)
async def test_sentences_are_in_the_language_of_the_home(
    kit: Kit, entries: list[Event], hass_admin_user: MockUser, language: str, sentence: str
) -> None:
    async_setup_translations(kit.hass)  # as Home Assistant does at its start
    await kit.hass.config.async_update(language=language)
    await kit.hass.async_block_till_done()
    hass_admin_user.name = "Anna"
    host = await kit.host(dry_run=True)

    await host.respond(await send(kit, host, "reboot", hass_admin_user), "accepted")

    assert sentences(entries) == [sentence]
