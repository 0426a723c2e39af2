"""The same thousand rules for IoT Bridge, for Home Assistant's own automations, and for Alert2."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
import json
from pathlib import Path
import secrets
from typing import Any

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Severity
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep, Rule, Selection

NOBODY, OURS, AUTOMATIONS, ALERT2 = "nobody", "IoT Bridge", "automations", "Alert2"
LIMIT = 80
PER_RULE = 5
TRIPPED = 40
"""Additional rules, each over one MQTT entity, for the way from a message to a notification."""
GROUP = "01BENCHGROUP00000000000000"

type Rules = Sequence[tuple[str, list[str]]]


def rules(count: int) -> Rules:
    """Return names and entities of the rules."""
    watched = [
        (f"Rule {number}", [f"sensor.watched_{number * PER_RULE + place}" for place in range(PER_RULE)])
        for number in range(count)
    ]
    return [*watched, *((f"Tripped {number}", [f"sensor.tripped_{number}"]) for number in range(TRIPPED))]


def write(contestant: str, folder: Path, wanted: Rules) -> str:
    """Write the rules for a contestant; return the additions to the configuration."""
    if contestant == OURS:
        # Everything must be notified at once, regardless of the number.
        into_entry(folder, (_rule(*rule) for rule in wanted), {"storm_per_minute": 0, "flapping_per_hour": 0})
    elif contestant == AUTOMATIONS:
        (folder / "bench.json").write_text(json.dumps([_automation(*rule) for rule in wanted]), encoding="utf-8")
        return "automation bench: !include bench.json\n"
    elif contestant == ALERT2:
        alerts = {"skip_internal_errors": True, "alerts": [_alert(*rule) for rule in wanted]}
        (folder / "bench.json").write_text(json.dumps(alerts), encoding="utf-8")
        return "alert2: !include bench.json\n"
    return ""


def into_entry(folder: Path, rules: Iterable[Rule], options: Mapping[str, Any]) -> None:
    """Write rules as subentries while Home Assistant is stopped: the dialogs would take minutes."""
    path = folder / ".storage" / "core.config_entries"
    document = json.loads(path.read_text(encoding="utf-8"))
    entry = next(entry for entry in document["data"]["entries"] if entry["domain"] == "iotbridge")
    entry["subentries"] = list(_subentries(rules))
    entry["options"] |= options
    path.write_text(json.dumps(document), encoding="utf-8")


def _rule(name: str, entities: list[str]) -> Rule:
    return Rule(
        rule_id="",
        name=name,
        severity=Severity.WARNING,
        condition=Condition(kind=AlarmKind.ABOVE, above=LIMIT),
        selection=Selection(entities=tuple(entities)),
        escalation=EscalationPolicy(steps=(EscalationStep(after_s=0.0, groups=(GROUP,)),)),
    )


def _subentries(rules: Iterable[Rule]) -> Iterator[dict[str, Any]]:
    target = {"kind": "action", "action": "notify.bench", "data": {}}
    group = {"targets": [target], "fallback": [], "break_through": False}
    yield {"subentry_id": GROUP, "subentry_type": "notifier", "title": "Bench", "unique_id": None, "data": group}
    for rule in rules:
        yield {
            "subentry_id": f"01{secrets.token_hex(12).upper()}",
            "subentry_type": "alarm",
            "title": rule.name,
            "unique_id": None,
            "data": rule.as_dict(),
        }


def _automation(name: str, entities: list[str]) -> dict[str, Any]:
    message = {"title": name, "message": "{{ trigger.to_state.name }}: {{ trigger.to_state.state }}"}
    return {
        "alias": name,
        "triggers": [{"trigger": "numeric_state", "entity_id": entities, "above": LIMIT}],
        "actions": [{"action": "notify.bench", "data": message}],
    }


def _alert(name: str, entities: list[str]) -> dict[str, Any]:
    values = ", ".join(f"states('{entity_id}') | float(0)" for entity_id in entities)
    return {
        "domain": "bench",
        "name": name.replace(" ", "_").lower(),
        "condition": f"{{{{ [{values}] | max > {LIMIT} }}}}",
        "message": f"{{{{ [{values}] | max }}}}",
        "notifier": "bench",
    }
