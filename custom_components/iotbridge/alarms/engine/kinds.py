"""Alarm kinds: the parameters of their conditions, and one row of traits for each. Pure.

A new kind is a member of ``AlarmKind`` and a row of ``KINDS``, with an evaluator in ``evaluation/`` or, when it has no
entities, a source in ``runtime/sources.py``. Forms follow from the row: the texts of a kind are found by its name,
those of a parameter by the parameter's. docs/alarms.md describes each kind.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum, auto
from functools import partial
from typing import Any

from .evaluation.kind_evaluator import KindEvaluator
from .evaluation.no_data import NoDataEvaluator
from .evaluation.rate_of_change import RateOfChangeEvaluator
from .evaluation.state import HOST_LOST, StateEvaluator, UnavailableEvaluator
from .evaluation.threshold import ThresholdEvaluator
from .models import Severity
from .parameters import Parameter, ParameterError, ParameterType

# The power state of a lost host.
LOST = "lost"
_LEAST_SILENCE_S = 5.0


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Condition under which an alarm is raised; each kind uses the parameters of its row.

    ABOVE, BELOW and OUTSIDE compare the state, or ``attribute``, with ``above`` and ``below`` (met when greater than
    above, or less than below); they clear when it is back by ``hysteresis``. ``worse_above`` and
    ``worse_below`` are the second thresholds, of severity ``worse``. STATE: the state is one of ``states``. RATE: it
    changes by more than ``change`` within ``per_s`` seconds, in either direction. NO_DATA: silent for longer than
    ``silent_s``; None learns the interval of each entity. TEMPLATE: ``template`` renders true. EVENT: an event of
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

    @property
    def traits(self) -> KindTraits:
        """Return the traits of the kind."""
        return KINDS[self.kind]

    def differs_only_in_new_unit(self, other: Condition) -> bool:
        """Return whether the other is the same condition with a unit, which this one lacks."""
        return self.unit is None and self == replace(other, unit=None)


class Subjects(Enum):
    """Subjects of a rule's alarms: one alarm for each of its entities or hosts, or one alarm without a subject."""

    ENTITIES = auto()
    HOSTS = auto()
    NONE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class KindTraits:
    """Traits of an alarm kind.

    ``evaluator`` returns the evaluator of one entity; None where there are no entities. ``check`` raises ParameterError
    for parameters that contradict each other. ``is_measuring``: its numbers have a unit. ``is_absence``: it detects
    that its subject is absent, so its alarm may be the root cause of others. ``is_momentary``: it detects moments
    instead of states, so its alarm clears after ``clear_after_s``, or when it is acknowledged if latching.
    ``is_report_driven``: a report of an unchanged state counts.
    """

    parameters: tuple[Parameter, ...] = ()
    subjects: Subjects = Subjects.ENTITIES
    evaluator: Callable[[Condition, Severity], KindEvaluator] | None = None
    check: Callable[[Condition], None] | None = None
    is_measuring: bool = False
    is_absence: bool = False
    is_momentary: bool = False
    is_report_driven: bool = False

    @property
    def has_entities(self) -> bool:
        """Return whether its rules select entities."""
        return self.subjects is not Subjects.NONE


def _threshold(
    condition: Condition, severity: Severity, *, has_upper: bool = True, has_lower: bool = True
) -> ThresholdEvaluator:
    return ThresholdEvaluator(
        severity,
        upper=(condition.above, condition.worse_above) if has_upper else (None, None),
        lower=(condition.below, condition.worse_below) if has_lower else (None, None),
        worse=condition.worse,
        hysteresis=condition.hysteresis,
        attribute=condition.attribute,
        unit=condition.unit,
    )


def _rate(condition: Condition, severity: Severity) -> RateOfChangeEvaluator:
    return RateOfChangeEvaluator(
        severity, condition.change, condition.per_s, attribute=condition.attribute, unit=condition.unit
    )


def _check_limits(condition: Condition) -> None:
    above, below, hysteresis = condition.above, condition.below, condition.hysteresis
    if hysteresis < 0:
        raise ParameterError("hysteresis", "hysteresis_negative")
    if above is not None and below is not None and below >= above:
        raise ParameterError("above", "limits_crossed")
    if above is not None and below is not None and above - hysteresis <= below + hysteresis:
        raise ParameterError("hysteresis", "hysteresis_wide")
    if above is not None and condition.worse_above is not None and condition.worse_above <= above:
        raise ParameterError("worse_above", "worse_above_low")
    if below is not None and condition.worse_below is not None and condition.worse_below >= below:
        raise ParameterError("worse_below", "worse_below_high")


def _limit(name: str, *, is_required: bool = True) -> Parameter:
    return Parameter(name=name, type=ParameterType.NUMBER, is_required=is_required)


_ATTRIBUTE = Parameter(name="attribute", type=ParameterType.TEXT, is_required=False)
_HYSTERESIS = _limit("hysteresis", is_required=False)
_WORSE_ABOVE = _limit("worse_above", is_required=False)
_WORSE_BELOW = _limit("worse_below", is_required=False)
_WORSE = Parameter(name="worse", type=ParameterType.SEVERITY, default=Severity.CRITICAL.word)

KINDS: Mapping[AlarmKind, KindTraits] = {
    AlarmKind.ABOVE: KindTraits(
        parameters=(_limit("above"), _HYSTERESIS, _WORSE_ABOVE, _WORSE, _ATTRIBUTE),
        evaluator=partial(_threshold, has_lower=False),
        check=_check_limits,
        is_measuring=True,
    ),
    AlarmKind.BELOW: KindTraits(
        parameters=(_limit("below"), _HYSTERESIS, _WORSE_BELOW, _WORSE, _ATTRIBUTE),
        evaluator=partial(_threshold, has_upper=False),
        check=_check_limits,
        is_measuring=True,
    ),
    AlarmKind.OUTSIDE: KindTraits(
        parameters=(_limit("below"), _limit("above"), _HYSTERESIS, _WORSE_BELOW, _WORSE_ABOVE, _WORSE, _ATTRIBUTE),
        evaluator=_threshold,
        check=_check_limits,
        is_measuring=True,
    ),
    AlarmKind.STATE: KindTraits(
        parameters=(Parameter(name="states", type=ParameterType.TEXTS, missing_key="no_states"), _ATTRIBUTE),
        evaluator=lambda condition, severity: StateEvaluator(severity, condition.states, condition.attribute),
    ),
    AlarmKind.RATE: KindTraits(
        parameters=(
            Parameter(name="change", type=ParameterType.NUMBER, missing_key="change_missing"),
            Parameter(name="per", type=ParameterType.DURATION, default={"minutes": 1}, least_s=1.0),
            _ATTRIBUTE,
        ),
        evaluator=_rate,
        is_measuring=True,
    ),
    AlarmKind.NO_DATA: KindTraits(
        parameters=(Parameter(name="silent", type=ParameterType.LEARNED_DURATION, least_s=_LEAST_SILENCE_S),),
        evaluator=lambda condition, severity: NoDataEvaluator(severity, condition.silent_s),
        is_absence=True,
        is_report_driven=True,
    ),
    AlarmKind.UNAVAILABLE: KindTraits(
        evaluator=lambda _condition, severity: UnavailableEvaluator(severity),
        is_absence=True,
    ),
    AlarmKind.HOST_LOST: KindTraits(
        subjects=Subjects.HOSTS,
        evaluator=lambda _condition, severity: StateEvaluator(severity, (LOST,), reason_key=HOST_LOST),
        is_absence=True,
    ),
    AlarmKind.TEMPLATE: KindTraits(
        parameters=(Parameter(name="template", type=ParameterType.TEMPLATE),),
        subjects=Subjects.NONE,
    ),
    AlarmKind.EVENT: KindTraits(
        parameters=(
            Parameter(name="event_type", type=ParameterType.TEXT, missing_key="event_missing"),
            Parameter(name="event_data", type=ParameterType.MAPPING, is_required=False),
        ),
        subjects=Subjects.NONE,
        is_momentary=True,
    ),
    AlarmKind.MESSAGE: KindTraits(
        parameters=(
            Parameter(name="topic", type=ParameterType.TOPIC_FILTER),
            Parameter(name="contains", type=ParameterType.EXACT_TEXT, is_required=False),
        ),
        subjects=Subjects.NONE,
        is_momentary=True,
    ),
}
