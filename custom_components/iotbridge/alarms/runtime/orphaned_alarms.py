"""Alarms in the store whose rule is not in the configuration.

Home Assistant writes its configuration a second after a change. When it is killed before that, a rule is gone whose
alarm may have been told. The same happens to a rule that is removed while IoT Bridge is not loaded.
"""

from collections.abc import Iterable
import sqlite3

from ...const import LOGGER
from ..engine.models import AlarmKey, Severity
from ..engine.rule import AlarmKind, Condition, Rule
from .processor import AlarmProcessor
from .restored_alarms import RestoredAlarms
from .store import Batch, HistoryQuery


async def async_end_orphans(processor: AlarmProcessor, restored: RestoredAlarms, rule_ids: Iterable[str]) -> None:
    """Delete the alarms of all other rules; tell whoever was told of one that it is over."""
    for rule_id in restored.rule_ids().difference(rule_ids):
        rule = await _async_former(processor, rule_id)
        for subject in restored.subjects(rule_id):
            if (instance := restored.take(rule, subject)) is None:
                processor.async_write(Batch(instances={AlarmKey(rule_id, subject): None}))
            else:
                processor.async_add(instance)
                processor.async_remove(instance)


async def _async_former(processor: AlarmProcessor, rule_id: str) -> Rule:
    """Return what is known of a rule that is no more: its name, as it is in the history if that can be read."""
    try:
        rows = await processor.async_history(HistoryQuery(rules=(rule_id,), limit=1))
    except (sqlite3.Error, OSError) as error:
        LOGGER.warning("The name of an alarm rule that was removed cannot be read: %s", error)
        rows = []
    name = rows[0]["rule"] if rows else ""
    return Rule(rule_id=rule_id, name=name, severity=Severity.WARNING, condition=Condition(kind=AlarmKind.EVENT))
