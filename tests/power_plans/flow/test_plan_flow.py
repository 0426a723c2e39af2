"""Flow of power plans: every form, the order in words, what is refused, and what is stored."""

import json
import socket
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.iotbridge.power_plans.engine.plan import Plan, effective_needs
from homeassistant.config_entries import ConfigEntryState
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from tests.dialog import Dialog
from tests.kit import Kit

from ..schedules import device_of

FLOWS = "/api/config/config_entries/subentries/flow"
# With a delay that Home Assistant validates to an object that is no JSON.
PLUG_OFF: list[dict[str, Any]] = [
    {"action": "switch.turn_off", "target": {"entity_id": "switch.plug"}},
    {"delay": "00:00:05"},
]


@pytest.fixture
def dialog(rome: Kit) -> Dialog:
    return Dialog(rome.hass, "plan")


@pytest.fixture
async def hosts(rome: Kit) -> dict[str, str]:
    """Return the devices of three hosts by their names."""
    return {name: device_of(rome, await rome.host(name)) for name in ("desk", "docker", "nas")}


async def to_ready(dialog: Dialog, hosts: dict[str, str], *names: str, **answers: Any) -> None:
    """Start a plan over hosts, which stop in this order, and leave the roles as they are suggested."""
    await to_roles(dialog, hosts, *names, **answers)
    await dialog.submit()


async def to_roles(dialog: Dialog, hosts: dict[str, str], *names: str, **answers: Any) -> None:
    """Start a plan over hosts, which stop in this order."""
    await dialog.start()
    await dialog.submit(name=" Power cut ", hosts=[hosts[name] for name in names], **answers)
    assert dialog.step == "roles"


def stored(dialog: Dialog) -> Plan:
    """Return the stored plan."""
    (made,) = dialog.made
    return Plan.from_dict(made.subentry_id, made.title, json.loads(json.dumps(dict(made.data))))


def needs(plan: Plan, hosts: dict[str, str]) -> dict[str, set[str]]:
    """Return which hosts need which, by name."""
    names = {device: name for name, device in hosts.items()}
    return {names[key]: {names[other] for other in needed} for key, needed in effective_needs(plan).items()}


async def test_hosts_stop_one_by_one_in_the_order_in_which_they_are_chosen(
    dialog: Dialog, hosts: dict[str, str]
) -> None:
    await to_ready(dialog, hosts, "desk", "docker", "nas")
    assert dialog.text == (
        "**Power cut**\n\nIt stops in this order, and starts in the reverse one:\n\n1. desk\n2. docker\n3. nas\n\n"
        "It begins by hand, by a schedule or by an automation.\n\nNothing changes until you save."
    )
    assert dialog.made == []
    await dialog.choose("save")

    assert dialog.result["type"] is FlowResultType.CREATE_ENTRY
    plan = stored(dialog)
    assert plan.name == "Power cut"
    assert needs(plan, hosts) == {"desk": {"docker"}, "docker": {"nas"}, "nas": set()}


async def test_hosts_stop_together_if_that_is_chosen(dialog: Dialog, hosts: dict[str, str]) -> None:
    await to_ready(dialog, hosts, "desk", "docker", order="together")
    assert dialog.placeholders["order"] == "1. desk, docker"


async def test_the_machine_of_home_assistant_is_known_by_its_name_and_last(
    dialog: Dialog, rome: Kit, hosts: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "Desk")
    await to_ready(dialog, hosts, "desk", "docker", "nas")
    assert dialog.placeholders["order"] == "1. docker\n2. nas\n3. desk"


async def test_machines_that_all_depend_on_stop_last_in_the_order_of_their_roles(
    dialog: Dialog, rome: Kit, hosts: dict[str, str]
) -> None:
    hosts |= {name: device_of(rome, await rome.host(name)) for name in ("media", "ha", "switch")}
    await to_roles(dialog, hosts, "ha", "desk", "nas", "switch", "docker", "media")
    assert dialog.suggested == {}
    roles = {"home_assistant": hosts["ha"], "router": [hosts["switch"]], "ups_monitor": [hosts["nas"]]}
    await dialog.submit(broker=[hosts["ha"]], **roles)
    # The others keep their order.
    assert dialog.placeholders["order"] == "1. desk\n2. docker\n3. media\n4. nas\n5. switch\n6. ha"
    await dialog.choose("roles")
    assert dialog.suggested == roles
    await dialog.submit(router=None)
    await dialog.choose("save")

    plan = stored(dialog)
    found = {name: plan.by_key[device].role.value for name, device in hosts.items() if plan.by_key[device].role}
    assert found == {"nas": "ups_monitor", "ha": "home_assistant"}


async def test_several_machines_with_one_role_keep_it(dialog: Dialog, hosts: dict[str, str]) -> None:
    await to_ready(dialog, hosts, "desk", "docker", "nas")
    for name in ("docker", "nas"):
        await dialog.choose("steps")
        await dialog.submit(step=hosts[name])
        await dialog.submit(role="broker", needs=[])
    await dialog.choose("roles")
    assert dialog.suggested == {"broker": [hosts["docker"], hosts["nas"]]}
    await dialog.submit()
    await dialog.choose("save")

    assert [step.role.value for step in stored(dialog).steps] == ["", "broker", "broker"]


async def test_hosts_that_are_added_later_are_asked_for_their_roles(
    dialog: Dialog, hosts: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await to_ready(dialog, hosts, "docker", "nas")
    await dialog.choose("hosts")
    await dialog.submit(name="Night")
    assert dialog.step == "ready"
    monkeypatch.setattr(socket, "gethostname", lambda: "desk")
    await dialog.choose("hosts")
    await dialog.submit(hosts=[hosts[name] for name in ("desk", "docker", "nas")])
    assert dialog.step == "roles"
    assert dialog.suggested == {"home_assistant": hosts["desk"]}
    await dialog.submit()
    assert dialog.placeholders["order"] == "1. docker\n2. nas\n3. desk"


async def test_the_needs_of_a_step_make_the_order(dialog: Dialog, hosts: dict[str, str]) -> None:
    await to_ready(dialog, hosts, "desk", "docker", "nas", order="together")
    await dialog.choose("steps")
    await dialog.submit(step=hosts["docker"])
    assert dialog.step == "host"
    assert dialog.placeholders["name"] == "docker"
    await dialog.submit(needs=[hosts["nas"]], off_within={"minutes": 2}, on_failure="stop", is_started=False)
    assert dialog.placeholders["order"] == "1. desk, docker\n2. nas"
    await dialog.choose("save")

    step = stored(dialog).by_key[hosts["docker"]]
    assert (step.needs, step.off_within_s, step.on_failure, step.is_started) == ((hosts["nas"],), 120, "stop", False)


async def test_steps_that_would_wait_for_each_other_are_refused(dialog: Dialog, hosts: dict[str, str]) -> None:
    await to_ready(dialog, hosts, "desk", "nas")
    await dialog.choose("steps")
    await dialog.submit(step=hosts["nas"])
    await dialog.submit(needs=[hosts["desk"]])
    assert dialog.errors == {"needs": "cycle"}
    await dialog.submit(needs=[])
    assert dialog.step == "ready"


async def test_only_one_machine_runs_home_assistant(dialog: Dialog, hosts: dict[str, str]) -> None:
    await to_ready(dialog, hosts, "desk", "nas")
    for name in ("desk", "nas"):
        await dialog.choose("steps")
        await dialog.submit(step=hosts[name])
        await dialog.submit(role="home_assistant", needs=[])
    assert dialog.errors == {"role": "role_twice"}


async def test_another_device_has_actions_and_proofs(dialog: Dialog, hosts: dict[str, str]) -> None:
    await to_ready(dialog, hosts, "nas")
    await dialog.choose("new_device")
    await dialog.submit(name="Printer", off_actions=PLUG_OFF)
    assert dialog.errors == {"base": "no_proof"}
    await dialog.submit(name="Printer", off_actions=PLUG_OFF, off_proofs=[{"entity_id": "sensor.power"}])
    assert dialog.errors == {"base": "proof_invalid"}
    assert dialog.error_text("base") == "For sensor.power, enter either states or a limit."
    await dialog.submit(
        name="Printer",
        off_actions=PLUG_OFF,
        off_proofs=[{"entity_id": "sensor.power", "below": 5}],
        needs=[hosts["nas"]],
    )
    assert dialog.placeholders["order"] == "1. Printer\n2. nas"
    await dialog.choose("save")

    printer = stored(dialog).steps[-1]
    assert (printer.name, [dict(action) for action in printer.off_actions]) == ("Printer", PLUG_OFF)
    assert [(proof.entity_id, proof.below) for proof in printer.off_proofs] == [("sensor.power", 5)]


async def test_a_device_needs_a_name_and_something_to_do(dialog: Dialog, hosts: dict[str, str]) -> None:
    await to_ready(dialog, hosts, "nas")
    await dialog.choose("new_device")
    await dialog.submit(name=" ")
    assert dialog.errors == {"name": "name_missing"}
    await dialog.submit(name="Printer")
    assert dialog.errors == {"base": "nothing_to_do"}


async def test_a_removed_device_is_needed_no_more(dialog: Dialog, hosts: dict[str, str]) -> None:
    await to_ready(dialog, hosts, "nas")
    await dialog.choose("new_device")
    assert "remove" not in dialog.fields
    await dialog.submit(name="Switch", on_actions=PLUG_OFF, on_proofs=[{"entity_id": "switch.lan", "states": ["on"]}])
    printer = next(key for key in _options(dialog, await dialog.choose("steps")) if key != hosts["nas"])
    await dialog.submit(step=hosts["nas"])
    await dialog.submit(needs=[printer])
    await dialog.choose("steps")
    await dialog.submit(step=printer)
    await dialog.submit(remove=True)
    await dialog.choose("save")

    (nas,) = stored(dialog).steps
    assert nas.needs == ()


async def test_a_host_may_have_further_proofs_and_begin_later(dialog: Dialog, hosts: dict[str, str]) -> None:
    await to_ready(dialog, hosts, "nas")
    await dialog.choose("steps")
    await dialog.submit(step=hosts["nas"])
    proofs = {"off_proofs": [{"entity_id": "sensor.plug", "below": 4}], "on_actions": PLUG_OFF}
    await dialog.submit(proofs=proofs, stage={"on_battery": 10, "battery_below": 50}, settle={"seconds": 30})
    await dialog.choose("save")
    await dialog.change(dialog.made[0].subentry_id, "steps")
    await dialog.submit(step=hosts["nas"])

    assert dialog.suggested["stage"] == {"on_battery": 10, "battery_below": 50}
    assert dialog.suggested["proofs"]["on_actions"] == PLUG_OFF
    (nas,) = stored(dialog).steps
    assert (nas.stage.on_battery_s, nas.stage.battery_below, nas.settle_s) == (600, 50, 30)


async def test_a_host_whose_agent_starts_services_may_do_so_when_it_is_on(
    dialog: Dialog, rome: Kit, hosts: dict[str, str]
) -> None:
    er.async_get(rome.hass).async_get_or_create("button", "mqtt", "iotbridge_nas_command_start_services")
    await to_ready(dialog, hosts, "desk", "nas")
    await dialog.choose("steps")
    await dialog.submit(step=hosts["desk"])
    assert "start_services" not in dialog.fields
    await dialog.submit()
    await dialog.choose("steps")
    await dialog.submit(step=hosts["nas"])
    assert dialog.suggested["start_services"] is False
    await dialog.submit(start_services=True)
    await dialog.choose("save")

    assert [step.start_services for step in stored(dialog).steps] == [False, True]


async def test_the_ups_of_nut_is_proposed_and_its_limits_are_told(dialog: Dialog, hosts: dict[str, str]) -> None:
    nut = MockConfigEntry(domain="nut")
    nut.add_to_hass(dialog.hass)
    registry = er.async_get(dialog.hass)
    for key in ("ups.status", "battery.charge", "battery.runtime"):
        registry.async_get_or_create("sensor", "nut", f"serial_{key}", config_entry=nut, suggested_object_id=key)
    await to_ready(dialog, hosts, "nas")
    await dialog.choose("ups")
    assert dialog.suggested["status"] == "sensor.ups_status"
    assert dialog.suggested["battery"] == "sensor.battery_charge"
    await dialog.submit(battery_below=40, runtime_below=5)
    assert dialog.placeholders["begin"] == (
        "It begins when sensor.ups_status shows one of these:\n\n- on battery for 30 s\n"
        "- on battery, charge below 40 %\n- on battery, runtime below 5 min"
    )
    assert "Runs Home Assistant" in dialog.placeholders["note"]
    await dialog.choose("save")

    ups = stored(dialog).ups
    assert ups is not None
    assert (ups.runtime_entity_id, ups.on_battery_s, ups.runtime_below_s) == ("sensor.battery_runtime", 30, 300)


@pytest.mark.parametrize(
    ("answers", "errors"),
    [
        ({"status": "sensor.ups", "on_battery_for": None}, {"base": "ups_without_limit"}),
        ({"status": "sensor.ups", "battery_below": 40}, {"battery": "battery_missing"}),
        (
            {"status": "sensor.ups", "on_battery_for": {"seconds": 5}, "battery_at_least": 9},
            {"battery": "battery_missing"},
        ),
        ({"status": "sensor.ups", "runtime_below": 4}, {"runtime": "runtime_missing"}),
        ({"status": "sensor.ups", "on_battery": [" "]}, {"on_battery": "words_missing"}),
    ],
)
async def test_a_ups_has_what_its_limits_need(
    dialog: Dialog, hosts: dict[str, str], answers: dict[str, Any], errors: dict[str, str]
) -> None:
    await to_ready(dialog, hosts, "nas")
    await dialog.choose("ups")
    await dialog.submit(**answers)
    assert dialog.errors == errors
    await dialog.submit(status=None)
    assert dialog.step == "ready"


async def test_the_present_state_of_a_ups_is_understood(dialog: Dialog, hosts: dict[str, str]) -> None:
    await to_ready(dialog, hosts, "nas")
    states = {"sensor.nut": "OL CHRG", "sensor.shown": "On Battery, Low Battery", "sensor.own": "Strom <b>da</b>"}
    for entity_id, state in states.items():
        dialog.hass.states.async_set(entity_id, state)
    await dialog.choose("ups")
    await dialog.submit(status="sensor.own")
    assert dialog.errors == {"status": "status_unknown"}
    assert "which is not understood" in dialog.error_text("status")
    assert "<b>" not in dialog.error_text("status")
    await dialog.submit(status="sensor.own", on_mains=["strom"])
    assert dialog.placeholders["begin"].endswith(": on mains.")
    for status, now in (
        ("sensor.nut", "*OL CHRG*: on mains."),
        ("sensor.shown", "*On Battery, Low Battery*: on battery."),
    ):
        await dialog.choose("ups")
        await dialog.submit(status=status, on_mains=[])
        assert dialog.placeholders["begin"].endswith(f"Now it shows {now}")
    await dialog.choose("save")

    ups = stored(dialog).ups
    assert ups is not None
    assert ups.on_mains == ("online", "ol", "on line", "on mains")


async def test_a_limit_of_a_step_needs_its_entity(dialog: Dialog, hosts: dict[str, str]) -> None:
    await to_ready(dialog, hosts, "nas")
    await dialog.choose("steps")
    await dialog.submit(step=hosts["nas"])
    await dialog.submit(stage={"battery_below": 40})
    await dialog.choose("ups")
    await dialog.submit(status="sensor.ups")
    assert dialog.errors == {"base": "stage_without_battery"}
    await dialog.submit(status="sensor.ups", battery="sensor.charge")
    await dialog.choose("steps")
    await dialog.submit(step=hosts["nas"])
    await dialog.submit(stage={"runtime_below": 5})
    assert dialog.errors == {"base": "stage_without_runtime"}


async def test_clusters_and_the_notification_are_stored(dialog: Dialog, hosts: dict[str, str]) -> None:
    await to_ready(dialog, hosts, "docker", "nas")
    await dialog.choose("options")
    await dialog.submit(clusters=[{"name": "pve", "hosts": ["nas"]}])
    assert dialog.errors == {"clusters": "cluster_small"}
    notify = [{"action": "notify.family", "data": {"message": "{{ message }}"}}]
    await dialog.submit(clusters=[{"name": "pve", "hosts": ["docker", "nas"]}], notify=notify, stagger=30)
    await dialog.choose("save")
    await dialog.change(dialog.made[0].subentry_id, "options")

    assert dialog.suggested["clusters"] == [{"name": "pve", "hosts": ["docker", "nas"]}]
    plan = stored(dialog)
    assert (plan.stagger_s, [dict(action) for action in plan.notify]) == (30, notify)
    assert set(plan.clusters[0].devices) == {hosts["docker"], hosts["nas"]}


async def test_a_plan_needs_a_name_and_a_host(dialog: Dialog, hosts: dict[str, str]) -> None:
    await dialog.start()
    await dialog.submit(name=" ", hosts=[hosts["nas"]])
    assert dialog.errors == {"name": "name_missing"}
    await dialog.submit(name="Night", hosts=[])
    assert dialog.errors == {"base": "no_steps"}


async def test_a_host_that_leaves_the_plan_is_needed_no_more(dialog: Dialog, hosts: dict[str, str]) -> None:
    await to_ready(dialog, hosts, "desk", "docker", "nas")
    await dialog.choose("save")
    await dialog.change(dialog.made[0].subentry_id, "hosts")
    assert "order" not in dialog.fields
    assert dialog.suggested == {"name": "Power cut", "hosts": [hosts[name] for name in ("desk", "docker", "nas")]}
    await dialog.submit(hosts=[hosts["desk"], hosts["nas"]])
    await dialog.choose("save")
    assert dialog.step == "reconfigure_successful"

    assert [(step.device_id, step.needs) for step in stored(dialog).steps] == [(hosts["desk"], ()), (hosts["nas"], ())]


async def test_an_unreadable_plan_is_not_changed(dialog: Dialog, hosts: dict[str, str]) -> None:
    await to_ready(dialog, hosts, "nas")
    await dialog.choose("save")
    (made,) = dialog.made
    dialog.hass.config_entries.async_update_subentry(dialog.entry, made, data={**made.data, "version": 99})
    await dialog.change(made.subentry_id)
    assert dialog.step == "unreadable"


async def test_nothing_is_planned_while_the_integration_is_not_loaded(dialog: Dialog) -> None:
    await dialog.hass.config_entries.async_unload(dialog.entry.entry_id)
    assert dialog.entry.state is ConfigEntryState.NOT_LOADED
    await dialog.start()
    assert dialog.step == "not_loaded"


async def test_a_plan_belongs_to_the_user_who_saves_it(
    rome: Kit, hosts: dict[str, str], hass_client: ClientSessionGenerator, hass_admin_user: MockUser
) -> None:
    await async_setup_component(rome.hass, "config", {})
    (entry,) = rome.hass.config_entries.async_entries("iotbridge")
    client = await hass_client()
    flow = await (await client.post(FLOWS, json={"handler": [entry.entry_id, "plan"]})).json()
    answers: dict[str, Any]
    for answers in (
        {"name": "Night", "hosts": [hosts["nas"]], "order": "one_by_one"},
        {},
        {"next_step_id": "save"},
    ):
        flow = await (await client.post(f"{FLOWS}/{flow['flow_id']}", json=answers)).json()
    assert flow["type"] == "create_entry"

    assert stored(Dialog(rome.hass, "plan")).user_id == hass_admin_user.id


def _options(dialog: Dialog, result: Any) -> list[str]:
    """Return the values of the form's only selector."""
    (kind,) = result["data_schema"].schema.values()
    return [option["value"] for option in kind.config["options"]]
