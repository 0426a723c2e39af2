"""Alarm rule, with its selection of entities and its escalation policy: the data of one subentry. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ...migration import ALARM, marked
from ...parsing import check, plain
from .kinds import AlarmKind, Condition
from .models import Severity, Timing


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
        """Read the data of a subentry, or of the store."""
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
    """Alarm rule. ``message`` is a template for the notification, empty for the default; ``instructions`` are added.

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
        """Return the data of the subentry, whose title is the name."""
        data = asdict(self)
        del data["rule_id"], data["name"]
        data["severity"] = self.severity.word
        data["condition"]["worse"] = self.condition.worse.word
        return marked(ALARM, plain(data))

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
