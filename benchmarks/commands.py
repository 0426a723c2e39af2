"""Latency from the call of the action to the response of the host, in a real Home Assistant, broker and agent.

iotbridge.send_command with ping is called over the WebSocket, one call after the other, and timed until its result with
the host's response. Home Assistant's own measurement, from publishing the command to its response, is beside it. Then
one call sends the command to many hosts.

Calls are separated by a pause: right after a response the kernel would delay Home Assistant's next small packet until
the broker has acknowledged the last one (Nagle's algorithm), which does not happen to occasional presses of a button.

Mosquitto delays its packets in the same way by default, so everything is measured twice: with the default
configuration, and with "set_tcp_nodelay true".
"""

import argparse
import asyncio
from pathlib import Path
import random
import statistics
import sys
import tempfile
import time

from lab.broker import Broker
from lab.client import Json
from lab.lab import Lab
from lab.waiting import until

from . import command_line
from .report import Report

HEAD = ["what", "p50 ms", "p95 ms", "p99 ms", "max ms", "count"]
WARM_UP = 20
MANY_ROUNDS = 50
PAUSE_S = (0.06, 0.14)


class PromptBroker(Broker):
    """Mosquitto that sends small packets immediately."""

    def _config(self) -> str:
        return f"set_tcp_nodelay true\n{super()._config()}"


def main() -> int:
    parser = command_line.parser("commands", __doc__)
    parser.add_argument("--calls", type=int, default=550, help="of one host; 550")
    parser.add_argument("--hosts", type=int, default=20, help="in the calls of many hosts; 20")
    return command_line.run(_run, parser.parse_args())


async def _run(options: argparse.Namespace) -> None:
    report = Report("commands")
    for title, broker in (("Mosquitto as it comes", Broker), ("Mosquitto with `set_tcp_nodelay true`", PromptBroker)):
        with tempfile.TemporaryDirectory(prefix="iotbridge-bench-") as name:
            async with Lab(Path(name)) as lab:
                lab.broker = broker(Path(name) / "broker")
                report.add(HEAD, await _measure(lab, options), title=title)
    report.finish(write=options.write)


async def _measure(lab: Lab, options: argparse.Namespace) -> list[list[str]]:
    devices = await _household(lab, options.hosts)
    await _timed_calls(lab, devices[:1], WARM_UP)
    single, own = await _timed_calls(lab, devices[:1], options.calls)
    many, own_many = await _timed_calls(lab, devices, MANY_ROUNDS)
    hosts = f"{options.hosts} hosts in one call"
    return [
        _row("one host: call to result", single),
        _row("one host: command to response, by Home Assistant", own),
        _row(f"{hosts}: call to result of all", many),
        _row(f"{hosts}: command to response of each, by Home Assistant", own_many),
    ]


async def _household(lab: Lab, hosts: int) -> list[str]:
    """Start everything; return the hosts' device ids."""
    await lab.broker.start()
    await lab.home_assistant.start()
    await lab.set_up_mqtt()
    names = [f"bench-{number}" for number in range(hosts)]
    for name in names:
        await lab.add_agent(name, settings={"commands": {"per_minute": 600}}).start()
    await lab.accept_iotbridge()
    uids = [await lab.uid(name) for name in names]

    async def devices() -> list[str] | None:
        rows = {row["unique_id"]: row["device_id"] for row in await lab.client.entities()}
        found = [rows.get(f"{uid}_power_state") for uid in uids]
        return [device for device in found if device] if all(found) else None

    found = await until(devices, timeout_s=60, what="a device for each host")
    # The first readings of that many agents on one machine must not overlap with the calls.
    await asyncio.sleep(15)
    return found


async def _timed_calls(lab: Lab, devices: list[str], count: int) -> tuple[list[float], list[float]]:
    """Return the milliseconds of each call as measured here, and of each response as reported by Home Assistant."""
    calls, own = [], []
    for _ in range(count):
        await asyncio.sleep(random.uniform(*PAUSE_S))  # noqa: S311  # no rhythm with anything else
        started = time.perf_counter()
        answer: Json = await lab.client.command(
            "call_service",
            domain="iotbridge",
            service="send_command",
            service_data={"command": "ping"},
            target={"device_id": devices},
            return_response=True,
        )
        calls.append((time.perf_counter() - started) * 1000)
        own += [float(result["latency_ms"]) for result in answer["response"]["results"]]
    return calls, own


def _row(what: str, times_ms: list[float]) -> list[str]:
    cuts = statistics.quantiles(times_ms, n=100, method="inclusive")
    return [what, *(f"{time_ms:.1f}" for time_ms in (cuts[49], cuts[94], cuts[98], max(times_ms))), str(len(times_ms))]


if __name__ == "__main__":
    sys.exit(main())
