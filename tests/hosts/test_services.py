"""Action send_command, called by a user, an automation and a voice assistant."""

import asyncio
from typing import Any

import pytest
import voluptuous as vol

from homeassistant.auth.models import User
from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    floor_registry as fr,
    label_registry as lr,
)

from ..kit import FakeHost, Kit, response_of, settle
from ..wire import NETWORK, Wire, card

MAC = "a8:a1:59:00:00:01"


async def call(kit: Kit, target: dict[str, Any], command: str = "ping", **data: Any) -> asyncio.Task[Any]:
    """Start the action; it is waiting for responses when this returns."""
    return await start(kit, "send_command", {"command": command, **target}, **data)


async def start(kit: Kit, action: str, target: dict[str, Any], **data: Any) -> asyncio.Task[Any]:
    """Start an action of IoT Bridge."""
    context = data.pop("context", None)
    task = asyncio.create_task(
        kit.hass.services.async_call(
            "iotbridge", action, {**target, **data}, blocking=True, return_response=True, context=context
        )
    )
    await settle()
    return task


def device_of(kit: Kit, host: FakeHost) -> str:
    device = kit.device(host.uid)
    assert device is not None
    return device.id


async def test_the_result_is_the_response_data(kit: Kit) -> None:
    host = await kit.host()
    task = await call(kit, {"device_id": device_of(kit, host)}, "reboot", args={"force": True})
    (command,) = host.commands()
    await host.respond(command, "accepted", data={"x": 1})

    (result,) = (await response_of(task))["results"]
    assert command.keys() == {"command", "id", "timestamp", "ttl_s", "args"}
    assert (command["command"], command["ttl_s"], command["args"]) == ("reboot", 30, {"force": True})
    assert result == {
        "host": "nas",
        "node_id": "nas",
        "device_id": device_of(kit, host),
        "command": "reboot",
        "success": True,
        "status": "accepted",
        "reason": None,
        "message": "accepted.",
        "latency_ms": 0.0,
        "data": {"x": 1},
    }


async def test_a_command_is_never_retained_and_expires_at_the_broker(kit: Kit) -> None:
    host = await kit.host()
    task = await call(kit, {"device_id": device_of(kit, host)}, timeout=2.5)
    (sent,) = [c for c in kit.mqtt.async_publish.call_args_list if c.args[0] == host.topic("command")]
    await host.respond(host.commands()[0], "done")
    await response_of(task)

    assert sent.args[2:] == (1, False)
    assert sent.kwargs == {"message_expiry_interval": 3}


async def test_many_hosts_are_called_at_once_and_respond_in_any_order(kit: Kit) -> None:
    hosts = [await kit.host(f"node{number}") for number in range(5)]
    task = await call(kit, {"device_id": [device_of(kit, host) for host in hosts]})
    assert all(len(host.commands()) == 1 for host in hosts), "nobody waits for another"
    for host in reversed(hosts):
        await host.respond(host.commands()[0], "done", message=f"here is {host.node_id}")

    results = (await response_of(task))["results"]
    assert [(r["host"], r["message"]) for r in results] == [(h.node_id, f"here is {h.node_id}") for h in hosts]


async def test_a_response_to_another_command_is_not_used(kit: Kit) -> None:
    host = await kit.host()
    task = await call(kit, {"device_id": device_of(kit, host)}, timeout=5)
    await host.respond({"command": "ping", "id": "somebody-elses"}, "done")
    assert not task.done()
    await host.respond(host.commands()[0], "done")

    assert (await response_of(task))["results"][0]["success"]


async def test_a_custom_command_is_awaited_to_its_end(kit: Kit) -> None:
    host = await kit.host()
    task = await call(kit, {"device_id": device_of(kit, host)}, "backup", timeout=60)
    await host.respond(host.commands()[0], "accepted")
    assert not task.done()
    await host.respond(host.commands()[0], "failed", reason="exit_code", message="disk full", data={"exit_code": 3})

    with pytest.raises(HomeAssistantError) as error:
        await response_of(task)
    assert error.value.translation_key == "command_refused"
    assert error.value.translation_placeholders == {"command": "backup", "hosts": "nas (disk full)"}


async def test_a_silent_host_is_named(kit: Kit) -> None:
    host = await kit.host()
    task = await call(kit, {"device_id": device_of(kit, host)})
    await kit.wait(5)

    with pytest.raises(HomeAssistantError) as error:
        await response_of(task)
    assert error.value.translation_key == "command_silent"
    assert error.value.translation_placeholders == {"command": "ping", "hosts": "nas"}


async def test_failed_hosts_are_named_by_kind_of_failure(kit: Kit) -> None:
    good, gone, silent, proud = [await kit.host(name) for name in ("good", "gone", "silent", "proud")]
    await gone.availability("offline")
    devices = [device_of(kit, host) for host in (good, gone, silent, proud)]
    task = await call(kit, {"device_id": devices}, "reboot")
    assert gone.commands() == [], "nothing is sent to who is not there"
    await good.respond(good.commands()[0], "accepted")
    await proud.respond(proud.commands()[0], "refused", reason="not_enabled", message="reboot is not enabled.")
    await kit.wait(5)

    with pytest.raises(HomeAssistantError) as error:
        await response_of(task)
    assert error.value.translation_placeholders == {
        "command": "reboot",
        "offline": "gone",
        "silent": "silent",
        "refused": "proud (reboot is not enabled.)",
    }


async def test_an_offline_host_is_a_failed_command(kit: Kit) -> None:
    gone = await kit.host()
    await gone.availability("offline")
    with pytest.raises(HomeAssistantError) as error:
        await (await call(kit, {"device_id": device_of(kit, gone)}))

    assert error.value.translation_key == "command_offline"
    event = kit.state("iotbridge_nas_command")
    assert (event.attributes["event_type"], event.attributes["reason"]) == ("failed", "offline")


async def test_arguments_that_are_not_json(kit: Kit) -> None:
    host = await kit.host()
    with pytest.raises(ServiceValidationError) as error:
        await (await call(kit, {"device_id": device_of(kit, host)}, args={1: 2}))
    assert error.value.translation_key == "invalid_args"
    await kit.wait(10)

    assert kit.state("iotbridge_nas_command").state == "unknown", "nothing was sent, so nothing timed out"


async def test_a_host_that_is_removed_meanwhile_is_named(kit: Kit) -> None:
    host, other = await kit.host(), await kit.host("other")
    task = await call(kit, {"device_id": [device_of(kit, host), device_of(kit, other)]}, raise_on_failure=False)
    await host.announce(power="off")
    await host.availability("offline")
    dr.async_get(kit.hass).async_remove_device(device_of(kit, host))
    await settle()
    await other.respond(other.commands()[0], "done")

    removed, kept = (await response_of(task))["results"]
    assert (removed["success"], removed["message"]) == (False, "nas was removed.")
    assert kept["success"]


async def test_a_broker_that_rejects_everything_is_named(kit: Kit) -> None:
    host = await kit.host()
    kit.mqtt.async_publish.side_effect = HomeAssistantError("the broker said no")
    (result,) = (await (await call(kit, {"device_id": device_of(kit, host)}, raise_on_failure=False)))["results"]

    assert (result["reason"], result["message"]) == ("not_sent", "the broker said no")


async def test_results_instead_of_an_error(kit: Kit) -> None:
    gone = await kit.host("gone")
    await gone.availability("offline")
    task = await call(kit, {"device_id": device_of(kit, gone)}, raise_on_failure=False)

    (result,) = (await response_of(task))["results"]
    assert (result["success"], result["reason"], result["latency_ms"]) == (False, "offline", None)


async def test_without_response_variable(kit: Kit) -> None:
    host = await kit.host()
    task = asyncio.create_task(
        kit.hass.services.async_call(
            "iotbridge", "send_command", {"device_id": device_of(kit, host), "command": "ping"}, blocking=True
        )
    )
    await settle()
    await host.respond(host.commands()[0], "done")

    assert await response_of(task) is None


class TestTargets:
    """Hosts that the target of an action selects."""

    @pytest.fixture
    async def host(self, kit: Kit) -> FakeHost:
        """Return a host in the cellar of the ground floor, with a label."""
        host = await kit.host()
        floor = fr.async_get(kit.hass).async_create("Ground")
        area = ar.async_get(kit.hass).async_create("Cellar", floor_id=floor.floor_id)
        label = lr.async_get(kit.hass).async_create("Servers")
        devices = dr.async_get(kit.hass)
        devices.async_update_device(device_of(kit, host), area_id=area.id, labels={label.label_id})
        lamp = await self.lamp(kit)
        devices.async_update_device(lamp, area_id=area.id, labels={label.label_id})
        return host

    async def lamp(self, kit: Kit) -> str:
        """Return a device that is no host."""
        lamp = FakeHost(kit, "lamp", "iotbridge")
        await lamp.discover()
        return device_of(kit, lamp)

    @pytest.mark.parametrize(
        "target",
        [
            {"area_id": "cellar"},
            {"floor_id": "ground"},
            {"label_id": "servers"},
            {"entity_id": "sensor.nas_power_state"},
            {"entity_id": "button.nas_reboot"},
            {"entity_id": ["sensor.nas_power_state", "sensor.nas_cpu_usage"], "area_id": "cellar"},
        ],
    )
    async def test_every_target_calls_the_host_once(self, kit: Kit, host: FakeHost, target: dict[str, Any]) -> None:
        task = await call(kit, target)
        (command,) = host.commands()
        await host.respond(command, "done")

        assert [result["host"] for result in (await response_of(task))["results"]] == ["nas"]

    async def test_a_named_target_that_is_not_a_host_is_rejected(self, kit: Kit, host: FakeHost) -> None:
        lamp = kit.device("iotbridge_lamp")
        assert lamp is not None
        for target in ({"device_id": lamp.id}, {"entity_id": "sensor.lamp_cpu_usage"}, {"entity_id": "light.none"}):
            with pytest.raises(ServiceValidationError) as error:
                await (await call(kit, target))
            assert error.value.translation_key == "not_a_host"
        assert host.commands() == []

    async def test_no_target(self, kit: Kit) -> None:
        ar.async_get(kit.hass).async_create("Empty")
        with pytest.raises(ServiceValidationError) as error:
            await (await call(kit, {"area_id": "empty"}))
        assert error.value.translation_key == "no_host"

    @pytest.mark.parametrize(
        "data",
        [{"command": "rm -rf /"}, {"command": "ping", "timeout": 0}, {"command": "ping", "args": [1]}, {}],
    )
    @pytest.mark.usefixtures("host")
    async def test_invalid_calls(self, kit: Kit, data: dict[str, Any]) -> None:
        with pytest.raises(vol.Invalid):
            await kit.hass.services.async_call(
                "iotbridge", "send_command", {"area_id": "cellar", **data}, blocking=True
            )


class TestWake:
    """Action wake."""

    async def test_the_results_of_hosts_that_are_woken_at_once(self, kit: Kit, wire: Wire) -> None:
        hosts = [await kit.host(name, cards=[card(MAC)]) for name in ("desk", "nas", "pi")]
        for host in hosts[:2]:
            await host.announce(power="off", cards=[card(MAC)])
            await host.availability("offline")
        devices = [device_of(kit, host) for host in hosts]
        task = await start(kit, "wake", {"device_id": devices}, timeout=30, raise_on_failure=False)
        await kit.wait(5)
        await hosts[1].announce(cards=[card(MAC)])
        await hosts[1].availability("online")
        for _ in range(5):
            await kit.wait(5)

        desk, nas, pi = (await response_of(task))["results"]
        assert wire.take() == [(MAC, NETWORK)]
        assert desk == {
            "host": "desk",
            "node_id": "desk",
            "device_id": devices[0],
            "command": "wake",
            "success": False,
            "status": "timed_out",
            "reason": "no_response",
            "message": "desk is not on after 30 s.",
            "latency_ms": 30_000.0,
            "data": {"addresses": [NETWORK], "via": [], "attempts": 3},
        }
        assert (nas["success"], nas["status"], nas["latency_ms"]) == (True, "done", 5_000.0)
        assert (pi["success"], pi["message"], pi["data"]["attempts"]) == (True, "pi is on already.", 0)

    async def test_a_failure_names_the_host(self, kit: Kit) -> None:
        host = await kit.host()
        await host.announce(power="off")
        await host.availability("offline")
        with pytest.raises(HomeAssistantError) as error:
            await (await start(kit, "wake", {"device_id": device_of(kit, host)}))

        assert error.value.translation_key == "command_refused"
        assert error.value.translation_placeholders == {
            "command": "wake",
            "hosts": "nas (The MAC address of nas is unknown.)",
        }

    async def test_a_user_of_the_house_may_not(self, kit: Kit, wire: Wire) -> None:
        host = await kit.host(cards=[card(MAC)])
        await kit.hass.auth.async_create_user("owner")  # the first user becomes the owner
        user = await kit.hass.auth.async_create_user("guest", group_ids=["system-users"])
        with pytest.raises(Unauthorized):
            await (await start(kit, "wake", {"device_id": device_of(kit, host)}, context=Context(user_id=user.id)))

        assert wire.sent == []

    async def test_a_device_that_is_no_host(self, kit: Kit) -> None:
        with pytest.raises(ServiceValidationError) as error:
            await (await start(kit, "wake", {"entity_id": "light.none"}))

        assert error.value.translation_key == "not_a_host"


class TestPermissions:
    """Stopping a machine is for admins."""

    @pytest.mark.parametrize("command", ["reboot", "shutdown", "suspend", "backup"])
    async def test_other_users_may_not(self, kit: Kit, hass_read_only_user: User, command: str) -> None:
        host = await kit.host()
        with pytest.raises(Unauthorized):
            await (
                await call(
                    kit, {"device_id": device_of(kit, host)}, command, context=Context(user_id=hass_read_only_user.id)
                )
            )
        assert host.commands() == []

    async def test_a_user_of_the_house_may_ping_and_not_reboot(self, kit: Kit) -> None:
        host = await kit.host()
        await kit.hass.auth.async_create_user("owner")  # the first user becomes the owner
        user = await kit.hass.auth.async_create_user("guest", group_ids=["system-users"])
        task = await call(kit, {"device_id": device_of(kit, host)}, "ping", context=Context(user_id=user.id))
        await host.respond(host.commands()[0], "done")
        assert (await response_of(task))["results"][0]["success"]

        with pytest.raises(Unauthorized):
            await (await call(kit, {"device_id": device_of(kit, host)}, "reboot", context=Context(user_id=user.id)))

    async def test_a_read_only_user_may_not_even_ping(self, kit: Kit, hass_read_only_user: User) -> None:
        host = await kit.host()
        context = Context(user_id=hass_read_only_user.id)
        with pytest.raises(Unauthorized):
            await (await call(kit, {"device_id": device_of(kit, host)}, "ping", context=context))

    async def test_admins_may(self, kit: Kit, hass_admin_user: User) -> None:
        host = await kit.host()
        context = Context(user_id=hass_admin_user.id)
        task = await call(kit, {"device_id": device_of(kit, host)}, "reboot", context=context)
        await host.respond(host.commands()[0], "accepted")

        assert (await response_of(task))["results"][0]["success"]

    async def test_a_user_who_does_not_exist_may_nothing(self, kit: Kit) -> None:
        host = await kit.host()
        with pytest.raises(Unauthorized):
            await (await call(kit, {"device_id": device_of(kit, host)}, context=Context(user_id="nobody")))


async def test_removed_entry(kit: Kit) -> None:
    entry = kit.hass.config_entries.async_entries("iotbridge")[0]
    await kit.hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ServiceValidationError) as error:
        await (await call(kit, {"entity_id": "sensor.x"}))
    assert error.value.translation_key == "not_set_up"


async def test_unloading_ends_pending_calls(kit: Kit) -> None:
    host = await kit.host()
    task = await call(kit, {"device_id": device_of(kit, host)}, timeout=60)
    entry = kit.hass.config_entries.async_entries("iotbridge")[0]
    await kit.hass.config_entries.async_unload(entry.entry_id)

    with pytest.raises(HomeAssistantError):
        await response_of(task)


async def test_a_dry_run_is_no_failure_and_no_success(kit: Kit) -> None:
    host = await kit.host(dry_run=True)
    data = {"entity_id": "sensor.nas_power_state", "command": "start_services"}
    action = asyncio.create_task(
        kit.hass.services.async_call("iotbridge", "send_command", data, blocking=True, return_response=True)
    )
    await settle()
    await host.respond(host.commands()[-1], "done")
    response: Any = await action

    (result,) = response["results"]
    assert (result["status"], result["success"]) == ("dry_run", False)


@pytest.mark.parametrize(
    "args",
    [
        {},
        {"text": ""},
        {"text": " "},
        {"text": 7},
        {"text": "x" * 201},
        {"text": "a\nb"},
        {"text": "\x1b[2J"},
        {"text": "\u202ex"},
        {"text": "x", "title": "y" * 61},
        {"text": "x", "title": "\x07"},
        {"text": "x", "title": None},
    ],
)
async def test_a_notice_that_no_agent_would_show_is_not_sent(kit: Kit, args: dict[str, Any]) -> None:
    host = await kit.host()
    task = await call(kit, {"device_id": device_of(kit, host)}, "notice", args=args)
    with pytest.raises(ServiceValidationError) as error:
        await task
    assert error.value.translation_key == "invalid_notice"
    assert host.commands() == []


async def test_a_notice_has_its_text_and_time_and_its_response_tells_who_was_reached(kit: Kit) -> None:
    host = await kit.host()
    task = await call(kit, {"device_id": device_of(kit, host)}, "notice", args={"text": "é" * 200, "title": "Night"})
    await kit.wait(8)
    (command,) = host.commands()
    assert command["args"] == {"text": "é" * 200, "title": "Night"}
    await host.respond(command, "done", message="Nobody is logged in.", data={"people": 0, "reached": 0})
    (result,) = (await response_of(task))["results"]
    assert (result["message"], result["data"]) == ("Nobody is logged in.", {"people": 0, "reached": 0})
