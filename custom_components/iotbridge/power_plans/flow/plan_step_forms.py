"""Form of one step of a power plan: a host, or another device with its actions and proofs."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

import voluptuous as vol

from homeassistant.data_entry_flow import section
from homeassistant.helpers import selector

from ...forms import DURATION, TEXT, ActionsField, FieldError, dropdown, duration, seconds, text
from ..engine.plan import HOST_COMMANDS, FailurePolicy, Plan, Proof, Role, Stage, Step
from .plan_forms import MINUTES, PERCENT, checked, translated

# Choice for a step without a role, whose value is empty.
NO_ROLE: Final = "none"
PROOFS, STAGE = "proofs", "stage"


def fields(
    plan: Plan, step: Step, names: Mapping[str, str], *, can_start_services: bool = False
) -> dict[vol.Marker, Any]:
    """Return the fields of a step; ``names`` are those of all steps by their keys."""
    others = {key: name for key, name in names.items() if key != step.key}
    found: dict[vol.Marker, Any] = {} if step.is_host else {vol.Required("name"): TEXT} | _proof_fields()
    if others:
        found[vol.Optional("needs")] = dropdown(others, multiple=True)
    if step.is_host:
        found[vol.Required("command")] = translated(list(HOST_COMMANDS), "plan_command")
    found |= {
        vol.Required("role"): translated(
            [role.value or NO_ROLE for role in Role], "plan_role", selector.SelectSelectorMode.DROPDOWN
        ),
        vol.Required("off_within"): DURATION,
        vol.Required("on_within"): DURATION,
        vol.Optional("settle"): DURATION,
        vol.Required("on_failure"): translated([policy.value for policy in FailurePolicy], "plan_failure"),
        vol.Required("is_started"): selector.BooleanSelector(),
    }
    if can_start_services:
        found[vol.Required("start_services")] = selector.BooleanSelector()
    found[vol.Required(STAGE)] = section(vol.Schema(_stage_fields()), {"collapsed": step.stage.is_immediate})
    if step.is_host:
        found[vol.Required(PROOFS)] = section(vol.Schema(_proof_fields()), {"collapsed": not _has_proofs(step)})
    elif step.key in plan.by_key:
        found[vol.Optional("remove", default=False)] = selector.BooleanSelector()
    return found


def values(step: Step) -> dict[str, Any]:
    """Return the values of the fields of a step."""
    proofs = {
        "off_actions": [dict(action) for action in step.off_actions],
        "off_proofs": [_proof_value(proof) for proof in step.off_proofs],
        "on_actions": [dict(action) for action in step.on_actions],
        "on_proofs": [_proof_value(proof) for proof in step.on_proofs],
    }
    stage = {
        "on_battery": _minutes(step.stage.on_battery_s),
        "battery_below": step.stage.battery_below,
        "runtime_below": _minutes(step.stage.runtime_below_s),
    }
    return {
        "name": step.name,
        "needs": list(step.needs),
        "command": step.command,
        "role": step.role.value or NO_ROLE,
        "off_within": duration(step.off_within_s),
        "on_within": duration(step.on_within_s),
        "settle": duration(step.settle_s),
        "on_failure": step.on_failure.value,
        "is_started": step.is_started,
        "start_services": step.start_services,
        STAGE: {key: value for key, value in stage.items() if value is not None},
        **({PROOFS: proofs} if step.is_host else proofs),
    }


def read(plan: Plan, step: Step, form: Mapping[str, Any]) -> Plan:
    """Return the plan with the step of a form, or without it."""
    if form.get("remove"):
        return checked(_without(plan, step.key))
    if not step.is_host and not text(form, "name"):
        raise FieldError("name", "name_missing")
    proofs, stage = form[PROOFS] if step.is_host else form, form[STAGE]
    changed = replace(
        step,
        name=step.name if step.is_host else text(form, "name"),
        command=form.get("command", step.command),
        off_actions=tuple(proofs.get("off_actions") or ()),
        on_actions=tuple(proofs.get("on_actions") or ()),
        off_proofs=_read_proofs(proofs.get("off_proofs") or ()),
        on_proofs=_read_proofs(proofs.get("on_proofs") or ()),
        needs=tuple(form.get("needs") or ()),
        role=Role("" if form["role"] == NO_ROLE else form["role"]),
        is_started=form["is_started"],
        start_services=form.get("start_services", False),
        off_within_s=seconds(form, "off_within", least=1),
        on_within_s=seconds(form, "on_within", least=1),
        settle_s=seconds(form, "settle"),
        on_failure=FailurePolicy(form["on_failure"]),
        stage=Stage(
            on_battery_s=_seconds(stage.get("on_battery")),
            battery_below=stage.get("battery_below"),
            runtime_below_s=_seconds(stage.get("runtime_below")),
        ),
    )
    steps = [changed if known.key == step.key else known for known in plan.steps]
    return checked(replace(plan, steps=tuple(steps if step.key in plan.by_key else [*steps, changed])))


def _proof_fields() -> dict[vol.Marker, Any]:
    proofs = selector.ObjectSelector(
        selector.ObjectSelectorConfig(
            multiple=True,
            translation_key="plan_proofs",
            label_field="entity_id",
            description_field="states",
            fields={
                "entity_id": selector.ObjectSelectorField(
                    selector=selector.EntitySelector().serialize()["selector"], required=True
                ),
                "states": selector.ObjectSelectorField(
                    selector=selector.TextSelector(selector.TextSelectorConfig(multiple=True)).serialize()["selector"]
                ),
                "below": selector.ObjectSelectorField(
                    selector=selector.NumberSelector(
                        selector.NumberSelectorConfig(step="any", mode=selector.NumberSelectorMode.BOX)
                    ).serialize()["selector"]
                ),
            },
        )
    )
    return {
        vol.Optional("off_actions"): ActionsField(),
        vol.Optional("off_proofs"): proofs,
        vol.Optional("on_actions"): ActionsField(),
        vol.Optional("on_proofs"): proofs,
    }


def _stage_fields() -> dict[vol.Marker, Any]:
    return {
        vol.Optional("on_battery"): MINUTES,
        vol.Optional("battery_below"): PERCENT,
        vol.Optional("runtime_below"): MINUTES,
    }


def _has_proofs(step: Step) -> bool:
    return any((step.off_actions, step.on_actions, step.off_proofs, step.on_proofs))


def _proof_value(proof: Proof) -> dict[str, Any]:
    value = {"entity_id": proof.entity_id, "states": list(proof.states), "below": proof.below}
    return {key: part for key, part in value.items() if part not in (None, [])}


def _read_proofs(items: Iterable[Mapping[str, Any]]) -> tuple[Proof, ...]:
    """Return the proofs of a form; each has either states or a limit."""
    proofs = []
    for item in items:
        states = tuple(state.strip() for state in item.get("states") or () if state.strip())
        if bool(states) == (item.get("below") is not None):
            # A field inside a folded part cannot carry an error of its own.
            raise FieldError("base", "proof_invalid", entity=item["entity_id"])
        proofs.append(Proof(entity_id=item["entity_id"], states=states, below=item.get("below")))
    return tuple(proofs)


def _without(plan: Plan, key: str) -> Plan:
    """Return the plan without a step; no other step needs it any more."""
    steps = [
        replace(step, needs=tuple(need for need in step.needs if need != key)) for step in plan.steps if step.key != key
    ]
    return replace(plan, steps=tuple(steps))


def _minutes(total_s: float | None) -> float | None:
    return None if total_s is None else total_s / 60


def _seconds(minutes: float | None) -> float | None:
    return None if minutes is None else minutes * 60
