"""Costs of a learned device in a real Home Assistant, beside the same device with hand-written MQTT discovery.

The first part is the cost of decoding typical messages, without Home Assistant. In the second part, three crowds of the
same devices send in turns to one Home Assistant, as fast as they can: with hand-written discovery; learned, where Home
Assistant reads the device's own topic; learned, where IoT Bridge decodes and publishes the values, because a key has
characters that templates must not contain. The recorder is off: it adds the same to each, and would hide the
differences.
"""

import argparse
import asyncio
import base64
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
import json
from pathlib import Path
import statistics
import sys
import tempfile
import time

from aiomqtt import Client as Mqtt
from lab import things
from lab.home_assistant import HomeAssistant
from lab.lab import Lab
from lab.waiting import LabError, until
from lab.wizard import Wizard

from . import command_line, things_reading
from .report import Report

MESSAGES = 80
"""Messages of each device in a round: below the flood limit of IoT Bridge, which is refilled until its next turn."""
SLICE = 20
"""Rounds in a row before the next crowd's turn, so that a disturbance of a second hits all crowds."""
CYCLE_S = 12.0
SETTLING_S = 5.0
IDLE_S = 5.0
DEADLINE_S = 60.0
CLASSES = {
    "temperature": ("temperature", "°C"),
    "humidity": ("humidity", "%"),
    "pressure": ("pressure", "hPa"),
    "co2": ("carbon_dioxide", "ppm"),
    "battery": ("battery", "%"),
}
HAND, DIRECT, DECODED = "hand-written MQTT discovery", "learned, read directly", "learned, decoded and handed on"
HEAD = ["device", "CPU ms per message", "in the rounds", "beside hand-written", "in the rounds", "messages/s", "bytes"]


@dataclass
class Crowd:
    """Some devices of one kind, with what was measured of them in each round."""

    kind: str
    base: str
    temperature: str = "temperature"
    last: str = ""
    """Entity that gets the last value."""
    cpu_ms: list[float] = field(default_factory=list)
    per_s: list[float] = field(default_factory=list)

    def payload(self, number: int) -> str:
        """Return a message in which every value differs from those of other numbers."""
        values = {
            self.temperature: round(20 + number / 100, 2),
            "humidity": round(40 + number / 100, 2),
            "pressure": round(1000 + number / 10, 1),
            "co2": 600 + number,
            "battery": round(50 + number / 100, 2),
        }
        return json.dumps(values)

    def topic(self, device: int) -> str:
        """Return the topic of a device."""
        return f"{self.base}/{device}"

    def name(self, device: int) -> str:
        """Return the name of a device."""
        return f"{self.base} {device}"


class UnrecordedHomeAssistant(HomeAssistant):
    """Home Assistant that keeps no history."""

    def _prepare(self) -> None:
        kept = [line for line in self._configuration.splitlines() if line not in UNWANTED]
        self._configuration = "\n".join(kept) + "\n"
        super()._prepare()


UNWANTED = ("history:", "logbook:", "recorder:", "  commit_interval: 1", "    custom_components.iotbridge: debug")


def main() -> int:
    parser = command_line.parser("things", __doc__)
    parser.add_argument("--devices", type=int, default=40, help="of each kind; 40")
    parser.add_argument("--rounds", type=int, default=8, help="8")
    return command_line.run(_run, parser.parse_args())


async def _run(options: argparse.Namespace) -> None:
    report = Report("things")
    crowds = [Crowd(HAND, "hand"), Crowd(DIRECT, "direct"), Crowd(DECODED, "decoded", "temperature (°C)")]
    with tempfile.TemporaryDirectory(prefix="iotbridge-bench-") as name:
        async with Lab(Path(name)) as lab:
            lab.home_assistant = UnrecordedHomeAssistant(Path(name) / "config")
            await _prepare(lab, crowds, options.devices)
            await _measure(lab, crowds, options.devices, options.rounds)
    cases = things_reading.cases()
    # Importing a library does not belong in an event loop, and neither does this.
    await asyncio.to_thread(things_reading.measure, cases)
    report.add(
        things_reading.HEAD, [things_reading.row(case) for case in cases], title="Reading a message, on one core"
    )
    title = (
        f"{options.devices} devices of each kind with {len(CLASSES)} sensors, every value new in every message; "
        f"{options.rounds} rounds of {options.devices * MESSAGES:,} messages each"
    )
    report.add(HEAD, [_row(crowd, crowds[0]) for crowd in crowds], title=title)
    report.finish(write=options.write)


# ---------------------------------------------------------------- preparation


async def _prepare(lab: Lab, crowds: Sequence[Crowd], devices: int) -> None:
    """Start everything and add all devices with values."""
    await lab.broker.start()
    await lab.home_assistant.start()
    await lab.set_up_mqtt()
    await lab.set_up_iotbridge()
    # Home Assistant installs the library for CBOR when it receives some; decoding it is measured, too.
    ((topic, payload),) = things.greenhouse(0).items()
    message = {"topic": topic, "payload_base64": base64.b64encode(payload).decode()}
    await lab.client.call("iotbridge.decode_payload", message, response=True)
    for crowd in crowds:
        for device in range(devices):
            if crowd.kind == HAND:
                await _write_by_hand(lab, crowd, device)
            else:
                await _learn(lab, crowd, device)
    await asyncio.sleep(SETTLING_S)
    async with lab.broker.client() as mqtt:
        for crowd in crowds:
            # New entities subscribe with a delay; until then devices keep sending, like real ones.
            check = partial(_complete, lab, mqtt, crowd, devices)
            await until(check, timeout_s=DEADLINE_S, what=f"values of {crowd.kind}", every_s=2)
    await until(partial(_are_ways, lab), timeout_s=DEADLINE_S, what="the ways that are to be measured", every_s=1)
    await asyncio.sleep(SETTLING_S)


async def _write_by_hand(lab: Lab, crowd: Crowd, device: int) -> None:
    """Publish hand-written discovery messages as in a good manual."""
    components = {
        key: {
            "platform": "sensor",
            "unique_id": f"{crowd.base}_{device}_{key}",
            "state_topic": crowd.topic(device),
            "value_template": f"{{{{ value_json.{key} }}}}",
            "device_class": device_class,
            "unit_of_measurement": unit,
            "state_class": "measurement",
        }
        for key, (device_class, unit) in CLASSES.items()
    }
    config = {
        "device": {"identifiers": [f"{crowd.base}_{device}"], "name": crowd.name(device)},
        "origin": {"name": "a person"},
        "components": components,
    }
    async with lab.broker.client() as mqtt:
        await mqtt.publish(f"homeassistant/device/{crowd.base}_{device}/config", json.dumps(config), qos=1, retain=True)


async def _learn(lab: Lab, crowd: Crowd, device: int) -> None:
    """Complete the wizard with a pasted message."""
    wizard = await Wizard.of(lab.client)
    await wizard.start("paste")
    await wizard.submit(topic=crowd.topic(device), payload=crowd.payload(0))
    await wizard.finish(name=crowd.name(device))


async def _complete(lab: Lab, mqtt: Mqtt, crowd: Crowd, devices: int) -> bool:
    """Return whether all sensors of a crowd have values; record the one that gets the last value."""
    await _publish(mqtt, crowd, devices, range(1))
    rows = await lab.client.devices()
    ids = {row["id"]: row["name"] for row in rows if row["name"].startswith(f"{crowd.base} ")}
    sensors = [row for row in await lab.client.entities() if row["device_id"] in ids]
    states = {state["entity_id"]: state["state"] for state in await lab.client.rest("GET", "states")}
    having = [row for row in sensors if states.get(row["entity_id"], "unknown") not in ("unknown", "unavailable")]
    last = [row for row in having if ids[row["device_id"]] == crowd.name(devices - 1)]
    crowd.last = next((row["entity_id"] for row in last if "co2" in row["unique_id"]), "")
    return len(having) == devices * len(CLASSES) and bool(crowd.last)


async def _are_ways(lab: Lab) -> bool:
    """Return whether values take the measured way: a new device gets its values from us at first."""
    uids = {row["name"]: identifier for row in await lab.client.devices() for _, identifier in row["identifiers"]}
    for name, wanted in (("direct 0", "direct/0"), ("decoded 0", f"iotbridge/thing/{uids['decoded 0']}/state")):
        config = await lab.retained(f"homeassistant/device/{uids[name]}/config")
        if {component["state_topic"] for component in config["components"].values()} != {wanted}:
            return False
    return True


# ---------------------------------------------------------------- measuring


async def _measure(lab: Lab, crowds: list[Crowd], devices: int, rounds: int) -> None:
    """Run the crowds in turns; the first round only warms up."""
    idle = await _idle_cpu(lab)
    number = 1
    async with lab.broker.client() as mqtt:
        for turn in range(rounds + 1):
            began = time.monotonic()
            cpu_s: dict[str, float] = defaultdict(float)
            took_s: dict[str, float] = defaultdict(float)
            for part in range(MESSAGES // SLICE):
                first = (turn + part) % len(crowds)
                numbers = range(number, number + SLICE)
                for crowd in crowds[first:] + crowds[:first]:
                    cpu, took = await _burst(lab, mqtt, crowd, devices, numbers, idle)
                    cpu_s[crowd.kind] += cpu
                    took_s[crowd.kind] += took
                number += SLICE
            for crowd in crowds if turn else ():
                crowd.cpu_ms.append(cpu_s[crowd.kind] / (devices * MESSAGES) * 1000)
                crowd.per_s.append(devices * MESSAGES / took_s[crowd.kind])
                print(f"{crowd.kind}: {crowd.cpu_ms[-1]:.3f} ms, {crowd.per_s[-1]:.0f}/s", flush=True)
            await asyncio.sleep(max(0.0, began + CYCLE_S - time.monotonic()))
    if floods := [issue for issue in await lab.client.repairs("iotbridge") if "flood" in issue["translation_key"]]:
        raise LabError(f"IoT Bridge took the benchmark for a flood: {floods}")


async def _idle_cpu(lab: Lab) -> float:
    """Return the processor time of an idle second."""
    before = lab.home_assistant.program.cpu_s()
    await asyncio.sleep(IDLE_S)
    return (lab.home_assistant.program.cpu_s() - before) / IDLE_S


async def _burst(lab: Lab, mqtt: Mqtt, crowd: Crowd, devices: int, numbers: range, idle: float) -> tuple[float, float]:
    """Return processor seconds of Home Assistant and seconds until the last value was in its last entity."""
    program = lab.home_assistant.program
    async with lab.client.subscribe("subscribe_entities", entity_ids=[crowd.last]) as changes:
        cpu, began = program.cpu_s(), time.monotonic()
        await _publish(mqtt, crowd, devices, numbers)
        wanted = str(600 + numbers[-1])
        async with asyncio.timeout(DEADLINE_S):
            while _state_in(await changes.get(), crowd.last) != wanted:
                pass
        took = time.monotonic() - began
        return program.cpu_s() - cpu - idle * took, took


async def _publish(mqtt: Mqtt, crowd: Crowd, devices: int, numbers: range) -> None:
    """Send every number for every device of a crowd, one device after the other."""
    for number in numbers:
        payload = crowd.payload(number)
        for device in range(devices):
            await mqtt.publish(crowd.topic(device), payload)


def _state_in(event: dict[str, dict[str, dict[str, object]]], entity_id: str) -> object:
    """Return the state in an event of ``subscribe_entities``."""
    added, changed = event.get("a", {}).get(entity_id, {}), event.get("c", {}).get(entity_id, {})
    more = changed.get("+", added)
    return more.get("s") if isinstance(more, dict) else None


def _row(crowd: Crowd, hand: Crowd) -> list[str]:
    ratios = [ours / theirs for ours, theirs in zip(crowd.cpu_ms, hand.cpu_ms, strict=True)]
    return [
        crowd.kind,
        f"{statistics.median(crowd.cpu_ms):.3f}",
        f"{min(crowd.cpu_ms):.3f} to {max(crowd.cpu_ms):.3f}",
        f"{statistics.median(ratios):.2f}",
        f"{min(ratios):.2f} to {max(ratios):.2f}",
        f"{statistics.median(crowd.per_s):.0f}",
        str(len(crowd.payload(0))),
    ]


if __name__ == "__main__":
    sys.exit(main())
