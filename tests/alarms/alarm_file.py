"""Repairs and history of alarms whose file does not work."""

from custom_components.iotbridge.alarms.runtime.store import MAX_ROWS, HistoryQuery
from homeassistant.helpers import issue_registry as ir
from tests.alarms.home import alarms
from tests.kit import Kit

NOT_WRITTEN = "alarms_not_written"


def repairs(kit: Kit) -> set[str]:
    """Return the kinds of open repairs."""
    return {issue.translation_key or "" for issue in ir.async_get(kit.hass).issues.values()}


async def changes(kit: Kit) -> list[str]:
    """Return the whole history, the oldest row first."""
    rows = await alarms(kit).async_history(HistoryQuery(limit=MAX_ROWS))
    return [f"{row['change']} {row['subject']}" for row in reversed(rows)]
