"""Load of many simultaneous alarms in a real Home Assistant: longest busy stretch of the event loop, and total.

An outage, a burst and many that only report, each beside a Home Assistant without any rules to which the same happens.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
import json
from pathlib import Path
import tempfile

from lab.client import Json
from lab.lab import Lab
from lab.waiting import until

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Severity
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep, Rule, Selection

from . import alarm_rivals as rivals
from .report import Report
from .rigged import set_up

CROWD, SILENT = 1000, 500
REPORTS_PER_S = 100
REPORTING_S = 30
# Missing entities raise alarms after two seconds; then everything must become quiet again.
SETTLE_S = 8
# Integrations have half a minute after a start to restore their entities; before that none counts as missing.
GRACE_S = 35
AVAILABILITY = "bench/crowd/availability"


@dataclass(frozen=True)
class Crowd:
    """Measurements of a case: processor time of the event loop's thread in ms, longest and total, and messages sent."""

    case: str
    longest_ms: float
    all_ms: float
    notifications: int


async def measure(contestant: str) -> list[Crowd]:
    """Measure all cases in a Home Assistant without rules, or with those of IoT Bridge."""
    with tempfile.TemporaryDirectory(prefix="iotbridge-bench-") as folder:
        async with Lab(Path(folder)) as lab:
            home = await set_up(lab, iot_bridge=contestant == rivals.OURS)
            if contestant == rivals.OURS:
                rivals.into_entry(home.folder, _rules(), {})
            home.rig(f"bench_probe: {{burst: {CROWD}, silent: {SILENT}}}\n")
            await _announced(lab)
            await home.start()
            await until(lambda: _available(lab), timeout_s=120, what="entities of the host that will be gone")
            await asyncio.sleep(GRACE_S)
            return await _cases(lab)


async def _cases(lab: Lab) -> list[Crowd]:
    found = []
    for payload, case in (("offline", "outage"), ("online", "its end")):
        following = asyncio.create_task(_call(lab, "follow", {"seconds": SETTLE_S}))
        await asyncio.sleep(0.5)
        async with lab.broker.client() as mqtt:
            await mqtt.publish(AVAILABILITY, payload, qos=1, retain=True)
        found.append(_crowd(f"{case}, {CROWD:,} entities of a host by one message", await following))
    for value, case in ((rivals.LIMIT + 10, "burst"), (rivals.LIMIT - 60, "its end")):
        answer = await _call(lab, "blast", {"group": "burst", "value": str(value), "seconds": SETTLE_S})
        found.append(_crowd(f"{case}, {CROWD:,} values in one go", answer))
    answer = await _call(lab, "report", {"group": "silent", "per_s": REPORTS_PER_S, "seconds": REPORTING_S})
    found.append(_crowd(f"{SILENT} that are watched for silence, {REPORTS_PER_S * REPORTING_S:,} reports", answer))
    return found


def _crowd(case: str, answer: Json) -> Crowd:
    return Crowd(case, answer["longest_ms"], answer["all_ms"], answer["notifications"])


async def _call(lab: Lab, name: str, data: Json) -> Json:
    answer: Json = await lab.client.call(f"bench_probe.{name}", data, response=True)
    return answer


def _rules() -> list[Rule]:
    cases = {
        "Gone": (Condition(kind=AlarmKind.UNAVAILABLE), [f"sensor.crowd_{number}" for number in range(CROWD)]),
        "Burst": (Condition(kind=AlarmKind.ABOVE, above=rivals.LIMIT), [f"sensor.burst_{n}" for n in range(CROWD)]),
        "Silent": (
            Condition(kind=AlarmKind.NO_DATA, silent_s=24 * 3600.0),
            [f"sensor.silent_{n}" for n in range(SILENT)],
        ),
    }
    return [
        Rule(
            rule_id="",
            name=name,
            severity=Severity.WARNING,
            condition=condition,
            selection=Selection(entities=tuple(entities)),
            escalation=EscalationPolicy(steps=(EscalationStep(after_s=0.0, groups=(rivals.GROUP,)),)),
        )
        for name, (condition, entities) in cases.items()
    ]


async def _announced(lab: Lab) -> None:
    """Make the broker retain a device with many entities that become available and unavailable together."""
    config = {
        "device": {"identifiers": ["bench_crowd"], "name": "Crowd"},
        "origin": {"name": "benchmark"},
        "availability": [{"topic": AVAILABILITY}],
        "state_topic": "bench/crowd/state",
        "components": {
            f"crowd_{number}": {
                "platform": "sensor",
                "unique_id": f"bench_crowd_{number}",
                "default_entity_id": f"sensor.crowd_{number}",
                "name": f"Crowd {number}",
            }
            for number in range(CROWD)
        },
    }
    async with lab.broker.client() as mqtt:
        await mqtt.publish("homeassistant/device/bench_crowd/config", json.dumps(config), qos=1, retain=True)
        await mqtt.publish(AVAILABILITY, "online", qos=1, retain=True)
        await mqtt.publish("bench/crowd/state", "20", qos=1, retain=True)


async def _available(lab: Lab) -> bool:
    states = await lab.client.rest("GET", "states")
    return [s["state"] for s in states if s["entity_id"].startswith("sensor.crowd_")] == ["20"] * CROWD


HEAD = (
    "what happens",
    "without rules: in one go, ms",
    "in all, ms",
    "IoT Bridge: in one go, ms",
    "in all, ms",
    "messages",
)


def add(report: Report, nobody: Sequence[Crowd], ours: Sequence[Crowd]) -> None:
    """Add the table to the report."""
    rows = [
        (
            with_rules.case,
            f"{without_rules.longest_ms:.0f}",
            f"{without_rules.all_ms:.0f}",
            f"{with_rules.longest_ms:.0f}",
            f"{with_rules.all_ms:.0f}",
            str(with_rules.notifications),
        )
        for without_rules, with_rules in zip(nobody, ours, strict=True)
    ]
    report.add(HEAD, rows, title="Many together, processor time of the event loop's thread")
