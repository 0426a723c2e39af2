"""Labs at random: any graph, any failure, power that comes and goes, restarts and aborts at any moment."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings, strategies as st

from custom_components.iotbridge.power_plans.engine.advance import PATIENCE_S, Abort
from custom_components.iotbridge.power_plans.engine.draft import Order, OrderKind
from custom_components.iotbridge.power_plans.engine.plan import (
    Cluster,
    FailurePolicy,
    Plan,
    Role,
    Stage,
    Step,
    Ups,
    dependents,
    effective_needs,
    plan_mistakes,
)
from custom_components.iotbridge.power_plans.engine.power import PowerHistory, PowerReading
from custom_components.iotbridge.power_plans.engine.run import (
    AT_WORK,
    Direction,
    Phase,
    PlanOutcome,
    RunCause,
    ServicesState,
    StepState,
    new_run,
)
from custom_components.iotbridge.power_plans.engine.stopping import MAX_TIMES_ON_AGAIN
from tests.power_plans.engine.worlds import START, Lab
from tests.power_plans.plans import host, plan_of

UPS = Ups(entity_id="sensor.ups", on_battery_s=30, battery_below=20, steady_s=60, battery_at_least=50)
READINGS = [
    PowerReading(is_on_battery=True, battery=90.0),
    PowerReading(is_on_battery=True, battery=10.0),
    PowerReading(is_on_battery=False, battery=80.0),
    PowerReading(is_on_battery=False, battery=30.0),
    PowerReading(),
    None,
]
LONG_S = 20_000.0


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Return a plan whose graph has no cycle: each step needs only later ones."""
    keys = [f"s{number}" for number in range(draw(st.integers(1, 6)))]
    steps = []
    for index, key in enumerate(keys):
        role = draw(st.sampled_from([Role.NONE, Role.NONE, Role.NONE, Role.ROUTER]))
        needs = draw(st.sets(st.sampled_from(keys[index + 1 :]))) if index + 1 < len(keys) and not role else set()
        steps.append(
            host(
                key,
                *sorted(needs),
                role=role,
                off_within_s=draw(st.sampled_from([10, 120])),
                on_within_s=draw(st.sampled_from([10, 120])),
                settle_s=draw(st.sampled_from([0, 15])),
                on_failure=draw(st.sampled_from(FailurePolicy)),
                is_started=draw(st.integers(0, 4)) > 0,
                start_services=draw(st.integers(0, 2)) == 0,
                stage=draw(st.sampled_from([Stage(), Stage(), Stage(on_battery_s=90), Stage(battery_below=40)])),
            )
        )
    members = tuple(f"device of {key}" for key in draw(st.sets(st.sampled_from(keys))))
    clusters = (Cluster(name="c", devices=members),) if members else ()
    plan = plan_of(*steps, ups=UPS, clusters=clusters, is_whole_site=draw(st.booleans()), stagger_s=5)
    return plan if plan_mistakes(plan) == [] else replace(plan, steps=tuple(map(_without_needs, plan.steps)))


def _without_needs(step: Step) -> Step:
    return replace(step, needs=())


def subsets(plan: Plan) -> st.SearchStrategy[set[str]]:
    return st.sets(st.sampled_from([step.key for step in plan.steps]))


@st.composite
def labs(draw: st.DrawFn) -> Lab:
    """Return a lab in which a run has begun."""
    plan = draw(plans())
    cause = draw(st.sampled_from(RunCause))
    direction = Direction.OFF if cause is RunCause.UPS else draw(st.sampled_from(Direction))
    run = new_run(
        plan,
        direction,
        run_id="r",
        now=START,
        cause=cause,
        stopped_by_plan=draw(subsets(plan)),
        history=PowerHistory(is_on_battery=cause is RunCause.UPS, since=START - 30),
    )
    return Lab(
        plan,
        run,
        on=draw(subsets(plan)) if draw(st.booleans()) else set(plan.by_key),
        hung=draw(subsets(plan)) if draw(st.booleans()) else set(),
        refusing=draw(subsets(plan)) if draw(st.integers(0, 3)) == 0 else set(),
        failing=draw(subsets(plan)) if draw(st.integers(0, 3)) == 0 else set(),
        power=READINGS[0] if cause is RunCause.UPS else READINGS[2],
        takes_s=draw(st.sampled_from([1.0, 20.0, 60.0])),
        watch=check_order,
    )


def check_order(lab: Lab, order: Order) -> None:
    """Check an order by the state of the run and of the world in which it was made."""
    assert lab.run.halted is not PlanOutcome.ABORTED
    if order.kind is OrderKind.START:
        assert lab.run.phase is Phase.STARTING
        assert lab.plan.by_key[order.key].is_started
        return
    if order.kind is OrderKind.SERVICES:
        assert lab.run.phase in (Phase.RETURNING, Phase.STARTING)
        assert lab.plan.by_key[order.key].start_services
        assert order.key in lab.on - lab.unknown
        for key in effective_needs(lab.plan)[order.key]:
            assert lab.run.steps[key].state is not StepState.TO_START
        return
    for key in dependents(lab.plan)[order.key]:
        step = lab.run.steps[key]
        is_given_up = step.state is StepState.STOP_FAILED and lab.plan.by_key[key].on_failure is not FailurePolicy.STOP
        # The order of a dependent may be in the same batch, never an open one.
        assert step.state in (StepState.OFF, StepState.WAS_OFF) or is_given_up, (order, key, step)
        assert step.state is not StepState.WAS_OFF or key not in lab.world.on
        is_left_alone = step.times_on_again == MAX_TIMES_ON_AGAIN
        assert step.state is not StepState.OFF or key not in lab.world.on or is_left_alone
    if not lab.plan.is_whole_site:
        for cluster in lab.plan.clusters:
            members = {step.key for step in lab.plan.steps if step.device_id in cluster.devices}
            stopped = {key for key in members if lab.run.steps[key].state in (StepState.STOPPING, StepState.OFF)}
            if order.key in members:
                assert 2 * len(members - stopped) > len(members)


RESTARTS = st.sampled_from([{"was_sent": False}, {"has_response": False}, {}])
ACTIONS = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from([1.0, 15.0, 40.0, 200.0])),
    st.tuples(st.just("power"), st.sampled_from(READINGS)),
    st.tuples(st.just("restart"), RESTARTS),
    st.tuples(st.just("switch"), st.integers(0, 5)),
    st.tuples(st.just("unknown"), st.integers(0, 5)),
)


def act(lab: Lab, name: str, value: Any) -> None:
    """Perform an action."""
    keys = list(lab.plan.by_key)
    match name:
        case "wait":
            lab.pass_time(value)
        case "power":
            lab.power = value
            lab.step()
        case "restart":
            lab.restart(**value)
        case "switch":
            lab.on ^= {keys[value % len(keys)]}
            lab.step()
        case "unknown":
            lab.unknown ^= {keys[value % len(keys)]}
            lab.step()
        case "abort":
            lab.step(Abort(by="Anna"))


@settings(max_examples=400)
@given(labs(), st.lists(ACTIONS, max_size=12))
def test_no_step_stops_before_those_that_need_it_in_any_failure(lab: Lab, actions: list[tuple[str, Any]]) -> None:
    lab.step()
    for name, value in actions:
        act(lab, name, value)
    lab.unknown = set()
    lab.power = READINGS[2]
    lab.pass_time(LONG_S)

    assert lab.run.is_ended
    assert not any(step.state in AT_WORK for step in lab.run.steps.values())
    assert not any(step.state in (StepState.TO_STOP, StepState.TO_START) for step in lab.run.steps.values())
    for key, step in lab.run.steps.items():
        if lab.plan.by_key[key].start_services and step.state is StepState.ON and not step.reason:
            assert step.services is ServicesState.STARTED


@settings(max_examples=200)
@given(labs(), st.lists(ACTIONS, max_size=6))
def test_nothing_begins_after_an_abort(lab: Lab, actions: list[tuple[str, Any]]) -> None:
    lab.step()
    for name, value in actions:
        act(lab, name, value)
    was_ended = lab.run.is_ended
    orders = len(lab.orders)
    act(lab, "abort", None)
    lab.pass_time(LONG_S)

    assert lab.run.is_ended
    assert len(lab.orders) == orders
    assert was_ended or lab.run.outcome is PlanOutcome.ABORTED


@settings(max_examples=200)
@given(labs(), st.lists(st.sampled_from([1.0, 15.0, 40.0, 200.0]), max_size=6))
def test_only_what_the_plan_stopped_is_started_when_the_power_is_back(lab: Lab, waits: list[float]) -> None:
    was_on = set(lab.on)
    lab.step()
    for seconds in waits:
        lab.pass_time(seconds)
    lab.power = READINGS[2]
    lab.pass_time(LONG_S)

    if lab.run.cause is RunCause.UPS:
        assert set(lab.order_of(OrderKind.START)) <= set(lab.order_of(OrderKind.STOP))
        assert not set(lab.order_of(OrderKind.STOP)) - was_on
        stay_off = {step.key for step in lab.plan.steps if not step.is_started}
        # A start that takes too long may halt the plan, by the rule of its step.
        halted = lab.reasons(StepState.LEFT_OFF).keys()
        assert was_on - lab.on <= stay_off | lab.hung | lab.refusing | halted


@settings(max_examples=200)
@given(labs(), st.data())
def test_a_host_that_is_lost_is_not_woken_when_the_power_is_back(lab: Lab, data: st.DataObject) -> None:
    lost = data.draw(subsets(lab.plan))
    lab.on -= lost
    lab.unknown |= lost
    lab.refusing |= lost
    lab.step()
    lab.pass_time(400)
    lab.power = READINGS[2]
    lab.pass_time(LONG_S)

    if lab.run.cause is RunCause.UPS:
        assert not lost & set(lab.order_of(OrderKind.START))


@settings(max_examples=200)
@given(labs(), st.lists(st.sampled_from([1.0, 15.0, 40.0, 200.0]), max_size=6), RESTARTS)
def test_a_restart_at_any_moment_changes_nothing_about_the_end(
    lab: Lab, waits: list[float], kind: dict[str, bool]
) -> None:
    lab.hung, lab.refusing, lab.failing = set(), set(), set()
    lab.takes_s = 4.0
    other = replace(lab, on=set(lab.on), orders=[], events=[], _changes=[], _results=[])
    for world in (lab, other):
        world.step()
        for seconds in waits:
            world.pass_time(seconds)
            if world is other:
                world.restart(**kind)
        # After a restart, a majority at risk is judged when that is over.
        world.pass_time(PATIENCE_S)
        world.power = READINGS[2]
        world.pass_time(LONG_S)

    assert other.on == lab.on
    assert other.states() == lab.states()
    assert other.run.outcome is lab.run.outcome
