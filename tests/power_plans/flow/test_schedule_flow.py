"""Flow of schedules: every form, the preview in the user's format, and what is stored."""

import socket
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from homeassistant.components.frontend import storage
from homeassistant.config_entries import ConfigEntryState
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    label_registry as lr,
)
from homeassistant.setup import async_setup_component
from tests.dialog import Dialog
from tests.kit import FakeHost, Kit

from ..plans import plan_of, put_plan
from ..schedules import DAILY, FakeSchedule, device_of

FLOWS = "/api/config/config_entries/subentries/flow"
NO_OPTIONS = {
    "conditions": [],
    "notice_min": 0,
    "phones": [],
    "notify_entities": [],
    "catch_up_h": 0,
    "maintenance_min": 15,
}


@pytest.fixture
def dialog(rome: Kit) -> Dialog:
    return Dialog(rome.hass, "schedule")


@pytest.fixture
async def nas(rome: Kit) -> FakeHost:
    return await rome.host()


async def to_hosts(dialog: Dialog, task: str = "shutdown", when: str = "weekly") -> None:
    await dialog.start()
    await dialog.submit(name=" Night ", task=task, when=when)


async def to_times(dialog: Dialog, host: FakeHost, when: str = "weekly", task: str = "shutdown") -> None:
    await to_hosts(dialog, task, when)
    await dialog.submit(hosts=[device_of(host.kit, host)])


async def to_options(dialog: Dialog, host: FakeHost, task: str = "shutdown") -> None:
    await to_times(dialog, host, task=task)
    await dialog.submit(days=["mon", "fri"], time="23:30:00")


async def to_ready(dialog: Dialog, host: FakeHost) -> None:
    await to_options(dialog, host)
    await dialog.submit()


def _options(dialog: Dialog, field: str) -> list[Any]:
    """Return the options of a field."""
    schema = dialog.result["data_schema"]
    assert schema is not None
    options: list[Any] = {str(marker): kind for marker, kind in schema.schema.items()}[field].config["options"]
    return options


async def test_a_schedule_is_added(dialog: Dialog, nas: FakeHost) -> None:
    await to_options(dialog, nas)
    assert dialog.step == "options"
    await dialog.submit()
    assert dialog.text == (
        "**Night**\n\nShut down: nas\n\nRuns every Monday and Friday at 11:30 PM. The next runs:\n\n"
        "- Monday 11/30/2026, 11:30 PM\n- Friday 12/04/2026, 11:30 PM\n- Monday 12/07/2026, 11:30 PM\n"
        "- Friday 12/11/2026, 11:30 PM\n- Monday 12/14/2026, 11:30 PM\n\nNothing changes until you save."
    )
    assert dialog.made == []
    await dialog.choose("save")

    (made,) = dialog.made
    assert dialog.result["type"] is FlowResultType.CREATE_ENTRY
    assert made.title == "Night"
    assert made.data == {
        "version": 1,
        "user_id": None,
        "task": "shutdown",
        "target": {"device_id": [device_of(nas.kit, nas)]},
        "without_users": False,
        "days": ["mon", "fri"],
        "time": "23:30",
        **NO_OPTIONS,
    }


async def test_the_runs_have_the_format_of_the_user_and_his_rights(
    dialog: Dialog, nas: FakeHost, hass_client: ClientSessionGenerator, hass_admin_user: MockUser
) -> None:
    await to_options(dialog, nas)
    store = await storage.async_user_store(dialog.hass, hass_admin_user.id)
    await store.async_set_item("language", {"language": "it", "time_format": "24", "date_format": "YMD"})
    assert await async_setup_component(dialog.hass, "config", {})
    client = await hass_client()

    async def send(data: dict[str, Any]) -> dict[str, Any]:
        answer = await client.post(f"{FLOWS}/{dialog.result['flow_id']}", json=data)
        assert answer.status == 200, await answer.text()
        step: dict[str, Any] = await answer.json()
        return step

    answer = await client.get(f"{FLOWS}/{dialog.result['flow_id']}")
    shown = {field["name"]: field["selector"] for field in (await answer.json())["data_schema"]}
    assert shown["conditions"] == {"condition": {}}
    step = await send({"notice_min": 0, "catch_up_h": 0, "maintenance_min": 15})
    assert step["description_placeholders"]["runs"].splitlines()[0] == "- Monday 2026-11-30, 23:30"
    assert step["description_placeholders"]["times"] == "every Monday and Friday at 23:30"
    await send({"next_step_id": "save"})

    (made,) = dialog.made
    assert made.data["user_id"] == hass_admin_user.id


async def test_only_administrators_reach_the_flow(
    dialog: Dialog, hass_client: ClientSessionGenerator, hass_read_only_access_token: str
) -> None:
    assert await async_setup_component(dialog.hass, "config", {})
    client = await hass_client(hass_read_only_access_token)

    answer = await client.post(FLOWS, json={"handler": [dialog.entry.entry_id, "schedule"]})

    assert answer.status in {401, 403}


async def test_a_cron_expression(dialog: Dialog, nas: FakeHost) -> None:
    await to_times(dialog, nas, "cron")
    assert dialog.step == "cron"
    for expression, error in (
        ("30 2 * *", "cron_invalid"),
        ("  ", "cron_invalid"),
        ("* * * * *", "too_often"),
        ("0 0 */31 2 1#5", "never_runs"),
    ):
        await dialog.submit(cron=expression)
        assert dialog.errors == {"cron": error}
        assert dialog.error_text("cron")
        assert dialog.suggested["cron"] == expression
    await dialog.submit(cron=" 30  2 * * 1-5 ")
    await dialog.submit()
    assert dialog.placeholders["times"] == "every working day at 2:30 AM"
    await dialog.choose("save")

    (made,) = dialog.made
    assert made.data["cron"] == "30 2 * * 1-5"
    assert "days" not in made.data


async def test_days_a_name_and_hosts_are_needed(dialog: Dialog, nas: FakeHost) -> None:
    await dialog.start()
    assert dialog.suggested == {"when": "weekly"}
    await dialog.submit(name=" ", task="shutdown")
    assert dialog.errors == {"name": "name_missing"}
    await dialog.submit(name="Night")
    await dialog.submit()
    assert dialog.errors == {"base": "no_targets"}
    area = ar.async_get(dialog.hass).async_create("Cellar")
    await dialog.submit(areas=[area.id])
    assert dialog.errors == {"base": "no_host"}
    dr.async_get(dialog.hass).async_update_device(device_of(nas.kit, nas), area_id=area.id)
    await dialog.submit(areas=[area.id])
    await dialog.submit(days=[])
    assert dialog.errors == {"days": "no_days"}


async def test_the_hosts_offered_are_those_of_iot_bridge(dialog: Dialog, nas: FakeHost) -> None:
    await to_hosts(dialog)

    assert [option["label"] for option in _options(dialog, "hosts")] == ["nas"]


async def test_labels_and_areas_are_targets(dialog: Dialog, nas: FakeHost) -> None:
    label = lr.async_get(dialog.hass).async_create("Lab")
    area = ar.async_get(dialog.hass).async_create("Cellar")
    dr.async_get(dialog.hass).async_update_device(device_of(nas.kit, nas), labels={label.label_id})
    await to_hosts(dialog)
    await dialog.submit(areas=[area.id], labels=[label.label_id])
    await dialog.submit()
    await dialog.submit()
    assert dialog.placeholders["hosts"] == "nas"
    await dialog.choose("save")

    assert dialog.made[0].data["target"] == {"area_id": [area.id], "label_id": [label.label_id]}


async def test_no_one_logged_in_needs_the_sensor(dialog: Dialog, nas: FakeHost) -> None:
    await to_hosts(dialog)
    await dialog.submit(hosts=[device_of(nas.kit, nas)], without_users=True)
    assert dialog.errors == {"without_users": "users_unknown"}
    assert "nas" in dialog.error_text("without_users")

    mqtt = dialog.hass.config_entries.async_entries("mqtt")[0]
    er.async_get(dialog.hass).async_get_or_create(
        "sensor", "mqtt", f"{nas.uid}_user_count", config_entry=mqtt, device_id=device_of(nas.kit, nas)
    )
    await dialog.submit(hosts=[device_of(nas.kit, nas)], without_users=True)
    assert dialog.step == "weekly"


async def test_a_wake_has_no_question_about_people_and_no_maintenance(dialog: Dialog, nas: FakeHost) -> None:
    await to_hosts(dialog, "wake")
    assert dialog.fields == {"hosts", "areas", "labels"}
    await dialog.submit(hosts=[device_of(nas.kit, nas)])
    await dialog.submit()
    assert "maintenance_min" not in dialog.fields
    await dialog.submit()
    assert dialog.placeholders["task"] == "Wake"


@pytest.mark.parametrize(
    ("task", "machine", "is_warned"),
    [
        ("shutdown", "NAS", True),
        ("suspend", "nas", True),
        ("reboot", "nas", False),
        ("wake", "nas", False),
        ("shutdown", "other", False),
    ],
)
async def test_a_schedule_that_stops_the_machine_of_home_assistant_warns(
    dialog: Dialog, nas: FakeHost, monkeypatch: pytest.MonkeyPatch, task: str, machine: str, is_warned: bool
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: machine)
    await to_options(dialog, nas, task)
    await dialog.submit()

    assert dialog.step == "ready"
    assert ("**nas** has the name of the machine that runs Home Assistant" in dialog.text) is is_warned


async def test_a_plan_is_chosen_where_there_is_one(dialog: Dialog, rome: Kit) -> None:
    await dialog.start()
    assert "plan_off" not in _options(dialog, "task")
    plan_id = put_plan(rome.hass, dialog.entry, plan_of())
    await dialog.start()
    assert {"plan_off", "plan_on"} < set(_options(dialog, "task"))
    await dialog.submit(name="Night", task="plan_off")
    assert dialog.step == "plan"
    await dialog.submit(plan=plan_id)
    await dialog.submit()
    await dialog.submit()
    assert dialog.placeholders["hosts"] == "Lab"
    assert dialog.result["menu_options"] == ["save", "task", "plan", "weekly", "options"]
    await dialog.choose("save")

    (made,) = dialog.made
    assert made.data["plan"] == plan_id
    assert "target" not in made.data


async def test_conditions_are_checked_and_stored_as_entered(dialog: Dialog, nas: FakeHost) -> None:
    await to_options(dialog, nas)
    await dialog.submit(conditions=[{"condition": "device", "device_id": "gone", "domain": "light", "type": "is_on"}])
    assert dialog.errors == {"conditions": "conditions_invalid"}
    assert dialog.error_text("conditions")
    state = {"condition": "state", "entity_id": "input_boolean.party", "state": "off", "for": {"minutes": 5}}
    await dialog.submit(conditions=[state, "{{ true }}"])
    assert dialog.step == "ready"
    await dialog.choose("save")

    template = {"condition": "template", "value_template": "{{ true }}"}
    assert dialog.made[0].data["conditions"] == [state, template]


async def test_a_notice_needs_a_recipient(dialog: Dialog, nas: FakeHost) -> None:
    await to_options(dialog, nas)
    await dialog.submit(notice_min=10)
    assert dialog.errors == {"notice_min": "notice_without_recipient"}
    await dialog.submit(notice_min=10, notify_entities=["notify.family"])
    await dialog.choose("save")

    assert dialog.made[0].data["notify_entities"] == ["notify.family"]


async def test_the_screen_of_a_host_is_a_recipient(dialog: Dialog, nas: FakeHost) -> None:
    await nas.announce(commands=["ping", "status", "shutdown", "notice"])
    screen, registry = nas.kit.entity_id("iotbridge_nas_notice"), er.async_get(nas.kit.hass)
    registry.async_update_entity(screen, disabled_by=er.RegistryEntryDisabler.USER)
    await to_options(dialog, nas)
    await dialog.submit(notice_min=10)
    assert dialog.errors == {"notice_min": "notice_without_recipient"}
    registry.async_update_entity(screen, disabled_by=None)
    await dialog.submit(notice_min=10)
    assert dialog.step == "ready"


async def test_a_schedule_is_changed(dialog: Dialog, rome: Kit, nas: FakeHost) -> None:
    schedule = await FakeSchedule.add(rome, nas, **NO_OPTIONS)
    await dialog.change(schedule.schedule_id)
    assert dialog.step == "ready"
    assert dialog.result["menu_options"] == ["save", "task", "hosts", "weekly", "options"]
    await dialog.choose("weekly")
    assert dialog.suggested == {"days": DAILY, "time": "21:30"}
    await dialog.submit(time="22:00:00")
    await dialog.choose("task")
    assert dialog.suggested == {"name": "Night", "task": "shutdown", "when": "weekly"}
    await dialog.submit(name="Late", task="suspend")
    await dialog.choose("hosts")
    assert dialog.suggested["hosts"] == [device_of(rome, nas)]
    await dialog.submit()
    await dialog.choose("save")
    assert dialog.step == "reconfigure_successful"

    (made,) = dialog.made
    assert (made.title, made.data["task"], made.data["time"]) == ("Late", "suspend", "22:00")
    assert schedule.next_run == "2026-11-30 22:00"


async def test_another_kind_of_times_asks_for_them(dialog: Dialog, rome: Kit, nas: FakeHost) -> None:
    schedule = await FakeSchedule.add(rome, nas, **NO_OPTIONS)
    await dialog.change(schedule.schedule_id, "task")
    await dialog.submit(when="cron")
    assert dialog.step == "cron"
    await dialog.submit(cron="0 22 * * *")
    await dialog.choose("save")

    (made,) = dialog.made
    assert made.data["cron"] == "0 22 * * *"
    assert "time" not in made.data


async def test_a_damaged_schedule_is_not_changed(dialog: Dialog, rome: Kit, nas: FakeHost) -> None:
    schedule = await FakeSchedule.add(rome, nas)
    await schedule.change(task="explode")
    await dialog.change(schedule.schedule_id)

    assert dialog.step == "unreadable"


async def test_it_needs_a_running_iot_bridge(dialog: Dialog, rome: Kit, nas: FakeHost) -> None:
    schedule = await FakeSchedule.add(rome, nas)
    await rome.hass.config_entries.async_unload(dialog.entry.entry_id)
    assert dialog.entry.state is ConfigEntryState.NOT_LOADED
    await dialog.start()
    assert dialog.step == "not_loaded"
    await dialog.change(schedule.schedule_id)
    assert dialog.step == "not_loaded"
