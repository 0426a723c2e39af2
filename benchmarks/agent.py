"""Costs of the agent, compared with similar programs, in one run at one time on one machine.

Each has a Mosquitto of its own on loopback with one subscriber of "#". First each is started several times on its
own, in turns, for the time from process start to its word that it is online; then all run side by side.
"""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
import statistics
import sys
import tempfile
import time

from lab.waiting import LabError

from . import command_line
from .contestants import BareLoop, Contestant, IotBridge, Lnxlink
from .process_costs import Costs, costs
from .report import Report
from .traffic import ReceivedMessage, listening

SETTLING_S = 30


@dataclass(frozen=True)
class Measured:
    """Measurements of an agent in the run side by side."""

    name: str
    early: Costs
    costs: Costs
    messages: Sequence[ReceivedMessage]
    started: float
    ended: float


HEAD = [
    "agent",
    "RSS MB",
    "PSS MB",
    "USS MB",
    "CPU s",
    f"of it in the first {SETTLING_S} s",
    "of it in children",
    "child processes",
]
HEAD_TRAFFIC = ["agent", "discovery messages", "bytes", "messages/min", "payload bytes/min", "repeated messages"]
HEAD_START = ["agent", "median s", "fastest", "slowest", "starts"]


def main() -> int:
    parser = command_line.parser("agent", __doc__)
    parser.add_argument("--seconds", type=float, default=180, help="of the run side by side; 180")
    parser.add_argument("--starts", type=int, default=7, help="of each agent; 7")
    return command_line.run(_run, parser.parse_args())


async def _run(options: argparse.Namespace) -> None:
    report = Report("agent")
    with tempfile.TemporaryDirectory(prefix="iotbridge-bench-") as name:
        folder = Path(name)
        contestants: list[Contestant] = [
            IotBridge(folder / "iotbridge"),
            BareLoop(folder / "bare"),
            Lnxlink(folder / "minimal", minimal=True),
            Lnxlink(folder / "default", minimal=False),
        ]
        async with AsyncExitStack() as stack:
            for contestant in contestants:
                await contestant.broker.start()
                stack.push_async_callback(contestant.broker.stop)
                stack.push_async_callback(contestant.program.stop)
            starts = await _time_starts(contestants, options.starts)
            measured = await _side_by_side(contestants, options.seconds)
    report.add(HEAD_START, [_start_row(name, times) for name, times in starts.items()], title="Process start to online")
    rows = [_cost_row(row) for row in measured]
    report.add(HEAD, rows, title=f"Costs after {options.seconds:g} s side by side")
    rows = [_traffic_row(row) for row in measured]
    report.add(HEAD_TRAFFIC, rows, title=f"Traffic of the same run; per minute without its first {SETTLING_S} s")
    report.finish(write=options.write)


async def _time_starts(contestants: list[Contestant], count: int) -> dict[str, list[float]]:
    """Start each in turn; the first start of each only compiles its modules and is not counted."""
    times: dict[str, list[float]] = {contestant.name: [] for contestant in contestants}
    for number in range(count + 1):
        for contestant in contestants:
            async with listening(contestant.broker) as traffic:
                started = time.monotonic()
                await contestant.start()
                online = await traffic.first(*contestant.online, timeout_s=60)
                # The rest of its start must not overlap with the next one's.
                await asyncio.sleep(2)
                await contestant.program.stop()
            if number:
                times[contestant.name].append(online - started)
    return times


async def _side_by_side(contestants: list[Contestant], seconds: float) -> list[Measured]:
    async with AsyncExitStack() as stack:
        begun = []
        for contestant in contestants:
            traffic = await stack.enter_async_context(listening(contestant.broker))
            await contestant.start()
            begun.append((contestant, traffic, time.monotonic()))
        await asyncio.sleep(begun[0][2] + SETTLING_S - time.monotonic())
        early = [costs(contestant.program.pid) for contestant in contestants]
        measured = []
        for (contestant, traffic, started), cost_then in zip(begun, early, strict=True):
            await asyncio.sleep(started + seconds - time.monotonic())
            if not contestant.program.running:
                raise LabError(contestant.program.obituary())
            cost, messages = costs(contestant.program.pid), tuple(traffic.messages)
            measured.append(Measured(contestant.name, cost_then, cost, messages, started, time.monotonic()))
        for contestant in contestants:
            await contestant.program.stop()
        return measured


def _start_row(name: str, times: list[float]) -> list[str]:
    figures = (statistics.median(times), min(times), max(times))
    return [name, *(f"{figure:.2f}" for figure in figures), str(len(times))]


def _cost_row(measured: Measured) -> list[str]:
    cost = measured.costs
    figures = (f"{figure:.1f}" for figure in (cost.rss_mb, cost.pss_mb, cost.uss_mb))
    cpu = (f"{figure:.2f}" for figure in (cost.cpu_s, measured.early.cpu_s, cost.children_cpu_s))
    return [measured.name, *figures, *cpu, "yes" if cost.had_children else "none"]


def _traffic_row(measured: Measured) -> list[str]:
    discovery = [message for message in measured.messages if message.is_discovery]
    others = [message for message in measured.messages if not message.is_discovery]
    steady = [message for message in measured.messages if message.at >= measured.started + SETTLING_S]
    minutes = (measured.ended - measured.started - SETTLING_S) / 60
    return [
        measured.name,
        str(len(discovery)),
        f"{sum(len(message.payload) for message in discovery):,}",
        f"{len(steady) / minutes:.1f}",
        f"{sum(len(message.payload) for message in steady) / minutes:,.0f}",
        f"{sum(message.is_repeated for message in others) / len(others):.0%} of {len(others)}",
    ]


if __name__ == "__main__":
    sys.exit(main())
