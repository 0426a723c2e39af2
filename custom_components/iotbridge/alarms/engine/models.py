"""Data model of alarms, in the terms of ISA-18.2; pure.

A rule watches entities and has one ``Alarm`` for each. An ``Evaluation`` is the result of the rule for its entity at
one moment; the lifecycle turns evaluations, time and commands into ``Transition``s.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, ClassVar, NamedTuple


class Severity(IntEnum):
    """Severity of an alarm; it may rise while the alarm is active."""

    INFO = 1
    WARNING = 2
    CRITICAL = 3

    @property
    def word(self) -> str:
        """Return the name used in states, events and translations."""
        return self.name.lower()


class AlarmState(StrEnum):
    """State of an alarm, as in ISA-18.2; a later one takes precedence over an earlier one."""

    NORMAL = "normal"
    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned_unacknowledged"
    SNOOZED = "snoozed"
    SUPPRESSED = "suppressed"
    OUT_OF_SERVICE = "out_of_service"


# The states of an active alarm that is not snoozed, suppressed or out of service.
ACTIVE = frozenset({AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED})
# The states in which an alarm awaits acknowledgement.
WAITING = frozenset({AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED})


class Change(StrEnum):
    """Kind of a transition of an alarm; also the type of its event."""

    RAISED = "raised"
    WORSENED = "worsened"
    CLEARED = "cleared"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    SNOOZED = "snoozed"
    UNSNOOZED = "unsnoozed"
    SUPPRESSED = "suppressed"
    UNSUPPRESSED = "unsuppressed"
    OUT_OF_SERVICE = "out_of_service"
    IN_SERVICE = "in_service"
    ESCALATED = "escalated"


class AlarmKey(NamedTuple):
    """Key of an alarm: the subentry id of its rule and its entity id, which is empty for a rule without entities."""

    rule_id: str
    subject: str


# Translation key of the reason for which the alarm of an entity ends that is not watched any more.
NOT_WATCHED = "not_watched"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Result of a rule for its entity at one moment.

    ``is_active`` is None while it cannot be determined: the entity does not exist yet, or has no value. ``reason`` has
    no words: numbers and units, or a state. Where a sentence is needed, ``reason_key`` is its translation key and
    ``reason_values`` are its placeholders.
    """

    is_active: bool | None
    severity: Severity = Severity.WARNING
    value: str = ""
    reason: str = ""
    reason_key: str = ""
    reason_values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Actor:
    """Author of a command, with its origin and comment; all empty where there was none."""

    name: str = ""
    source: str = ""
    comment: str = ""


NO_ACTOR = Actor()
# The fields of an alarm that hold an actor.
_ACTORS = ("acknowledged_by", "snoozed_by", "out_of_service_by")


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """Transition of an alarm. ``at`` is in seconds since 1970; ``episode`` is that of the alarm."""

    key: AlarmKey
    change: Change
    before: AlarmState
    after: AlarmState
    at: float
    severity: Severity
    episode: int
    value: str = ""
    reason: str = ""
    by: Actor = NO_ACTOR
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Delays of a rule before raising and clearing, in seconds; ``latching`` alarms stay until acknowledged."""

    hold_s: float = 0.0
    clear_after_s: float = 0.0
    latching: bool = False
    is_momentary: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentTiming(Timing):
    """Timing of a rule over moments instead of states: its alarm starts to clear as soon as it is raised."""

    is_momentary: ClassVar[bool] = True


@dataclass(slots=True, kw_only=True)
class Alarm:
    """Alarm of a rule; all of it but ``last_evaluation`` is kept over a restart.

    ``active`` is the condition after its holds. ``pending`` is the value it will take when the hold that began at
    ``pending_since`` is over; ``condition_since`` is when the condition last began to be met, before any hold.
    ``episode`` counts the outages; ``announced`` is true when people may have been notified of the current one.
    ``snoozed_for`` is the severity at the time of snoozing; None when it was snoozed before it was announced.
    ``suppressed_by`` are reasons: the alarm is raised, if it is active, when the last is removed.
    ``identity`` stays the same when the entity is renamed, so that later notifications replace earlier ones; the
    subject of the key where it is empty.
    """

    key: AlarmKey
    identity: str = ""
    active: bool = False
    severity: Severity = Severity.WARNING
    value: str = ""
    reason: str = ""
    episode: int = 0
    announced: bool = False
    acknowledged: bool = False
    returned: bool = False
    raised_at: float | None = None
    cleared_at: float | None = None
    acknowledged_by: Actor = NO_ACTOR
    pending: bool | None = None
    pending_since: float = 0.0
    condition_since: float = 0.0
    snoozed_until: float | None = None
    snoozed_by: Actor = NO_ACTOR
    snoozed_for: Severity | None = None
    suppressed_by: tuple[str, ...] = ()
    out_of_service: bool = False
    out_of_service_by: Actor = NO_ACTOR
    # Not restored: after a restart the entity has to be evaluated first.
    last_evaluation: Evaluation = field(default=Evaluation(None), compare=False)

    @property
    def state(self) -> AlarmState:
        """Return the state."""
        if self.out_of_service:
            return AlarmState.OUT_OF_SERVICE
        if self.suppressed_by:
            return AlarmState.SUPPRESSED
        if self.snoozed_until is not None:
            return AlarmState.SNOOZED
        return self.underlying_state

    @property
    def underlying_state(self) -> AlarmState:
        """Return the state as if the alarm were not snoozed, suppressed or out of service."""
        if self.active:
            return AlarmState.ACKNOWLEDGED if self.acknowledged else AlarmState.UNACKNOWLEDGED
        return AlarmState.RETURNED if self.returned else AlarmState.NORMAL

    def move(self, key: AlarmKey) -> None:
        """Take the new key after the entity was renamed."""
        self.identity = self.identity or self.key.subject
        self.key = key

    @property
    def is_blank(self) -> bool:
        """Return whether the alarm equals a new one."""
        return not (
            self.episode
            or self.active
            or self.suppressed_by
            or self.out_of_service
            or self.pending is not None
            or self.snoozed_until is not None
        )

    @property
    def is_removable(self) -> bool:
        """Return whether nothing is lost when the alarm is removed: it is normal, and no person changed it."""
        is_normal = self.underlying_state is AlarmState.NORMAL and self.pending is None
        return is_normal and self.snoozed_until is None and not self.out_of_service

    @property
    def is_muted(self) -> bool:
        """Return whether its notifications are muted."""
        return self.out_of_service or bool(self.suppressed_by) or self.snoozed_until is not None

    def shift(self, by_s: float) -> None:
        """Move a running hold when the clock is set, so that it lasts as long as before."""
        self.pending_since += by_s
        self.condition_since += by_s

    def as_dict(self) -> dict[str, Any]:
        """Return the alarm for the store."""
        # Not asdict of the whole: that copies deeply, and a thousand alarms may be raised together.
        data = {name: getattr(self, name) for name in self.__slots__ if name != "last_evaluation"}
        return data | {name: asdict(data[name]) for name in _ACTORS}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Alarm:
        """Read what ``as_dict`` wrote."""
        values = dict(data)
        values["key"] = AlarmKey(*values["key"])
        values["severity"] = Severity(values["severity"])
        if values.get("snoozed_for") is not None:
            values["snoozed_for"] = Severity(values["snoozed_for"])
        values["suppressed_by"] = tuple(values["suppressed_by"])
        for name in _ACTORS:
            values[name] = Actor(**values[name])
        return cls(**values)
