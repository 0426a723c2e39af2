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


def one(text: str) -> Imported:
    (found,) = read(text)
    assert isinstance(found, Imported), found
    return found


def alert2(alert: str, head: str = "") -> str:
    lines = alert.strip().splitlines()
    return f"alert2:\n{head}  alerts:\n    - domain: attic\n      name: too_hot\n" + "".join(
        f"      {line}\n" for line in lines
    )


def skipped(text: str) -> ImportRefusal:
    (found,) = read(text)
    assert isinstance(found, Skipped), found
    return found.reason


# ---------------------------------------------------------------- core's alert


def test_an_alert_of_core_is_a_state() -> None:
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
def test_a_section_and_a_whole_file_say_the_same(text: str) -> None:
    found = one(text)

    assert (found.rule.name, found.rule.condition.states) == ("Door", ("unlocked",))


def test_an_alert_that_cannot_be_acknowledged_is_said() -> None:
    found = one("a:\n  name: A\n  entity_id: light.a\n  repeat: 1\n  can_acknowledge: false\n  skip_first: false")

    assert found.left_out == ("can_acknowledge",)


@pytest.mark.parametrize("entity", ["", "entity_id: Garage", "entity_id: [light.a]"])
def test_an_alert_without_an_entity_is_said(entity: str) -> None:
    assert skipped(f"alert:\n  a:\n    name: A\n    {entity}") is ImportRefusal.NO_ENTITY


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
def test_a_threshold_is_a_limit(threshold: str, kind: AlarmKind, limits: tuple[float | None, ...]) -> None:
    condition = one(alert2(f"threshold: {threshold}")).rule.condition

    assert condition.kind is kind
    assert (condition.above, condition.below, condition.hysteresis) == limits


def test_a_threshold_of_something_computed_is_a_template() -> None:
    found = one(
        alert2("threshold: {value: \"{{ states('sensor.a')|float * 2 }}\", hysteresis: 1, maximum: 5, minimum: 1}")
    )

    value = "((states('sensor.a')|float * 2) | float)"
    assert found.rule.condition.kind is AlarmKind.TEMPLATE
    assert found.rule.condition.template == f"{{{{ {value} > 5.0 or {value} < 1.0 }}}}"
    assert found.left_out == ("threshold.hysteresis",)


@pytest.mark.parametrize(
    ("condition", "kind", "said"),
    [
        ("binary_sensor.leak", AlarmKind.STATE, "on"),
        ("\"{{ states('binary_sensor.leak') }}\"", AlarmKind.STATE, "on"),
        ("sensor.trouble", AlarmKind.TEMPLATE, "{{ states('sensor.trouble') }}"),
        ("\"{{ is_state('lock.door', 'open') }}\"", AlarmKind.TEMPLATE, "{{ is_state('lock.door', 'open') }}"),
    ],
)
def test_a_condition_is_a_state_or_a_template(condition: str, kind: AlarmKind, said: str) -> None:
    rule = one(alert2(f"condition: {condition}")).rule

    assert rule.condition.kind is kind
    assert said in (*rule.condition.states, rule.condition.template)


def test_the_rest_of_an_alert() -> None:
    found = one(
        alert2(
            "condition: binary_sensor.leak\nfriendly_name: Water!\npriority: high\ndelay_on_secs: 90\n"
            "reminder_frequency_mins: [10, 20]\nack_required: true\nmessage: Wet\n"
            "notifier: [mobile_app_anna, notify.tv]\nsupersedes: [{domain: a}]\nicon: mdi:water\ndisplay_msg: null",
            "  defaults: {priority: low, throttle_fires_per_mins: [10, 60], annotate_messages: true}\n",
        )
    )

    rule = found.rule
    assert (rule.name, rule.severity, rule.message) == ("Water!", Severity.CRITICAL, "Wet")
    assert (rule.timing.hold_s, rule.timing.latching, rule.escalation.repeat_s) == (90, True, 600)
    assert found.targets == (
        {"kind": "mobile_app", "action": "notify.mobile_app_anna"},
        {"kind": "notify", "entity_id": "notify.tv"},
    )
    assert set(found.left_out) == {"throttle_fires_per_mins", "supersedes", "reminder_frequency_mins"}


def test_what_alert2_does_by_itself_is_kept() -> None:
    found = one(alert2("condition: binary_sensor.leak"))

    assert (found.rule.name, found.rule.severity) == ("Attic too hot", Severity.WARNING)
    assert found.rule.escalation.repeat_s == 3600
    assert found.targets == ({"kind": "persistent"},)


def test_templates_that_nobody_else_fills_in_are_left_out() -> None:
    found = one(
        alert2("condition: light.a\nmessage: '{{ notify_reason }}'\ndelay_on_secs: '{{ 5 }}'\nnotifier: '{{ x }}'")
    )

    assert (found.rule.message, found.rule.timing.hold_s, found.targets) == ("", 0, ())
    assert set(found.left_out) == {"message", "delay_on_secs", "notifier"}


def test_until_a_person_says_so_is_latching() -> None:
    found = one(alert2("condition_on: binary_sensor.smoke\nmanual_off: true"))

    assert found.rule.condition.states == ("on",)
    assert found.rule.timing.latching


def test_a_moment_is_not_waited_for() -> None:
    found = one(alert2("trigger: {trigger: mqtt, topic: boiler/error}\ndelay_on_secs: 30"))

    assert found.rule.timing.hold_s == 0
    assert found.left_out == ("delay_on_secs",)


def test_triggers_of_events_and_messages() -> None:
    event = one(alert2("trigger: [{platform: event, event_type: tag_scanned, event_data: {tag_id: x}}]"))
    message = one(alert2("trigger: {trigger: mqtt, topic: boiler/error}"))

    assert (event.rule.condition.kind, event.rule.condition.event_type) == (AlarmKind.EVENT, "tag_scanned")
    assert event.rule.condition.event_data == {"tag_id": "x"}
    assert (message.rule.condition.kind, message.rule.condition.topic) == (AlarmKind.MESSAGE, "boiler/error")
    for found in (event, message):
        assert found.rule.timing.clear_after_s > 0, "what happens for a moment has to end"


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
def test_what_no_rule_can_say_is_said(alert: str, reason: ImportRefusal) -> None:
    assert skipped(alert2(alert)) is reason


def test_a_list_alone_is_of_alert2() -> None:
    assert one("- domain: a\n  name: b\n  condition: light.a\n- words").rule.name == "A b"
    assert (
        one("defaults: {priority: high}\nalerts:\n- {name: b, condition: light.a}").rule.severity is Severity.CRITICAL
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
def test_a_text_without_alerts_is_said(text: str, key: str, line: int | None) -> None:
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
def test_whatever_is_pasted_becomes_a_rule_that_can_be_kept_or_is_said(alert: dict[str, object], is_core: bool) -> None:
    data = {"alert": {"a": alert}} if is_core else {"alert2": {"alerts": [alert]}}
    (found,) = read(yaml.safe_dump(data))

    if isinstance(found, Imported):
        rule = found.rule
        assert Rule.from_dict("", rule.name, rule.as_dict()) == rule
