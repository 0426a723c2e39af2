"""Import of alarms from pasted YAML."""

import asyncio
from itertools import pairwise

import pytest

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind
from custom_components.iotbridge.alarms.engine.rule import Rule
from homeassistant.config_entries import ConfigSubentry
from homeassistant.data_entry_flow import FlowResultType
from tests.kit import Kit

from ...dialog import Dialog

YAML = """
alert:
  garage:
    name: Garage is open
    entity_id: binary_sensor.garage
    repeat: 30
    skip_first: true
    done_message: Closed
    notifiers: [mobile_app_anna, telegram]
  window:
    name: Window is open
    entity_id: binary_sensor.window
    repeat: 15
    notifiers: [mobile_app_anna, telegram]
alert2:
  alerts:
    - {domain: boiler, name: leak, condition: "{{ true }}", priority: high}
    - {domain: boiler, name: many, condition: "{{ genElem }}", generator: [1, 2]}
"""
STEPS = "alert:\n  a: {name: A, entity_id: light.a, repeat: 1}"


@pytest.fixture
def dialog(kit: Kit) -> Dialog:
    return Dialog(kit.hass, "alarm")


def groups(dialog: Dialog) -> list[ConfigSubentry]:
    return [subentry for subentry in dialog.entry.subentries.values() if subentry.subentry_type == "notifier"]


def rules(dialog: Dialog) -> dict[str, Rule]:
    return {
        subentry.title: Rule.from_dict(subentry.subentry_id, subentry.title, subentry.data) for subentry in dialog.made
    }


async def test_the_rules_are_shown_and_created(dialog: Dialog) -> None:
    await dialog.start("import_yaml")
    await dialog.submit(yaml=YAML)
    assert dialog.step == "imported"
    assert dialog.placeholders["becomes"].splitlines() == [
        "- **Garage is open**: state on; warning (binary_sensor.garage). Not imported: done_message",
        "- **Window is open**: state on; warning (binary_sensor.window)",
        "- **Boiler leak**: template is true; critical",
    ]
    assert "**Boiler many**: generators are not supported" in dialog.placeholders["skipped"]
    assert (dialog.suggested["rules"], dialog.suggested["make_groups"]) == (["0", "1", "2"], True)
    await dialog.submit()
    assert dialog.result["type"] is FlowResultType.CREATE_ENTRY

    made = rules(dialog)
    assert made.keys() == {"Garage is open", "Window is open", "Boiler leak"}
    phones, bell = groups(dialog)
    assert (phones.title, bell.title) == ("mobile app anna, telegram", "home assistant")
    assert phones.data["targets"][1] == {"kind": "action", "action": "notify.telegram", "data": {}}
    assert [(step.after_s, step.groups) for step in made["Garage is open"].escalation.steps] == [
        (1800, (phones.subentry_id,))
    ]
    assert [(step.after_s, step.groups) for step in made["Window is open"].escalation.steps] == [
        (0, (phones.subentry_id,))
    ]
    assert made["Boiler leak"].escalation.steps[0].groups == (bell.subentry_id,)
    assert made["Boiler leak"].condition.kind is AlarmKind.TEMPLATE


async def test_only_selected_rules_are_created_with_existing_groups(dialog: Dialog) -> None:
    await dialog.start("import_yaml")
    await dialog.submit(yaml=YAML)
    await dialog.submit(rules=["1"])
    (phones,) = groups(dialog)
    await dialog.start("import_yaml")
    await dialog.submit(yaml=YAML)
    await dialog.submit(rules=[])
    assert dialog.errors == {"rules": "no_rules"}
    await dialog.submit(rules=["0", "2"], groups=[phones.subentry_id], make_groups=False)

    assert groups(dialog) == [phones]
    assert all(rule.escalation.steps[0].groups == (phones.subentry_id,) for rule in rules(dialog).values())
    await dialog.start("import_yaml")
    await dialog.submit(yaml=YAML)
    await dialog.submit(rules=["0"])
    assert groups(dialog) == [phones], "a group with the same targets is not created twice"


async def test_an_alert_without_notifiers_has_no_steps(dialog: Dialog) -> None:
    await dialog.start("import_yaml")
    await dialog.submit(yaml=STEPS)
    assert dialog.fields == {"rules"}
    await dialog.submit()

    assert rules(dialog)["A"].escalation.steps == ()


@pytest.mark.parametrize(
    ("yaml", "error", "line"),
    [
        ("alert:\n  a: [", "import_invalid", "2"),
        ("words", "import_nothing", ""),
        ("alert: {a: {name: A}}", "import_skipped", ""),
    ],
)
async def test_invalid_yaml_has_an_error_and_can_be_corrected(dialog: Dialog, yaml: str, error: str, line: str) -> None:
    await dialog.start("import_yaml")
    await dialog.submit(yaml=yaml)
    assert (dialog.errors, dialog.placeholders["line"]) == ({"yaml": error}, line)
    assert ("it has no entity" in dialog.placeholders["skipped"]) == (error == "import_skipped")
    assert dialog.suggested == {"yaml": yaml}
    await dialog.submit(yaml=STEPS)

    assert dialog.step == "imported"


async def test_an_import_of_hundreds_yields_to_the_event_loop(kit: Kit, dialog: Dialog) -> None:
    await dialog.start("import_yaml")
    await dialog.submit(yaml="alert:\n" + "".join(f"  a{n}: {{entity_id: light.a{n}}}\n" for n in range(200)))
    added = [len(dialog.made)]
    entities = [len(kit.hass.states.async_entity_ids())]

    async def sample() -> None:
        while True:
            added.append(len(dialog.made))
            entities.append(len(kit.hass.states.async_entity_ids()))
            await asyncio.sleep(0)

    sampling = asyncio.create_task(sample())
    await dialog.submit()
    await kit.hass.async_block_till_done()
    sampling.cancel()

    assert added[-1] == 200
    assert max(after - before for before, after in pairwise(added)) <= 25
    assert entities[-1] - entities[0] >= 400, "each has a binary sensor and an event"
    assert max(after - before for before, after in pairwise(entities)) <= 25
