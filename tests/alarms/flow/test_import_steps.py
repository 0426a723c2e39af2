"""Alarms out of pasted YAML."""

import asyncio
from itertools import pairwise

import pytest

from custom_components.iotbridge.alarms.engine.rule import AlarmKind, Rule
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
    return [found for found in dialog.entry.subentries.values() if found.subentry_type == "notifier"]


def rules(dialog: Dialog) -> dict[str, Rule]:
    return {made.title: Rule.from_dict(made.subentry_id, made.title, made.data) for made in dialog.made}


async def test_what_becomes_what_is_shown_and_made(dialog: Dialog) -> None:
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


async def test_only_what_is_chosen_is_made_and_groups_that_are_there_are_told(dialog: Dialog) -> None:
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
    assert groups(dialog) == [phones], "a group with the same targets is not made twice"


async def test_without_notifiers_there_is_nobody_to_tell(dialog: Dialog) -> None:
    await dialog.start("import_yaml")
    await dialog.submit(yaml=STEPS)
    assert dialog.fields == {"rules"}
    await dialog.submit()

    assert rules(dialog)["A"].escalation.steps == ()


@pytest.mark.parametrize(
    ("yaml", "error", "said"),
    [
        ("alert:\n  a: [", "import_invalid", "2"),
        ("words", "import_nothing", ""),
        ("alert: {a: {name: A}}", "import_skipped", ""),
    ],
)
async def test_what_cannot_be_imported_is_said_and_can_be_mended(
    dialog: Dialog, yaml: str, error: str, said: str
) -> None:
    await dialog.start("import_yaml")
    await dialog.submit(yaml=yaml)
    assert (dialog.errors, dialog.placeholders["line"]) == ({"yaml": error}, said)
    assert ("it has no entity" in dialog.placeholders["skipped"]) == (error == "import_skipped")
    assert dialog.suggested == {"yaml": yaml}
    await dialog.submit(yaml=STEPS)

    assert dialog.step == "imported"


async def test_an_import_of_hundreds_lets_others_have_their_turn(kit: Kit, dialog: Dialog) -> None:
    await dialog.start("import_yaml")
    await dialog.submit(yaml="alert:\n" + "".join(f"  a{n}: {{entity_id: light.a{n}}}\n" for n in range(200)))
    added = [len(dialog.made)]
    entities = [len(kit.hass.states.async_entity_ids())]

    async def look() -> None:
        while True:
            added.append(len(dialog.made))
            entities.append(len(kit.hass.states.async_entity_ids()))
            await asyncio.sleep(0)

    looking = asyncio.create_task(look())
    await dialog.submit()
    await kit.hass.async_block_till_done()
    looking.cancel()

    assert added[-1] == 200
    assert max(after - before for before, after in pairwise(added)) <= 25
    assert entities[-1] - entities[0] >= 400, "each has a binary sensor and an event"
    assert max(after - before for before, after in pairwise(entities)) <= 25
