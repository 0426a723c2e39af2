"""Ten thousand messages in ten seconds on one topic, and the time Home Assistant takes to answer a ping meanwhile.

Everything runs in one Home Assistant, one flood after the other, in rounds. The floods of IoT Bridge's topics stand
beside those of core's MQTT integration alone: one sensor, and a device with the entities of a host whose topics belong
to no host. The messages come from a process of their own; the pings are those of the WebSocket, sent one after the
other on an open connection.
"""

import argparse
import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
import json
import multiprocessing
from pathlib import Path
import statistics
import sys
import tempfile
import time
from typing import Any

from lab.lab import Lab
from lab.waiting import LabError, until
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from . import command_line
from .report import Report
from .simulated_hosts import ENTITIES, SimulatedHost, numeric_sensors

HEAD = ["flood", "median ms", "99 of 100 ms", "slowest ms", "CPU of Home Assistant per message, ms", "sent a second"]
PING_EVERY_S = 0.01
QUIET_S = 2.0
QUIET_CPU = 0.3
# The recorder needs more than a minute for the states that core wrote of its device in ten seconds.
QUIET_WITHIN_S = 300.0
APPEAR_WITHIN_S = 60.0
NODE = "flooded"
PLAIN = "flood/plain"
BARE = "iotbridge/device/bare"


@dataclass(frozen=True)
class Flood:
    """Kind of flood: its name in the table, its topic (``{}`` is the number of the message) and its payload."""

    name: str
    topic: str
    payload: str
    """``{number}`` and ``{time}`` are replaced."""


@dataclass(frozen=True)
class Figures:
    """Measurements of one flood: answers to pings in ms, processor time per message in ms, messages a second."""

    pings_ms: list[float]
    cpu_ms: float
    rate: float


def main() -> int:
    parser = command_line.parser("flood", __doc__)
    parser.add_argument("--messages", type=int, default=10_000, help="of each flood; 10000")
    parser.add_argument("--seconds", type=float, default=10.0, help="over which they are spread; 10")
    parser.add_argument("--rounds", type=int, default=1, help="of all floods; 1")
    parser.add_argument("--only", help="floods with this word in their name")
    return command_line.run(_run, parser.parse_args())


async def _run(options: argparse.Namespace) -> None:
    report = Report("flood")
    host = SimulatedHost(0, await numeric_sensors())
    floods = [flood for flood in _floods(host) if not options.only or options.only in flood.name]
    found: dict[str, list[Figures]] = {flood.name: [] for flood in floods}
    with tempfile.TemporaryDirectory(prefix="iotbridge-bench-") as name:
        async with Lab(Path(name)) as lab:
            await _set_up(lab, host)
            for _ in range(options.rounds):
                for flood in floods:
                    figures = await _measure(lab, flood, options.messages, options.seconds)
                    print(_row(flood.name, [figures]), flush=True)
                    found[flood.name].append(figures)
    title = f"{options.messages:,} messages in {options.seconds:g} s on one topic; WebSocket pings meanwhile"
    report.add(HEAD, [_row(name, figures) for name, figures in found.items()], title=title)
    report.finish(write=options.write)


def _floods(host: SimulatedHost) -> list[Flood]:
    """Return all floods, core's own first."""
    topics = host.topics
    fields = json.loads(host.status(0)) | {sensor.key: "{number}" for sensor in host.sensors} | {"timestamp": "{time}"}
    status = json.dumps(fields).replace('"{number}"', "{number}")
    response = json.dumps({
        "id": "stranger-{number}", "command": "ping", "success": True, "status": "done", "message": "pong",
        "timestamp": "{time}",
    })  # fmt: skip
    bare_status = '{"timestamp": "{time}", "hostname": "bare", "cpu_percent": {number}}'
    command = '{"command": "ping", "id": "c-{number}", "timestamp": "{time}"}'
    return [
        Flood("nothing", "flood/nobody", "{number}"),
        Flood("core MQTT: one sensor, QoS 0", f"{PLAIN}/value0", "{number}"),
        Flood("core MQTT: one sensor, QoS 1", f"{PLAIN}/value1", "{number}"),
        Flood(f"core MQTT: a device of {ENTITIES} entities", f"{PLAIN}/status", status),
        Flood("status of a host without entities of the agent", f"{BARE}/status", bare_status),
        Flood(f"status of a host of {ENTITIES} entities", topics.status, status),
        Flood("response of a host", topics.response, response),
        Flood("response of a host, unreadable", topics.response, "no response {number}"),
        Flood("availability of a host", topics.availability, "online"),
        Flood("announce of a host", topics.announce, host.announce().decode()),
        Flood("commands to a host", topics.command, command),
        Flood("commands to hosts that are none", "iotbridge/device/x{}/command", command),
        Flood("availability of hosts that are none", "iotbridge/device/y{}/availability", "online"),
    ]


async def _set_up(lab: Lab, host: SimulatedHost) -> None:
    """Start Home Assistant with IoT Bridge, two hosts, and the same device without a host."""
    await lab.broker.start()
    await lab.home_assistant.start()
    await lab.set_up_mqtt()
    await lab.set_up_iotbridge()
    async with lab.broker.client() as client:

        async def keep(topic: str, payload: str | bytes) -> None:
            await client.publish(topic, payload, qos=1, retain=True)

        for qos in (0, 1):
            sensor = {"name": f"Plain {qos}", "unique_id": f"flood_plain_{qos}", "state_topic": f"{PLAIN}/value{qos}"}
            await keep(f"homeassistant/sensor/flood_plain_{qos}/config", json.dumps(sensor | {"qos": qos}))
        discovery = host.discovery().decode()
        await keep(f"homeassistant/device/{host.uid}/config", discovery)
        plain = discovery.replace(f"iotbridge/device/{host.topics.node_id}", PLAIN).replace(host.uid, "flood_device")
        await keep("homeassistant/device/flood_device/config", plain)
        bare = {
            "device": {"identifiers": ["iotbridge_bare"], "name": "bare"},
            "origin": {"name": "bench"},
            "components": {
                "b": {"platform": "button", "unique_id": "iotbridge_bare_b", "command_topic": f"{BARE}/command"}
            },
        }
        await keep("homeassistant/device/iotbridge_bare/config", json.dumps(bare))
        await keep(host.topics.announce, host.announce())
        announce = json.loads(host.announce()) | {"node_id": "bare", "hostname": "bare", "uid": "iotbridge_bare"}
        await keep(f"{BARE}/announce", json.dumps(announce))
        for topic in (host.topics.availability, f"{PLAIN}/availability", f"{BARE}/availability"):
            await keep(topic, "online")
    for uid in (host.uid, "iotbridge_bare"):
        await until(_finder(lab, f"{uid}_power_state"), timeout_s=APPEAR_WITHIN_S, what=f"the entities of {uid}")
    await _quiet(lab)


async def _quiet(lab: Lab) -> None:
    """Wait until Home Assistant is idle: the recorder writes for a while after a flood of states."""
    program, deadline = lab.home_assistant.program, time.monotonic() + QUIET_WITHIN_S
    while time.monotonic() < deadline:
        before = program.cpu_s()
        await asyncio.sleep(QUIET_S)
        if program.cpu_s() - before < QUIET_CPU * QUIET_S:
            return
    raise LabError(f"Home Assistant was still busy after {QUIET_WITHIN_S:g} s")


def _finder(lab: Lab, unique_id: str) -> Callable[[], Any]:
    return lambda: lab.client.find_entity(unique_id)


async def _measure(lab: Lab, flood: Flood, messages: int, seconds: float) -> Figures:
    """Send one flood and ping meanwhile, and for a while after it, until Home Assistant has processed it."""
    sender = multiprocessing.get_context("spawn").Process(
        target=_send, args=(lab.broker.port, flood, messages, seconds), daemon=True
    )
    program = lab.home_assistant.program
    sender.start()
    # A new interpreter takes a moment; the measurement starts with the first message.
    await asyncio.sleep(1.0)
    cpu, started = program.cpu_s(), time.monotonic()
    pings: list[float] = []
    while sender.is_alive():
        if time.monotonic() - started > 10 * seconds:
            sender.kill()
            raise LabError(f"{flood.name}: {messages} messages were not sent within {10 * seconds:g} s")
        asked = time.perf_counter()
        await lab.client.command("ping")
        pings.append((time.perf_counter() - asked) * 1000)
        await asyncio.sleep(PING_EVERY_S)
    took = time.monotonic() - started
    used = (program.cpu_s() - cpu) / messages * 1000
    await _quiet(lab)
    return Figures(pings, used, messages / took)


def _send(port: int, flood: Flood, messages: int, seconds: float) -> None:
    """Publish all messages of a flood, evenly spread; runs in a process of its own."""
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    client.max_queued_messages_set(0)
    client.connect("127.0.0.1", port)
    client.loop_start()
    started = time.monotonic()
    last = None
    for number in range(messages):
        if (ahead := started + seconds * number / messages - time.monotonic()) > 0:
            time.sleep(ahead)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        payload = flood.payload.replace("{number}", str(number)).replace("{time}", now)
        last = client.publish(flood.topic.replace("{}", str(number)), payload, qos=1)
    if last:
        last.wait_for_publish(timeout=seconds)
    client.disconnect()
    client.loop_stop()


def _row(name: str, runs: list[Figures]) -> list[str]:
    pings = sorted(ping for run in runs for ping in run.pings_ms)
    return [
        name,
        f"{statistics.median(pings):.1f}",
        f"{pings[int(len(pings) * 0.99)]:.0f}",
        f"{pings[-1]:.0f}",
        f"{statistics.mean(run.cpu_ms for run in runs):.2f}",
        f"{statistics.mean(run.rate for run in runs):,.0f}",
    ]


if __name__ == "__main__":
    sys.exit(main())
