"""Stored alarms whose rule is not in the configuration.

Home Assistant writes its configuration a second after a change. When it is killed before that, a rule is lost whose
alarm may have been notified. The same happens to a rule that is removed while IoT Bridge is not loaded.
"""

from collections.abc import Iterable
import sqlite3

from ...const import LOGGER
from ..engine.kinds import AlarmKind, Condition
from ..engine.models import AlarmKey, Severity
from ..engine.rule import Rule
from .processor import AlarmProcessor
from .restored_alarms import RestoredAlarms
from .store import Batch, HistoryQuery


async def async_end_orphans(processor: AlarmProcessor, restored: RestoredAlarms, rule_ids: Iterable[str]) -> None:
    """Delete the alarms of all other rules, and clear those that were notified."""
    for rule_id in restored.rule_ids().difference(rule_ids):
        rule = await _async_removed_rule(processor, rule_id)
        for subject in restored.subjects(rule_id):
            if (instance := restored.take(rule, subject)) is None:
                processor.async_write(Batch(instances={AlarmKey(rule_id, subject): None}))
            else:
                processor.async_add(instance)
                processor.async_remove(instance)


async def _async_removed_rule(processor: AlarmProcessor, rule_id: str) -> Rule:
    """Return a removed rule as far as it is known: its name from the history, if that can be read."""
    try:
        rows = await processor.async_history(HistoryQuery(rules=(rule_id,), limit=1))
    except (sqlite3.Error, OSError) as error:
        LOGGER.warning("The name of an alarm rule that was removed cannot be read: %s", error)
        rows = []
    name = rows[0]["rule"] if rows else ""
    return Rule(rule_id=rule_id, name=name, severity=Severity.WARNING, condition=Condition(kind=AlarmKind.EVENT))
