"""Schedules: a run at the due time, once, over restarts, crashes and changes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.storage import Store
from tests.kit import FakeHost, Kit

from .schedules import FakeSchedule, administrator, at_work, devices, obey, the_entry, wait

KEY = "iotbridge.schedules"
DUE = "2026-11-30T20:30:00+00:00"


async def reload(kit: Kit) -> None:
    """Reload IoT Bridge, as after its update."""
    await kit.hass.config_entries.async_reload(the_entry(kit.hass).entry_id)
    await kit.hass.async_block_till_done()


async def down(kit: Kit, **more: float) -> None:
    """Take IoT Bridge down for a while; its hosts are there when it is back."""
    await kit.hass.config_entries.async_unload(the_entry(kit.hass).entry_id)
    kit.freezer.tick(timedelta(**more))
    await kit.hass.config_entries.async_setup(the_entry(kit.hass).entry_id)
    await kit.hass.async_block_till_done()


async def back(host: FakeHost) -> None:
    """Report as an agent does when Home Assistant is back."""
    await host.announce()
    await host.availability("online")
    await host.status()


async def test_a_host_is_shut_down_at_the_due_time(rome: Kit) -> None:
    host = await rome.host()
    schedule = await FakeSchedule.add(rome, host, days=["mon", "tue"])
    assert schedule.next_run == "2026-11-30 21:30"

    await wait(rome, 30)
    assert host.commands() == []
    await wait(rome, 30)
    (command,) = host.commands()
    assert command["command"] == "shutdown"
    await obey(host, command)

    assert schedule.outcome == ("ran", None)
    assert schedule.event.attributes["hosts"] == ["nas"]
    assert schedule.message == "Ran"
    assert schedule.next_run == "2026-12-01 21:30"
    assert len(host.commands()) == 1


async def test_a_run_is_never_done_twice_after_a_crash(rome: Kit, hass_storage: dict[str, Any]) -> None:
    host = await rome.host()
    schedule = await FakeSchedule.add(rome, host)
    await wait(rome, 60)
    (command,) = host.commands()
    # What is on the disk at the moment of the command.
    state = hass_storage[KEY]["data"]["states"][schedule.schedule_id]
    assert (state["begun"], state["is_sent"]) == (DUE, False)
    await down(rome, seconds=10)
    await back(host)
    await wait(rome, 61)

    assert host.commands() == [command]
    assert schedule.outcome == ("failed", "interrupted")
    assert schedule.next_run == "2026-12-01 21:30"


async def test_a_run_that_all_hosts_accepted_has_run_when_home_assistant_stops_with_them(rome: Kit) -> None:
    host = await rome.host()
    schedule = await FakeSchedule.add(rome, host)
    await wait(rome, 60)
    await host.respond(host.commands()[0], "accepted")
    await at_work(rome)
    await down(rome, minutes=10)
    await wait(rome, 61)

    assert schedule.outcome == ("ran", "interrupted")


@pytest.mark.parametrize(("catch_up_h", "outcome"), [(0, "missed"), (1, "missed"), (3, None)])
async def test_a_run_that_was_missed(rome: Kit, catch_up_h: int, outcome: str | None) -> None:
    host = await rome.host()
    schedule = await FakeSchedule.add(rome, host, catch_up_h=catch_up_h)
    await down(rome, hours=2)
    await back(host)
    await wait(rome, 61)

    if outcome:
        assert schedule.outcome[0] == outcome
        assert schedule.event.attributes["planned"] == DUE
        assert host.commands() == []
    else:
        (command,) = host.commands()
        await obey(host, command)
        assert schedule.outcome == ("ran", None)
    assert schedule.next_run == "2026-12-01 21:30"


async def test_a_clock_that_is_put_forward_is_noticed(rome: Kit) -> None:
    """The timer of a run hours ahead does not know that the clock was changed."""
    host = await rome.host()
    await FakeSchedule.add(rome, host, time="23:30")
    rome.freezer.move_to(datetime(2026, 11, 30, 22, 29, 30, tzinfo=UTC))
    await back(host)
    await wait(rome, 60)

    assert [command["command"] for command in host.commands()] == ["shutdown"]


async def test_another_time_zone_moves_the_next_run(rome: Kit) -> None:
    schedule = await FakeSchedule.add(rome, await rome.host())
    await rome.hass.config.async_update(time_zone="Europe/London")
    await wait(rome, 1)

    state = rome.state(f"{schedule.schedule_id}_schedule_next_run").state
    assert state == "2026-11-30T21:30:00+00:00"


async def test_a_changed_schedule_runs_at_its_new_time_only(rome: Kit) -> None:
    host = await rome.host()
    schedule = await FakeSchedule.add(rome, host)
    await schedule.change(title="Late", time="21:31")
    assert schedule.next_run == "2026-11-30 21:31"
    assert list(devices(rome.hass, the_entry(rome.hass)).values()) == ["Late"]
    await wait(rome, 61)
    assert host.commands() == []
    await host.status()
    await wait(rome, 60)

    assert len(host.commands()) == 1


async def test_a_removed_schedule_is_gone(rome: Kit, hass_storage: dict[str, Any]) -> None:
    host = await rome.host()
    schedule = await FakeSchedule.add(rome, host)
    rome.hass.config_entries.async_remove_subentry(the_entry(rome.hass), schedule.schedule_id)
    await wait(rome, 120)

    assert host.commands() == []
    assert devices(rome.hass, the_entry(rome.hass)) == {}
    assert hass_storage[KEY]["data"]["states"] == {}


async def test_a_disabled_schedule_does_not_run_and_makes_up_for_nothing(rome: Kit) -> None:
    host = await rome.host()
    schedule = await FakeSchedule.add(rome, host, catch_up_h=5)
    await schedule.turn("off")
    assert schedule.next_run == "unknown"
    await reload(rome)
    await back(host)
    await wait(rome, 120)
    assert rome.hass.states.is_state(schedule.switch, "off")
    await schedule.turn("on")
    await wait(rome, 60)

    assert host.commands() == []
    assert schedule.next_run == "2026-12-01 21:30"


async def test_a_run_that_is_still_at_work_is_not_started_again(rome: Kit) -> None:
    host = await rome.host()
    schedule = await FakeSchedule.add(rome, host, days=None, cron="30,40 21 * * *", task="reboot")
    await wait(rome, 60)
    await host.respond(host.commands()[0], "accepted")
    await host.announce(power="rebooting")
    await host.availability("offline")
    await at_work(rome)
    await wait(rome, 580)
    await wait(rome, 20)

    assert schedule.outcome == ("skipped", "still_running")
    assert len(host.commands()) == 1


async def test_a_damaged_schedule_opens_a_repair_and_others_run(rome: Kit) -> None:
    host = await rome.host()
    await FakeSchedule.add(rome, host)
    broken = await FakeSchedule.add(rome, host)
    await broken.change(task="explode")
    issues = {issue.translation_key for issue in ir.async_get(rome.hass).issues.values()}
    assert "schedule_unreadable" in issues
    assert rome.state(f"{broken.schedule_id}_schedule_next_run").state == "unavailable"
    await wait(rome, 60)

    assert len(host.commands()) == 1


async def test_an_error_in_one_schedule_stops_no_other_and_is_tried_again(
    rome: Kit, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    nas, pc = await rome.host(), await rome.host("pc")
    await FakeSchedule.add(rome, nas)
    await FakeSchedule.add(rome, pc)
    save, failures = Store.async_save, iter([OSError("The disk is read-only")])

    async def fail_once(store: Store[dict[str, Any]], data: dict[str, Any]) -> None:
        if store.key == KEY and (error := next(failures, None)):
            raise error
        await save(store, data)

    monkeypatch.setattr(Store, "async_save", fail_once)
    await wait(rome, 60)
    assert (len(nas.commands()), len(pc.commands())) == (0, 1)
    assert "The disk is read-only" in caplog.text
    await nas.status()
    await wait(rome, 60)

    assert (len(nas.commands()), len(pc.commands())) == (1, 1)


def owner_repairs(kit: Kit) -> list[str | None]:
    """Return the names of the schedules with a repair about their owner."""
    return [
        (issue.translation_placeholders or {}).get("name_plain")
        for issue in ir.async_get(kit.hass).issues.values()
        if issue.translation_key == "schedule_owner_gone"
    ]


async def test_a_schedule_without_its_owner_has_a_repair_until_an_administrator_saves_it(rome: Kit) -> None:
    host, auth = await rome.host(), rome.hass.auth
    await auth.async_create_user("Owner")  # the first user owns Home Assistant and is always an administrator
    ben = await auth.async_create_user("Ben", group_ids=["system-admin"])
    schedule = await FakeSchedule.add(rome, host, user_id=ben.id)
    assert owner_repairs(rome) == []
    await auth.async_update_user(ben, group_ids=["system-users"])
    await rome.hass.async_block_till_done()
    assert owner_repairs(rome) == ["Night"]
    await wait(rome, 60)
    assert (host.commands(), schedule.outcome) == ([], ("failed", "owner_gone"))

    await schedule.change(user_id=await administrator(rome.hass))
    assert owner_repairs(rome) == []
    await schedule.change(user_id=ben.id)
    await auth.async_remove_user(ben)
    await reload(rome)
    assert owner_repairs(rome) == ["Night"]
    rome.hass.config_entries.async_remove_subentry(the_entry(rome.hass), schedule.schedule_id)
    await rome.hass.async_block_till_done()
    assert owner_repairs(rome) == []


async def test_the_file_goes_with_the_entry(rome: Kit, hass_storage: dict[str, Any]) -> None:
    await FakeSchedule.add(rome, await rome.host())
    await wait(rome, 2)
    assert KEY in hass_storage
    await rome.hass.config_entries.async_remove(the_entry(rome.hass).entry_id)
    await rome.hass.async_block_till_done()

    assert KEY not in hass_storage
