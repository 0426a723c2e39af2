"""Store of the schedules: what it cannot read is left out, and it does not grow for ever."""

from datetime import UTC, datetime
from typing import Any

from custom_components.iotbridge.power_plans.engine.schedule import ScheduleState
from custom_components.iotbridge.power_plans.engine.schedule_run import RunOutcome, RunRecord, RunResult
from custom_components.iotbridge.power_plans.runtime.schedule_store import KEY, MAX_RECORDS, ScheduleStore
from homeassistant.core import HomeAssistant

AT = datetime(2026, 11, 30, 20, 30, tzinfo=UTC)
RECORD = RunRecord("night", AT, AT, RunResult(outcome=RunOutcome.RAN))


async def test_it_is_as_it_was(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    store = ScheduleStore(hass)
    await store.async_load()
    store.states["night"] = ScheduleState(handled=AT)
    store.records.extend([RECORD] * (MAX_RECORDS + 1))
    await store.async_save()
    again = ScheduleStore(hass)
    await again.async_load()

    assert again.states == store.states
    assert list(again.records) == [RECORD] * MAX_RECORDS


async def test_a_damaged_file_starts_anew(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    hass_storage[KEY] = {"version": 1, "data": {"states": {"night": {"handled": 7}}, "records": [{}]}}
    store = ScheduleStore(hass)
    await store.async_load()

    assert store.states == {}
    assert list(store.records) == []


async def test_runs_of_schedules_that_are_gone_are_removed(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    store = ScheduleStore(hass)
    store.states["night"] = ScheduleState(handled=AT)
    store.records.append(RECORD)
    store.async_keep({"morning"})

    assert store.states == {}
    assert list(store.records) == []
