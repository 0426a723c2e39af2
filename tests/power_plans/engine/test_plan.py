"""Plans: their data, their mistakes, and the order that follows from them."""

import json
from typing import Any

import pytest

from custom_components.iotbridge.power_plans.engine.plan import (
    Cluster,
    FailurePolicy,
    Plan,
    Proof,
    Role,
    Stage,
    Step,
    Ups,
    dependents,
    effective_needs,
    plan_mistakes,
    waves,
)
from tests.power_plans.plans import host, plan_of

PLUG = Step(
    key="plug",
    name="Plug",
    off_actions=({"action": "switch.turn_off", "target": {"entity_id": "switch.plug"}},),
    off_proofs=(Proof(entity_id="switch.plug", states=("off",)),),
    on_actions=({"action": "switch.turn_on", "target": {"entity_id": "switch.plug"}},),
    on_proofs=(Proof(entity_id="switch.plug", states=("on",)),),
)


def test_a_plan_is_the_same_after_it_was_written_as_json() -> None:
    plan = plan_of(
        host(
            "nas",
            "plug",
            is_started=False,
            on_failure=FailurePolicy.STOP,
            stage=Stage(battery_below=50),
            off_proofs=(Proof(entity_id="sensor.plug_power", below=5),),
        ),
        PLUG,
        host("router", role=Role.ROUTER),
        clusters=(Cluster(name="pve", devices=("a", "b", "c")),),
        ups=Ups(entity_id="sensor.ups", battery_entity_id="sensor.charge", battery_below=40),
        notify=({"action": "notify.anna", "data": {"message": "{{ message }}"}},),
    )

    assert Plan.from_dict("plan", "Lab", json.loads(json.dumps(plan.as_dict()))) == plan


def test_what_is_not_given_has_a_default() -> None:
    data = {"user_id": "anna", "steps": [{"key": "nas", "device_id": "d"}], "ups": {"entity_id": "sensor.ups"}}

    assert Plan.from_dict("plan", "Lab", data) == plan_of(
        Step(key="nas", device_id="d"), ups=Ups(entity_id="sensor.ups")
    )


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"user_id": "anna"},
        {"user_id": "anna", "steps": [{"key": "nas"}]},
        {"user_id": 3, "steps": [{"key": "nas", "device_id": "d"}]},
        {"user_id": "anna", "steps": [{"key": "nas", "device_id": "d", "off_within_s": "soon"}]},
        {"user_id": "anna", "steps": [{"key": "nas", "device_id": "d", "colour": "red"}]},
        {"user_id": "anna", "steps": [{"key": "nas", "device_id": "d", "role": "king"}]},
    ],
)
def test_damaged_data_are_refused(data: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        Plan.from_dict("plan", "Lab", data)


@pytest.mark.parametrize(
    ("steps", "mistake"),
    [
        ([], ("no_steps", "")),
        ([host("a"), Step(key="a", device_id="other")], ("key_twice", "a")),
        ([host("a"), Step(key="b", device_id="device of a")], ("device_twice", "device of a")),
        ([host("a", "b")], ("need_unknown", "a")),
        ([host("a", "a")], ("cycle", "a")),
        ([host("a", "b"), host("b", "a")], ("cycle", "a")),
        ([host("a"), host("router", "a", role=Role.ROUTER)], ("cycle", "a")),
        ([host("a", command="format")], ("command_unknown", "a")),
        ([Step(key="a")], ("nothing_to_do", "a")),
        ([Step(key="a", off_actions=PLUG.off_actions)], ("no_proof", "a")),
        ([host("a", off_proofs=(Proof(entity_id="sensor.a"),))], ("no_proof", "a")),
        ([host("a", off_within_s=0)], ("time_invalid", "a")),
        ([host("a", settle_s=-1)], ("time_invalid", "a")),
        (
            [host("a", role=Role.HOME_ASSISTANT), host("b", role=Role.HOME_ASSISTANT)],
            ("role_twice", "home_assistant"),
        ),
    ],
)
def test_an_impossible_plan_is_refused(steps: list[Step], mistake: tuple[str, str]) -> None:
    plan = plan_of(*steps)

    assert mistake in plan_mistakes(plan)
    with pytest.raises(ValueError, match=mistake[0]):
        Plan.from_dict("plan", "Lab", plan.as_dict())


@pytest.mark.parametrize(
    ("stage", "mistake"),
    [(Stage(battery_below=40), "stage_without_battery"), (Stage(runtime_below_s=600), "stage_without_runtime")],
)
def test_a_limit_that_is_never_reached_is_refused(stage: Stage, mistake: str) -> None:
    plan = plan_of(host("nas", stage=stage), ups=Ups(entity_id="sensor.ups"))
    ups = Ups(entity_id="sensor.ups", battery_entity_id="sensor.charge", runtime_entity_id="sensor.runtime")

    assert plan_mistakes(plan) == [(mistake, "nas")]
    assert plan_mistakes(plan_of(*plan.steps, ups=ups)) == []
    assert plan_mistakes(plan_of(*plan.steps)) == [], "without a UPS no step waits for a limit"


def test_machines_with_a_role_start_before_all_others_and_stop_after_them() -> None:
    plan = plan_of(
        host("guest", "proxmox"),
        host("ha", role=Role.HOME_ASSISTANT),
        host("proxmox", "nas"),
        host("router", role=Role.ROUTER),
        host("nas"),
        host("pi", role=Role.UPS_MONITOR),
    )

    assert plan_mistakes(plan) == []
    assert waves(plan) == [["ha"], ["router"], ["pi"], ["nas"], ["proxmox"], ["guest"]]
    assert effective_needs(plan)["pi"] == {"router", "ha"}
    assert dependents(plan)["nas"] == {"proxmox"}
    assert dependents(plan)["pi"] == {"guest", "proxmox", "nas"}
