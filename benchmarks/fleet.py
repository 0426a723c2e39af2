"""500 hosts in a real Home Assistant, compared with core MQTT alone.

The two run one after the other, in turns (with, without, without, with), each with a new Home Assistant and broker.
All hosts appear within two seconds. Then each sends statuses in which all ten readings changed. Processor time is
that of the Home Assistant process, less what it takes when nothing happens.
"""

import argparse
import asyncio
from dataclasses import dataclass, fields
from pathlib import Path
import statistics
import sys
import tempfile
import time

from lab.home_assistant import HomeAssistant
from lab.lab import Lab
from lab.waiting import LabError

from . import command_line
from .report import Report
from .simulated_hosts import ENTITIES, Fleet, SimulatedHost, numeric_sensors

HEAD = ["what", "with IoT Bridge", "core MQTT alone", "ratio"]
OUR_ENTITIES = 2
"""Power state and the event of commands, in addition to those of the agent."""
TURNS = (True, False, False, True)
DEADLINE_S = 90.0
REPORT_EVERY_S = 7.0
VALUE_STEP = 100
QUIET_S = 4.0
QUIET_CPU = 0.1
INTERVAL_S = 30.0
POLL_S = 0.25
COUNT = "{{ states | count }}"
WITH_VALUE = "{{ states.sensor | rejectattr('state', 'in', ['unknown', 'unavailable']) | list | count }}"


@dataclass(frozen=True)
class Run:
    """Measurements of one run in a Home Assistant."""

    entities_s: float
    values_percent: float
    cpu_ms_per_agent: float
    cpu_ms_per_report: float
    rss_mb: float


LABELS = {
    "entities_s": "all entities in the registry, s",
    "values_percent": f"sensors with a value {QUIET_S:g} s later, %",
    "cpu_ms_per_agent": "CPU until it is quiet again, ms per agent",
    "cpu_ms_per_report": "CPU per status report of 10 changed values, ms",
    "rss_mb": "memory of Home Assistant at the end, MB RSS",
}


class PlainHomeAssistant(HomeAssistant):
    """Home Assistant with its own integrations only."""

    def _prepare(self) -> None:
        super()._prepare()
        (self.folder / "custom_components" / "iotbridge").unlink()


def main() -> int:
    parser = command_line.parser("fleet", __doc__)
    parser.add_argument("--agents", type=int, default=500, help="simulated; 500")
    parser.add_argument("--rounds", type=int, default=3, help="of status reports; 3")
    return command_line.run(_run, parser.parse_args())


async def _run(options: argparse.Namespace) -> None:
    report = Report("fleet")
    sensors = await numeric_sensors()
    hosts = [SimulatedHost(number, sensors) for number in range(options.agents)]
    runs: dict[bool, list[Run]] = {True: [], False: []}
    for ours in TURNS:
        with tempfile.TemporaryDirectory(prefix="iotbridge-bench-") as name:
            run = await _measure(Path(name), hosts, ours=ours, rounds=options.rounds)
        print("with IoT Bridge:" if ours else "core MQTT alone:", run, flush=True)
        runs[ours].append(run)
    message = len(hosts[0].discovery())
    title = f"{len(hosts)} simulated agents, {ENTITIES} entities each (discovery {message:,} bytes); both runs of each"
    report.add(HEAD, [_row(field.name, runs) for field in fields(Run)], title=title)
    report.finish(write=options.write)


async def _measure(folder: Path, hosts: list[SimulatedHost], *, ours: bool, rounds: int) -> Run:
    async with Lab(folder) as lab:
        if not ours:
            lab.home_assistant = PlainHomeAssistant(folder / "config")
        await lab.broker.start()
        await lab.home_assistant.start()
        await lab.set_up_mqtt()
        if ours:
            await lab.set_up_iotbridge()
        await asyncio.sleep(QUIET_S)
        async with lab.broker.client() as client:
            client.pending_calls_threshold = 10 * len(hosts)
            fleet = Fleet(client, hosts)
            idle = await _idle_cpu(lab)
            entities_s, values_percent, cpu = await _appear(lab, fleet, idle, ours=ours)
            per_report = await _report(lab, fleet, idle, rounds)
            return Run(entities_s, values_percent, cpu, per_report, lab.home_assistant.program.rss_mb())


async def _idle_cpu(lab: Lab) -> float:
    """Return the processor time of an idle second."""
    before = lab.home_assistant.program.cpu_s()
    await asyncio.sleep(QUIET_S)
    return (lab.home_assistant.program.cpu_s() - before) / QUIET_S


async def _quiet(lab: Lab) -> None:
    """Wait until Home Assistant is idle, including the saving of its registries."""
    deadline = time.monotonic() + DEADLINE_S
    while await _idle_cpu(lab) > QUIET_CPU:
        if time.monotonic() > deadline:
            raise LabError(f"Home Assistant was still busy after {DEADLINE_S:g} s")


async def _appear(lab: Lab, fleet: Fleet, idle: float, *, ours: bool) -> tuple[float, float, float]:
    """Add all hosts; return seconds to all entities, % of values soon after, CPU ms per agent."""
    program, hosts = lab.home_assistant.program, len(fleet.hosts)
    before = await _number(lab, COUNT)
    with_value = await _number(lab, WITH_VALUE)
    wanted = hosts * (ENTITIES + OUR_ENTITIES * ours)
    sensors = hosts * (len(fleet.hosts[0].sensors) + ours)
    cpu, started = program.cpu_s(), time.monotonic()
    speaking = asyncio.create_task(_report_regularly(fleet))
    try:
        entities_s = await _until(lab, COUNT, before + wanted, started, speaking)
        await asyncio.sleep(QUIET_S)
        values = await _number(lab, WITH_VALUE) - with_value
    finally:
        speaking.cancel()
        await asyncio.gather(speaking, return_exceptions=True)
    await _quiet(lab)
    used = program.cpu_s() - cpu - idle * (time.monotonic() - started)
    return entities_s, values / sensors * 100, used / hosts * 1000


async def _report_regularly(fleet: Fleet) -> None:
    """Publish a status every 30 s; the steady reports of real agents do not depend on Home Assistant's birth."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(fleet.appear())
        while True:
            await fleet.report(1, over_s=INTERVAL_S)


async def _until(lab: Lab, template: str, wanted: int, started: float, speaking: asyncio.Task[None]) -> float:
    """Return the seconds since ``started`` when a template's number is reached."""
    while (number := await _number(lab, template)) < wanted:
        if speaking.done():
            speaking.result()
        if time.monotonic() - started > DEADLINE_S:
            raise LabError(f"{number} of {wanted} after {DEADLINE_S:g} s: {template}")
        await asyncio.sleep(POLL_S)
    return time.monotonic() - started


async def _number(lab: Lab, template: str) -> int:
    return int(await lab.client.rest("POST", "template", {"template": template}))


async def _report(lab: Lab, fleet: Fleet, idle: float, rounds: int) -> float:
    """Return CPU milliseconds per status report."""
    program = lab.home_assistant.program
    cpu, started = program.cpu_s(), time.monotonic()
    for number in range(rounds):
        await fleet.report(VALUE_STEP * (number + 1), over_s=REPORT_EVERY_S)
    # The first sensor of each host has this number, and no other has. The query is not free, so it is not frequent.
    last = f"{{{{ states.sensor | selectattr('state', 'eq', '{VALUE_STEP * rounds}') | list | count }}}}"
    await asyncio.sleep(QUIET_S)
    while (arrived := await _number(lab, last)) < len(fleet.hosts):
        if time.monotonic() - started > DEADLINE_S:
            raise LabError(f"the last status of {arrived} hosts arrived, expected {len(fleet.hosts)}")
        await asyncio.sleep(QUIET_S)
    used = program.cpu_s() - cpu - idle * (time.monotonic() - started)
    return used / (rounds * len(fleet.hosts)) * 1000


def _row(field: str, runs: dict[bool, list[Run]]) -> list[str]:
    with_us, without = ([getattr(run, field) for run in runs[ours]] for ours in (True, False))
    ratio = statistics.mean(with_us) / statistics.mean(without)
    return [LABELS[field], _both(with_us), _both(without), f"{ratio:.2f}"]


def _both(figures: list[float]) -> str:
    return " and ".join(f"{figure:.2f}" for figure in figures)


if __name__ == "__main__":
    sys.exit(main())
