"""Calendar of the schedules: runs to come, also those put off, and the last ones with their outcome."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from homeassistant.helpers import entity_registry as er
from tests.kit import Kit

from .schedules import FakeSchedule, obey, wait

CALENDAR = "calendar.iot_bridge_schedules"
START, END = datetime(2026, 11, 30, 12, tzinfo=UTC), datetime(2026, 12, 3, tzinfo=UTC)


async def events(kit: Kit, hass_client: ClientSessionGenerator) -> list[tuple[str, str, str | None]]:
    """Return begin, name and description of the events, as the page of the calendars shows them."""
    client = await hass_client()
    answer = await client.get(f"/api/calendars/{CALENDAR}", params={"start": START.isoformat(), "end": END.isoformat()})
    assert answer.status == HTTPStatus.OK
    found: list[dict[str, Any]] = await answer.json()
    return [(event["start"]["dateTime"][:16], event["summary"], event["description"]) for event in found]


async def test_without_a_schedule_there_is_no_calendar(rome: Kit) -> None:
    assert rome.hass.states.get(CALENDAR) is None
    assert "calendar" not in rome.hass.config.components


async def test_runs_to_come_and_past_ones(rome: Kit, hass_client: ClientSessionGenerator) -> None:
    host = await rome.host()
    await FakeSchedule.add(rome, host)
    await wait(rome, 1)
    coming = [
        ("2026-11-30T21:30", "Night", None),
        ("2026-12-01T21:30", "Night", None),
        ("2026-12-02T21:30", "Night", None),
    ]
    assert await events(rome, hass_client) == coming
    state = rome.hass.states.get(CALENDAR)
    assert state is not None
    assert (state.state, state.attributes["message"]) == ("off", "Night")
    assert state.attributes["start_time"] == "2026-11-30 21:30:00"

    await wait(rome, 59)
    await obey(host)
    assert await events(rome, hass_client) == [("2026-11-30T21:30", "Night: Ran", "Ran"), *coming[1:]]


async def test_it_is_there_after_a_restart_and_goes_on(rome: Kit) -> None:
    schedule = await FakeSchedule.add(rome, await rome.host())
    await wait(rome, 1)
    (entry,) = rome.hass.config_entries.async_entries("iotbridge")
    assert await rome.hass.config_entries.async_unload(entry.entry_id)
    assert await rome.hass.config_entries.async_setup(entry.entry_id)
    await rome.hass.async_block_till_done()
    assert rome.hass.states.is_state(CALENDAR, "off")
    await schedule.turn("off")
    await wait(rome, 2)

    state = rome.hass.states.get(CALENDAR)
    assert state is not None
    assert "message" not in state.attributes
    assert er.async_get(rome.hass).async_get(CALENDAR) is not None


async def test_a_run_at_work_and_one_that_waits_are_on_it(rome: Kit, hass_client: ClientSessionGenerator) -> None:
    host = await rome.host()
    await FakeSchedule.add(rome, host)
    await FakeSchedule.add(rome, host, time="21:35", notice_min=6, notify_entities=["notify.gone"])
    await wait(rome, 60)

    # The notice of the second one was late, so it waits.
    begins = [begin for begin, _, _ in await events(rome, hass_client) if begin < "2026-12-01"]
    assert begins == ["2026-11-30T21:30", "2026-11-30T21:35"]
