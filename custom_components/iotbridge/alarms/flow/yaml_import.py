"""Rules out of the YAML of core's ``alert`` and of Alert2.

What cannot be said with a rule is not guessed: it is named, so that a person can decide.
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
# Keys, values and lists: more than so many alerts have. What is built of YAML is built in one stretch.
_MAX_NODES = 10_000
_MAX_LEVELS = 20
_ENTITY = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")
_STATE_OF = re.compile(
    r"""\{\{\s*states\(\s*(['"])(?P<entity>[a-z0-9_]+\.[a-z0-9_]+)\1\s*\)\s*(\|\s*(float|int)(\(.*?\))?\s*)?\}\}"""
)
_EXPRESSION = re.compile(r"\{\{((?:(?!\}\}).)*)\}\}", re.DOTALL)
# Those whose states are on and off; of another one Alert2 asks whether its state is like true.
_ON_OFF = frozenset(
    {"binary_sensor", "input_boolean", "switch", "light", "fan", "group", "automation", "schedule", "remote", "siren"}
)
_PRIORITIES = {"low": Severity.INFO, "medium": Severity.WARNING, "high": Severity.CRITICAL}
# What Alert2 hands to its templates, and nobody else.
_FOREIGN = re.compile(r"\b(trigger|gen[A-Z]\w*|on_secs|on_time_str|notify_reason|alert_\w+|get_message)\b")
_ALERT2_REMINDER_MIN = 60.0
# What happens for a moment is shown for so long.
_MOMENT_S = 3600.0

# What there is no need to take over: it says nothing, or our own behaviour is what it asks for.
_NEEDLESS = frozenset({"domain", "name", "friendly_name", "icon", "annotate_messages", "early_start", "generator_name"})
_TRUE_IS_OURS = frozenset({"can_acknowledge", "done_notifier"})
_FALSE_IS_OURS = frozenset({"ack_required", "skip_first", "summary_notifier", "manual_on", "manual_off"})


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
    """A text in which there are no alerts; ``key`` is an error of the flow, ``line`` where the YAML is broken."""

    def __init__(self, key: str, line: int | None = None) -> None:
        super().__init__(key)
        self.key = key
        self.line = line


class _CannotError(ValueError):
    """An alert that no rule can stand for."""

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
    """An alert that cannot become a rule."""

    name: str
    reason: ImportRefusal


def read(text: str) -> list[Imported | Skipped]:
    """Return what becomes of each alert in a text: a file, a section of it, or what is inside.

    Raises:
        ImportYamlError: it is no YAML, or there are no alerts in it.
    """
    found = list(_alerts(_load(text)))
    if not found:
        raise ImportYamlError("import_nothing")
    if len(found) > MAX_ALERTS:
        raise ImportYamlError("import_too_many")
    results: list[Imported | Skipped] = []
    for name, alert, convert in found:
        try:
            results.append(convert(name, alert))
        except _CannotError as error:
            results.append(Skipped(name, error.reason))
        except TypeError, ValueError, OverflowError:
            results.append(Skipped(name, ImportRefusal.BROKEN))
    return results


# ---------------------------------------------------------------- the text


# With libyaml, as Home Assistant has it, this is twenty times as fast.
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):  # type: ignore[misc]  # it has no types
    """Reads what Home Assistant writes: a tag such as !secret is kept as text."""


def _tagged(loader: Any, suffix: str, node: Any) -> str:
    return f"!{suffix} {loader.construct_scalar(node)}"


_Loader.add_multi_constructor("!", _tagged)


def _load(text: str) -> Any:
    """Read YAML without aliases and depth, each of which can make much of little, and no more than is needed.

    The first reading builds nothing and gives way after each event, so that nothing else has to wait for it.
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
        # What is missing at the end is said to be on the line after it.
        line = min(mark.line, text.rstrip("\n").count("\n")) if mark else 0
        raise ImportYamlError("import_invalid", line + 1) from None


def _alerts(data: Any) -> Iterator[_Alert]:
    """Yield each alert with what it is called and what reads it."""
    if isinstance(data, list):
        data = {"alert2": {"alerts": data}}
    elif not isinstance(data, Mapping):
        return
    elif "alerts" in data:
        data = {"alert2": data}
    elif not {"alert", "alert2"} & data.keys():
        data = {"alert": data}
    yield from _of_core(data.get("alert"))
    yield from _of_alert2(data.get("alert2"))


def _of_core(alerts: Any) -> Iterator[_Alert]:
    if not isinstance(alerts, Mapping):
        return
    for key, alert in alerts.items():
        if isinstance(alert, Mapping):
            yield str(alert.get("name", key)), alert, _from_core


def _of_alert2(data: Any) -> Iterator[_Alert]:
    if not isinstance(data, Mapping) or not isinstance(data.get("alerts"), list):
        return
    defaults = data.get("defaults")
    for alert in data["alerts"]:
        if isinstance(alert, Mapping):
            merged = {**(defaults if isinstance(defaults, Mapping) else {}), **alert}
            yield _alert2_name(alert), merged, _from_alert2


# ---------------------------------------------------------------- core's alert


def _from_core(name: str, alert: Mapping[str, Any]) -> Imported:
    taken = {"name", "entity_id", "state", "repeat", "notifiers", "message", "skip_first"}
    repeat, is_whole = _minutes(alert.get("repeat"))
    targets, other = _targets(alert.get("notifiers"))
    rule = Rule(
        rule_id="",
        name=name,
        severity=Severity.WARNING,
        condition=Condition(kind=AlarmKind.STATE, states=(_state(alert.get("state", "on")),)),
        selection=Selection(entities=(_entity(alert.get("entity_id")),)),
        escalation=EscalationPolicy(repeat_s=repeat),
        message=str(alert.get("message", "")),
    )
    left = _left_out(alert, taken) + ([] if is_whole else ["repeat"]) + ["notifiers"] * other
    first = repeat if alert.get("skip_first") else 0.0
    return Imported(rule, targets, first, tuple(left))


# ---------------------------------------------------------------- Alert2


def _alert2_name(alert: Mapping[str, Any]) -> str:
    named = alert.get("friendly_name")
    if isinstance(named, str) and "{" not in named:
        return named
    words = " ".join(str(alert[key]) for key in ("domain", "name") if alert.get(key)).replace("_", " ")
    return words[:1].upper() + words[1:] or "Alert2"


def _from_alert2(name: str, alert: Mapping[str, Any]) -> Imported:
    if "generator" in alert:
        raise _CannotError(ImportRefusal.GENERATOR)
    condition, selection, used = _condition(alert)
    taken = used | {"message", "notifier", "priority", "delay_on_secs", "reminder_frequency_mins", "ack_required"}
    left = _left_out(alert, taken)
    repeat, is_whole = _minutes(alert.get("reminder_frequency_mins", _ALERT2_REMINDER_MIN))
    left += [] if is_whole else ["reminder_frequency_mins"]
    hold = alert.get("delay_on_secs", 0)
    if (isinstance(hold, str) and "{" in hold) or (hold and condition.traits.is_momentary):
        hold, left = 0, [*left, "delay_on_secs"]
    if condition.kind is AlarmKind.TEMPLATE and "threshold" in alert and alert["threshold"].get("hysteresis"):
        left = [*left, "threshold.hysteresis"]
    message = str(alert.get("message") or "")
    if _FOREIGN.search(message):
        message, left = "", [*left, "message"]
    targets, other = _targets(alert.get("notifier", "persistent_notification"))
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
    return Imported(rule, targets, 0.0, tuple(left + ["notifier"] * other))


def _condition(alert: Mapping[str, Any]) -> tuple[Condition, Selection, set[str]]:
    """Return when an alert of Alert2 is bad, of which entities, and the options that said so."""
    if "trigger" in alert:
        condition = _triggered(alert["trigger"], alert)
        return condition, Selection(), {"trigger"}
    if "threshold" in alert:
        if "condition" in alert:
            raise _CannotError(ImportRefusal.THRESHOLD_AND_CONDITION)
        return *_threshold(alert["threshold"]), {"threshold"}
    if "condition" in alert:
        return *_when(alert["condition"]), {"condition"}
    apart = {key for key in alert if key.endswith(("_on", "_off"))}
    if apart == {"condition_on", "manual_off"} and alert["manual_off"]:
        # It stays until a person says so: that is what latching means.
        return *_when(alert["condition_on"]), apart
    raise _CannotError(ImportRefusal.ON_AND_OFF if apart else ImportRefusal.BROKEN)


def _when(given: Any) -> tuple[Condition, Selection]:
    text = str(given).strip()
    if found := _STATE_OF.fullmatch(text):
        text = found["entity"]
    if not _ENTITY.fullmatch(text):
        if _FOREIGN.search(text) or "{" not in text:
            raise _CannotError(ImportRefusal.BROKEN)
        return Condition(kind=AlarmKind.TEMPLATE, template=text), Selection()
    if text.partition(".")[0] in _ON_OFF:
        return Condition(kind=AlarmKind.STATE, states=("on",)), Selection(entities=(text,))
    return Condition(kind=AlarmKind.TEMPLATE, template=f"{{{{ states('{text}') }}}}"), Selection()


def _threshold(given: Any) -> tuple[Condition, Selection]:
    if not isinstance(given, Mapping):
        raise _CannotError(ImportRefusal.BROKEN)
    above, below = _limit(given.get("maximum")), _limit(given.get("minimum"))
    hysteresis = _limit(given.get("hysteresis", 0)) or 0.0
    if above is None and below is None:
        raise _CannotError(ImportRefusal.THRESHOLD)
    text = str(given.get("value", "")).strip()
    if found := _STATE_OF.fullmatch(text):
        text = found["entity"]
    if not _ENTITY.fullmatch(text):
        return _computed(text, above, below), Selection()
    kind = AlarmKind.BELOW if above is None else AlarmKind.ABOVE if below is None else AlarmKind.OUTSIDE
    return Condition(kind=kind, above=above, below=below, hysteresis=hysteresis), Selection(entities=(text,))


def _computed(text: str, above: float | None, below: float | None) -> Condition:
    """Return a threshold for a value that a template computes; it has no hysteresis then."""
    found = _EXPRESSION.fullmatch(text)
    if found is None or _FOREIGN.search(text):
        raise _CannotError(ImportRefusal.THRESHOLD)
    value = f"(({found[1].strip()}) | float)"
    limits = [f"{value} > {above!r}"] if above is not None else []
    limits += [f"{value} < {below!r}"] if below is not None else []
    return Condition(kind=AlarmKind.TEMPLATE, template=f"{{{{ {' or '.join(limits)} }}}}")


def _triggered(given: Any, alert: Mapping[str, Any]) -> Condition:
    """Return an event or a message; every other trigger is the business of an automation."""
    trigger = given[0] if isinstance(given, list) and len(given) == 1 else given
    if not isinstance(trigger, Mapping) or "condition" in alert:
        raise _CannotError(ImportRefusal.TRIGGER)
    kind = trigger.get("trigger", trigger.get("platform"))
    given_keys = trigger.keys() - {"trigger", "platform", "id"}
    event_type, topic = trigger.get("event_type"), trigger.get("topic")
    if kind == "event" and isinstance(event_type, str) and given_keys <= {"event_type", "event_data"}:
        return Condition(kind=AlarmKind.EVENT, event_type=event_type, event_data=dict(trigger.get("event_data") or {}))
    if kind == "mqtt" and isinstance(topic, str) and given_keys == {"topic"} and is_acceptable(topic):
        return Condition(kind=AlarmKind.MESSAGE, topic=topic)
    raise _CannotError(ImportRefusal.TRIGGER)


# ---------------------------------------------------------------- values


def _left_out(alert: Mapping[str, Any], taken: set[str]) -> list[str]:
    """Return the options that ask for something a rule does not do."""
    left = []
    for key, value in alert.items():
        if key in taken | _NEEDLESS or value is None or value == []:
            continue
        if (value is True and key in _TRUE_IS_OURS) or (value is False and key in _FALSE_IS_OURS):
            continue
        left.append(str(key))
    return left


def _targets(given: Any) -> tuple[tuple[Target, ...], bool]:
    """Return the targets of a notifier group, and whether there are notifiers that cannot be known beforehand."""
    names = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    targets: list[Target] = []
    other = given is not None and not isinstance(given, str | list)
    for name in names:
        if not isinstance(name, str) or not re.fullmatch(r"(notify\.)?[a-z0-9_]+", name):
            other = True
            continue
        possible = (channel.from_alert_notifier(name) for channel in CHANNELS.values())
        targets.append(next(target for target in possible if target))
    return tuple(targets), other


def _minutes(given: Any) -> tuple[float, bool]:
    """Return the first distance in seconds, and whether there was no other: ours grow by themselves."""
    distances = given if isinstance(given, list) else [] if given is None else [given]
    return (_positive(distances[0]) * 60 if distances else 0.0), len(distances) <= 1


def _positive(given: Any) -> float:
    number = float(given)
    if not 0 <= number < 1e9:  # noqa: PLR2004 - thirty years
        raise ValueError(given)
    return number


def _limit(given: Any) -> float | None:
    if given is None:
        return None
    try:
        return float(given)
    except TypeError, ValueError:
        raise _CannotError(ImportRefusal.THRESHOLD) from None


def _entity(given: Any) -> str:
    if not isinstance(given, str) or not _ENTITY.fullmatch(given):
        raise _CannotError(ImportRefusal.NO_ENTITY)
    return given


def _state(given: Any) -> str:
    """Return a state as Home Assistant has it: to YAML, on and off are true and false."""
    return {True: "on", False: "off"}[given] if isinstance(given, bool) else str(given)
