"""Flow that adds and changes alarm rules."""

from typing import Any

import pytest
import voluptuous as vol

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from homeassistant.helpers import selector
from tests.alarms.flow.rule_dialog import ATTIC, NOTHING, add_group, complete, form, go_to_escalation, rule, save
from tests.kit import Kit

from ...dialog import Dialog


@pytest.mark.parametrize(
    ("kind", "condition", "name", "expected"),
    [
        ("above", {"above": 30, "hysteresis": 2, "worse_above": 40}, "Attic too high",
         {"above": 30, "hysteresis": 2, "worse_above": 40, "worse": "critical"}),
        ("below", {"below": 5, "worse_below": 0, "attribute": "level"}, "Attic too low",
         {"below": 5, "worse_below": 0, "attribute": "level"}),
        ("outside", {"below": 5, "above": 30, "worse_below": 0, "worse_above": 40}, "Attic out of range",
         {"below": 5, "above": 30, "worse_below": 0, "worse_above": 40}),
        ("state", {"states": [" open ", "open", "", "jammed"]}, "State of Attic", {"states": ["open", "jammed"]}),
        ("rate", {"change": 3, "per": {"minutes": 10}}, "Attic changes too fast", {"change": 3, "per_s": 600}),
        ("no_data", {}, "No data from Attic", {"silent_s": None}),
        ("no_data", {"rhythm": "fixed", "silent": {"days": 1, "hours": 1}}, "No data from Attic", {"silent_s": 90000}),
        ("unavailable", None, "Attic unavailable", {}),
        ("host_lost", None, "Host lost: Attic", {}),
        ("template", {"template": "{{ is_state('lock.door', 'locked') }}"}, "Template alarm",
         {"template": "{{ is_state('lock.door', 'locked') }}"}),
        ("event", {"event_type": " tag_scanned ", "event_data": {"tag_id": "x"}}, "Event tag_scanned",
         {"event_type": "tag_scanned", "event_data": {"tag_id": "x"}}),
        ("message", {"topic": "boiler/+/error", "contains": "E4"}, "Message on boiler/+/error",
         {"topic": "boiler/+/error", "contains": "E4"}),
    ],
)  # fmt: skip
async def test_every_kind_has_its_fields(
    dialog: Dialog, kind: str, condition: dict[str, Any] | None, name: str, expected: dict[str, Any]
) -> None:
    made = await complete(dialog, kind, condition, entities=[ATTIC])

    assert made.condition.kind == kind
    stored = dialog.made[0].data["condition"]
    assert {key: stored[key] for key in expected} == expected
    assert made.name == dialog.made[0].title == name
    assert dialog.made[0].unique_id is None
    is_without = kind in {"template", "event", "message"}
    assert made.selection.entities == (() if is_without else (ATTIC,))
    assert made.timing.clear_after_s == (3600 if kind in {"event", "message"} else 0)


async def test_a_limit_has_the_unit_of_its_entity(kit: Kit, dialog: Dialog) -> None:
    await dialog.start("above")
    assert dialog.step == "entities"
    await dialog.submit(entities=[ATTIC])
    assert dialog.text == "Right now: Attic: 21.5 °C"
    assert dialog.suggested["unit"] == "°C"
    await dialog.submit(above=30)
    await dialog.submit()
    await dialog.submit()
    await dialog.tried()
    await dialog.choose("overview")
    assert dialog.placeholders["condition"] == "above 30 °C"
    await save(dialog)
    assert rule(dialog).condition.unit == "°C"

    fahrenheit = {"friendly_name": "Attic", "device_class": "temperature", "unit_of_measurement": "°F"}
    kit.hass.states.async_set(ATTIC, "70.7", fahrenheit)
    await dialog.change(dialog.made[0].subentry_id, "condition")
    assert dialog.suggested["unit"] == "°C"
    assert dialog.text == "Right now: Attic: 70.7 °F"
    await dialog.submit(above=86, unit="°F")
    assert dialog.placeholders["condition"] == "above 86 °F"
    await dialog.choose("save")
    assert rule(dialog).condition.unit == "°F"


async def test_a_limit_gets_the_unit_of_changed_entities(kit: Kit, dialog: Dialog) -> None:
    await complete(dialog, "above", {"above": 30}, entities=[ATTIC])
    kit.hass.states.async_set("sensor.tank", "70", {"unit_of_measurement": "%"})

    await dialog.change(dialog.made[0].subentry_id, "entities")
    await dialog.submit(entities=["sensor.tank"])
    assert dialog.placeholders["condition"] == "above 30%"
    await dialog.choose("save")

    assert rule(dialog).condition.unit == "%"


async def test_the_menu_offers_every_kind_and_the_import(dialog: Dialog) -> None:
    await dialog.start()

    assert dialog.result["menu_options"] == [*AlarmKind, "import_yaml"]


@pytest.mark.parametrize(
    ("kind", "condition", "errors"),
    [
        ("above", {}, {"above": "limit_missing"}),
        ("outside", {"above": 30}, {"below": "limit_missing"}),
        ("rate", {}, {"change": "change_missing"}),
        ("above", {"above": 30, "hysteresis": -1}, {"hysteresis": "hysteresis_negative"}),
        ("above", {"above": 30, "worse_above": 30}, {"worse_above": "worse_above_low"}),
        ("below", {"below": 5, "worse_below": 6}, {"worse_below": "worse_below_high"}),
        ("outside", {"below": 5, "above": 5}, {"above": "limits_crossed"}),
        ("outside", {"below": 5, "above": 7, "hysteresis": 1}, {"hysteresis": "hysteresis_wide"}),
        ("state", {"states": [" "]}, {"states": "no_states"}),
        ("rate", {"change": 0}, {"change": "change_missing"}),
        ("rate", {"change": 1, "per": NOTHING}, {"per": "duration_missing"}),
        ("no_data", {"rhythm": "fixed"}, {"silent": "duration_missing"}),
        ("no_data", {"rhythm": "fixed", "silent": {"days": 400}}, {"silent": "duration_long"}),
        ("template", {"template": "{{ 1 / 0 }}"}, {"template": "template_fails"}),
        ("template", {"template": "{{ states('sensor.attic') | float <= 0,5 }}"}, {"template": "template_unclear"}),
        ("event", {"event_type": " "}, {"event_type": "event_missing"}),
        ("event", {"event_type": "a", "event_data": [1]}, {"event_data": "data_invalid"}),
        ("message", {"topic": "#"}, {"topic": "topic_everything"}),
        ("message", {"topic": "a+/b"}, {"topic": "topic_plus"}),
        ("message", {"topic": "a/" * 999 + "b"}, {"topic": "topic_levels"}),
        ("message", {"topic": "a" * 65535}, {"topic": "topic_long"}),
    ],
)
async def test_an_invalid_condition_has_an_error(
    dialog: Dialog, kind: str, condition: dict[str, Any], errors: dict[str, str]
) -> None:
    await dialog.start(kind)
    if dialog.step == "entities":
        await dialog.submit(entities=[ATTIC])
    await dialog.submit(**condition)

    assert (dialog.step, dialog.errors) == ("condition", errors)
    entered = {key: value for key, value in condition.items() if key in dialog.suggested}
    assert {key: dialog.suggested[key] for key in entered} == entered, "the input is suggested again"


async def test_an_invalid_template_is_rejected(dialog: Dialog) -> None:
    await dialog.start("template")

    with pytest.raises(InvalidData):
        await dialog.submit(template="{{ if")


@pytest.mark.parametrize(
    ("template", "now"),
    [
        ("{{ is_state('lock.door', 'locked') }}", "✓"),
        ("{{ is_state('lock.door', 'open') }}", "✗"),
        ("{{ states('lock.door') | length }}", "✓ (6)"),
        ("{{ states('lock.door') }}", "the template gives locked, which is neither true nor false"),
        ("{{ states('lock.gone') }}", "the template gives unknown, which is neither true nor false"),
        ("{% if is_state('lock.door', 'open') %}on{% endif %}",
         "the template gives '', which is neither true nor false"),
    ],
)  # fmt: skip
async def test_the_present_result_of_a_template_is_shown(dialog: Dialog, template: str, now: str) -> None:
    dialog.hass.states.async_set("lock.door", "locked")
    await dialog.start("template")
    await dialog.submit(template=template)

    assert (dialog.step, dialog.placeholders["now"]) == ("timing", now)


async def test_a_rejected_template_is_shown_with_its_result(dialog: Dialog) -> None:
    dialog.hass.states.async_set("sensor.press", "0.3")
    await dialog.start("template")
    await dialog.submit(template="{{ states('sensor.press') | float <= 0,5 }}")

    assert dialog.placeholders["reason"] == "(False, 5)"


async def test_a_template_that_fails_later_is_shown_with_its_error(dialog: Dialog) -> None:
    await dialog.start("template")
    await dialog.submit(template="{{ 1 / (states('sensor.attic') | float) }}")
    await dialog.submit(name="")
    dialog.hass.states.async_set(ATTIC, "0")
    await dialog.submit(name="")

    assert dialog.text.startswith("Matches right now: the template cannot be rendered: ZeroDivisionError")


async def test_the_overview_shows_a_template_that_is_neither_true_nor_false(dialog: Dialog) -> None:
    dialog.hass.states.async_set("lock.door", "on")
    await complete(dialog, "template", {"template": "{{ states('lock.door') }}"})
    dialog.hass.states.async_set("lock.door", "jammed")

    await dialog.change(dialog.made[0].subentry_id)

    unclear = "the template gives jammed, which is neither true nor false"
    assert dialog.placeholders["condition"] == f"template is true ({unclear})"


async def test_times_and_texts_are_stored_and_suggested(dialog: Dialog) -> None:
    await dialog.start("above")
    await dialog.submit(entities=[ATTIC])
    await dialog.submit(above=30)
    assert dialog.suggested["severity"] == "warning"
    await dialog.submit(
        name=" Attic is hot ",
        severity="critical",
        hold={"minutes": 5},
        clear_after={"hours": 1, "seconds": 1},
        latching=True,
        more={
            "message": "{{ value }} in the attic",
            "instructions": "Open the window.",
            "parents": ["1234"],
            "parent_entities": ["binary_sensor.hub"],
        },
    )
    await dialog.submit()
    await dialog.tried()
    await dialog.choose("overview")
    assert dialog.placeholders["name"] == "Attic is hot"
    assert "Severity: critical\n- Raised after: 5 min\n- Cleared after: 60 min\n" in dialog.text
    assert "- Kept until acknowledged: ✓\n" in dialog.text
    await dialog.choose("timing")
    assert dialog.suggested["hold"] == {"days": 0, "hours": 0, "minutes": 5, "seconds": 0}
    assert dialog.suggested["more"]["parents"] == ["1234"]
    await dialog.submit()
    assert dialog.step == "overview"
    await save(dialog)

    made = rule(dialog)
    assert (made.name, made.severity.word) == ("Attic is hot", "critical")
    assert (made.timing.hold_s, made.timing.clear_after_s, made.timing.latching) == (300, 3601, True)
    assert (made.message, made.instructions) == ("{{ value }} in the attic", "Open the window.")
    assert made.parents == ("1234", "binary_sensor.hub")


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"name": " "}, {"name": "name_missing"}),
        ({"hold": {"days": 366}}, {"hold": "duration_long"}),
        ({"severity": "critical"}, {"severity": "severity_not_less"}),
    ],
)
async def test_invalid_times_have_an_error(dialog: Dialog, fields: dict[str, Any], errors: dict[str, str]) -> None:
    await dialog.start("above")
    await dialog.submit(entities=[ATTIC])
    await dialog.submit(above=30, worse_above=40)
    await dialog.submit(**fields)

    assert (dialog.step, dialog.errors) == ("timing", errors)


async def test_a_momentary_alarm_needs_an_end(dialog: Dialog) -> None:
    await dialog.start("event")
    await dialog.submit(event_type="tag_scanned")
    assert "hold" not in dialog.fields
    await dialog.submit(clear_after=NOTHING)
    assert dialog.errors == {"clear_after": "moment_without_end"}
    await dialog.submit(clear_after=NOTHING, latching=True)

    assert dialog.step == "telling"


async def test_changes_apply_only_when_saved(dialog: Dialog) -> None:
    before = await complete(dialog, "above", {"above": 30}, entities=[ATTIC])
    await dialog.change(dialog.made[0].subentry_id)
    assert dialog.result["menu_options"] == ["entities", "condition", "timing", "telling", "trial", "try_it", "save"]
    assert dialog.placeholders["condition"] == "above 30 °C"
    assert dialog.placeholders["entities"] == "1 (Attic)"
    assert "Kept until acknowledged: ✗\n- Escalation steps: -\n- Reminder after: -\n" in dialog.text
    await dialog.choose("condition")
    assert dialog.suggested["above"] == 30
    await dialog.submit(above=35.5)
    assert (dialog.step, dialog.placeholders["condition"]) == ("overview", "above 35.5 °C")
    assert rule(dialog) == before
    await dialog.choose("timing")
    await dialog.submit(name="Hotter")
    await dialog.choose("save")

    assert dialog.step == "reconfigure_successful"
    assert (rule(dialog).condition.above, dialog.made[0].title) == (35.5, "Hotter")


async def test_a_kind_without_fields_has_no_condition_form(dialog: Dialog) -> None:
    await complete(dialog, "unavailable", entities=[ATTIC])
    await dialog.change(dialog.made[0].subentry_id)

    assert dialog.result["menu_options"] == ["entities", "timing", "telling", "trial", "try_it", "save"]


@pytest.mark.parametrize("source", ["start", "change"])
async def test_the_flow_aborts_while_iot_bridge_is_unloaded(dialog: Dialog, source: str) -> None:
    await complete(dialog, "unavailable", entities=[ATTIC])
    await dialog.hass.config_entries.async_unload(dialog.entry.entry_id)
    if source == "start":
        await dialog.start()
    else:
        await dialog.change(dialog.made[0].subentry_id)

    assert (dialog.result["type"], dialog.step) == (FlowResultType.ABORT, "not_loaded")


async def test_a_backtest_needs_a_recorder(dialog: Dialog) -> None:
    await go_to_escalation(dialog)
    await dialog.submit()

    assert dialog.step == "no_recorder"
    await dialog.look()
    assert dialog.step == "no_recorder"


async def test_a_kind_without_history_has_no_backtest(dialog: Dialog) -> None:
    await dialog.start("message")
    await dialog.submit(topic="a/b")
    assert dialog.text == "Matches right now: -"
    await dialog.submit()
    await dialog.submit()

    assert dialog.step == "no_history"


@pytest.mark.parametrize("kind", ["above", "below", "outside", "rate"])
async def test_no_number_is_filled_in_that_nobody_entered(kit: Kit, dialog: Dialog, kind: str) -> None:
    await dialog.start(kind)
    await dialog.submit(entities=[ATTIC])

    numbers = [marker for marker, field in form(dialog).values() if isinstance(field, selector.NumberSelector)]
    assert numbers
    for marker in numbers:
        # The frontend fills a required number without a default with 0.
        assert isinstance(marker, vol.Optional)
        assert marker.default is vol.UNDEFINED
        assert not marker.description


async def test_a_single_unit_is_beside_the_numbers(kit: Kit, dialog: Dialog) -> None:
    kit.hass.states.async_set("sensor.tank", "70", {"friendly_name": "Tank", "unit_of_measurement": "dBx"})
    await dialog.start("above")
    await dialog.submit(entities=["sensor.tank"])

    fields = form(dialog)
    assert {fields[name][1].config["unit_of_measurement"] for name in ("above", "hysteresis", "worse_above")} == {"dBx"}
    assert "unit" not in fields
    assert dialog.text == "Right now: Tank: 70 dBx"
    await dialog.submit(above=80)
    await dialog.submit()
    await dialog.submit()
    await dialog.tried()
    await save(dialog)
    assert rule(dialog).condition.unit == "dBx"


async def test_the_present_states_are_shown_where_states_are_entered(kit: Kit, dialog: Dialog) -> None:
    kit.hass.states.async_set("lock.gate", "open", {"friendly_name": "[Gate](https://evil.example)"})
    await dialog.start("state")
    await dialog.submit(entities=["lock.door", "lock.gate"])

    assert dialog.text == "Right now: Door: locked, \\[Gate\\]\\(https\\://evil.example): open"


async def test_the_unit_follows_the_limits(kit: Kit, dialog: Dialog) -> None:
    await dialog.start("outside")
    await dialog.submit(entities=[ATTIC])

    assert list(form(dialog))[:4] == ["below", "above", "unit", "hysteresis"]


async def test_a_new_rule_notifies_the_first_group_by_default(kit: Kit, dialog: Dialog) -> None:
    family, _ = add_group(kit.hass, "Family"), add_group(kit.hass, "Neighbours")
    await go_to_escalation(dialog)
    assert dialog.suggested["steps"] == [{"after": 0, "groups": ["Family"]}]
    await dialog.submit()
    await dialog.choose("save")

    assert dialog.result["type"] is FlowResultType.CREATE_ENTRY
    (step,) = rule(dialog).escalation.steps
    assert (step.after_s, step.groups) == (0, (family,))


@pytest.mark.parametrize(("groups", "way"), [(["Family"], "telling"), ([], "overview")])
async def test_a_rule_that_notifies_nobody_says_so_before_it_is_saved(
    kit: Kit, dialog: Dialog, groups: list[str], way: str
) -> None:
    for group in groups:
        add_group(kit.hass, group)
    await go_to_escalation(dialog)
    await dialog.submit(steps=[])
    await dialog.choose("save")

    assert (dialog.step, dialog.made) == ("nobody", [])
    assert dialog.text.startswith("This alarm notifies no one")
    assert dialog.result["menu_options"] == [way, "save_silent"]
    await dialog.look()
    assert dialog.step == "nobody"
    await dialog.choose(way)
    assert dialog.step == way
    if way == "telling":
        assert dialog.suggested["steps"] == [{"after": 0, "groups": ["Family"]}]
        await dialog.submit(steps=[])
    await dialog.choose("save")
    await dialog.choose("save_silent")
    assert rule(dialog).escalation.steps == ()

    await dialog.change(dialog.made[0].subentry_id, "telling")
    assert not dialog.suggested.get("steps"), "that nobody is notified was decided"
    await dialog.submit()
    await dialog.choose("save")
    assert dialog.step == "reconfigure_successful"
