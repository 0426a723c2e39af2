"""Form of the escalation policy: its schema, and the conversion of its data to a policy and back."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntry
from homeassistant.helpers import selector

from ...const import SUBENTRY_NOTIFIER
from ...forms import DURATION, FieldError, duration, seconds
from ..engine.rule import EscalationPolicy, EscalationStep

_MOST_MINUTES = 7 * 24 * 60


def groups(entry: ConfigEntry, subentry_type: str = SUBENTRY_NOTIFIER) -> dict[str, str]:
    """Return the labels of subentries of a type by their ids; a repeated title is numbered.

    The list of steps displays submitted values as they are, so forms submit labels instead of ids.
    """
    subentries = [sub for sub in entry.subentries.values() if sub.subentry_type == subentry_type]
    counts: Counter[str] = Counter()
    names = {}
    for subentry in subentries:
        counts[subentry.title] += 1
        number = counts[subentry.title]
        names[subentry.subentry_id] = subentry.title if number == 1 else f"{subentry.title} ({number})"
    return names


def default_policy(names: Mapping[str, str]) -> EscalationPolicy:
    """Return the policy that is proposed for a new rule: the first group at once."""
    first = next(iter(names), None)
    return EscalationPolicy(steps=(EscalationStep(after_s=0.0, groups=(first,)),) if first else ())


def schema(names: Mapping[str, str]) -> vol.Schema:
    """Return the schema of the form; ``names`` are the labels of the groups by their ids."""
    chosen = selector.SelectSelector(
        selector.SelectSelectorConfig(
            options=list(names.values()), multiple=True, mode=selector.SelectSelectorMode.LIST
        )
    )
    after = selector.NumberSelector(
        selector.NumberSelectorConfig(
            min=0, max=_MOST_MINUTES, step="any", mode=selector.NumberSelectorMode.BOX, unit_of_measurement="min"
        )
    )
    steps = selector.ObjectSelector(
        selector.ObjectSelectorConfig(
            multiple=True,
            translation_key="steps",
            label_field="groups",
            description_field="after",
            fields={
                "after": selector.ObjectSelectorField(selector=after.serialize()["selector"], required=True, default=0),
                "groups": selector.ObjectSelectorField(selector=chosen.serialize()["selector"], required=True),
            },
        )
    )
    return vol.Schema({vol.Optional("steps"): steps, vol.Optional("repeat"): DURATION})


def suggested(policy: EscalationPolicy, names: Mapping[str, str]) -> dict[str, Any]:
    """Return the suggested values of the form, without deleted groups."""
    steps = [
        {"after": step.after_s / 60, "groups": [names[group] for group in step.groups if group in names]}
        for step in policy.steps
    ]
    shown: dict[str, Any] = {"steps": [step for step in steps if step["groups"]]}
    if policy.repeat_s:
        shown["repeat"] = duration(policy.repeat_s)
    return shown


def read(user_input: Mapping[str, Any], names: Mapping[str, str]) -> EscalationPolicy:
    """Return the policy of a form, with its steps in order of time; raise FieldError."""
    ids = {name: group for group, name in names.items()}
    steps = []
    for item in user_input.get("steps") or ():
        chosen = tuple(dict.fromkeys(ids[name] for name in item.get("groups") or () if name in ids))
        if not chosen:
            raise FieldError("steps", "step_without_group")
        steps.append(EscalationStep(after_s=item["after"] * 60, groups=chosen))
    steps.sort(key=lambda step: step.after_s)
    if len({step.after_s for step in steps}) < len(steps):
        raise FieldError("steps", "steps_together")
    repeat = seconds(user_input, "repeat")
    if repeat and not steps:
        raise FieldError("repeat", "repeat_to_nobody")
    if 0 < repeat < 60:  # noqa: PLR2004
        raise FieldError("repeat", "repeat_short")
    return EscalationPolicy(steps=tuple(steps), repeat_s=repeat)
