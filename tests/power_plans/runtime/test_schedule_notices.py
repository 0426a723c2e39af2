"""Notices: on phones with buttons, on notify entities, and of failures; and who may press the buttons."""

from datetime import timedelta

import pytest
from pytest_homeassistant_custom_component.common import MockUser, async_mock_service
import voluptuous as vol

from homeassistant.auth.models import Group
from homeassistant.core import ServiceCall
from tests.kit import FakeHost, Kit

from ..schedules import SOON, FakeSchedule, add_phone, at_work, keep_alive, obey, press, wait


@pytest.fixture
async def nas(rome: Kit) -> FakeHost:
    return await rome.host()


async def test_a_notice_has_buttons_and_is_withdrawn_when_the_run_begins(rome: Kit, nas: FakeHost) -> None:
    phone, calls = add_phone(rome)
    await FakeSchedule.add(rome, nas, phones=[phone], **SOON)
    assert calls == []
    await wait(rome, 60)
    (notice,) = calls
    assert (notice.data["title"], notice.data["message"]) == ("Night", "nas: shutdown at 21:39")
    assert [action["title"] for action in notice.data["data"]["actions"]] == ["Cancel", "In 1 hour"]
    assert nas.commands() == []
    await nas.status()
    await keep_alive(nas, 9)

    assert [command["command"] for command in nas.commands()] == ["shutdown"]
    assert calls[1].data == {"message": "clear_notification", "data": {"tag": notice.data["data"]["tag"]}}


async def test_cancel(rome: Kit, nas: FakeHost, hass_admin_user: MockUser) -> None:
    phone, calls = add_phone(rome)
    schedule = await FakeSchedule.add(rome, nas, phones=[phone], **SOON)
    await wait(rome, 60)
    await press(rome, calls[0], 0, hass_admin_user)
    await keep_alive(nas, 12)

    assert nas.commands() == []
    assert schedule.outcome == ("cancelled", "by_person")
    assert schedule.event.attributes["names"] == [hass_admin_user.name]
    assert schedule.next_run == "2026-12-01 21:39"
    assert calls[1].data["message"] == "clear_notification"


async def test_in_one_hour(rome: Kit, nas: FakeHost) -> None:
    phone, calls = add_phone(rome)
    schedule = await FakeSchedule.add(rome, nas, phones=[phone], **SOON)
    await wait(rome, 60)
    await press(rome, calls[0], 1)
    assert schedule.outcome == ("postponed", "by_person")
    assert schedule.next_run == "2026-11-30 22:39"
    await keep_alive(nas, 60)
    assert nas.commands() == []
    assert calls[-1].data["message"] == "nas: shutdown at 22:39"
    # The button of the first notice is of a run that is no longer as it was.
    await keep_alive(nas, 9)

    assert len(nas.commands()) == 1
    assert schedule.next_run == "2026-12-01 21:39"


async def test_cancel_after_a_late_notice_was_put_off(rome: Kit, nas: FakeHost) -> None:
    phone, calls = add_phone(rome)
    schedule = await FakeSchedule.add(rome, nas, phones=[phone], **SOON)
    # The notice comes three minutes late, at a time between two seconds.
    rome.freezer.tick(timedelta(minutes=3, microseconds=123456))
    await wait(rome, 30)
    assert schedule.next_run == "2026-11-30 21:41"
    await press(rome, calls[0], 1)
    assert schedule.next_run == "2026-11-30 22:41"
    await nas.status()
    await keep_alive(nas, 60)
    assert calls[-1].data["message"] == "nas: shutdown at 22:41"
    await press(rome, calls[-1], 0)
    assert schedule.outcome == ("cancelled", "by_person")
    await keep_alive(nas, 12)

    assert nas.commands() == []


async def test_a_button_of_an_earlier_run_does_nothing(rome: Kit, nas: FakeHost) -> None:
    phone, calls = add_phone(rome)
    schedule = await FakeSchedule.add(rome, nas, phones=[phone], **SOON)
    await wait(rome, 60)
    await press(rome, calls[0], 0)
    await press(rome, calls[0], 1)

    assert schedule.outcome[0] == "cancelled"
    assert schedule.next_run == "2026-12-01 21:39"


@pytest.mark.parametrize("button", [None, 7, "OTHER", "IOTBRIDGE_SCHEDULE_CANCEL_x", "IOTBRIDGE_SCHEDULE_CANCEL_x_²"])
async def test_other_buttons_are_ignored(rome: Kit, nas: FakeHost, button: object) -> None:
    phone, _ = add_phone(rome)
    schedule = await FakeSchedule.add(rome, nas, phones=[phone], **SOON)
    await wait(rome, 60)
    rome.hass.bus.async_fire("mobile_app_notification_action", {"action": button})
    await rome.hass.async_block_till_done()

    assert schedule.next_run == "2026-11-30 21:39"


async def test_only_people_who_may_control_the_schedule_press_buttons(
    rome: Kit, nas: FakeHost, hass_read_only_user: MockUser
) -> None:
    phone, calls = add_phone(rome)
    schedule = await FakeSchedule.add(rome, nas, phones=[phone], **SOON)
    await wait(rome, 60)
    assert isinstance(hass_read_only_user.groups[0], Group)
    await press(rome, calls[0], 0, hass_read_only_user)
    await press(rome, calls[0], 0, MockUser(name="Gone"))

    assert schedule.next_run == "2026-11-30 21:39"


async def test_notify_entities_get_the_text(rome: Kit, nas: FakeHost) -> None:
    calls = async_mock_service(rome.hass, "notify", "send_message")
    await FakeSchedule.add(rome, nas, notify_entities=["notify.family"], **SOON)
    await wait(rome, 60)

    assert [call.data for call in calls] == [
        {"title": "Night", "message": "nas: shutdown at 21:39", "entity_id": ["notify.family"]}
    ]


async def test_a_phone_that_is_gone_does_not_stop_the_run(rome: Kit, nas: FakeHost) -> None:
    await FakeSchedule.add(rome, nas, phones=["gone"], notify_entities=["notify.gone"], time="21:31", notice_min=1)
    await wait(rome, 60)
    await wait(rome, 60)

    assert len(nas.commands()) == 1


@pytest.mark.parametrize("error", [vol.Invalid("no such field"), TypeError("broken")])
async def test_a_phone_that_fails_does_not_stop_the_schedule(rome: Kit, nas: FakeHost, error: Exception) -> None:
    phone, _ = add_phone(rome)

    async def fail(_call: ServiceCall) -> None:
        raise error

    rome.hass.services.async_register("notify", "mobile_app_anna", fail)
    schedule = await FakeSchedule.add(rome, nas, phones=[phone], time="21:31", notice_min=1)
    await wait(rome, 60)
    await wait(rome, 60)
    await obey(nas)
    assert schedule.outcome == ("ran", None)
    await nas.announce()
    await nas.availability("online")
    await wait(rome, 86400 - 95 - 60)
    await nas.status()
    await wait(rome, 60)

    assert [command["command"] for command in nas.commands()] == ["shutdown", "shutdown"]


async def test_a_notice_of_a_disabled_schedule_is_withdrawn(rome: Kit, nas: FakeHost) -> None:
    phone, calls = add_phone(rome)
    schedule = await FakeSchedule.add(rome, nas, phones=[phone], **SOON)
    await wait(rome, 60)
    await schedule.turn("off")
    await at_work(rome)

    assert calls[-1].data["message"] == "clear_notification"


@pytest.mark.parametrize("has_phone", [True, False])
async def test_a_failure_is_notified(rome: Kit, nas: FakeHost, has_phone: bool) -> None:
    phone, calls = add_phone(rome)
    shown = async_mock_service(rome.hass, "persistent_notification", "create")
    await FakeSchedule.add(rome, nas, phones=[phone] if has_phone else [])
    await wait(rome, 60)
    await nas.respond(nas.commands()[0], "refused", reason="not_permitted", message="Not permitted.")
    await at_work(rome)

    notified = [(call.data["title"], call.data["message"]) for call in (calls if has_phone else shown)]
    assert notified == [("Night", "Failed: nas: Not permitted.")]
    assert (shown if has_phone else calls) == []


async def test_a_message_of_a_host_is_no_markdown(rome: Kit, nas: FakeHost) -> None:
    shown = async_mock_service(rome.hass, "persistent_notification", "create")
    schedule = await FakeSchedule.add(rome, nas)
    await wait(rome, 60)
    hostile = "[Click](http://evil)" + "x" * 400
    await nas.respond(nas.commands()[0], "refused", reason="not_permitted", message=hostile)
    await at_work(rome)

    assert "[Click](" not in shown[0].data["message"]
    assert len(schedule.message) < 300


async def test_a_run_that_went_well_is_not_notified(rome: Kit, nas: FakeHost) -> None:
    phone, calls = add_phone(rome)
    await FakeSchedule.add(rome, nas, phones=[phone])
    await wait(rome, 60)
    await obey(nas)

    assert calls == []
