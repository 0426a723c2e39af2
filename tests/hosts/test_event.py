"""Event entities: outcomes of commands from any source, and changes of the alarms of a rule."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.iotbridge.alarms.engine.models import Transition
from custom_components.iotbridge.alarms.engine.rule import Rule
from homeassistant.components.mqtt.const import MQTT_CONNECTION_STATE
from homeassistant.core import Context, Event, EventStateChangedData, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send

from ..kit import FakeHost, Kit
from ..rules import add_rule, call, rule_entity, set_state


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


async def test_unavailable_without_a_broker(kit: Kit) -> None:
    await kit.host()
    async_dispatcher_send(kit.hass, MQTT_CONNECTION_STATE, False)
    await kit.hass.async_block_till_done()

    assert kit.state("iotbridge_nas_command").state == "unavailable"


# ---------------------------------------------------------------- alarms


def happened(kit: Kit, rule_id: str) -> dict[str, Any]:
    state = kit.hass.states.get(rule_entity(kit, rule_id, "event"))
    assert state is not None
    return {key: value for key, value in state.attributes.items() if key not in ("event_types", "friendly_name")}


async def test_transitions_of_a_rules_alarms(kit: Kit, hass_admin_user: MockUser) -> None:
    await set_state(kit, "sensor.one", "20", friendly_name="Boiler")
    rule_id = await add_rule(kit, "sensor.one")

    await set_state(kit, "sensor.one", "90", friendly_name="Boiler")
    told = {"alarm": "Boiler", "subject": "sensor.one", "severity": "warning"}
    assert happened(kit, rule_id) == told | {"event_type": "raised", "who": "", "where": "", "comment": ""}

    context = Context(user_id=hass_admin_user.id)
    await call(kit, "acknowledge", entity_id="sensor.one", comment="Mine.", context=context)
    by = {"who": hass_admin_user.name, "where": "dashboard", "comment": "Mine."}
    assert happened(kit, rule_id) == told | {"event_type": "acknowledged"} | by

    await set_state(kit, "sensor.one", "20", friendly_name="Boiler")
    assert happened(kit, rule_id)["event_type"] == "cleared"


@pytest.mark.no_fail_on_log_exception
async def test_a_failing_listener_does_not_stop_the_event(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    """As with Home Assistant's own signals: an exception is logged, and all other listeners are called nevertheless."""
    rule_id = await add_rule(kit, "sensor.one", "sensor.two")
    manager = kit.hass.config_entries.async_loaded_entries("iotbridge")[0].runtime_data.alarms
    later: list[str] = []

    def broken(_rule: Rule, _happened: Transition) -> None:
        raise ValueError("of no use")

    manager.async_listen(broken)
    manager.async_listen(lambda _rule, transition: later.append(transition.key.subject))

    await set_state(kit, "sensor.one", "90")
    await set_state(kit, "sensor.two", "90")

    assert later == ["sensor.one", "sensor.two"]
    assert happened(kit, rule_id)["subject"] == "sensor.two"
    assert [record.levelname for record in caplog.records if "of no use" in record.getMessage()] == ["ERROR"] * 2
    caplog.clear()


async def test_a_new_rule_that_is_active_at_once_fires_an_event(kit: Kit) -> None:
    await set_state(kit, "sensor.one", "90")

    rule_id = await add_rule(kit, "sensor.one")

    assert happened(kit, rule_id)["event_type"] == "raised"


async def test_transitions_during_a_downtime_fire_once(kit: Kit) -> None:
    await set_state(kit, "sensor.one", "20")
    rule_id = await add_rule(kit, "sensor.one")
    entry = kit.hass.config_entries.async_entries("iotbridge")[0]
    assert await kit.hass.config_entries.async_unload(entry.entry_id)
    await set_state(kit, "sensor.one", "90")
    seen: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state is not None and state.domain == "event" and "event_type" in state.attributes:
            seen.append(state.attributes["event_type"])

    kit.hass.bus.async_listen("state_changed", note)
    assert await kit.hass.config_entries.async_setup(entry.entry_id)
    await kit.hass.async_block_till_done()

    assert happened(kit, rule_id)["event_type"] == "raised"
    assert [kind for kind in seen if kind] == ["raised"]


async def test_two_alarms_at_once_are_two_events(kit: Kit) -> None:
    rule_id = await add_rule(kit, "sensor.one", "sensor.two")
    states: list[str] = []
    entity_id = rule_entity(kit, rule_id, "event")

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        if event.data["entity_id"] == entity_id and event.data["new_state"]:
            states.append(event.data["new_state"].state)

    kit.hass.bus.async_listen("state_changed", note)
    kit.hass.states.async_set("sensor.one", "90")
    kit.hass.states.async_set("sensor.two", "90")
    await kit.hass.async_block_till_done()

    assert len(set(states)) == 2
