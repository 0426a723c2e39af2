"""The words of alarms, after ISA-18.2; pure.

A rule watches entities and has one ``Alarm`` for each. A ``Verdict`` says what the rule makes of its entity at this
moment; the lifecycle turns verdicts, time and commands into ``Transition``s.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, ClassVar, NamedTuple


class Severity(IntEnum):
    """How bad it is; a higher one may take the place of a lower one while an alarm is active."""

    INFO = 1
    WARNING = 2
    CRITICAL = 3

    @property
    def word(self) -> str:
        """Return what it is called in states, events and translations."""
        return self.name.lower()


class AlarmState(StrEnum):
    """The states of ISA-18.2; what a person sees first stands last."""

    NORMAL = "normal"
    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned_unacknowledged"
    SHELVED = "shelved"
    SUPPRESSED = "suppressed"
    OUT_OF_SERVICE = "out_of_service"


# The states in which an alarm waits for somebody to acknowledge it.
WAITING = frozenset({AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED})


class Change(StrEnum):
    """What can happen to an alarm; also the types of its event."""

    RAISED = "raised"
    WORSENED = "worsened"
    CLEARED = "cleared"
    ACKNOWLEDGED = "acknowledged"
    SHELVED = "shelved"
    UNSHELVED = "unshelved"
    SUPPRESSED = "suppressed"
    UNSUPPRESSED = "unsuppressed"
    OUT_OF_SERVICE = "out_of_service"
    IN_SERVICE = "in_service"
    ESCALATED = "escalated"


class AlarmKey(NamedTuple):
    """One rule (by its subentry) over one entity; the subject is empty for a rule without entities."""

    rule_id: str
    subject: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a rule makes of its entity now.

    ``is_bad`` is None while nothing can be said: the entity is not there yet, or has no value. ``why`` is for people of
    any language: numbers and units, or a state. Where a sentence says more, ``why_key`` names it in the translations
    and ``why_values`` are its placeholders.
    """

    is_active: bool | None
    severity: Severity = Severity.WARNING
    value: str = ""
    why: str = ""
    reason_key: str = ""
    reason_values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something, and from where; both empty when nobody did."""

    who: str = ""
    where: str = ""
    comment: str = ""


NO_ACTOR = Actor()
# Where an alarm says who did something.
_ACTORS = ("acknowledged_by", "shelved_by", "out_of_service_by")


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One thing that happened to an alarm. ``at`` is in seconds since 1970; ``episode`` is that of the alarm."""

    key: AlarmKey
    change: Change
    before: AlarmState
    after: AlarmState
    at: float
    severity: Severity
    episode: int
    value: str = ""
    why: str = ""
    by: Actor = NO_ACTOR
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How patient a rule is. Seconds; ``latching`` alarms stay until somebody acknowledged them."""

    hold_s: float = 0.0
    clear_after_s: float = 0.0
    latching: bool = False
    is_momentary: ClassVar[bool] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentTiming(Timing):
    """Timing of a rule that knows moments and no state: each is about to be over as soon as it has begun."""

    is_momentary: ClassVar[bool] = True


@dataclass(slots=True, kw_only=True)
class Alarm:
    """One alarm; everything in it is kept over a restart.

    ``active`` is the condition after its holds. ``pending`` is what it is about to become, since ``pending_since``;
    ``bad_since`` is when it began to be bad the last time, holds included.
    ``announced`` tells whether people may have been told of this ``episode``, which counts the outages.
    ``shelved_for`` is the severity that was seen when it was put aside; None when it was put aside beforehand.
    ``suppressed_by`` are reasons: the alarm is judged again when the last is gone.
    ``identity`` stays the same when the entity is renamed, so that later notifications replace earlier ones; the
    subject of the key where it is empty.
    """

    key: AlarmKey
    identity: str = ""
    active: bool = False
    severity: Severity = Severity.WARNING
    value: str = ""
    why: str = ""
    episode: int = 0
    announced: bool = False
    acknowledged: bool = False
    returned: bool = False
    raised_at: float | None = None
    cleared_at: float | None = None
    acknowledged_by: Actor = NO_ACTOR
    pending: bool | None = None
    pending_since: float = 0.0
    bad_since: float = 0.0
    shelved_until: float | None = None
    shelved_by: Actor = NO_ACTOR
    shelved_for: Severity | None = None
    suppressed_by: tuple[str, ...] = ()
    out_of_service: bool = False
    out_of_service_by: Actor = NO_ACTOR
    # What was judged last; not kept, because after a restart nothing is known.
    last_evaluation: Evaluation = field(default=Evaluation(None), compare=False)

    @property
    def state(self) -> AlarmState:
        """Return the state a person sees."""
        if self.out_of_service:
            return AlarmState.OUT_OF_SERVICE
        if self.suppressed_by:
            return AlarmState.SUPPRESSED
        if self.shelved_until is not None:
            return AlarmState.SHELVED
        return self.beneath

    @property
    def beneath(self) -> AlarmState:
        """Return the state without shelving, suppression and service."""
        if self.active:
            return AlarmState.ACKNOWLEDGED if self.acknowledged else AlarmState.UNACKNOWLEDGED
        return AlarmState.RETURNED if self.returned else AlarmState.NORMAL

    def move(self, key: AlarmKey) -> None:
        """Take the key that the alarm has since its entity was renamed."""
        self.identity = self.identity or self.key.subject
        self.key = key

    @property
    def is_blank(self) -> bool:
        """Return whether it is as if nothing had ever happened."""
        return not (
            self.episode
            or self.active
            or self.suppressed_by
            or self.out_of_service
            or self.pending is not None
            or self.shelved_until is not None
        )

    @property
    def is_idle(self) -> bool:
        """Return whether there is nothing to say of it now, and nobody decided anything about it."""
        is_normal = self.beneath is AlarmState.NORMAL and self.pending is None
        return is_normal and self.shelved_until is None and not self.out_of_service

    @property
    def is_quiet(self) -> bool:
        """Return whether nobody is to be told anything of it now."""
        return self.out_of_service or bool(self.suppressed_by) or self.shelved_until is not None

    def shift(self, by_s: float) -> None:
        """Take what is being waited for along when the clock is set: it lasts as long as before."""
        self.pending_since += by_s
        self.bad_since += by_s

    def as_dict(self) -> dict[str, Any]:
        """Return it for the store."""
        # Not asdict of all: it copies everything to its depth, and a thousand alarms may be raised together.
        data = {name: getattr(self, name) for name in self.__slots__ if name != "last_evaluation"}
        return data | {name: asdict(data[name]) for name in _ACTORS}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Alarm:
        """Read what ``as_dict`` wrote."""
        given = dict(data)
        given["key"] = AlarmKey(*given["key"])
        given["severity"] = Severity(given["severity"])
        if given.get("shelved_for") is not None:
            given["shelved_for"] = Severity(given["shelved_for"])
        given["suppressed_by"] = tuple(given["suppressed_by"])
        for name in _ACTORS:
            given[name] = Actor(**given[name])
        return cls(**given)
