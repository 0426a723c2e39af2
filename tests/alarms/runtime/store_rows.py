"""Rows of the history for tests of the store."""

from custom_components.iotbridge.alarms.engine.models import AlarmKey, AlarmState, Change, Severity, Transition
from custom_components.iotbridge.alarms.runtime.store import AlarmStore, HistoryQuery

START = 1_700_000_000.0


def history_row(
    subject: str, at: float, *, rule_id: str = "rule", change: Change = Change.RAISED, why: str = ""
) -> tuple[str, Transition]:
    """Return the name of a rule with a transition of its alarm, as the history stores them."""
    key = AlarmKey(rule_id, subject)
    states = (AlarmState.NORMAL, AlarmState.UNACKNOWLEDGED)
    return "Hot", Transition(
        key=key,
        change=change,
        before=states[0],
        after=states[1],
        at=at,
        severity=Severity.WARNING,
        episode=1,
        reason=why,
    )


def subjects(store: AlarmStore, query: HistoryQuery) -> list[str]:
    """Return the entities of the rows of a query, in their order."""
    return [row["subject"] for row in store.history(query)]
