"""Form of the escalation of a rule."""

from typing import Any

import pytest

from tests.alarms.flow.rule_dialog import add_group, go_to_escalation, rule
from tests.dialog import Dialog


async def test_steps_are_stored_with_the_ids_of_groups(dialog: Dialog) -> None:
    family, other = add_group(dialog.hass, "Family"), add_group(dialog.hass, "Family")
    await go_to_escalation(dialog)
    steps = [{"after": 10, "groups": ["Family (2)", "Family"]}, {"after": 0, "groups": ["Family"]}]
    await dialog.submit(steps=steps, repeat={"minutes": 30})
    await dialog.tried()
    await dialog.choose("overview")
    assert "Escalation steps: 0 s: Family; 10 min: Family (2), Family\n- Reminder after: 30 min\n" in dialog.text
    await dialog.choose("telling")
    assert dialog.suggested["steps"] == [
        {"after": 0, "groups": ["Family"]},
        {"after": 10, "groups": ["Family (2)", "Family"]},
    ]
    await dialog.submit()
    await dialog.choose("save")

    policy = rule(dialog).escalation
    assert [(step.after_s, step.groups) for step in policy.steps] == [(0, (family,)), (600, (other, family))]
    assert policy.repeat_s == 1800


async def test_a_deleted_group_is_left_out(dialog: Dialog) -> None:
    gone, left = add_group(dialog.hass, "Gone"), add_group(dialog.hass, "Left")
    await go_to_escalation(dialog)
    await dialog.submit(steps=[{"after": 0, "groups": ["Gone"]}, {"after": 5, "groups": ["Gone", "Left"]}])
    await dialog.tried()
    await dialog.choose("save")
    dialog.hass.config_entries.async_remove_subentry(dialog.entry, gone)
    await dialog.change(dialog.made[0].subentry_id)
    assert dialog.placeholders["telling"] == "5 min: Left"
    await dialog.choose("telling")
    await dialog.submit()
    await dialog.choose("save")

    assert [step.groups for step in rule(dialog).escalation.steps] == [(left,)]


async def test_a_hint_is_shown_without_groups(dialog: Dialog) -> None:
    await go_to_escalation(dialog)

    assert "Notifier groups are added on the IoT Bridge page" in dialog.text


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"steps": [{"after": 0, "groups": []}]}, {"steps": "step_without_group"}),
        ({"steps": [{"after": 5, "groups": ["Family"]}] * 2}, {"steps": "steps_together"}),
        ({"steps": [], "repeat": {"minutes": 5}}, {"repeat": "repeat_to_nobody"}),
        ({"steps": [{"after": 0, "groups": ["Family"]}], "repeat": {"seconds": 5}}, {"repeat": "repeat_short"}),
    ],
)
async def test_invalid_steps_have_an_error(dialog: Dialog, fields: dict[str, Any], errors: dict[str, str]) -> None:
    add_group(dialog.hass, "Family")
    await go_to_escalation(dialog)
    await dialog.submit(**fields)

    assert (dialog.step, dialog.errors) == ("telling", errors)
