"""Costs of a thousand alarms in a real Home Assistant, beside its own automations and Alert2 doing the same.

Each in a Home Assistant of its own with a real broker, in turns, there and back; and one without any rules. An
integration of the benchmark changes values inside, and looks at the clock of the event loop. The recorder is off: it
adds the same to each.
"""

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
import json
from pathlib import Path
import re
import statistics
import sys
import tempfile
import time

from lab.client import Json
from lab.lab import Lab
from lab.waiting import until

from . import alarm_crowds as crowds, alarm_rivals as rivals, command_line
from .report import Report
from .rigged import set_up

OTHER, WATCHED = 1000, 5000
CHANGES = 5000
BURSTS = 4
PER_S = 500
PAUSE_S = 0.1
QUIET_S = 5.0
WELL, BAD = 20, 1000
DOMAINS = {rivals.OURS: "iotbridge", rivals.AUTOMATIONS: "automation", rivals.ALERT2: "alert2"}


@dataclass
class Measurements:
    """Measurements of one contestant, over all its turns."""

    contestant: str
    other_us: list[float] = field(default_factory=list)
    watched_us: list[float] = field(default_factory=list)
    share: list[float] = field(default_factory=list)
    delays_ms: list[float] = field(default_factory=list)
    full_ms: list[float] = field(default_factory=list)
    objects: list[int] = field(default_factory=list)
    collected_ms: list[float] = field(default_factory=list)
    lost: int = 0
    trips: int = 0
    start_s: list[float] = field(default_factory=list)
    setup_s: list[float] = field(default_factory=list)
    again_s: list[float] = field(default_factory=list)


def main() -> int:
    parser = command_line.parser("alarms", __doc__)
    parser.add_argument("--rules", type=int, default=WATCHED // rivals.PER_RULE, help="1000")
    parser.add_argument("--trips", type=int, default=150, help="messages that raise an alarm, in each turn; 150")
    parser.add_argument("--alert2", type=Path, help="custom_components/alert2 of a checkout; left out without")
    parser.add_argument("--only", help="one of them beside nobody: IoT Bridge, automations or Alert2")
    parser.add_argument("--once", action="store_true", help="one turn of each")
    return command_line.run(_run, parser.parse_args())


async def _run(options: argparse.Namespace) -> None:
    report = Report("alarms")
    names = [rivals.NOBODY, rivals.OURS, rivals.AUTOMATIONS, *([rivals.ALERT2] if options.alert2 else [])]
    if options.only:
        names = [rivals.NOBODY, options.only]
    results = {name: Measurements(name) for name in names}
    for name in names if options.once else [*names, *reversed(names)]:
        with tempfile.TemporaryDirectory(prefix="iotbridge-bench-") as folder:
            async with Lab(Path(folder)) as lab:
                await _turn(lab, results[name], options)
        print(f"{name}: measured", flush=True)
    nobody = results[rivals.NOBODY]
    others = [results[name] for name in names[1:]]
    title = f"Event loop, {options.rules:,} rules over {options.rules * rivals.PER_RULE:,} entities; µs are medians"
    report.add(LOOP_HEAD, [_loop_row(measurements, nobody) for measurements in results.values()], title=title)
    title = f"From publishing to the call of the notify action, while {PER_S} other values change in a second"
    report.add(DELAY_HEAD, [_delay_row(measurements) for measurements in others], title=title)
    report.add(
        START_HEAD,
        [_start_row(measurements) for measurements in results.values()],
        title="Start, and what stays in memory",
    )
    if options.only in {None, rivals.OURS}:
        crowds.add(report, await crowds.measure(rivals.NOBODY), await crowds.measure(rivals.OURS))
    report.finish(write=options.write)


# ---------------------------------------------------------------- one turn


async def _turn(lab: Lab, measurements: Measurements, options: argparse.Namespace) -> None:
    """Set everything up, start once more with the rules, and measure."""
    home = await set_up(lab, iot_bridge=measurements.contestant == rivals.OURS)
    wanted = rivals.rules(options.rules)
    more = rivals.write(measurements.contestant, home.folder, wanted)
    home.rig(f"bench_probe: {{other: {OTHER}, watched: {WATCHED}}}\n{more}", options.alert2)
    await _tripped(lab)
    if measurements.contestant == rivals.OURS:
        # The entities of new rules are created once; the benchmark counts every start after that.
        await home.start()
        await until(lambda: _rules_there(lab, len(wanted)), timeout_s=120, what="entities of all rules")
        await asyncio.sleep(QUIET_S * 3)
        await home.stop()
    began = time.monotonic()
    await home.start()
    measurements.start_s.append(time.monotonic() - began)
    await until(lambda: _all_well(lab), timeout_s=60, what="values of all that is to be tripped")
    await asyncio.sleep(QUIET_S)
    if measurements.contestant in DOMAINS:
        timings = await lab.client.command("integration/setup_info")
        measurements.setup_s += [row["seconds"] for row in timings if row["domain"] == DOMAINS[measurements.contestant]]
    for _ in range(BURSTS):
        measurements.other_us.append(await _burst(lab, "other"))
        measurements.watched_us.append(await _burst(lab, "watched"))
    await _taken(lab)
    answer = await lab.client.call("bench_probe.collect", response=True)
    measurements.full_ms.append(answer["ms"])
    measurements.objects.append(answer["objects"])
    await _stream(lab, measurements, options.trips)
    if measurements.contestant == rivals.OURS:
        answer = await lab.client.call(
            "bench_probe.reload", {"domain": DOMAINS[measurements.contestant]}, response=True
        )
        measurements.again_s.append(answer["s"])


async def _burst(lab: Lab, group: str) -> float:
    answer = await lab.client.call("bench_probe.burst", {"group": group, "changes": CHANGES}, response=True)
    return float(answer["us"])


async def _taken(lab: Lab) -> list[Json]:
    answer = await lab.client.call("bench_probe.taken", response=True)
    notifications: list[Json] = answer["notifications"]
    return notifications


async def _stream(lab: Lab, measurements: Measurements, trips: int) -> None:
    """Change values continuously, first alone, then with messages that raise alarms."""
    data = {"group": "watched", "per_s": PER_S, "seconds": QUIET_S}
    answer = await lab.client.call("bench_probe.stream", data, response=True)
    measurements.share.append(answer["share"])
    if measurements.contestant == rivals.NOBODY:
        return
    data["seconds"] = trips * PAUSE_S + QUIET_S
    stream = asyncio.create_task(lab.client.call("bench_probe.stream", data, response=True))
    published: dict[int, float] = {}
    async with lab.broker.client() as mqtt:
        for number in range(trips):
            # Half a round later it is normal again.
            await mqtt.publish(f"bench/{(number + rivals.TRIPPED // 2) % rivals.TRIPPED}", str(WELL))
            await asyncio.sleep(PAUSE_S / 2)
            published[BAD + number] = time.time()
            await mqtt.publish(f"bench/{number % rivals.TRIPPED}", str(BAD + number))
            await asyncio.sleep(PAUSE_S / 2)
    measurements.collected_ms.append((await stream)["collected_ms"])
    received_at: dict[int, float] = {}
    for message in await _taken(lab):
        for value in re.findall(r"\b\d{4}\b", message["message"]):
            received_at.setdefault(int(value), message["at"])
    measurements.delays_ms += [
        (received_at[value] - at) * 1000 for value, at in published.items() if value in received_at
    ]
    measurements.lost += len(published.keys() - received_at.keys())
    measurements.trips += len(published)


async def _tripped(lab: Lab) -> None:
    """Make the broker retain the MQTT entities, all of them normal."""
    async with lab.broker.client() as mqtt:
        for number in range(rivals.TRIPPED):
            config = {
                "unique_id": f"bench_tripped_{number}",
                "default_entity_id": f"sensor.tripped_{number}",
                "name": f"Tripped {number}",
                "state_topic": f"bench/{number}",
                "unit_of_measurement": "°C",
                "device_class": "temperature",
            }
            await mqtt.publish(f"homeassistant/sensor/bench_{number}/config", json.dumps(config), qos=1, retain=True)
            await mqtt.publish(f"bench/{number}", str(WELL), qos=1, retain=True)


async def _all_well(lab: Lab) -> bool:
    states = await lab.client.rest("GET", "states")
    tripped = [state["state"] for state in states if state["entity_id"].startswith("sensor.tripped_")]
    return len(tripped) == rivals.TRIPPED and set(tripped) <= {str(WELL), f"{WELL}.0"}


async def _rules_there(lab: Lab, count: int) -> bool:
    states = await lab.client.rest("GET", "states")
    problems = [state for state in states if state["attributes"].get("device_class") == "problem"]
    return len(problems) >= count


# ---------------------------------------------------------------- tables

LOOP_HEAD = ["who", "a value no rule watches, µs", "more than nobody", "a watched value, µs", "more than nobody",
             f"loop busy at {PER_S} changes/s, %"]  # fmt: skip
DELAY_HEAD = [
    "who",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "max ms",
    "notified",
    "not notified",
    "longest garbage collection, ms",
]
START_HEAD = ["who", "start of Home Assistant, s", "of it set-up of the integration, s",
              "set-up again, processor s", "full garbage collection, ms",
              "of objects"]  # fmt: skip


def _loop_row(measurements: Measurements, nobody: Measurements) -> list[str]:
    other, watched = statistics.median(measurements.other_us), statistics.median(measurements.watched_us)
    return [
        measurements.contestant,
        f"{other:.1f}",
        f"{other - statistics.median(nobody.other_us):.1f}",
        f"{watched:.1f}",
        f"{watched - statistics.median(nobody.watched_us):.1f}",
        " and ".join(f"{share * 100:.1f}" for share in measurements.share),
    ]


def _delay_row(measurements: Measurements) -> list[str]:
    delays = sorted(measurements.delays_ms) or [float("nan")]
    percentiles = [f"{_percentile(delays, share):.1f}" for share in (0.50, 0.95, 0.99, 1.0)]
    return [
        measurements.contestant,
        *percentiles,
        str(len(measurements.delays_ms)),
        str(measurements.lost),
        " and ".join(f"{ms:.0f}" for ms in measurements.collected_ms),
    ]


def _percentile(values: Sequence[float], share: float) -> float:
    return values[min(len(values) - 1, round(share * (len(values) - 1)))]


def _start_row(measurements: Measurements) -> list[str]:
    return [
        measurements.contestant,
        " and ".join(f"{value:.1f}" for value in measurements.start_s),
        " and ".join(f"{value:.2f}" for value in measurements.setup_s),
        " and ".join(f"{value:.2f}" for value in measurements.again_s),
        " and ".join(f"{value:.0f}" for value in measurements.full_ms),
        f"{max(measurements.objects):,}",
    ]


if __name__ == "__main__":
    sys.exit(main())
