"""Runs: which hosts get the command, under which conditions, with whose rights, and what counts as done."""

import pytest
from pytest_homeassistant_custom_component.common import MockUser, async_capture_events

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from homeassistant.const import EVENT_CALL_SERVICE
from homeassistant.helpers import device_registry as dr, label_registry as lr
from tests.hosts.configured.home import PROOF, add_host
from tests.kit import FakeHost, Kit
from tests.rules import add_rule, call

from ..plugs import PlugLab
from ..schedules import FakeSchedule, at_work, device_of, obey, the_entry, wait


async def users(host: FakeHost, count: int | None) -> None:
    """Publish the discovery message of the sensor of logged-in users, and their number."""
    kit = host.kit
    payload = {
        "device": {"identifiers": [host.uid], "name": host.node_id},
        "unique_id": f"{host.uid}_user_count",
        "state_topic": host.topic("status"),
        "value_template": "{{ value_json.user_count }}",
        "name": "Logged-in users",
    }
    await kit.receive(f"homeassistant/sensor/{host.uid}/users/config", payload, retain=True)
    await kit.hass.async_block_till_done(wait_background_tasks=True)
    if count is not None:
        await host.status(user_count=count)


async def answer_status(host: FakeHost, count: int) -> None:
    """Answer the question of a run who is logged in right now."""
    command = host.commands()[-1]
    assert command["command"] == "status"
    await host.status(user_count=count)
    await host.respond(command, "done")
    await at_work(host.kit)


def sent(host: FakeHost) -> list[str]:
    return [command["command"] for command in host.commands()]


async def test_areas_and_labels_are_resolved_at_the_moment(rome: Kit) -> None:
    nas, pc = await rome.host(), await rome.host("pc")
    label = lr.async_get(rome.hass).async_create("Lab")
    await FakeSchedule.add(rome, target={"label_id": [label.label_id]})
    dr.async_get(rome.hass).async_update_device(device_of(rome, pc), labels={label.label_id})
    await wait(rome, 60)

    assert (sent(nas), sent(pc)) == ([], ["shutdown"])


async def test_without_a_host_the_run_fails(rome: Kit) -> None:
    schedule = await FakeSchedule.add(rome, target={"label_id": ["gone"]})
    await wait(rome, 60)

    assert schedule.outcome == ("failed", "no_hosts")


async def test_hosts_that_are_off_are_left_alone(rome: Kit) -> None:
    nas, pc = await rome.host(), await rome.host("pc")
    await pc.announce(power="suspended")
    await pc.availability("offline")
    schedule = await FakeSchedule.add(rome, nas, pc)
    await wait(rome, 60)
    await obey(nas)
    assert (sent(nas), sent(pc)) == (["shutdown"], [])
    assert schedule.message == "Ran"
    assert schedule.event.attributes["hosts"] == ["nas"]

    await wait(rome, 86400 - 95)
    assert schedule.outcome == ("skipped", "unneeded")


async def test_a_host_that_refuses_is_named_and_the_others_are_shut_down(rome: Kit) -> None:
    nas, pc = await rome.host(), await rome.host("pc")
    schedule = await FakeSchedule.add(rome, nas, pc)
    await wait(rome, 60)
    await pc.respond(pc.commands()[0], "refused", reason="not_permitted", message="A package is being installed.")
    await obey(nas)

    assert schedule.outcome == ("failed", "hosts")
    assert schedule.event.attributes["names"] == ["pc"]
    assert schedule.event.attributes["hosts"] == ["nas"]
    assert schedule.message == "Failed: pc: A package is being installed."


async def test_a_host_may_take_long_to_stop_its_guests(rome: Kit) -> None:
    """The proof of its shutdown shows that it still runs."""
    host = await rome.host()
    rome.hass.states.async_set(PROOF, "on")
    add_host(rome.hass, the_entry(rome.hass), "nas", device_id=device_of(rome, host), macs=[], stop_actions=[])
    schedule = await FakeSchedule.add(rome, host)
    await wait(rome, 60)
    await host.respond(host.commands()[0], "accepted")
    await host.announce(power="shutting_down")
    await host.availability("offline")
    await at_work(rome)
    await wait(rome, 1200)
    assert schedule.outcome == (None, None)
    rome.hass.states.async_set(PROOF, "off")
    await at_work(rome)

    assert schedule.outcome[0] == "ran"


async def test_a_host_that_accepted_and_stays_on_has_failed(rome: Kit) -> None:
    host = await rome.host()
    schedule = await FakeSchedule.add(rome, host)
    await wait(rome, 60)
    await host.respond(host.commands()[0], "accepted")
    await at_work(rome)
    await wait(rome, 200)
    await host.status()
    assert "event_type" not in schedule.event.attributes or schedule.event.state == "unknown"
    await wait(rome, 101)

    assert schedule.outcome == ("failed", "hosts")
    assert "its effect was not seen" in schedule.message


async def test_a_host_that_could_not_do_what_it_accepted_says_why(rome: Kit) -> None:
    host = await rome.host()
    schedule = await FakeSchedule.add(rome, host)
    await wait(rome, 60)
    (command,) = host.commands()
    await host.respond(command, "accepted")
    await host.announce(power="shutting_down")
    await host.availability("offline")
    await at_work(rome)
    await host.announce()
    await host.availability("online")
    await host.respond(command, "failed", reason="not_permitted", message="logind refused.")
    await at_work(rome)

    assert schedule.outcome == ("failed", "hosts")
    assert schedule.message == "Failed: nas: logind refused."


async def test_a_dry_run_of_the_agent_proves_nothing_and_is_done(rome: Kit) -> None:
    host = await rome.host(dry_run=True)
    schedule = await FakeSchedule.add(rome, host)
    await wait(rome, 60)
    (command,) = host.commands()
    await host.respond(command, "accepted")
    await at_work(rome)
    await host.respond(command, "done", message="Dry run: nothing was done.")
    await at_work(rome)

    assert schedule.outcome == ("ran", None)


async def test_a_restart_is_done_when_the_host_is_back(rome: Kit) -> None:
    host = await rome.host()
    schedule = await FakeSchedule.add(rome, host, task="reboot")
    await wait(rome, 60)
    await host.respond(host.commands()[0], "accepted")
    await host.announce(power="rebooting")
    await host.availability("offline")
    await wait(rome, 60)
    assert schedule.event.state == "unknown"
    await host.announce()
    await host.availability("online")
    await at_work(rome)

    assert schedule.outcome == ("ran", None)


async def test_a_wake_leaves_running_hosts_alone(rome: Kit) -> None:
    nas, pc = await rome.host(), await rome.host("pc")
    await pc.announce(power="off")
    await pc.availability("offline")
    schedule = await FakeSchedule.add(rome, nas, pc, task="wake")
    await wait(rome, 60)

    # It has announced no network card.
    assert schedule.outcome == ("failed", "hosts")
    assert schedule.event.attributes["names"] == ["pc"]
    await pc.announce()
    await pc.availability("online")
    await wait(rome, 86340)
    for host in (nas, pc):
        await host.status()
    await wait(rome, 60)
    assert schedule.outcome == ("skipped", "unneeded")


async def test_the_condition_that_held_a_run_back_is_named(rome: Kit) -> None:
    host = await rome.host()
    rome.hass.states.async_set("input_boolean.party", "on")
    conditions = [
        {"condition": "template", "value_template": "{{ true }}"},
        {"alias": "No party", "condition": "state", "entity_id": "input_boolean.party", "state": "off"},
    ]
    schedule = await FakeSchedule.add(rome, host, conditions=conditions)
    await wait(rome, 60)

    assert host.commands() == []
    assert schedule.outcome == ("skipped", "condition")
    assert schedule.message == "Skipped: condition No party is not met"
    assert schedule.next_run == "2026-12-01 21:30"


async def test_conditions_that_are_met_let_it_run(rome: Kit) -> None:
    host = await rome.host()
    rome.hass.states.async_set("sensor.price", "0.12")
    conditions = [{"condition": "numeric_state", "entity_id": "sensor.price", "below": 0.2}]
    await FakeSchedule.add(rome, host, conditions=conditions)
    await wait(rome, 60)

    assert sent(host) == ["shutdown"]


async def test_a_condition_that_cannot_be_checked_holds_the_run_back(rome: Kit) -> None:
    host = await rome.host()
    conditions = [{"condition": "numeric_state", "entity_id": "sensor.gone", "below": 3}]
    schedule = await FakeSchedule.add(rome, host, conditions=conditions)
    await wait(rome, 60)

    assert host.commands() == []
    assert schedule.message == "Skipped: condition 1: numeric_state is not met"


async def test_hosts_are_asked_for_their_users_at_the_moment(rome: Kit) -> None:
    nas, pc = await rome.host(), await rome.host("pc")
    await users(nas, 1)
    await users(pc, 0)
    schedule = await FakeSchedule.add(rome, nas, pc, without_users=True)
    await wait(rome, 60)
    assert (sent(nas), sent(pc)) == (["status"], ["status"])
    await answer_status(nas, 0)
    await answer_status(pc, 2)

    assert (sent(nas), sent(pc)) == (["status", "shutdown"], ["status"])
    await obey(nas)
    assert schedule.outcome == ("ran", "users")
    assert schedule.event.attributes["names"] == ["pc"]


@pytest.mark.parametrize("has_sensor", [True, False])
async def test_a_host_whose_users_are_unknown_stays_on(rome: Kit, has_sensor: bool) -> None:
    host = await rome.host()
    if has_sensor:
        await users(host, 0)
    schedule = await FakeSchedule.add(rome, host, without_users=True)
    await wait(rome, 60)
    if not has_sensor:
        await answer_status(host, 0)
    await wait(rome, 6)

    assert sent(host) == ["status"]
    assert schedule.outcome == ("skipped", "users")


async def alarm_of(kit: Kit, entity_id: str) -> str | None:
    """Return the state of the alarm of an entity."""
    response = await call(kit, "list", answer=True, entity_id=entity_id)
    states: list[str] = [alarm["state"] for alarm in response["alarms"]]
    return states[0] if states else None


async def test_the_planned_off_raises_no_alarm_and_a_failure_does(rome: Kit) -> None:
    nas, pc = await rome.host(), await rome.host("pc")
    power = {host.node_id: rome.entity_id(f"{host.uid}_power_state") for host in (nas, pc)}
    await add_rule(rome, *power.values(), condition=Condition(kind=AlarmKind.STATE, states=("shutting_down", "off")))
    await FakeSchedule.add(rome, nas, pc, maintenance_min=15)
    await wait(rome, 60)
    await pc.respond(pc.commands()[0], "refused", reason="not_permitted")
    await obey(nas)
    assert await alarm_of(rome, power["nas"]) == "suppressed"
    await pc.announce(power="shutting_down")
    await pc.availability("offline")
    await wait(rome, 1)
    assert await alarm_of(rome, power["pc"]) == "unacknowledged"

    # The window ends by itself.
    await wait(rome, 900)
    assert await alarm_of(rome, power["nas"]) == "unacknowledged"


async def test_it_runs_with_the_rights_of_the_user_who_saved_it(rome: Kit, hass_admin_user: MockUser) -> None:
    host = await rome.host()
    calls = async_capture_events(rome.hass, EVENT_CALL_SERVICE)
    schedule = await FakeSchedule.add(rome, host, user_id=hass_admin_user.id)
    await wait(rome, 60)
    await obey(host)

    (call_event,) = [call for call in calls if call.data["service"] == "send_command"]
    assert call_event.context.user_id == hass_admin_user.id
    assert schedule.outcome == ("ran", None)


async def test_a_user_without_rights_shuts_nothing_down(rome: Kit, hass_read_only_user: MockUser) -> None:
    host = await rome.host()
    schedule = await FakeSchedule.add(rome, host, user_id=hass_read_only_user.id)
    await wait(rome, 60)

    assert host.commands() == []
    assert schedule.outcome == ("failed", "owner_gone")


async def test_a_schedule_without_a_user_does_nothing(rome: Kit) -> None:
    host = await rome.host()
    schedule = await FakeSchedule.add(rome, host, user_id=None)
    await wait(rome, 60)

    assert host.commands() == []
    assert schedule.outcome == ("failed", "owner_gone")


@pytest.mark.parametrize("is_removed", [True, False])
async def test_after_the_user_is_gone_it_does_nothing(rome: Kit, hass_admin_user: MockUser, is_removed: bool) -> None:
    host = await rome.host()
    schedule = await FakeSchedule.add(rome, host, user_id="gone" if is_removed else hass_admin_user.id)
    hass_admin_user.is_active = False
    await wait(rome, 60)

    assert host.commands() == []
    assert schedule.outcome == ("failed", "owner_gone")


@pytest.mark.parametrize(
    ("hung", "outcome", "names"), [(set(), "ran", []), ({"proxmox"}, "failed", ["Proxmox"])], ids=["well", "hung"]
)
async def test_a_plan_is_run_to_its_end(
    rome: Kit, plugs: PlugLab, hung: set[str], outcome: str, names: list[str]
) -> None:
    plugs.hung = hung
    (plan_id,) = (
        subentry.subentry_id
        for subentry in the_entry(rome.hass).subentries.values()
        if subentry.subentry_type == "plan"
    )
    schedule = await FakeSchedule.add(rome, task="plan_off", plan=plan_id, target={})
    await wait(rome, 60)
    await plugs.settle()
    for _ in range(5):
        await wait(rome, 100)

    assert plugs.switched()[:2] == ["guest off", "proxmox off"]
    assert schedule.event.attributes["event_type"] == outcome
    assert schedule.event.attributes["names"] == names
