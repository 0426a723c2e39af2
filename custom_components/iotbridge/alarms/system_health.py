"""Lines of alarms under System information."""

from typing import Any

from .engine.models import Severity
from .manager import AlarmsManager


def alarms_system_health(alarms: AlarmsManager) -> dict[str, Any]:
    """Return the numbers of rules and of active alarms."""
    return {
        "alarm_rules": len(alarms.rules),
        "alarms_active": sum(alarms.count(severity, unacknowledged=False) for severity in Severity),
        "alarms_unacknowledged": sum(alarms.count(severity, unacknowledged=True) for severity in Severity),
        "maintenance": alarms.is_maintenance_on,
    }
