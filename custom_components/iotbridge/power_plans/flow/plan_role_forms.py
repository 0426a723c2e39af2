"""Form of the roles in a power plan: the machines that all others depend on, which stop last."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import voluptuous as vol

from ...forms import dropdown
from ..engine.plan import Plan, Role
from .plan_forms import checked

ROLES = [role for role in Role if role is not Role.NONE]
RANKS = {role: rank for rank, role in enumerate(Role)}


def fields(names: Mapping[str, str]) -> dict[vol.Marker, Any]:
    """Return the fields of the roles; ``names`` are those of all steps by their keys."""
    return {vol.Optional(role.value): dropdown(names, multiple=role is not Role.HOME_ASSISTANT) for role in ROLES}


def values(plan: Plan, known: Mapping[Role, str]) -> dict[str, Any]:
    """Return the steps with each role; where there is none, the step of the device that is known to have it."""
    found = {}
    for role in ROLES:
        steps = [step for step in plan.steps if step.role is role]
        steps = steps or [step for step in plan.steps if step.is_host and step.device_id == known.get(role)]
        keys = [step.key for step in steps]
        if keys:
            found[role.value] = keys[0] if role is Role.HOME_ASSISTANT else keys
    return found


def read(plan: Plan, form: Mapping[str, Any]) -> Plan:
    """Return the plan with the roles of a form; of several that one machine has, the last one counts."""
    return checked(with_roles(plan, {key: role for role in ROLES for key in _chosen(form, role)}))


def _chosen(form: Mapping[str, Any], role: Role) -> list[str]:
    keys: str | list[str] = form.get(role.value) or []
    return [keys] if isinstance(keys, str) else keys


def with_roles(plan: Plan, roles: Mapping[str, Role]) -> Plan:
    """Return the plan with these roles, by the keys of the steps, and with no others.

    A machine with a role stops after those without: it needs none of them any more, and what stopped before it still
    stops before what it needed.
    """
    ranks = {step.key: RANKS[roles.get(step.key, Role.NONE)] for step in plan.steps}

    def reached(key: str) -> Iterator[str]:
        for need in plan.by_key[key].needs:
            yield need
            if need in roles:
                yield from reached(need)

    def needs(key: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(need for need in reached(key) if ranks[need] >= ranks[key]))

    steps = [replace(step, role=roles.get(step.key, Role.NONE), needs=needs(step.key)) for step in plan.steps]
    return replace(plan, steps=tuple(steps))
