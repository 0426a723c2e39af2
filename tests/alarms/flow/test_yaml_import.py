"""Import of the YAML of core's alert and of Alert2."""

from hypothesis import given, strategies as st
import pytest
import yaml  # type: ignore[import-untyped]  # Home Assistant brings it

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind
from custom_components.iotbridge.alarms.engine.models import Severity
from custom_components.iotbridge.alarms.engine.rule import Rule
from custom_components.iotbridge.alarms.flow.yaml_import import (
    MAX_ALERTS,
    Imported,
    ImportRefusal,
    ImportYamlError,
    Skipped,
    read,
)

CORE = """
alert:
  garage_door:
    name: Garage is open
    message: "Garage has been open for {{ relative_time(states.binary_sensor.garage.last_changed) }}"
    done_message: Garage closed
    entity_id: binary_sensor.garage
    state: on
    repeat: [15, 30, 60]
    can_acknowledge: true
    skip_first: true
    title: "{{ states('sensor.x') }}"
    data: {tag: garage}
    notifiers:
      - mobile_app_anna
      - telegram
      - persistent_notification
  window:
    name: Window
    entity_id: binary_sensor.window
    state: open
    repeat: 30
"""


def import_one(text: str) -> Imported:
    (result,) = read(text)
    assert isinstance(result, Imported), result
    return result


def alert2(alert: str, head: str = "") -> str:
    lines = alert.strip().splitlines()
    return f"alert2:\n{head}  alerts:\n    - domain: attic\n      name: too_hot\n" + "".join(
        f"      {line}\n" for line in lines
    )


def refusal_of(text: str) -> ImportRefusal:
    (result,) = read(text)
    assert isinstance(result, Skipped), result
    return result.reason


# ---------------------------------------------------------------- core's alert


def test_an_alert_of_core_becomes_a_state_rule() -> None:
    garage, window = read(CORE)
    assert isinstance(garage, Imported)
    assert isinstance(window, Imported)

    assert (garage.rule.name, garage.rule.severity) == ("Garage is open", Severity.WARNING)
    assert garage.rule.condition.kind is AlarmKind.STATE
    assert garage.rule.condition.states == ("on",)
    assert garage.rule.selection.entities == ("binary_sensor.garage",)
    assert garage.rule.message.startswith("Garage has been open")
    assert (garage.rule.escalation.repeat_s, garage.first_after_s) == (900, 900)
    assert garage.left_out == ("done_message", "title", "data", "repeat")
    assert garage.targets == (
        {"kind": "mobile_app", "action": "notify.mobile_app_anna"},
        {"kind": "action", "action": "notify.telegram", "data": {}},
        {"kind": "persistent"},
    )
    assert window.rule.condition.states == ("open",)
    assert (window.rule.escalation.repeat_s, window.first_after_s, window.left_out) == (1800, 0, ())


@pytest.mark.parametrize(
    "text",
    [
        "door:\n  name: Door\n  entity_id: lock.door\n  state: unlocked\n  repeat: 5",
        "a: !include a.yaml\nalert:\n  door: {name: Door, entity_id: lock.door, state: unlocked}\nx: !secret y",
    ],
)
def test_a_section_and_a_whole_file_are_equivalent(text: str) -> None:
    imported = import_one(text)

    assert (imported.rule.name, imported.rule.condition.states) == ("Door", ("unlocked",))


def test_can_acknowledge_false_is_listed_as_left_out() -> None:
    imported = import_one(
        "a:\n  name: A\n  entity_id: light.a\n  repeat: 1\n  can_acknowledge: false\n  skip_first: false"
    )

    assert imported.left_out == ("can_acknowledge",)


@pytest.mark.parametrize("entity", ["", "entity_id: Garage", "entity_id: [light.a]"])
def test_an_alert_without_an_entity_is_refused(entity: str) -> None:
    assert refusal_of(f"alert:\n  a:\n    name: A\n    {entity}") is ImportRefusal.NO_ENTITY


def test_a_broken_alert_does_not_stop_the_others() -> None:
    broken, whole = read(
        "alert:\n  a: {entity_id: light.a, repeat: often}\n  b: {entity_id: light.b, repeat: 1}\n  c: 5"
    )

    assert broken == Skipped("a", ImportRefusal.BROKEN)
    assert isinstance(whole, Imported)


# ---------------------------------------------------------------- Alert2


@pytest.mark.parametrize(
    ("threshold", "kind", "limits"),
    [
        ("{value: sensor.attic, hysteresis: 2, maximum: 30}", AlarmKind.ABOVE, (30, None, 2)),
        ("{value: sensor.attic, hysteresis: 5, minimum: 50}", AlarmKind.BELOW, (None, 50, 5)),
        ('{value: "{{ states(\'sensor.a\')|float }}", maximum: 30, minimum: 5}', AlarmKind.OUTSIDE, (30, 5, 0)),
    ],
)  # fmt: skip
def test_a_threshold_becomes_a_limit(threshold: str, kind: AlarmKind, limits: tuple[float | None, ...]) -> None:
    condition = import_one(alert2(f"threshold: {threshold}")).rule.condition

    assert condition.kind is kind
    assert (condition.above, condition.below, condition.hysteresis) == limits


def test_a_threshold_of_a_computed_value_becomes_a_template() -> None:
    imported = import_one(
        alert2("threshold: {value: \"{{ states('sensor.a')|float * 2 }}\", hysteresis: 1, maximum: 5, minimum: 1}")
    )

    value = "((states('sensor.a')|float * 2) | float)"
    assert imported.rule.condition.kind is AlarmKind.TEMPLATE
    assert imported.rule.condition.template == f"{{{{ {value} > 5.0 or {value} < 1.0 }}}}"
    assert imported.left_out == ("threshold.hysteresis",)


@pytest.mark.parametrize(
    ("condition", "kind", "expected"),
    [
        ("binary_sensor.leak", AlarmKind.STATE, "on"),
        ("\"{{ states('binary_sensor.leak') }}\"", AlarmKind.STATE, "on"),
        ("sensor.trouble", AlarmKind.TEMPLATE, "{{ states('sensor.trouble') }}"),
        ("\"{{ is_state('lock.door', 'open') }}\"", AlarmKind.TEMPLATE, "{{ is_state('lock.door', 'open') }}"),
    ],
)
def test_a_condition_becomes_a_state_or_a_template(condition: str, kind: AlarmKind, expected: str) -> None:
    rule = import_one(alert2(f"condition: {condition}")).rule

    assert rule.condition.kind is kind
    assert expected in (*rule.condition.states, rule.condition.template)


def test_the_other_options_of_an_alert_are_converted() -> None:
    imported = import_one(
        alert2(
            "condition: binary_sensor.leak\nfriendly_name: Water!\npriority: high\ndelay_on_secs: 90\n"
            "reminder_frequency_mins: [10, 20]\nack_required: true\nmessage: Wet\n"
            "notifier: [mobile_app_anna, notify.tv]\nsupersedes: [{domain: a}]\nicon: mdi:water\ndisplay_msg: null",
            "  defaults: {priority: low, throttle_fires_per_mins: [10, 60], annotate_messages: true}\n",
        )
    )

    rule = imported.rule
    assert (rule.name, rule.severity, rule.message) == ("Water!", Severity.CRITICAL, "Wet")
    assert (rule.timing.hold_s, rule.timing.latching, rule.escalation.repeat_s) == (90, True, 600)
    assert imported.targets == (
        {"kind": "mobile_app", "action": "notify.mobile_app_anna"},
        {"kind": "notify", "entity_id": "notify.tv"},
    )
    assert set(imported.left_out) == {"throttle_fires_per_mins", "supersedes", "reminder_frequency_mins"}


def test_defaults_of_alert2_are_applied() -> None:
    imported = import_one(alert2("condition: binary_sensor.leak"))

    assert (imported.rule.name, imported.rule.severity) == ("Attic too hot", Severity.WARNING)
    assert imported.rule.escalation.repeat_s == 3600
    assert imported.targets == ({"kind": "persistent"},)


def test_templates_of_alert2_are_left_out() -> None:
    imported = import_one(
        alert2("condition: light.a\nmessage: '{{ notify_reason }}'\ndelay_on_secs: '{{ 5 }}'\nnotifier: '{{ x }}'")
    )

    assert (imported.rule.message, imported.rule.timing.hold_s, imported.targets) == ("", 0, ())
    assert set(imported.left_out) == {"message", "delay_on_secs", "notifier"}


def test_manual_off_becomes_latching() -> None:
    imported = import_one(alert2("condition_on: binary_sensor.smoke\nmanual_off: true"))

    assert imported.rule.condition.states == ("on",)
    assert imported.rule.timing.latching


def test_a_delay_of_a_momentary_alarm_is_left_out() -> None:
    imported = import_one(alert2("trigger: {trigger: mqtt, topic: boiler/error}\ndelay_on_secs: 30"))

    assert imported.rule.timing.hold_s == 0
    assert imported.left_out == ("delay_on_secs",)


def test_triggers_of_events_and_messages_become_momentary_rules() -> None:
    event = import_one(alert2("trigger: [{platform: event, event_type: tag_scanned, event_data: {tag_id: x}}]"))
    message = import_one(alert2("trigger: {trigger: mqtt, topic: boiler/error}"))

    assert (event.rule.condition.kind, event.rule.condition.event_type) == (AlarmKind.EVENT, "tag_scanned")
    assert event.rule.condition.event_data == {"tag_id": "x"}
    assert (message.rule.condition.kind, message.rule.condition.topic) == (AlarmKind.MESSAGE, "boiler/error")
    for imported in (event, message):
        assert imported.rule.timing.clear_after_s > 0, "a momentary alarm needs an end"


@pytest.mark.parametrize(
    ("alert", "reason"),
    [
        ("condition: '{{ genElem }}'\ngenerator: [1, 2]", ImportRefusal.GENERATOR),
        ("threshold: {value: sensor.a, maximum: '{{ 5 }}'}", ImportRefusal.THRESHOLD),
        ("threshold: {value: sensor.a}", ImportRefusal.THRESHOLD),
        ("threshold: {value: no template, maximum: 5}", ImportRefusal.THRESHOLD),
        ("threshold: 5", ImportRefusal.BROKEN),
        ("threshold: {value: sensor.a, maximum: 5}\ncondition: sensor.b", ImportRefusal.THRESHOLD_AND_CONDITION),
        ("trigger: {platform: state, entity_id: sensor.a}", ImportRefusal.TRIGGER),
        ("trigger: {platform: mqtt, topic: a, payload: b}", ImportRefusal.TRIGGER),
        ("trigger: {platform: event, event_type: a, context: {user_id: b}}", ImportRefusal.TRIGGER),
        ("trigger: [a, b]", ImportRefusal.TRIGGER),
        (f"trigger: {{platform: mqtt, topic: {'a/' * 999}b}}", ImportRefusal.TRIGGER),
        ("trigger: {platform: event, event_type: a}\ncondition: sensor.b", ImportRefusal.TRIGGER),
        ("condition_on: sensor.a\ncondition_off: sensor.b", ImportRefusal.ON_AND_OFF),
        ("condition: '{{ trigger.to_state }}'", ImportRefusal.BROKEN),
        ("condition: words", ImportRefusal.BROKEN),
        ("message: nothing else", ImportRefusal.BROKEN),
        ("condition: sensor.a\ndelay_on_secs: -5", ImportRefusal.BROKEN),
    ],
)
def test_unsupported_alerts_are_refused_with_a_reason(alert: str, reason: ImportRefusal) -> None:
    assert refusal_of(alert2(alert)) is reason


def test_a_bare_list_is_read_as_alert2() -> None:
    assert import_one("- domain: a\n  name: b\n  condition: light.a\n- words").rule.name == "A b"
    assert (
        import_one("defaults: {priority: high}\nalerts:\n- {name: b, condition: light.a}").rule.severity
        is Severity.CRITICAL
    )


# ---------------------------------------------------------------- the text


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ("alert:\n  a: [", "import_invalid", 2),
        ("a: &x {entity_id: light.a}\nb: *x", "import_invalid", 2),
        ("a: " + "[" * 30 + "]" * 30, "import_invalid", 1),
        ("", "import_nothing", None),
        ("just words", "import_nothing", None),
        ("alert2: {alerts: }", "import_nothing", None),
        ("alert2:\nalert: 5", "import_nothing", None),
        ("sensor: []", "import_nothing", None),
        ("a" * 300_000, "import_too_many", None),
        ("alert:\n" + "  a:\n    name: n\n    entity_id: s.a\n" * 6000, "import_too_many", None),
        (f"[{'1,' * 100_000}]", "import_too_many", None),
        (f"[{'{},' * 80_000}]", "import_too_many", None),
        ("\n".join(f"a{number}: {{entity_id: light.a}}" for number in range(MAX_ALERTS + 1)), "import_too_many", None),
    ],
)
def test_a_text_without_alerts_is_an_error(text: str, key: str, line: int | None) -> None:
    with pytest.raises(ImportYamlError) as caught:
        read(text)

    assert (caught.value.key, caught.value.line) == (key, line)


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["name", "entity_id", "state", "repeat", "notifiers", "condition", "threshold", "trigger", "generator", "priority",
     "delay_on_secs", "reminder_frequency_mins", "condition_on", "manual_off", "notifier", "message", "skip_first"]
)  # fmt: skip


@given(st.dictionaries(KEYS, VALUES, max_size=6), st.booleans())
def test_any_alert_becomes_a_valid_rule_or_is_skipped(alert: dict[str, object], is_core: bool) -> None:
    data = {"alert": {"a": alert}} if is_core else {"alert2": {"alerts": [alert]}}
    (imported,) = read(yaml.safe_dump(data))

    if isinstance(imported, Imported):
        rule = imported.rule
        assert Rule.from_dict("", rule.name, rule.as_dict()) == rule
