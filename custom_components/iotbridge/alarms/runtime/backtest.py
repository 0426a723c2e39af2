"""Backtest of a rule: the outages for which it would have been raised, from the recorder's history."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
import time

from homeassistant.core import HomeAssistant, State
from homeassistant.helpers.recorder import get_instance, session_scope
from homeassistant.util import dt as dt_util

from ..engine import lifecycle
from ..engine.evaluation.evaluator import Evaluator
from ..engine.evaluation.snapshot import UNAVAILABLE, EntitySnapshot
from ..engine.evaluation.state import NOT_LOADED_S
from ..engine.kinds import Condition
from ..engine.models import Alarm, AlarmKey, Change, Evaluation, Transition
from ..engine.rule import Rule
from .limit_units import snapshot_of

DAYS = 7
MAX_ENTITIES = 200
# The user waits for the dialog, which shows how many entities were skipped.
BUDGET_S = 60.0
# Period that is read at once, so that a sensor with ten values a second needs no gigabytes of memory.
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
    skipped: int
    until: float

    @property
    def longest_s(self) -> float:
        """Return the duration of the longest outage in seconds."""
        return max(((outage.cleared_at or self.until) - outage.raised_at for _, outage in self.outages), default=0.0)


def replay(rule: Rule, series: Iterable[tuple[float, EntitySnapshot | None]], until: float) -> list[Outage]:
    """Return the outages in a series of readings, each with its time; pure."""
    evaluator = Evaluator(rule.condition, rule.severity)
    alarm = Alarm(key=AlarmKey(rule.rule_id, ""))
    outages: list[Outage] = []

    def record(transitions: Iterable[Transition]) -> None:
        for transition in transitions:
            if transition.change is Change.RAISED:
                outages.append(Outage(transition.at, None, transition.value or transition.reason))
            elif transition.change is Change.CLEARED:
                outages[-1] = Outage(outages[-1].raised_at, transition.at, outages[-1].value)

    def apply(evaluation: Evaluation, now: float) -> None:
        record(lifecycle.evaluate(alarm, rule.timing, evaluation, now))

    now = 0.0
    for at, snapshot in series:
        _pass_time(rule, evaluator, alarm, (now, at), apply, record)
        now = max(now, at)
        apply(evaluator.update(snapshot, now), now)
    _pass_time(rule, evaluator, alarm, (now, until), apply, record)
    return outages


def _pass_time(
    rule: Rule,
    evaluator: Evaluator,
    alarm: Alarm,
    period: tuple[float, float],
    apply: Callable[[Evaluation, float], None],
    record: Callable[[Iterable[Transition]], None],
) -> None:
    """Apply the deadlines between two readings, in order."""
    now, until = period
    while True:
        hold_due, evaluation_due = lifecycle.due(alarm, rule.timing), evaluator.due(now)
        due = min((at for at in (hold_due, evaluation_due) if at is not None), default=until)
        if due >= until:
            return
        now = max(now, due)
        if evaluation_due is not None and evaluation_due <= now:
            apply(evaluator.evaluate(now), now)
        record(lifecycle.tick(alarm, rule.timing, now))


def reason_against(hass: HomeAssistant, rule: Rule) -> str | None:
    """Return the reason why a rule cannot be backtested, as an abort reason of the dialog; None when it can."""
    if not rule.condition.traits.has_entities:
        return "no_history"
    return None if "recorder" in hass.config.components else "no_recorder"


async def async_backtest(
    hass: HomeAssistant, rule: Rule, entity_ids: Iterable[str], progress: Callable[[float], None]
) -> Backtest:
    """Replay the history of entities, one after the other; ``progress`` gets the share that is done.

    ``reason_against`` has to return None for the rule.
    """
    selected = sorted(entity_ids)
    entities = selected[:MAX_ENTITIES]
    end = dt_util.utcnow()
    started = time.monotonic()
    outages: list[tuple[str, Outage]] = []
    done = 0
    starts = await get_instance(hass).async_add_executor_job(_starts, hass, end - timedelta(days=DAYS))
    for entity_id in entities:
        if time.monotonic() - started > BUDGET_S:
            break
        reader = _HistoryReader(hass, rule.condition, entity_id, starts, end)
        found = await get_instance(hass).async_add_executor_job(_replayed, hass, rule, reader)
        outages += [(entity_id, outage) for outage in found]
        done += 1
        progress(done / len(entities))
    outages.sort(key=lambda item: item[1].raised_at, reverse=True)
    return Backtest(outages, done, len(selected) - done, end.timestamp())


@dataclass(frozen=True, slots=True)
class _HistoryReader:
    """Reader of the history of an entity."""

    hass: HomeAssistant
    condition: Condition
    entity_id: str
    starts: Sequence[float]
    end: datetime

    def snapshot(self, state: State, at: float) -> EntitySnapshot:
        """Return the snapshot of a recorded state.

        The recorder does not store that a state is only a placeholder until its integration is loaded.
        """
        snapshot = snapshot_of(self.hass, self.condition, state, at)
        if state.state == UNAVAILABLE and any(start <= at < start + NOT_LOADED_S for start in self.starts):
            return replace(snapshot, attributes={**snapshot.attributes, "restored": True})
        return snapshot


def _starts(hass: HomeAssistant, since: datetime) -> list[float]:
    """Return the times at which Home Assistant was started; reads the database, in a thread of the recorder."""
    # Imported only where the recorder runs: it needs a database library.
    from homeassistant.components.recorder.db_schema import RecorderRuns  # noqa: PLC0415

    with session_scope(hass=hass, read_only=True) as session:
        runs = session.query(RecorderRuns.start).filter(RecorderRuns.start >= since).all()
    return [start.replace(tzinfo=dt_util.UTC).timestamp() for (start,) in runs]


def _replayed(hass: HomeAssistant, rule: Rule, reader: _HistoryReader) -> list[Outage]:
    return replay(rule, _readings(hass, rule, reader), reader.end.timestamp())


def _readings(hass: HomeAssistant, rule: Rule, reader: _HistoryReader) -> Iterator[tuple[float, EntitySnapshot | None]]:
    """Yield the recorded states of an entity in order; reads the database, in a thread of the recorder."""
    from homeassistant.components.recorder.history import get_significant_states  # noqa: PLC0415 - see above

    start = begin = reader.end - timedelta(days=DAYS)
    last = 0.0
    while begin < reader.end:
        rows = get_significant_states(
            hass,
            # A state exactly on the border would be in neither part.
            begin if begin == start else begin - _OVERLAP,
            min(begin + _SLICE, reader.end),
            [reader.entity_id],
            include_start_time_state=begin == start,
            significant_changes_only=False,
            # The unit of a number is among the attributes: it may have changed since.
            no_attributes=rule.condition.attribute is None and not rule.condition.traits.is_measuring,
        )
        for state in rows.get(reader.entity_id, ()):
            assert not isinstance(state, dict)  # noqa: S101 - only the compressed format has dicts
            at = max(state.last_updated_timestamp, start.timestamp())
            if at > last:
                last = at
                yield at, reader.snapshot(state, at)
        begin += _SLICE
