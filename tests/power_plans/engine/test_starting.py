"""Rules of starting: hosts whose services are the last part of their step."""

from typing import Any

import pytest

from custom_components.iotbridge.power_plans.engine.advance import Abort
from custom_components.iotbridge.power_plans.engine.draft import RETRY_S
from custom_components.iotbridge.power_plans.engine.plan import FailurePolicy, Plan, Ups
from custom_components.iotbridge.power_plans.engine.power import PowerHistory, PowerReading
from custom_components.iotbridge.power_plans.engine.run import Direction, RunCause, ServicesState, StepState, new_run
from tests.power_plans.plans import host, plan_of

from .worlds import START, Lab

WEB_AND_NAS = plan_of(
    host("web", "nas", start_services=True, on_within_s=120), host("nas"), stagger_s=0, ups=Ups(entity_id="sensor.ups")
)
MAINS, BATTERY = PowerReading(is_on_battery=False), PowerReading(is_on_battery=True)


def started(plan: Plan = WEB_AND_NAS, on: tuple[str, ...] = (), **more: Any) -> Lab:
    """Return a lab whose plan starts everything."""
    lab = Lab(plan, new_run(plan, Direction.ON, run_id="r", now=START), set(on), power=MAINS, **more)
    lab.step()
    return lab


def kinds(lab: Lab) -> list[str]:
    """Return the orders."""
    return [f"{order.kind} {order.key}" for _, order in lab.orders]


def test_services_start_when_the_host_is_on_and_the_step_is_done_when_they_run() -> None:
    lab = started()
    lab.pass_time(50)
    assert kinds(lab) == ["start nas", "start web", "services web"]
    assert lab.states() == {"web": "starting", "nas": "on"}
    assert lab.run.steps["web"].services is ServicesState.ASKED
    lab.pass_time(20)

    assert lab.states() == {"web": "on", "nas": "on"}
    step = lab.run.steps["web"]
    assert (step.message, step.start_at, step.started_at) == ("all run", START + 20, START + 60)
    assert [event.kind.value for event in lab.events if event.step == "web"] == [
        "start_sent",
        "responded",
        "services_sent",
        "responded",
        "step_done",
    ]
    assert lab.run.outcome == "completed"


def test_those_that_need_it_wait_for_its_services() -> None:
    lab = started(plan_of(host("web", "broker"), host("broker", start_services=True), stagger_s=0))
    lab.pass_time(39)
    assert kinds(lab) == ["start broker", "services broker"]
    lab.pass_time(2)

    assert kinds(lab)[2:] == ["start web"]


def test_services_that_fail_fail_the_step_with_the_reason_of_the_agent() -> None:
    lab = started(failing={"web"})
    lab.pass_time(100)

    step = lab.run.steps["web"]
    assert (step.state, step.reason, step.message) == ("start_failed", "command_failed", "Hub failed to start.")
    assert lab.run.outcome == "failed"


def test_host_and_services_have_one_deadline() -> None:
    lab = started(takes_s=70)
    lab.pass_time(70 + 119)
    assert lab.states()["web"] == "starting"
    lab.pass_time(2)

    assert (lab.states()["web"], lab.run.steps["web"].reason) == ("start_failed", "not_in_time")


def test_an_order_that_cannot_be_sent_is_repeated() -> None:
    lab = started()
    lab.pass_time(39)
    lab.offline.add("web")
    lab.pass_time(1 + 2.5 * RETRY_S)
    assert kinds(lab).count("services web") == 3
    assert sum(event.kind == "services_sent" for event in lab.events) == 1
    lab.offline.clear()
    lab.pass_time(RETRY_S + 20)

    assert lab.states()["web"] == "on"


def test_a_host_that_is_on_already_has_its_services_started_after_those_that_it_needs() -> None:
    """The firmware of many machines starts them when the power is back."""
    lab = started(on=("web",))
    assert kinds(lab) == ["start nas"]
    lab.pass_time(19)
    assert lab.states()["web"] == "to_start"
    lab.pass_time(22)

    assert kinds(lab) == ["start nas", "services web"]
    assert lab.states()["web"] == "on"
    assert lab.run.steps["web"].services is ServicesState.STARTED


def test_further_proofs_may_be_those_of_its_services() -> None:
    lab = started(unproven={"web"})
    lab.pass_time(100)
    assert (lab.states()["web"], lab.run.steps["web"].services) == ("starting", ServicesState.STARTED)
    lab.unproven.clear()
    lab.step()

    assert lab.states()["web"] == "on"


def test_services_of_a_host_that_came_on_too_late_are_started_all_the_same() -> None:
    lab = started(hung={"web"})
    lab.run = new_run(lab.plan, Direction.ON, run_id="r", now=START, stopped_by_plan=["web", "nas"])
    lab.pass_time(30 + 130)
    assert lab.run.outcome == "failed"

    plan = plan_of(host("web", start_services=True, on_within_s=30), host("nas", on_within_s=600))
    lab = started(plan, hung={"web", "nas"})
    lab.pass_time(40)
    assert lab.states()["web"] == "start_failed"
    lab.hung.clear()
    lab.on.add("web")
    lab.pass_time(25)
    assert lab.states()["web"] == "on"
    assert lab.run.steps["web"].services is ServicesState.STARTED


def test_services_without_a_response_fail_at_their_deadline() -> None:
    plan = plan_of(host("web", start_services=True, on_within_s=120))
    lab = started(plan, on=("web",), hung={"web"})
    assert lab.due == START + 120
    lab.pass_time(125)

    assert lab.states() == {"web": "start_failed"}
    assert lab.run.is_ended


def test_a_host_whose_services_a_power_cut_interrupted_is_left_on_when_the_power_is_back() -> None:
    plan = plan_of(host("web", start_services=True), ups=Ups(entity_id="sensor.ups", battery_below=20))
    lab = started(plan, on=("web",), hung={"web"})
    lab.unknown = {"web"}
    lab.power = PowerReading(is_on_battery=True, battery=10.0)
    lab.step()
    assert lab.run.phase == "stopping"
    lab.unknown, lab.power = set(), MAINS
    lab.step()

    assert lab.reasons(StepState.LEFT_ON) == {"web": "power_back"}


def test_nothing_is_started_by_a_restart_after_the_power_failed_and_a_step_did_not_stop() -> None:
    ups = Ups(entity_id="sensor.ups", battery_below=20)
    plan = plan_of(host("web", on_within_s=60), host("nas", on_failure=FailurePolicy.STOP), stagger_s=0, ups=ups)
    lab = started(plan, on=("nas",), hung={"web"}, refusing={"nas"})
    lab.unknown = {"web"}
    lab.power = PowerReading(is_on_battery=True, battery=10.0)
    lab.step()
    assert (lab.run.phase, lab.run.halted) == ("stopping", "failed")
    lab.restart(has_response=False)
    lab.pass_time(100)

    assert kinds(lab) == ["start web", "stop nas"]
    assert lab.run.phase == "stopped"


@pytest.mark.parametrize("is_sent", [True, False])
def test_a_restart_orders_services_again_unless_they_run(is_sent: bool) -> None:
    lab = started()
    lab.pass_time(45)
    lab.restart(was_sent=is_sent)
    lab.pass_time(25)

    assert kinds(lab).count("services web") == 2
    assert lab.states()["web"] == "on"

    lab = started(unproven={"web"})
    lab.pass_time(100)
    lab.restart()
    lab.unproven.clear()
    lab.step()
    assert kinds(lab).count("services web") == 1
    assert lab.states()["web"] == "on"


def test_after_an_abort_no_services_are_started() -> None:
    lab = started()
    lab.pass_time(30)
    lab.step(Abort(by="Anna"))
    lab.pass_time(15)

    assert kinds(lab) == ["start nas", "start web"]
    assert (lab.states()["web"], lab.run.steps["web"].reason) == ("on", "aborted")


def test_a_halted_plan_finishes_the_services_of_a_host_at_work() -> None:
    plan = plan_of(
        host("web", start_services=True), host("nas", on_failure=FailurePolicy.STOP, on_within_s=10), stagger_s=0
    )
    lab = started(plan, hung={"nas"})
    lab.pass_time(60)

    assert lab.states() == {"web": "on", "nas": "start_failed"}
    assert lab.run.steps["web"].services is ServicesState.STARTED


def test_a_host_whose_services_are_starting_is_stopped_when_the_power_fails_again() -> None:
    lab = Lab(
        WEB_AND_NAS,
        new_run(
            WEB_AND_NAS,
            Direction.OFF,
            run_id="r",
            now=START,
            cause=RunCause.UPS,
            history=PowerHistory(is_on_battery=True, since=START - 30),
        ),
        {"web", "nas"},
        power=BATTERY,
    )
    lab.pass_time(60)
    assert lab.states() == {"web": "off", "nas": "off"}
    lab.power = MAINS
    lab.pass_time(300 + 45)
    assert kinds(lab)[-1] == "services web"
    lab.takes_s = 1000
    lab.power = BATTERY
    lab.step()
    lab.pass_time(31)

    assert kinds(lab)[-1] == "stop web"
