"""Diagnostics of alarms: kinds and states, without names, values and recipients."""

from collections import Counter
from dataclasses import asdict
from typing import Any

from .engine.models import Alarm
from .engine.rule import Rule
from .manager import AlarmsManager


def alarms_diagnostics(alarms: AlarmsManager) -> dict[str, Any]:
    """Return the rules by kind with the states of their alarms."""
    return {
        "maintenance": alarms.is_maintenance_on,
        "windows": len(alarms.timed_windows),
        "rules": [_rule(rule, alarms.alarms(rule.rule_id)) for rule in alarms.rules.values()],
    }


def _rule(rule: Rule, alarms: list[Alarm]) -> dict[str, Any]:
    return {
        "kind": rule.condition.kind.value,
        "severity": rule.severity.word,
        "timing": asdict(rule.timing),
        "steps": [{"after_s": step.after_s, "groups": len(step.groups)} for step in rule.escalation.steps],
        "repeat_s": rule.escalation.repeat_s,
        "selected_by": [name for name, values in asdict(rule.selection).items() if values],
        "parents": len(rule.parents),
        "states": dict(Counter(alarm.state.value for alarm in alarms)),
        "not_judged": sum(alarm.last_evaluation.is_active is None for alarm in alarms),
    }
