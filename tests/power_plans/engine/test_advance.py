"""Advance of runs by one step, over simulated labs."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.iotbridge.power_plans.engine.advance import Abort, Restart, superseded
from custom_components.iotbridge.power_plans.engine.draft import OrderKind
from custom_components.iotbridge.power_plans.engine.plan import Cluster, FailurePolicy, Plan, Role, Stage, Step, Ups
from custom_components.iotbridge.power_plans.engine.power import PowerHistory, PowerReading
from custom_components.iotbridge.power_plans.engine.run import (
    Direction,
    Phase,
    PlanOutcome,
    PlanRunEventKind,
    RunCause,
    StepState,
    new_run,
)
from tests.power_plans.plans import host, plan_of

from .worlds import START, Lab

UPS = Ups(entity_id="sensor.ups", steady_s=60, battery_at_least=50)
CUT = PowerReading(is_on_battery=True, battery=90.0, runtime_s=1800.0)
BACK = PowerReading(is_on_battery=False, battery=80.0, runtime_s=1800.0)
CHAIN = (host("guest", "proxmox"), host("proxmox", "nas"), host("nas"))


def phase_of(world: Lab) -> Phase:
    """Return the phase of the run, which the type checker would think known after the first look."""
    return world.run.phase


def lab(plan: Plan, direction: Direction = Direction.OFF, *, on: set[str] | None = None, **more: Any) -> Lab:
    """Return a lab in which a run begins because of a call."""
    stopped_by_plan = more.pop("stopped_by_plan", ())
    run = new_run(plan, direction, run_id="r", now=START, stopped_by_plan=stopped_by_plan)
    return Lab(plan, run, set(plan.by_key) if on is None else on, **more)


def lab_in_a_cut(*steps: Step, on: set[str] | None = None, **more: Any) -> Lab:
    """Return a lab in which a run begins because the power failed."""
    plan = plan_of(*steps, ups=more.pop("ups", UPS), **more)
    history = PowerHistory(is_on_battery=True, since=START - 30)
    run = new_run(plan, Direction.OFF, run_id="r", now=START, cause=RunCause.UPS, history=history)
    return Lab(plan, run, set(plan.by_key) if on is None else on, power=CUT)


def test_each_stops_when_those_that_need_it_are_proven_off() -> None:
    world = lab(plan_of(*CHAIN))

    world.step()
    assert world.states() == {"guest": "stopping", "proxmox": "to_stop", "nas": "to_stop"}
    world.pass_time(20)
    assert world.states() == {"guest": "off", "proxmox": "stopping", "nas": "to_stop"}
    world.pass_time(40)

    assert world.order_of(OrderKind.STOP) == ["guest", "proxmox", "nas"]
    assert (world.run.phase, world.run.outcome) == (Phase.ENDED, PlanOutcome.COMPLETED)
    assert world.run.stopped_by_plan == {"guest", "proxmox", "nas"}


def test_those_that_do_not_need_each_other_stop_together() -> None:
    world = lab(plan_of(host("a", "nas"), host("b", "nas"), host("nas")))

    world.step()

    assert world.states() == {"a": "stopping", "b": "stopping", "nas": "to_stop"}


def test_the_next_waits_until_the_former_has_settled() -> None:
    world = lab(plan_of(host("guest", "nas", settle_s=15), host("nas")))
    world.step()

    world.pass_time(34)
    assert world.states() == {"guest": "off", "nas": "to_stop"}
    world.pass_time(1)
    assert world.states() == {"guest": "off", "nas": "stopping"}


def test_what_sleeps_cannot_obey_and_is_left_alone() -> None:
    world = lab(plan_of(*CHAIN), on={"proxmox", "nas"})
    world.asleep = {"guest"}
    world.step()
    world.pass_time(60)

    assert world.reasons(StepState.WAS_OFF) == {"guest": "was_off"}
    assert world.order_of(OrderKind.STOP) == ["proxmox", "nas"]


def test_what_was_off_stays_off_and_is_not_started_again() -> None:
    world = lab(plan_of(*CHAIN), on={"proxmox", "nas"})
    world.step()
    world.pass_time(60)
    assert world.reasons(StepState.WAS_OFF) == {"guest": "was_off"}

    again = lab(world.plan, Direction.ON, on=set(), stopped_by_plan=world.run.stopped_by_plan)
    again.step()
    again.pass_time(120)

    assert again.order_of(OrderKind.START) == ["nas", "proxmox"]
    assert again.on == {"nas", "proxmox"}


def test_what_is_switched_on_before_its_turn_is_stopped_all_the_same() -> None:
    world = lab(plan_of(*CHAIN, host("desk", "nas")), on={"guest", "proxmox", "nas"})
    world.step()
    world.on.add("desk")

    world.pass_time(100)

    assert "desk" in world.order_of(OrderKind.STOP)
    assert world.on == set()


def test_what_comes_on_again_is_stopped_again_before_what_it_needs() -> None:
    world = lab(plan_of(*CHAIN))
    world.step()
    world.pass_time(25)
    assert world.states() == {"guest": "off", "proxmox": "stopping", "nas": "to_stop"}
    world.on.add("guest")

    world.pass_time(100)

    assert world.order_of(OrderKind.STOP) == ["guest", "proxmox", "guest", "nas"]
    assert world.on == set()


def test_what_something_else_switches_on_again_and_again_does_not_hold_up_the_plan() -> None:
    world = lab(plan_of(host("guest"), host("nas")), takes_s=10)
    world.hung = {"nas"}
    world.step()

    for _ in range(10):
        world.on.add("guest")
        world.pass_time(20)

    assert world.order_of(OrderKind.STOP).count("guest") == 4


def test_a_start_begins_one_after_the_other_in_the_order_of_needs() -> None:
    plan = plan_of(host("a", "nas"), host("b", "nas"), host("nas"), stagger_s=30)
    world = lab(plan, Direction.ON, on=set(), takes_s=5)

    world.step()
    world.pass_time(200)

    assert [(at - START, order.key) for at, order in world.orders] == [(0, "nas"), (30, "a"), (60, "b")]


def test_without_a_run_before_it_everything_is_started() -> None:
    world = lab(plan_of(*CHAIN, host("desk", is_started=False)), Direction.ON, on={"nas"})

    world.step()
    world.pass_time(100)

    assert world.order_of(OrderKind.START) == ["proxmox", "guest"]
    assert world.reasons(StepState.LEFT_OFF) == {"desk": "not_started_again"}
    assert world.run.outcome is PlanOutcome.COMPLETED


@pytest.mark.parametrize("policy", [FailurePolicy.CONTINUE, FailurePolicy.NOTIFY])
def test_a_step_that_is_not_proven_in_time_does_not_hold_up_the_others(policy: FailurePolicy) -> None:
    world = lab(plan_of(host("guest", "nas", off_within_s=120, on_failure=policy), host("nas")), hung={"guest"})
    world.step()

    world.pass_time(119)
    assert world.order_of(OrderKind.STOP) == ["guest"]
    world.pass_time(41)

    assert world.order_of(OrderKind.STOP) == ["guest", "nas"]
    assert world.reasons(StepState.STOP_FAILED) == {"guest": "not_in_time"}
    assert world.run.outcome is PlanOutcome.FAILED


def test_an_order_that_cannot_be_sent_is_repeated_until_it_can() -> None:
    world = lab(plan_of(*CHAIN), offline={"guest", "proxmox", "nas"})
    world.step()
    world.pass_time(25)
    assert world.states() == {"guest": "to_stop", "proxmox": "to_stop", "nas": "to_stop"}
    world.offline = set()

    world.pass_time(100)

    assert world.order_of(OrderKind.STOP) == ["guest"] * 4 + ["proxmox", "nas"]
    assert [event.step for event in world.events if event.kind is PlanRunEventKind.STOP_SENT] == [*world.run.steps]
    assert world.run.outcome is PlanOutcome.COMPLETED
    assert world.run.stopped_by_plan == {"guest", "proxmox", "nas"}


def test_an_order_that_cannot_be_sent_in_time_has_failed() -> None:
    world = lab(plan_of(host("guest", "nas", off_within_s=60), host("nas")), offline={"guest"})
    world.step()
    world.pass_time(59)
    assert world.states() == {"guest": "to_stop", "nas": "to_stop"}

    world.pass_time(30)

    assert world.reasons(StepState.STOP_FAILED) == {"guest": "command_failed"}
    assert world.run.steps["guest"].message == "offline"
    assert world.run.stopped_by_plan == {"nas"}


def test_an_order_that_was_never_sent_is_dropped_when_the_power_is_back() -> None:
    world = lab_in_a_cut(*CHAIN)
    world.offline = {"guest"}
    world.step()
    world.pass_time(15)

    world.power = BACK
    world.pass_time(100)

    assert world.reasons(StepState.LEFT_ON)["guest"] == "power_back"
    assert world.order_of(OrderKind.STOP) == ["guest", "guest"]
    assert world.order_of(OrderKind.START) == []


def test_a_step_that_fails_can_stop_the_plan() -> None:
    plan = plan_of(host("guest", "nas", on_failure=FailurePolicy.STOP), host("desk", "pi"), host("pi"), host("nas"))
    world = lab(plan, refusing={"guest"})

    world.step()
    world.pass_time(100)

    assert world.order_of(OrderKind.STOP) == ["guest", "desk"]
    assert world.reasons(StepState.LEFT_ON) == {"pi": "halted", "nas": "halted"}
    assert (world.run.steps["guest"].message, world.run.outcome) == ("no", PlanOutcome.FAILED)


def test_a_host_that_obeys_after_its_deadline_is_off() -> None:
    world = lab(plan_of(host("guest", off_within_s=10)), takes_s=30)
    world.step()
    world.pass_time(10)
    assert world.states() == {"guest": "stop_failed"}
    assert world.run.is_ended


def test_an_abort_ends_what_is_at_work_and_begins_nothing() -> None:
    world = lab(plan_of(*CHAIN))
    world.step()

    world.step(Abort(by="Anna"))
    assert world.states() == {"guest": "stopping", "proxmox": "left_on", "nas": "left_on"}
    world.pass_time(20)

    assert world.run.outcome is PlanOutcome.ABORTED
    assert world.run.stopped_by_plan == {"guest"}
    assert next(event.message for event in world.events if event.kind is PlanRunEventKind.ABORTED) == "Anna"


def test_a_cluster_keeps_its_majority() -> None:
    cluster = Cluster(name="pve", devices=tuple(f"device of {key}" for key in ("a", "b", "c")))
    nodes = (host("a", "nas"), host("b", "nas"), host("c", "nas"), host("nas"))
    world = lab(plan_of(*nodes, clusters=(cluster,)))

    world.step()
    world.pass_time(100)

    assert world.order_of(OrderKind.STOP) == ["a"]
    assert world.reasons(StepState.LEFT_ON) == {"b": "majority", "c": "majority", "nas": "still_needed"}
    assert world.run.outcome is PlanOutcome.FAILED
    whole = lab(plan_of(*nodes, clusters=(cluster,), is_whole_site=True))
    whole.step()
    whole.pass_time(100)
    assert whole.on == set()


def test_a_member_outside_of_the_plan_that_is_off_counts() -> None:
    cluster = Cluster(name="pve", devices=("device of a", "elsewhere", "elsewhere 2"))
    world = lab(plan_of(host("a"), host("elsewhere"), clusters=(cluster,)), on={"a"})
    world.plan = plan_of(host("a"), Step(key="elsewhere", device_id="elsewhere"), clusters=(cluster,))

    world.step()

    assert world.reasons(StepState.LEFT_ON) == {"a": "majority"}


@pytest.mark.parametrize(("is_known", "expected"), [(True, "off"), (False, "left_on")])
def test_a_member_whose_state_is_unknown_is_not_counted_on(is_known: bool, expected: str) -> None:
    cluster = Cluster(name="pve", devices=("device of a", "elsewhere", "elsewhere 2"))
    world = lab(plan_of(host("a"), clusters=(cluster,)))
    world.elsewhere = {"elsewhere", "elsewhere 2"} if is_known else {"elsewhere"}

    world.step()
    world.pass_time(100)

    assert world.states() == {"a": expected}


def test_members_are_waited_for_after_a_restart() -> None:
    cluster = Cluster(name="pve", devices=("device of a", "elsewhere", "elsewhere 2"))
    world = lab(plan_of(host("a"), clusters=(cluster,)))
    world.step(Restart())
    assert world.states() == {"a": "to_stop"}

    world.elsewhere = {"elsewhere", "elsewhere 2"}
    world.pass_time(100)

    assert world.states() == {"a": "off"}


def test_members_that_are_known_are_not_waited_for_after_a_restart() -> None:
    cluster = Cluster(name="pve", devices=("device of a", "device of b"))
    world = lab(plan_of(host("a"), host("b"), clusters=(cluster,)))
    world.step(Restart())

    assert world.reasons(StepState.LEFT_ON) == {"a": "majority", "b": "majority"}


@pytest.mark.parametrize("was_sent", [True, False])
def test_what_was_at_work_when_a_failure_halted_the_run_is_finished_after_a_restart(was_sent: bool) -> None:
    cluster = Cluster(name="pve", devices=("device of b",))
    steps = (host("a"), host("b", on_failure=FailurePolicy.STOP), host("c"))
    world = lab(plan_of(*steps, clusters=(cluster,)))
    world.step()
    assert world.states() == {"a": "stopping", "b": "left_on", "c": "left_on"}
    world.restart(was_sent=was_sent, has_response=False)
    world.pass_time(100)

    assert world.states() == {"a": "off", "b": "left_on", "c": "left_on"}


def test_the_whole_way_there_and_back() -> None:
    world = lab_in_a_cut(*CHAIN, host("ups-pi", role=Role.UPS_MONITOR), on={"guest", "proxmox", "nas", "ups-pi"})
    world.step()
    world.pass_time(100)
    assert world.order_of(OrderKind.STOP) == ["guest", "proxmox", "nas", "ups-pi"]
    assert phase_of(world) is Phase.STOPPED

    world.power = PowerReading(is_on_battery=False, battery=20.0)
    world.pass_time(300)
    assert phase_of(world) is Phase.RETURNING
    world.power = BACK
    world.pass_time(200)

    assert world.order_of(OrderKind.START) == ["ups-pi", "nas", "proxmox", "guest"]
    assert (world.run.outcome, set(world.run.stopped_by_plan)) == (PlanOutcome.COMPLETED, set())


def test_the_power_comes_back_in_the_middle() -> None:
    world = lab_in_a_cut(*CHAIN)
    world.step()
    world.pass_time(25)
    assert world.states() == {"guest": "off", "proxmox": "stopping", "nas": "to_stop"}

    world.power = BACK
    world.step()
    assert world.states() == {"guest": "off", "proxmox": "stopping", "nas": "left_on"}
    world.pass_time(59)
    assert world.order_of(OrderKind.START) == []
    world.pass_time(60)

    assert world.order_of(OrderKind.START) == ["proxmox", "guest"]
    assert world.run.outcome is PlanOutcome.COMPLETED
    assert world.on == {"guest", "proxmox", "nas"}


def test_the_power_fails_again_while_machines_start() -> None:
    world = lab_in_a_cut(*CHAIN)
    world.step()
    world.pass_time(100)
    world.power = BACK
    world.pass_time(61)
    assert world.states() == {"guest": "to_start", "proxmox": "to_start", "nas": "starting"}

    world.power = CUT
    world.pass_time(29)
    assert phase_of(world) is Phase.STARTING
    world.pass_time(100)

    assert phase_of(world) is Phase.STOPPED
    assert world.on == set()
    assert world.run.stopped_by_plan == {"guest", "proxmox", "nas"}
    world.power = BACK
    world.pass_time(300)
    assert world.on == {"guest", "proxmox", "nas"}


def test_a_host_that_refused_is_told_again_in_the_next_power_cut() -> None:
    world = lab_in_a_cut(host("guest", "nas"), host("nas"))
    world.refusing = {"guest"}
    world.step()
    world.pass_time(100)
    world.power = BACK
    world.pass_time(61)

    world.refusing, world.power = set(), CUT
    world.pass_time(100)

    assert world.order_of(OrderKind.STOP) == ["guest", "nas", "guest", "nas"]
    assert world.on == set()


def test_a_short_return_of_the_power_does_not_begin_the_limit_anew() -> None:
    world = lab_in_a_cut(*CHAIN)
    world.step()
    world.pass_time(25)
    world.power = BACK
    world.pass_time(3)
    assert world.states() == {"guest": "off", "proxmox": "stopping", "nas": "left_on"}

    world.power = CUT
    world.step()
    assert world.states() == {"guest": "off", "proxmox": "stopping", "nas": "to_stop"}
    world.pass_time(12)

    assert world.order_of(OrderKind.STOP) == ["guest", "proxmox", "nas"]


def test_after_a_steady_return_of_the_power_the_limit_counts_again() -> None:
    world = lab_in_a_cut(*CHAIN)
    world.step()
    world.pass_time(25)
    world.power = PowerReading(is_on_battery=False, battery=20.0)
    world.pass_time(70)

    world.power = CUT
    world.pass_time(29)
    assert world.order_of(OrderKind.STOP) == ["guest", "proxmox"]
    world.pass_time(1)

    assert world.order_of(OrderKind.STOP) == ["guest", "proxmox", "nas"]


def test_a_power_cut_shorter_than_the_limit_does_not_stop_the_start() -> None:
    world = lab_in_a_cut(*CHAIN)
    world.step()
    world.pass_time(100)
    world.power = BACK
    world.pass_time(61)

    world.power = CUT
    world.pass_time(10)
    world.power = BACK
    world.pass_time(300)

    assert world.on == {"guest", "proxmox", "nas"}
    assert world.order_of(OrderKind.STOP) == ["guest", "proxmox", "nas"]


def test_a_ups_that_is_unavailable_is_neither_a_cut_nor_the_return_of_the_power() -> None:
    world = lab_in_a_cut(*CHAIN)
    world.step()
    world.power = PowerReading()
    world.pass_time(100)
    assert (world.run.phase, world.on) == (Phase.STOPPED, set())
    world.power = None
    world.pass_time(1000)
    assert phase_of(world) is Phase.STOPPED
    world.power = BACK
    world.pass_time(70)
    world.power = None
    world.pass_time(300)

    assert world.on == {"guest", "proxmox", "nas"}


def test_the_heavy_one_stops_first_and_the_others_when_their_stage_is_reached() -> None:
    heavy, light, late = (
        host("heavy"),
        host("light", stage=Stage(battery_below=50, runtime_below_s=600)),
        host("late", stage=Stage(on_battery_s=600)),
    )
    world = lab_in_a_cut(heavy, light, late)
    world.step()
    world.pass_time(60)
    assert world.order_of(OrderKind.STOP) == ["heavy"]

    world.power = PowerReading(is_on_battery=True, battery=60.0, runtime_s=599.0)
    world.step()
    assert world.order_of(OrderKind.STOP) == ["heavy", "light"]
    world.pass_time(600 - 30 - 60)

    assert world.order_of(OrderKind.STOP) == ["heavy", "light", "late"]


def test_a_stage_does_not_wait_for_a_ups_that_went_silent_on_battery() -> None:
    world = lab_in_a_cut(host("light", stage=Stage(battery_below=50)))
    world.step()
    world.power = None
    world.step()

    world.pass_time(59)
    assert world.order_of(OrderKind.STOP) == []
    world.pass_time(1)

    assert world.order_of(OrderKind.STOP) == ["light"]


def test_by_hand_all_stages_begin_at_once_and_nothing_waits_for_the_power() -> None:
    world = lab(plan_of(host("light", stage=Stage(battery_below=50)), ups=UPS), power=BACK)

    world.step()
    world.pass_time(60)

    assert world.on == set()
    assert world.run.outcome is PlanOutcome.COMPLETED


def test_after_a_restart_an_order_without_a_response_is_sent_again() -> None:
    world = lab(plan_of(*CHAIN), hung={"guest"})
    advance_only = world.step()
    assert [order.key for order in advance_only.orders] == ["guest"]
    steps = {key: replace(step, has_response=False) for key, step in world.run.steps.items()}
    world.run = replace(world.run, steps=steps)

    world.unknown = {"guest", "proxmox", "nas"}
    world.step(Restart())
    assert world.order_of(OrderKind.STOP) == ["guest"]
    world.unknown = set()
    world.step()

    assert world.order_of(OrderKind.STOP) == ["guest", "guest"]


def test_after_a_restart_an_order_with_a_response_is_not_sent_again() -> None:
    world = lab(plan_of(*CHAIN))
    world.step()

    world.step(Restart())
    world.pass_time(60)

    assert world.order_of(OrderKind.STOP) == ["guest", "proxmox", "nas"]


@pytest.mark.parametrize(("direction", "keys"), [(Direction.OFF, ["guest", "nas"]), (Direction.ON, ["nas", "guest"])])
def test_what_was_done_during_a_restart_settles_all_the_same(direction: Direction, keys: list[str]) -> None:
    plan = plan_of(host("guest", "nas", settle_s=15), host("nas", settle_s=15), stagger_s=0)
    world = lab(plan, direction, on=set(plan.by_key) if direction is Direction.OFF else set())
    world.step()

    world.on ^= {keys[0]}
    world.restart(has_response=False)
    world.pass_time(14)
    assert [order.key for _, order in world.orders] == keys[:1]
    world.pass_time(1)

    assert [order.key for _, order in world.orders] == keys


def test_the_machine_of_home_assistant_was_off_when_home_assistant_is_back() -> None:
    world = lab_in_a_cut(*CHAIN, host("server", role=Role.HOME_ASSISTANT))
    world.hung = {"server"}
    world.step()
    world.pass_time(65)
    assert world.states()["server"] == "stopping"

    world.power = None
    world.step(Restart())
    assert phase_of(world) is Phase.STOPPED
    assert world.reasons(StepState.OFF)["server"] == "restarted"
    world.power = BACK
    world.pass_time(300)

    assert world.run.outcome is PlanOutcome.COMPLETED
    assert world.reasons(StepState.ON)["server"] == "was_on"
    assert world.order_of(OrderKind.START) == ["nas", "proxmox", "guest"]


def test_a_person_can_end_the_wait_for_the_power() -> None:
    world = lab_in_a_cut(*CHAIN)
    world.step()
    world.pass_time(100)
    assert world.run.is_waiting

    ended = superseded(world.run, world.now)

    assert (ended.phase, ended.outcome, set(ended.stopped_by_plan)) == (
        Phase.ENDED,
        PlanOutcome.COMPLETED,
        {"guest", "proxmox", "nas"},
    )


def test_a_step_that_comes_on_again_while_the_battery_is_used_is_stopped_again() -> None:
    world = lab_in_a_cut(*CHAIN)
    world.pass_time(100)
    assert phase_of(world) is Phase.STOPPED
    for times in range(1, 5):
        world.on.add("nas")
        world.pass_time(100)
        assert world.order_of(OrderKind.STOP).count("nas") == 1 + min(times, 3)
        assert phase_of(world) is Phase.STOPPED
    assert world.on == {"nas"}, "something else wants it on"


@pytest.mark.parametrize("power", [None, PowerReading()])
def test_a_step_that_comes_on_again_while_the_power_is_unknown_is_left_alone(power: PowerReading | None) -> None:
    """Machines start by themselves when the power is back, which the UPS may tell later."""
    world = lab_in_a_cut(*CHAIN)
    world.pass_time(100)
    world.power = power
    world.on.add("nas")
    world.pass_time(100)

    assert world.order_of(OrderKind.STOP) == ["guest", "proxmox", "nas"]
