"""A rule, as the user wrote it: the data of one subentry. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from ...migration import ALARM, marked
from .models import Severity, Timing
from .parsing import check


class AlarmKind(StrEnum):
    """Kind of a rule's condition."""

    ABOVE = "above"
    BELOW = "below"
    OUTSIDE = "outside"
    STATE = "state"
    RATE = "rate"
    NO_DATA = "no_data"
    UNAVAILABLE = "unavailable"
    HOST_LOST = "host_lost"
    TEMPLATE = "template"
    EVENT = "event"
    MESSAGE = "message"


# Those that look at no entity: they have one alarm with an empty subject.
WITHOUT_ENTITIES = frozenset({AlarmKind.TEMPLATE, AlarmKind.EVENT, AlarmKind.MESSAGE})
# Those whose numbers have a unit.
MEASURING = frozenset({AlarmKind.ABOVE, AlarmKind.BELOW, AlarmKind.OUTSIDE, AlarmKind.RATE})
# Those that know a moment and no state: an alarm is over after clear_after_s, or when it is acknowledged if latching.
MOMENTARY = frozenset({AlarmKind.EVENT, AlarmKind.MESSAGE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Condition under which an alarm is raised.

    ABOVE, BELOW and OUTSIDE compare the state, or ``attribute``, with ``above`` and ``below`` (met when greater than
    above, or less than below); they clear when it is ``hysteresis`` better than that. ``worse_above`` and
    ``worse_below`` are the second thresholds, of severity ``worse``. STATE: the state is one of ``states``. RATE: it
    changes by more than ``change`` within ``per_s`` seconds, in either direction. NO_DATA: silent for longer than
    ``silent_s``; None learns the entity's own rhythm. TEMPLATE: ``template`` renders true. EVENT: an event of
    ``event_type`` whose data has all of ``event_data``. MESSAGE: an MQTT message on the filter ``topic`` whose payload
    has ``contains`` in it. ``unit`` is that of limits, hysteresis and change; None where no entity has one.
    """

    kind: AlarmKind
    attribute: str | None = None
    above: float | None = None
    below: float | None = None
    hysteresis: float = 0.0
    worse_above: float | None = None
    worse_below: float | None = None
    worse: Severity = Severity.CRITICAL
    states: tuple[str, ...] = ()
    change: float = 0.0
    per_s: float = 60.0
    silent_s: float | None = None
    template: str = ""
    event_type: str = ""
    event_data: Mapping[str, Any] = field(default_factory=dict)
    topic: str = ""
    contains: str = ""
    unit: str | None = None

    def differs_only_in_new_unit(self, other: Condition) -> bool:
        """Return whether the other is the same condition, with the unit that this one does not know."""
        return self.unit is None and self == replace(other, unit=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Selection of present and future entities: those named, and those that match all other lists that are not empty.

    Entities in ``excluded`` are left out, even when they are named.
    """

    entities: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    floors: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    device_classes: tuple[str, ...] = ()
    integrations: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Selection:
        """Read it from the data of a subentry, or from the store."""
        return cls(**{name: tuple(ids) for name, ids in data.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationStep:
    """Notifier groups (by subentry id) to notify when an alarm is unacknowledged ``after_s`` seconds after it began."""

    after_s: float
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPolicy:
    """Steps of notification, and the first interval of repeats, which doubles each time; ``repeat_s`` 0: no repeats."""

    steps: tuple[EscalationStep, ...] = ()
    repeat_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Alarm rule. ``message`` is a template for the notification, empty for the default; ``instructions`` goes with it.

    ``parents`` are entities or devices, chosen by the user, whose alarms suppress those of this rule.
    """

    rule_id: str
    name: str
    severity: Severity
    condition: Condition
    selection: Selection = field(default_factory=Selection)
    timing: Timing = field(default_factory=Timing)
    escalation: EscalationPolicy = field(default_factory=EscalationPolicy)
    message: str = ""
    instructions: str = ""
    parents: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return it as the data of a subentry, whose title is the name."""
        data = asdict(self)
        del data["rule_id"], data["name"]
        data["severity"] = self.severity.word
        data["condition"]["worse"] = self.condition.worse.word
        return marked(ALARM, _plain(data))

    @classmethod
    def from_dict(cls, rule_id: str, name: str, data: Mapping[str, Any]) -> Rule:
        """Read the data of a subentry. Raises ValueError where a value is not of its type."""
        condition = dict(data["condition"])
        policy = data.get("escalation", {})
        rule = cls(
            rule_id=rule_id,
            name=name,
            severity=Severity[data["severity"].upper()],
            condition=Condition(
                **{
                    **condition,
                    "kind": AlarmKind(condition["kind"]),
                    "worse": Severity[condition.get("worse", "critical").upper()],
                    "states": tuple(condition.get("states", ())),
                }
            ),
            selection=Selection.from_dict(data.get("selection", {})),
            timing=Timing(**data.get("timing", {})),
            escalation=EscalationPolicy(
                steps=tuple(_step(step) for step in policy.get("steps", ())),
                repeat_s=policy.get("repeat_s", 0.0),
            ),
            message=data.get("message", ""),
            instructions=data.get("instructions", ""),
            parents=tuple(data.get("parents", ())),
        )
        check(rule)
        return rule


def _step(data: Mapping[str, Any]) -> EscalationStep:
    return EscalationStep(after_s=data["after_s"], groups=tuple(data["groups"]))


def _plain(value: Any) -> Any:
    """Return it as JSON has it."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, StrEnum) else value
