"""Memory of the plans over restarts."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.iotbridge.power_plans.engine.run import Direction, Phase, StepState, new_run
from custom_components.iotbridge.power_plans.runtime.store import MAX_REPORTS, PlanRecord, PlanStore
from homeassistant.core import HomeAssistant
from tests.power_plans.plans import host, plan_of

RUN = new_run(plan_of(host("guest"), host("nas")), Direction.OFF, run_id="r", now=0.0)


async def test_records_come_back(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    store = PlanStore(hass)
    await store.async_load()
    store.records["p"] = PlanRecord(run=RUN, reports=[RUN], stopped_by_plan=frozenset({"nas"}), is_enabled=False)
    await store.async_save()

    again = PlanStore(hass)
    await again.async_load()

    assert again.records == store.records


async def test_what_is_damaged_is_left_out_and_the_plan_stays_ready(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    good = RUN.as_dict()
    plans = {
        "p": {"run": {**good, "phase": "?"}, "reports": [{}, good], "stopped_by_plan": ["nas"], "is_enabled": "yes"},
        "q": "nothing",
    }
    hass_storage["iotbridge.power_plans"] = {"version": 1, "key": "iotbridge.power_plans", "data": {"plans": plans}}
    store = PlanStore(hass)

    await store.async_load()

    assert store.records.keys() == {"p"}
    record = store.records["p"]
    assert (record.run, record.reports, set(record.stopped_by_plan)) == (None, [RUN], {"nas"})


def test_a_run_that_ends_is_kept_with_what_it_stopped() -> None:
    record = PlanRecord(stopped_by_plan=frozenset({"guest", "of a step that is gone"}))
    steps = {
        "guest": replace(RUN.steps["guest"], state=StepState.WAS_OFF),
        "nas": replace(RUN.steps["nas"], state=StepState.OFF, is_stopped_by_plan=True),
    }

    record.end(replace(RUN, phase=Phase.ENDED, steps=steps))

    assert record.stopped_by_plan == {"guest", "nas", "of a step that is gone"}
    record.end(replace(RUN, phase=Phase.ENDED, steps={**steps, "guest": RUN.steps["guest"]}))
    assert record.stopped_by_plan == {"nas", "of a step that is gone"}
    for number in range(30):
        record.end(replace(RUN, run_id=str(number)))
    assert [report.run_id for report in record.reports] == [str(29 - number) for number in range(MAX_REPORTS)]


async def test_a_disk_that_cannot_be_written_does_not_stop_a_plan(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = PlanStore(hass)

    async def fail(_data: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(store._store, "async_save", fail)
    await store.async_save()

    assert "they go on" in caplog.text
