"""State of a plan in every phase of a run."""

from dataclasses import replace

import pytest

from custom_components.iotbridge.power_plans.engine.plan_state import plan_state
from custom_components.iotbridge.power_plans.engine.run import Direction, Phase, PlanOutcome, StepState, new_run
from tests.power_plans.plans import host, plan_of

RUN = new_run(plan_of(host("nas")), Direction.OFF, run_id="r", now=0.0)
AT_WORK = {"nas": replace(RUN.steps["nas"], state=StepState.STOPPING)}


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        (Phase.STOPPING, "stopping"),
        (Phase.STOPPED, "stopped"),
        (Phase.RETURNING, "waiting"),
        (Phase.STARTING, "starting"),
    ],
)
def test_a_run_shows_its_phase(phase: Phase, expected: str) -> None:
    assert plan_state(replace(RUN, phase=phase, steps=AT_WORK), None, has_stopped=False) == expected


def test_a_stage_that_is_not_reached_is_waited_for() -> None:
    assert plan_state(RUN, None, has_stopped=False) == "waiting"


@pytest.mark.parametrize(
    ("outcome", "has_stopped", "expected"),
    [
        (PlanOutcome.COMPLETED, True, "stopped"),
        (PlanOutcome.COMPLETED, False, "idle"),
        (PlanOutcome.FAILED, True, "failed"),
        (PlanOutcome.ABORTED, False, "idle"),
    ],
)
def test_without_a_run_the_last_one_shows(outcome: PlanOutcome, has_stopped: bool, expected: str) -> None:
    assert plan_state(None, replace(RUN, phase=Phase.ENDED, outcome=outcome), has_stopped=has_stopped) == expected
    assert plan_state(None, None, has_stopped=False) == "idle"
