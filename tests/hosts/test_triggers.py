"""Automations that are triggered by a host."""

from typing import Any

import pytest

from homeassistant.helpers import area_registry as ar, device_registry as dr, floor_registry as fr, label_registry as lr
from homeassistant.setup import async_setup_component

from ..automation import Automate, connection, start_anew
from ..kit import FakeHost, Kit

POWER = "iotbridge_nas_power_state"


def device_id(kit: Kit, node_id: str = "nas") -> str:
    device = kit.device(f"iotbridge_{node_id}")
    assert device is not None
    return device.id


async def vanish(host: FakeHost) -> None:
    """Disconnect the host, so that the broker publishes its last will."""
    await host.availability("offline")
    assert host.power == "lost"


def place(kit: Kit) -> dict[str, dict[str, Any]]:
    """Assign the host an area, a floor and a label; return every target that includes it."""
    floor = fr.async_get(kit.hass).async_create("Cellar")
    area = ar.async_get(kit.hass).async_create("Rack", floor_id=floor.floor_id)
    label = lr.async_get(kit.hass).async_create("Lab")
    dr.async_get(kit.hass).async_update_device(device_id(kit), area_id=area.id, labels={label.label_id})
    return {
        "device": {"device_id": device_id(kit)},
        "area": {"area_id": area.id},
        "floor": {"floor_id": floor.floor_id},
        "label": {"label_id": label.label_id},
        "entity": {"entity_id": kit.entity_id(POWER)},
    }


@pytest.mark.parametrize("kind", ["device", "area", "floor", "label", "entity"])
async def test_a_lost_host_starts_the_automation(
    kit: Kit, automate: Automate, names: dict[str, str], kind: str
) -> None:
    host = await kit.host()
    await kit.host("pi")
    target = place(kit)[kind]
    ran = await automate({"trigger": "iotbridge.host_lost", "target": target}, tell=names)

    await vanish(host)

    assert [event.data for event in ran] == [
        {
            "host": "nas",
            "entity_id": kit.entity_id(POWER),
            "device_id": device_id(kit),
            "description": "nas was lost",
        }
    ]


async def test_the_name_by_the_user_is_a_variable(kit: Kit, automate: Automate, names: dict[str, str]) -> None:
    host = await kit.host()
    dr.async_get(kit.hass).async_update_device(device_id(kit), name_by_user="Attic server")
    ran = await automate({"trigger": "iotbridge.host_lost", "target": {"device_id": device_id(kit)}}, tell=names)

    await vanish(host)

    assert [event.data["host"] for event in ran] == ["Attic server"]


async def test_another_host_does_not_start_it(kit: Kit, automate: Automate) -> None:
    await kit.host()
    other = await kit.host("pi")
    ran = await automate({"trigger": "iotbridge.host_lost", "target": {"device_id": device_id(kit)}})

    await vanish(other)

    assert ran == []


async def test_sensors_of_other_integrations_in_the_area_do_not_start_it(kit: Kit, automate: Automate) -> None:
    await kit.host()
    targets = place(kit)
    entity_id = kit.entity_id("iotbridge_nas_cpu_percent", "mqtt")
    ran = await automate({"trigger": "iotbridge.host_lost", "target": targets["area"] | {"entity_id": entity_id}})

    kit.hass.states.async_set(entity_id, "on")
    kit.hass.states.async_set(entity_id, "lost")
    await kit.hass.async_block_till_done()

    assert ran == []


async def test_a_host_added_later_triggers(kit: Kit, automate: Automate) -> None:
    area = ar.async_get(kit.hass).async_create("Rack")
    ran = await automate({"trigger": "iotbridge.host_lost", "target": {"area_id": area.id}})

    host = await kit.host()
    dr.async_get(kit.hass).async_update_device(device_id(kit), area_id=area.id)
    await kit.hass.async_block_till_done()
    await vanish(host)

    assert len(ran) == 1


@pytest.mark.parametrize("power", ["off", "shutting_down", "rebooting", "suspended"])
async def test_a_host_that_stops_orderly_is_not_lost(kit: Kit, automate: Automate, power: str) -> None:
    host = await kit.host()
    ran = await automate({"trigger": "iotbridge.host_lost", "target": {"device_id": device_id(kit)}})

    await host.announce(power=power)
    await host.availability("offline")

    assert host.power == power
    assert ran == []


async def test_a_reboot_that_never_ends_is_a_loss(kit: Kit, automate: Automate) -> None:
    host = await kit.host()
    ran = await automate({"trigger": "iotbridge.host_lost", "target": {"device_id": device_id(kit)}})
    await host.announce(power="rebooting")
    await host.availability("offline")

    await kit.wait(700)

    assert host.power == "lost"
    assert len(ran) == 1


async def test_for_how_long_and_all_of_them(kit: Kit, automate: Automate) -> None:
    nas, pi = await kit.host(), await kit.host("pi")
    ran = await automate(
        {
            "trigger": "iotbridge.host_lost",
            "target": {"device_id": [device_id(kit), device_id(kit, "pi")]},
            "options": {"behavior": "all", "for": "00:01:00"},
        }
    )

    await vanish(nas)
    await kit.wait(90)
    assert ran == []
    await vanish(pi)
    await kit.wait(30)
    assert ran == []
    await kit.wait(31)
    assert len(ran) == 1


async def test_a_host_that_vanished_while_the_broker_was_away_is_lost_when_it_is_back(
    kit: Kit, automate: Automate
) -> None:
    gone, dead = await kit.host(), await kit.host("pi")
    await vanish(dead)
    ran = await automate(
        {"trigger": "iotbridge.host_lost", "target": {"device_id": [device_id(kit), device_id(kit, "pi")]}},
        tell={"host": "{{ trigger.host }}"},
    )

    await connection(kit, is_connected=False)
    assert gone.power == "unavailable"
    await connection(kit, is_connected=True)
    for host in (gone, dead):
        await host.announce(retain=True)
        await host.availability("offline", retain=True)

    assert gone.power == dead.power == "lost"
    assert [event.data["host"] for event in ran] == ["nas"]


async def test_a_host_lost_at_the_start_does_not_trigger(kit: Kit, automate: Automate) -> None:
    host = await kit.host()
    await vanish(host)
    ran = await automate({"trigger": "iotbridge.host_lost", "target": {"device_id": device_id(kit)}})

    await start_anew(kit)
    await host.announce(retain=True)
    await host.availability("offline", retain=True)

    assert host.power == "lost"
    assert ran == []


async def test_a_host_lost_after_the_start_triggers(kit: Kit, automate: Automate) -> None:
    host = await kit.host()
    ran = await automate({"trigger": "iotbridge.host_lost", "target": {"device_id": device_id(kit)}})

    await start_anew(kit)
    await host.announce(retain=True)
    await host.availability("online", retain=True)
    await vanish(host)

    assert len(ran) == 1


async def test_a_lost_host_that_is_on_again_is_back(kit: Kit, automate: Automate, names: dict[str, str]) -> None:
    host = await kit.host()
    ran = await automate({"trigger": "iotbridge.host_back", "target": {"device_id": device_id(kit)}}, tell=names)
    await vanish(host)
    assert ran == []

    await host.announce()
    await host.availability("online")

    assert [event.data["description"] for event in ran] == ["nas is back"]


async def test_an_intended_reboot_is_not_a_return(kit: Kit, automate: Automate) -> None:
    host = await kit.host()
    ran = await automate({"trigger": "iotbridge.host_back", "target": {"device_id": device_id(kit)}})

    await host.announce(power="rebooting")
    await host.availability("offline")
    await host.announce()
    await host.availability("online")

    assert host.power == "on"
    assert ran == []


FAILED = {key: f"{{{{ trigger.{key} }}}}" for key in ("host", "command", "message", "reason", "outcome", "command_id")}


async def command(kit: Kit, host: FakeHost, name: str, command_id: str) -> dict[str, Any]:
    """Send a command from outside Home Assistant."""
    sent = {"command": name, "id": command_id}
    await kit.receive(host.topic("command"), sent)
    return sent


@pytest.mark.parametrize(
    ("status", "reason"), [("refused", "not_enabled"), ("failed", "exit_code")], ids=["refused", "failed"]
)
async def test_a_command_that_failed(kit: Kit, automate: Automate, status: str, reason: str) -> None:
    host = await kit.host()
    ran = await automate(
        {"trigger": "iotbridge.command_failed", "target": {"device_id": device_id(kit)}},
        tell=FAILED | {"description": "{{ trigger.description }}"},
    )

    sent = await command(kit, host, "reboot", "c-1")
    await host.respond(sent, status, reason=reason, message="It does not want to.")

    assert [event.data for event in ran] == [
        {
            "host": "nas",
            "command": "reboot",
            "message": "It does not want to.",
            "reason": reason,
            "outcome": status,
            "command_id": "c-1",
            "description": "a command failed on nas",
        }
    ]


async def test_a_command_without_a_response(kit: Kit, automate: Automate) -> None:
    host = await kit.host()
    ran = await automate({"trigger": "iotbridge.command_failed", "target": {"device_id": device_id(kit)}}, tell=FAILED)

    await command(kit, host, "reboot", "c-1")
    await kit.wait(6)

    assert [event.data["outcome"] for event in ran] == ["timed_out"]


@pytest.mark.parametrize("status", ["accepted", "done"])
async def test_a_command_that_works_does_not_start_it(kit: Kit, automate: Automate, status: str) -> None:
    host = await kit.host()
    ran = await automate({"trigger": "iotbridge.command_failed", "target": {"device_id": device_id(kit)}})

    await host.respond(await command(kit, host, "ping", "c-1"), status)

    assert kit.state("iotbridge_nas_command").attributes["event_type"] == status
    assert ran == []


async def test_only_the_configured_commands(kit: Kit, automate: Automate) -> None:
    host = await kit.host()
    ran = await automate(
        {
            "trigger": "iotbridge.command_failed",
            "target": {"device_id": device_id(kit)},
            "options": {"command": "backup_now"},
        },
        tell=FAILED,
    )

    await host.respond(await command(kit, host, "ping", "c-1"), "refused", reason="busy")
    await host.respond(await command(kit, host, "backup_now", "c-2"), "failed", reason="exit_code")

    assert [event.data["command"] for event in ran] == ["backup_now"]


async def test_two_failures_in_one_millisecond_are_two(kit: Kit, automate: Automate) -> None:
    host = await kit.host()
    ran = await automate({"trigger": "iotbridge.command_failed", "target": {"device_id": device_id(kit)}}, tell=FAILED)

    for command_id in ("c-1", "c-2"):
        await host.respond(await command(kit, host, "reboot", command_id), "refused", reason="rate_limited")

    assert len(ran) == 2


async def test_the_last_failure_does_not_trigger_again_after_an_outage(kit: Kit, automate: Automate) -> None:
    host = await kit.host()
    ran = await automate({"trigger": "iotbridge.command_failed", "target": {"device_id": device_id(kit)}})
    await host.respond(await command(kit, host, "reboot", "c-1"), "refused", reason="busy")
    assert len(ran) == 1

    await connection(kit, is_connected=False)
    await connection(kit, is_connected=True)
    await start_anew(kit)
    await host.announce(retain=True)
    await host.availability("online", retain=True)

    assert kit.state("iotbridge_nas_command").attributes["event_type"] == "refused"
    assert len(ran) == 1


@pytest.mark.parametrize("options", [{"command": "rm -rf"}, {"commands": ["ping"]}])
async def test_an_invalid_option_is_named(kit: Kit, caplog: pytest.LogCaptureFixture, options: dict[str, Any]) -> None:
    await kit.host()
    trigger = {
        "trigger": "iotbridge.command_failed",
        "target": {"device_id": device_id(kit)},
        "options": options,
    }

    await async_setup_component(
        kit.hass, "automation", {"automation": {"alias": "test", "triggers": [trigger], "actions": []}}
    )

    automation = kit.hass.states.get("automation.test")
    assert automation is not None
    assert automation.state == "unavailable"
    assert "options" in caplog.text
