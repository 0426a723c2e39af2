"""Texts for the people who are logged in to a host that a schedule stops, and when it does not."""

from functools import partial
import json
from typing import Any
from unittest.mock import DEFAULT

import pytest
from pytest_homeassistant_custom_component.common import async_fire_mqtt_message

from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.translation import async_load_integrations
from tests.kit import FakeHost, Kit

from ..plans import host, plan_of, put_plan
from ..schedules import SOON, FakeSchedule, add_phone, at_work, device_of, keep_alive, press, the_entry, wait

OFFERED = ["ping", "status", "shutdown", "notice"]
STOP = "You can stop that in Home Assistant."


@pytest.fixture
async def nas(rome: Kit) -> FakeHost:
    host = await rome.host(commands=OFFERED)
    respond_to_notices(host, "done")
    return host


def respond_to_notices(host: FakeHost, status: str) -> None:
    """Respond to each notice at once, as an agent does."""

    def published(topic: str, payload: bytes, *_: Any, **__: Any) -> Any:
        command = json.loads(payload) if topic == host.topic("command") else {}
        if command.get("command") == "notice":
            response = {
                "id": command["id"],
                "command": "notice",
                "success": status == "done",
                "status": status,
                "message": "-",
                "timestamp": command["timestamp"],
            }
            answer = partial(async_fire_mqtt_message, host.kit.hass, host.topic("response"), json.dumps(response))
            host.kit.hass.loop.call_soon(answer)
        return DEFAULT

    host.kit.mqtt.async_publish.side_effect = published


def texts(host: FakeHost) -> list[str]:
    """Return the texts that a host was asked to show."""
    return [command["args"]["text"] for command in host.commands() if command["command"] == "notice"]


async def test_people_read_what_happens_when_and_how_to_stop_it(rome: Kit, nas: FakeHost) -> None:
    pc = await rome.host("pc")
    phone, _ = add_phone(rome)
    await FakeSchedule.add(rome, nas, pc, phones=[phone], **SOON)
    await wait(rome, 60)

    (command,) = nas.commands()
    assert command["args"] == {
        "title": "Night",
        "text": "This machine will be shut down at 21:39. You can stop that on a phone (Anna) or in Home Assistant.",
    }
    assert pc.commands() == [], "its agent offers no notice"
    await keep_alive(nas, 9)
    assert [command["command"] for command in nas.commands()] == ["notice", "shutdown"]


IN_LANGUAGES = {
    "en": (
        "This machine will be restarted at 21:39. It stays on while someone is logged in. "
        "You can stop that in Home Assistant."
    ),
    "it": (
        "Questo computer verrà riavviato alle 21:39. Resta acceso finché qualcuno è collegato. "
        "Puoi impedirlo in Home Assistant."
    ),
    "fr": (
        "Cette machine sera redémarrée à 21:39. Elle reste allumée tant que quelqu'un est connecté. "
        "Vous pouvez l'empêcher dans Home Assistant."
    ),
}


@pytest.mark.parametrize("language", IN_LANGUAGES)
async def test_in_the_language_of_the_home(rome: Kit, nas: FakeHost, language: str) -> None:
    await rome.hass.config.async_update(language=language)
    await async_load_integrations(rome.hass, {"iotbridge"})
    await FakeSchedule.add(rome, nas, task="reboot", without_users=True, **SOON)
    await wait(rome, 60)
    assert texts(nas) == [IN_LANGUAGES[language]]


async def test_a_cancelled_run_is_told(rome: Kit, nas: FakeHost) -> None:
    phone, calls = add_phone(rome)
    await FakeSchedule.add(rome, nas, phones=[phone], **SOON)
    await wait(rome, 60)
    await press(rome, calls[0], 0)
    assert texts(nas)[1:] == ["Cancelled: nothing will happen at 21:39."]


async def test_a_skipped_run_is_told(rome: Kit, nas: FakeHost) -> None:
    rome.hass.states.async_set("binary_sensor.backup", "on")
    backup = {"condition": "state", "entity_id": "binary_sensor.backup", "state": "off"}
    schedule = await FakeSchedule.add(rome, nas, conditions=[backup], **SOON)
    await wait(rome, 60)
    await keep_alive(nas, 9)

    assert schedule.outcome == ("skipped", "condition")
    assert texts(nas)[1:] == ["Cancelled: nothing will happen at 21:39."]
    assert [command["command"] for command in nas.commands()] == ["notice", "notice"]


async def test_a_postponed_run_is_told_and_announced_again(rome: Kit, nas: FakeHost) -> None:
    phone, calls = add_phone(rome)
    await FakeSchedule.add(rome, nas, phones=[phone], **SOON)
    await wait(rome, 60)
    await press(rome, calls[0], 1)
    assert texts(nas)[1:] == ["Postponed from 21:39 to 22:39."]
    await keep_alive(nas, 60)
    assert texts(nas)[2].startswith("This machine will be shut down at 22:39.")


@pytest.mark.parametrize("is_removed", [False, True])
async def test_a_schedule_that_is_switched_off_or_removed_cancels_its_run(
    rome: Kit, nas: FakeHost, is_removed: bool
) -> None:
    schedule = await FakeSchedule.add(rome, nas, **SOON)
    await wait(rome, 60)
    if is_removed:
        rome.hass.config_entries.async_remove_subentry(the_entry(rome.hass), schedule.schedule_id)
        await rome.hass.async_block_till_done()
    else:
        await schedule.turn("off")
    await at_work(rome)
    assert texts(nas)[1:] == ["Cancelled: nothing will happen at 21:39."]


async def test_a_run_without_a_notice_cancels_nothing(rome: Kit, nas: FakeHost) -> None:
    schedule = await FakeSchedule.add(rome, nas, **SOON)
    await schedule.turn("off")
    await at_work(rome)
    assert nas.commands() == []


async def test_the_hosts_of_a_plan_are_told(rome: Kit, nas: FakeHost) -> None:
    steps = [host("nas", device_id=device_of(rome, nas)), host("plug", device_id="")]
    plan = put_plan(rome.hass, the_entry(rome.hass), plan_of(*steps))
    await rome.hass.async_block_till_done()
    await FakeSchedule.add(rome, task="plan_off", plan=plan, target=None, **SOON)
    await wait(rome, 60)
    assert texts(nas) == [f"This machine will be stopped at 21:39. {STOP}"]


@pytest.mark.parametrize("task", ["wake", "plan_on"])
async def test_nothing_is_shown_where_nothing_is_stopped(rome: Kit, nas: FakeHost, task: str) -> None:
    await FakeSchedule.add(rome, nas, task=task, plan="none", **SOON)
    await wait(rome, 60)
    assert texts(nas) == []


@pytest.mark.parametrize("reason", ["off", "disabled"])
async def test_a_screen_that_is_away_or_disabled_is_left_alone(rome: Kit, nas: FakeHost, reason: str) -> None:
    if reason == "off":
        await nas.availability("offline")
    else:
        screen = rome.entity_id("iotbridge_nas_notice")
        er.async_get(rome.hass).async_update_entity(screen, disabled_by=er.RegistryEntryDisabler.USER)
        await rome.hass.async_block_till_done()
    await FakeSchedule.add(rome, nas, **SOON)
    await wait(rome, 60)
    assert texts(nas) == []


async def test_a_host_that_shows_nothing_is_stopped_all_the_same(rome: Kit, nas: FakeHost) -> None:
    respond_to_notices(nas, "failed")
    await FakeSchedule.add(rome, nas, time="21:31", notice_min=1)
    await wait(rome, 60)
    await wait(rome, 60)
    assert [command["command"] for command in nas.commands()] == ["notice", "shutdown"]
