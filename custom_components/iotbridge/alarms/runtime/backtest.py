"""Tries a rule against what the recorder kept: how often would it have been raised?"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
import time

from homeassistant.core import HomeAssistant, State
from homeassistant.helpers.recorder import get_instance, session_scope
from homeassistant.util import dt as dt_util

from ..engine import lifecycle
from ..engine.evaluation.evaluator import EVALUATORS, Evaluator
from ..engine.evaluation.snapshot import UNAVAILABLE, EntitySnapshot
from ..engine.evaluation.state import NOT_LOADED_S
from ..engine.models import Alarm, AlarmKey, Change, Evaluation, Transition
from ..engine.rule import MEASURING, Condition, Rule
from .limit_units import seen_of

DAYS = 7
MAX_ENTITIES = 200
# The user waits in front of the dialog, which says how many entities were not reached by then.
BUDGET_S = 60.0
# Read at once of one entity: so many hours, so that a sensor with ten values a second needs no gigabytes.
_SLICE = timedelta(hours=6)
_OVERLAP = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Outage:
    """Outage for which the alarm would have been raised; ``cleared_at`` is None if still active. Seconds since 1970."""

    raised_at: float
    cleared_at: float | None
    value: str


@dataclass(frozen=True, slots=True)
class Backtest:
    """Result of a backtest: outages with their entities, newest first, and the numbers of entities read and skipped."""

    outages: Sequence[tuple[str, Outage]]
    entities: int
    left_out: int
    until: float

    @property
    def longest_s(self) -> float:
        """Return how long the longest was, in seconds."""
        return max(((found.cleared_at or self.until) - found.raised_at for _, found in self.outages), default=0.0)


def replay(rule: Rule, series: Iterable[tuple[float, EntitySnapshot | None]], until: float) -> list[Outage]:
    """Return when the rule would have been raised by a series of readings, each with the time it came; pure."""
    judge = Evaluator(rule.condition, rule.severity)
    alarm = Alarm(key=AlarmKey(rule.rule_id, ""))
    outages: list[Outage] = []

    def note(happened: Iterable[Transition]) -> None:
        for transition in happened:
            if transition.change is Change.RAISED:
                outages.append(Outage(transition.at, None, transition.value or transition.reason))
            elif transition.change is Change.CLEARED:
                outages[-1] = Outage(outages[-1].raised_at, transition.at, outages[-1].value)

    def judged(verdict: Evaluation, now: float) -> None:
        note(lifecycle.evaluate(alarm, rule.timing, verdict, now))

    now = 0.0
    for at, seen in series:
        _pass_time(rule, judge, alarm, (now, at), judged, note)
        now = max(now, at)
        judged(judge.update(seen, now), now)
    _pass_time(rule, judge, alarm, (now, until), judged, note)
    return outages


def _pass_time(
    rule: Rule,
    judge: Evaluator,
    alarm: Alarm,
    between: tuple[float, float],
    judged: Callable[[Evaluation, float], None],
    note: Callable[[Iterable[Transition]], None],
) -> None:
    """Do what falls due between two readings, in its order."""
    now, until = between
    while True:
        held, looked = lifecycle.due(alarm, rule.timing), judge.due(now)
        due = min((at for at in (held, looked) if at is not None), default=until)
        if due >= until:
            return
        now = max(now, due)
        if looked is not None and looked <= now:
            judged(judge.evaluate(now), now)
        note(lifecycle.tick(alarm, rule.timing, now))


def reason_against(hass: HomeAssistant, rule: Rule) -> str | None:
    """Return why a rule cannot be tried, as a word of the dialog; None when it can."""
    if rule.condition.kind not in EVALUATORS:
        return "no_history"
    return None if "recorder" in hass.config.components else "no_recorder"


async def async_backtest(
    hass: HomeAssistant, rule: Rule, entity_ids: Iterable[str], progress: Callable[[float], None]
) -> Backtest:
    """Replay the history of entities, one after the other; ``progress`` gets the share that is done.

    The recorder has to be running, and the rule one that ``can_try`` has nothing against.
    """
    wanted = sorted(entity_ids)
    entities = wanted[:MAX_ENTITIES]
    end = dt_util.utcnow()
    started = time.monotonic()
    outages: list[tuple[str, Outage]] = []
    done = 0
    starts = await get_instance(hass).async_add_executor_job(_starts, hass, end - timedelta(days=DAYS))
    for entity_id in entities:
        if time.monotonic() - started > BUDGET_S:
            break
        past = _Past(hass, rule.condition, entity_id, starts, end)
        found = await get_instance(hass).async_add_executor_job(_replayed, hass, rule, past)
        outages += [(entity_id, outage) for outage in found]
        done += 1
        progress(done / len(entities))
    outages.sort(key=lambda item: item[1].raised_at, reverse=True)
    return Backtest(outages, done, len(wanted) - done, end.timestamp())


@dataclass(frozen=True, slots=True)
class _Past:
    """Parameters for reading the history of an entity: condition, starts of Home Assistant, and end."""

    hass: HomeAssistant
    condition: Condition
    entity_id: str
    starts: Sequence[float]
    end: datetime

    def seen(self, state: State, at: float) -> EntitySnapshot:
        """Return a row of the history as it was seen then.

        The recorder does not keep that a state is only a placeholder until its integration was loaded.
        """
        seen = seen_of(self.hass, self.condition, state, at)
        if state.state == UNAVAILABLE and any(start <= at < start + NOT_LOADED_S for start in self.starts):
            return replace(seen, attributes={**seen.attributes, "restored": True})
        return seen


def _starts(hass: HomeAssistant, since: datetime) -> list[float]:
    """Return when Home Assistant was started. Reads the database: for the recorder's own threads."""
    # Only where the recorder runs; it brings a database with it.
    from homeassistant.components.recorder.db_schema import RecorderRuns  # noqa: PLC0415

    with session_scope(hass=hass, read_only=True) as session:
        runs = session.query(RecorderRuns.start).filter(RecorderRuns.start >= since).all()
    return [start.replace(tzinfo=dt_util.UTC).timestamp() for (start,) in runs]


def _replayed(hass: HomeAssistant, rule: Rule, past: _Past) -> list[Outage]:
    return replay(rule, _readings(hass, rule, past), past.end.timestamp())


def _readings(hass: HomeAssistant, rule: Rule, past: _Past) -> Iterator[tuple[float, EntitySnapshot | None]]:
    """Yield what the recorder has of an entity, in order. Reads the database: for the recorder's own threads."""
    from homeassistant.components.recorder.history import get_significant_states  # noqa: PLC0415 - see above

    start = begin = past.end - timedelta(days=DAYS)
    last = 0.0
    while begin < past.end:
        rows = get_significant_states(
            hass,
            # What is just on the border is in neither part.
            begin if begin == start else begin - _OVERLAP,
            min(begin + _SLICE, past.end),
            [past.entity_id],
            include_start_time_state=begin == start,
            significant_changes_only=False,
            # The unit of a number is among the attributes: it may have been another then.
            no_attributes=rule.condition.attribute is None and rule.condition.kind not in MEASURING,
        )
        for state in rows.get(past.entity_id, ()):
            assert not isinstance(state, dict)  # noqa: S101 - only the compressed format has dicts
            at = max(state.last_updated_timestamp, start.timestamp())
            if at > last:
                last = at
                yield at, past.seen(state, at)
        begin += _SLICE
