"""Runs: their beginning, and their data."""

from dataclasses import replace
import json
from typing import Any

import pytest

from custom_components.iotbridge.power_plans.engine.run import Direction, PlanRun, StepState, matching, new_run
from tests.power_plans.plans import host, plan_of

PLAN = plan_of(host("guest", "nas"), host("nas"))


def begun(direction: Direction, *stopped_by_plan: str) -> PlanRun:
    return new_run(PLAN, direction, run_id="r", now=1000.0, stopped_by_plan=stopped_by_plan)


def test_a_run_is_the_same_after_it_was_written_as_json() -> None:
    run = begun(Direction.OFF)

    assert PlanRun.from_dict(json.loads(json.dumps(run.as_dict()))) == run


@pytest.mark.parametrize(
    "damage",
    [
        {"phase": "dreaming"},
        {"started_at": "noon"},
        {"steps": {"nas": {"state": "off"}}},
        {"steps": {"nas": {"state": "off", "since": None, "reason": ""}}},
        {"history": {"since": "noon", "colour": "red"}},
    ],
)
def test_damaged_data_are_refused(damage: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        PlanRun.from_dict({**begun(Direction.OFF).as_dict(), **damage})


def test_what_earlier_runs_stopped_is_started_and_everything_where_there_is_nothing() -> None:
    assert begun(Direction.ON, "nas", "gone").stopped_by_plan == {"nas"}
    assert begun(Direction.ON).stopped_by_plan == {"guest", "nas"}
    assert begun(Direction.OFF, "nas").stopped_by_plan == set(), "what is off before a power cut stays off after it"
    assert {step.state for step in begun(Direction.OFF).steps.values()} == {StepState.TO_STOP}


def test_a_plan_that_changes_meanwhile_leaves_its_new_steps() -> None:
    run = begun(Direction.OFF)
    assert matching(PLAN, run, 1010.0) is run

    changed = matching(replace(PLAN, steps=(host("nas"), host("new"))), run, 1010.0)

    assert {key: step.state for key, step in changed.steps.items()} == {
        "nas": StepState.TO_STOP,
        "new": StepState.LEFT_ON,
    }
