"""Import of rules from the YAML of core's ``alert`` and of Alert2.

Options that rules do not have are listed, so that the user can decide; nothing is guessed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
import re
from typing import Any

import yaml  # type: ignore[import-untyped]  # Home Assistant brings it

from ...protocol.topics import is_acceptable
from ..engine.kinds import AlarmKind, Condition
from ..engine.models import Severity, Timing
from ..engine.rule import EscalationPolicy, Rule, Selection
from ..notifications.channels import CHANNELS
from ..notifications.channels.channel import Target

type _Alert = tuple[str, Mapping[str, Any], Callable[[str, Mapping[str, Any]], Imported]]

MAX_TEXT = 256 * 1024
MAX_ALERTS = 200
# Limit of keys, values and lists: the YAML constructor blocks until it has built all of them.
_MAX_NODES = 10_000
_MAX_LEVELS = 20
_ENTITY = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")
_STATE_OF = re.compile(
    r"""\{\{\s*states\(\s*(['"])(?P<entity>[a-z0-9_]+\.[a-z0-9_]+)\1\s*\)\s*(\|\s*(float|int)(\(.*?\))?\s*)?\}\}"""
)
_EXPRESSION = re.compile(r"\{\{((?:(?!\}\}).)*)\}\}", re.DOTALL)
# Domains whose states are on and off; in others Alert2 tests whether the state is truthy.
_ON_OFF = frozenset(
    {"binary_sensor", "input_boolean", "switch", "light", "fan", "group", "automation", "schedule", "remote", "siren"}
)
_PRIORITIES = {"low": Severity.INFO, "medium": Severity.WARNING, "high": Severity.CRITICAL}
# Variables that only Alert2 passes to its templates.
_FOREIGN = re.compile(r"\b(trigger|gen[A-Z]\w*|on_secs|on_time_str|notify_reason|alert_\w+|get_message)\b")
_ALERT2_REMINDER_MIN = 60.0
# Time after which an imported momentary alarm clears.
_MOMENT_S = 3600.0

# Options without an effect on rules, and those whose value is what rules do anyway.
_IGNORED = frozenset({"domain", "name", "friendly_name", "icon", "annotate_messages", "early_start", "generator_name"})
_IGNORED_IF_TRUE = frozenset({"can_acknowledge", "done_notifier"})
_IGNORED_IF_FALSE = frozenset({"ack_required", "skip_first", "summary_notifier", "manual_on", "manual_off"})


class ImportRefusal(StrEnum):
    """Reasons for which an alert cannot become a rule."""

    BROKEN = "import_broken"
    GENERATOR = "import_generator"
    NO_ENTITY = "import_no_entity"
    ON_AND_OFF = "import_on_and_off"
    THRESHOLD = "import_threshold"
    THRESHOLD_AND_CONDITION = "import_threshold_and_condition"
    TRIGGER = "import_trigger"


class ImportYamlError(ValueError):
    """Text without alerts; ``key`` is an error key of the flow, ``line`` the line in which the YAML is invalid."""

    def __init__(self, key: str, line: int | None = None) -> None:
        super().__init__(key)
        self.key = key
        self.line = line


class _RefusedError(ValueError):
    """Alert that cannot be expressed as a rule."""

    def __init__(self, reason: ImportRefusal) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Imported:
    """Imported alert: a rule without escalation steps, its notification targets, and the options that were left out.

    ``first_after_s`` is the delay of the first notification. ``targets`` are those of a notifier group.
    """

    rule: Rule
    targets: tuple[Target, ...] = ()
    first_after_s: float = 0.0
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """Alert that cannot become a rule."""

    name: str
    reason: ImportRefusal


def read(text: str) -> list[Imported | Skipped]:
    """Return the result for each alert in a text: a file, a section of it, or the content of a section.

    Raises:
        ImportYamlError: The text is no YAML, or has no alerts.
    """
    alerts = list(_alerts(_load(text)))
    if not alerts:
        raise ImportYamlError("import_nothing")
    if len(alerts) > MAX_ALERTS:
        raise ImportYamlError("import_too_many")
    results: list[Imported | Skipped] = []
    for name, alert, convert in alerts:
        try:
            results.append(convert(name, alert))
        except _RefusedError as error:
            results.append(Skipped(name, error.reason))
        except TypeError, ValueError, OverflowError:
            results.append(Skipped(name, ImportRefusal.BROKEN))
    return results


# ---------------------------------------------------------------- the text


# The loader of libyaml, which Home Assistant has, is twenty times as fast.
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):  # type: ignore[misc]  # without types
    """Loader of Home Assistant's YAML: a tag such as !secret is kept as text."""


def _tagged(loader: Any, suffix: str, node: Any) -> str:
    return f"!{suffix} {loader.construct_scalar(node)}"


_Loader.add_multi_constructor("!", _tagged)


def _load(text: str) -> Any:
    """Load YAML of limited size and depth without aliases, with which a small text can become huge.

    The limits are checked on the events of a first pass, which builds nothing.
    """
    if len(text) > MAX_TEXT:
        raise ImportYamlError("import_too_many")
    level = 0
    try:
        for number, event in enumerate(yaml.parse(text, Loader=_SafeLoader)):
            if number > _MAX_NODES:
                raise ImportYamlError("import_too_many")
            if isinstance(event, yaml.CollectionStartEvent | yaml.CollectionEndEvent):
                level += 1 if isinstance(event, yaml.CollectionStartEvent) else -1
            if isinstance(event, yaml.AliasEvent) or level > _MAX_LEVELS:
                raise ImportYamlError("import_invalid", event.start_mark.line + 1)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader that knows one more tag
    except (yaml.YAMLError, OverflowError, ValueError) as error:
        if isinstance(error, ImportYamlError):
            raise
        mark = getattr(error, "problem_mark", None)
        # An incomplete end is reported on the line after it.
        line = min(mark.line, text.rstrip("\n").count("\n")) if mark else 0
        raise ImportYamlError("import_invalid", line + 1) from None


def _alerts(data: Any) -> Iterator[_Alert]:
    """Yield each alert with its name and its converter."""
    if isinstance(data, list):
        data = {"alert2": {"alerts": data}}
    elif not isinstance(data, Mapping):
        return
    elif "alerts" in data:
        data = {"alert2": data}
    elif not {"alert", "alert2"} & data.keys():
        data = {"alert": data}
    yield from _core_alerts(data.get("alert"))
    yield from _alert2_alerts(data.get("alert2"))


def _core_alerts(alerts: Any) -> Iterator[_Alert]:
    if not isinstance(alerts, Mapping):
        return
    for key, alert in alerts.items():
        if isinstance(alert, Mapping):
            yield str(alert.get("name", key)), alert, _core_rule


def _alert2_alerts(data: Any) -> Iterator[_Alert]:
    if not isinstance(data, Mapping) or not isinstance(data.get("alerts"), list):
        return
    defaults = data.get("defaults")
    for alert in data["alerts"]:
        if isinstance(alert, Mapping):
            merged = {**(defaults if isinstance(defaults, Mapping) else {}), **alert}
            yield _alert2_name(alert), merged, _alert2_rule


# ---------------------------------------------------------------- core's alert


def _core_rule(name: str, alert: Mapping[str, Any]) -> Imported:
    supported = {"name", "entity_id", "state", "repeat", "notifiers", "message", "skip_first"}
    repeat, is_whole = _minutes(alert.get("repeat"))
    targets, has_others = _targets(alert.get("notifiers"))
    rule = Rule(
        rule_id="",
        name=name,
        severity=Severity.WARNING,
        condition=Condition(kind=AlarmKind.STATE, states=(_state(alert.get("state", "on")),)),
        selection=Selection(entities=(_entity(alert.get("entity_id")),)),
        escalation=EscalationPolicy(repeat_s=repeat),
        message=str(alert.get("message", "")),
    )
    left_out = _left_out(alert, supported) + ([] if is_whole else ["repeat"]) + ["notifiers"] * has_others
    first = repeat if alert.get("skip_first") else 0.0
    return Imported(rule, targets, first, tuple(left_out))


# ---------------------------------------------------------------- Alert2


def _alert2_name(alert: Mapping[str, Any]) -> str:
    friendly_name = alert.get("friendly_name")
    if isinstance(friendly_name, str) and "{" not in friendly_name:
        return friendly_name
    name = " ".join(str(alert[key]) for key in ("domain", "name") if alert.get(key)).replace("_", " ")
    return name[:1].upper() + name[1:] or "Alert2"


def _alert2_rule(name: str, alert: Mapping[str, Any]) -> Imported:
    if "generator" in alert:
        raise _RefusedError(ImportRefusal.GENERATOR)
    condition, selection, used = _condition(alert)
    supported = used | {"message", "notifier", "priority", "delay_on_secs", "reminder_frequency_mins", "ack_required"}
    left_out = _left_out(alert, supported)
    repeat, is_whole = _minutes(alert.get("reminder_frequency_mins", _ALERT2_REMINDER_MIN))
    left_out += [] if is_whole else ["reminder_frequency_mins"]
    hold = alert.get("delay_on_secs", 0)
    if (isinstance(hold, str) and "{" in hold) or (hold and condition.traits.is_momentary):
        hold, left_out = 0, [*left_out, "delay_on_secs"]
    if condition.kind is AlarmKind.TEMPLATE and "threshold" in alert and alert["threshold"].get("hysteresis"):
        left_out = [*left_out, "threshold.hysteresis"]
    message = str(alert.get("message") or "")
    if _FOREIGN.search(message):
        message, left_out = "", [*left_out, "message"]
    targets, has_others = _targets(alert.get("notifier", "persistent_notification"))
    rule = Rule(
        rule_id="",
        name=name,
        severity=_PRIORITIES.get(str(alert.get("priority")), Severity.WARNING),
        condition=condition,
        selection=selection,
        timing=Timing(
            hold_s=_positive(hold),
            clear_after_s=_MOMENT_S if condition.traits.is_momentary else 0.0,
            latching=bool(alert.get("ack_required")) or "manual_off" in used,
        ),
        escalation=EscalationPolicy(repeat_s=repeat),
        message=message,
    )
    return Imported(rule, targets, 0.0, tuple(left_out + ["notifier"] * has_others))


def _condition(alert: Mapping[str, Any]) -> tuple[Condition, Selection, set[str]]:
    """Return the condition of an alert of Alert2, its entities, and the options that define it."""
    if "trigger" in alert:
        condition = _trigger_condition(alert["trigger"], alert)
        return condition, Selection(), {"trigger"}
    if "threshold" in alert:
        if "condition" in alert:
            raise _RefusedError(ImportRefusal.THRESHOLD_AND_CONDITION)
        return *_threshold(alert["threshold"]), {"threshold"}
    if "condition" in alert:
        return *_state_condition(alert["condition"]), {"condition"}
    split_options = {key for key in alert if key.endswith(("_on", "_off"))}
    if split_options == {"condition_on", "manual_off"} and alert["manual_off"]:
        # Active until a person ends it, as a latching alarm.
        return *_state_condition(alert["condition_on"]), split_options
    raise _RefusedError(ImportRefusal.ON_AND_OFF if split_options else ImportRefusal.BROKEN)


def _state_condition(value: Any) -> tuple[Condition, Selection]:
    text = str(value).strip()
    if found := _STATE_OF.fullmatch(text):
        text = found["entity"]
    if not _ENTITY.fullmatch(text):
        if _FOREIGN.search(text) or "{" not in text:
            raise _RefusedError(ImportRefusal.BROKEN)
        return Condition(kind=AlarmKind.TEMPLATE, template=text), Selection()
    if text.partition(".")[0] in _ON_OFF:
        return Condition(kind=AlarmKind.STATE, states=("on",)), Selection(entities=(text,))
    return Condition(kind=AlarmKind.TEMPLATE, template=f"{{{{ states('{text}') }}}}"), Selection()


def _threshold(threshold: Any) -> tuple[Condition, Selection]:
    if not isinstance(threshold, Mapping):
        raise _RefusedError(ImportRefusal.BROKEN)
    above, below = _limit(threshold.get("maximum")), _limit(threshold.get("minimum"))
    hysteresis = _limit(threshold.get("hysteresis", 0)) or 0.0
    if above is None and below is None:
        raise _RefusedError(ImportRefusal.THRESHOLD)
    text = str(threshold.get("value", "")).strip()
    if found := _STATE_OF.fullmatch(text):
        text = found["entity"]
    if not _ENTITY.fullmatch(text):
        return _computed(text, above, below), Selection()
    kind = AlarmKind.BELOW if above is None else AlarmKind.ABOVE if below is None else AlarmKind.OUTSIDE
    return Condition(kind=kind, above=above, below=below, hysteresis=hysteresis), Selection(entities=(text,))


def _computed(text: str, above: float | None, below: float | None) -> Condition:
    """Return a template condition for a threshold of a computed value, without its hysteresis."""
    found = _EXPRESSION.fullmatch(text)
    if found is None or _FOREIGN.search(text):
        raise _RefusedError(ImportRefusal.THRESHOLD)
    value = f"(({found[1].strip()}) | float)"
    limits = [f"{value} > {above!r}"] if above is not None else []
    limits += [f"{value} < {below!r}"] if below is not None else []
    return Condition(kind=AlarmKind.TEMPLATE, template=f"{{{{ {' or '.join(limits)} }}}}")


def _trigger_condition(value: Any, alert: Mapping[str, Any]) -> Condition:
    """Return the condition of a trigger for an event or a message; others belong in an automation."""
    trigger = value[0] if isinstance(value, list) and len(value) == 1 else value
    if not isinstance(trigger, Mapping) or "condition" in alert:
        raise _RefusedError(ImportRefusal.TRIGGER)
    kind = trigger.get("trigger", trigger.get("platform"))
    keys = trigger.keys() - {"trigger", "platform", "id"}
    event_type, topic = trigger.get("event_type"), trigger.get("topic")
    if kind == "event" and isinstance(event_type, str) and keys <= {"event_type", "event_data"}:
        return Condition(kind=AlarmKind.EVENT, event_type=event_type, event_data=dict(trigger.get("event_data") or {}))
    if kind == "mqtt" and isinstance(topic, str) and keys == {"topic"} and is_acceptable(topic):
        return Condition(kind=AlarmKind.MESSAGE, topic=topic)
    raise _RefusedError(ImportRefusal.TRIGGER)


# ---------------------------------------------------------------- values


def _left_out(alert: Mapping[str, Any], supported: set[str]) -> list[str]:
    """Return the options that rules do not support."""
    left_out = []
    for key, value in alert.items():
        if key in supported | _IGNORED or value is None or value == []:
            continue
        if (value is True and key in _IGNORED_IF_TRUE) or (value is False and key in _IGNORED_IF_FALSE):
            continue
        left_out.append(str(key))
    return left_out


def _targets(notifiers: Any) -> tuple[tuple[Target, ...], bool]:
    """Return the targets of a notifier group, and whether there are others, such as templates."""
    names = [notifiers] if isinstance(notifiers, str) else notifiers if isinstance(notifiers, list) else []
    targets: list[Target] = []
    has_others = notifiers is not None and not isinstance(notifiers, str | list)
    for name in names:
        if not isinstance(name, str) or not re.fullmatch(r"(notify\.)?[a-z0-9_]+", name):
            has_others = True
            continue
        possible = (channel.from_alert_notifier(name) for channel in CHANNELS.values())
        targets.append(next(target for target in possible if target))
    return tuple(targets), has_others


def _minutes(value: Any) -> tuple[float, bool]:
    """Return the first interval in seconds, and whether it is the only one; intervals of rules grow by themselves."""
    intervals = value if isinstance(value, list) else [] if value is None else [value]
    return (_positive(intervals[0]) * 60 if intervals else 0.0), len(intervals) <= 1


def _positive(value: Any) -> float:
    number = float(value)
    if not 0 <= number < 1e9:  # noqa: PLR2004 - thirty years
        raise ValueError(value)
    return number


def _limit(value: Any) -> float | None:
    if value is None:
        return None
    try:
        return float(value)
    except TypeError, ValueError:
        raise _RefusedError(ImportRefusal.THRESHOLD) from None


def _entity(value: Any) -> str:
    if not isinstance(value, str) or not _ENTITY.fullmatch(value):
        raise _RefusedError(ImportRefusal.NO_ENTITY)
    return value


def _state(value: Any) -> str:
    """Return a state of Home Assistant: YAML reads on and off as true and false."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
