"""Cost of a message from MQTT to Kafka: the connector beside other programs, one after the other in one run.

Drain: messages of a persistent session that waited in the broker while the program was away. Its processor time is that
of all its processes (user and system), without what the same start costs when nothing waits. Live: messages at a steady
rate; their delay is from the publisher to a consumer of the topic, so it includes the fetch.
"""

import argparse
import asyncio
from dataclasses import dataclass
import json
import os
from pathlib import Path
import signal
import sys
import tempfile
from typing import Any, Self

from lab.agent import AGENT_BIN
from lab.broker import Broker
from lab.processes import ROOT, Program
from lab.waiting import LabError, until

from . import command_line
from .report import Report

TESTS = ROOT / "agent" / "tests"
RIVALS = Path(__file__).with_name("kafka_rivals")
PYTHON = AGENT_BIN / "python"
TOPIC = "bench"
RATES = (1000, 5000)
LIVE_S, IDLE_S = 10, 15
DEADLINE_S = 60
MOCK = "mock"
AT_RATES = [f"{what} at {rate:,}/s" for rate in RATES for what in ("µs", "p50 / p99 ms")]
HEAD = ["program", "Kafka", "drain µs", "drain msg/s", *AT_RATES, "idle %", "MB"]


class LongQueueBroker(Broker):
    """Mosquitto that keeps every message of a session, and logs subscriptions."""

    def _config(self) -> str:
        return f"max_queued_messages 0\n{super()._config()}"


@dataclass(frozen=True)
class Contestant:
    """Program that is measured; its command is that of a shell."""

    name: str
    command: str


class Kafka:
    """Mock cluster of librdkafka, to which each of the programs can speak."""

    def __init__(self, folder: Path) -> None:
        self.bootstrap = ""
        self._program = Program("kafka", folder / "kafka.log")

    async def start(self) -> None:
        """Start it, and wait for its address."""
        code = "import signal; from kafka.rig.mock_cluster import serve; kept = serve(); signal.pause()"
        await self._program.start([PYTHON, "-c", code], {"PYTHONPATH": str(TESTS)})

        async def has_address() -> bool:
            self.bootstrap = self._program.log.read_text().partition("\n")[0]
            return bool(self.bootstrap)

        await self._program.ready(has_address, timeout_s=DEADLINE_S, what="its address")

    async def stop(self) -> None:
        """Stop it."""
        await self._program.kill()


def contestants(port: int, bootstrap: str, folder: Path) -> list[Contestant]:
    """Return the programs that can run here."""
    config = folder / "bench.toml"
    config.write_text(
        f'[broker]\nurl = "mqtt://127.0.0.1:{port}"\n[kafka]\nbootstrap = {json.dumps(bootstrap.split(","))}\n'
        f'[spool]\npath = "{folder}/bench.db"\n[[route]]\nfilter = "bench/+"\ntopic = "{TOPIC}"\nkey = "{{topic}}"\n'
    )
    rivals = os.environ.get("BENCH_KAFKA_RIVALS", "")
    arguments = f"{port} {bootstrap} {TOPIC}"
    session = "-i bench -c -x 86400 -V mqttv5 -q 1"
    return [
        Contestant("IoT Bridge", f"exec {AGENT_BIN}/iotbridge-agent kafka run --config {config}"),
        Contestant(
            "mosquitto_sub \\| kcat",
            f"mosquitto_sub -h 127.0.0.1 -p {port} {session} -t 'bench/#' | kcat -P -b {bootstrap} -t {TOPIC}",
        ),
        Contestant("paho + librdkafka", f"exec {rivals}/bin/python {RIVALS}/paho_librdkafka.py {arguments}"),
        Contestant("aiomqtt + aiokafka", f"exec {rivals}/bin/python {RIVALS}/aiomqtt_aiokafka.py {arguments}"),
        Contestant("mq-bridge", f"exec {rivals}/bin/python {RIVALS}/mq_bridge_route.py {arguments}"),
    ]


class Run:
    """Measurement of one program with a broker and a Kafka of its own."""

    def __init__(self, folder: Path, contestant: str, count: int) -> None:
        folder.mkdir()
        self._folder = folder
        self._name = contestant
        self._count = count
        self._broker = LongQueueBroker(folder / "broker")
        self._kafka = Kafka(folder)
        self._program = Program("contestant", folder / "contestant.log")
        self._command = ""

    async def measure(self) -> list[str]:
        """Return the row of the program."""
        await self._broker.start()
        await self._kafka.start()
        try:
            programs = contestants(self._broker.port, self._kafka.bootstrap, self._folder)
            self._command = next(program.command for program in programs if program.name == self._name)
            start_s = await self._start_idle()
            cells = [*await self._drain(start_s)]
            for rate in RATES:
                cells += await self._live(rate)
            return [self._name, MOCK, *cells, await self._idle(), f"{self._rss_mb():.0f}"]
        finally:
            await self._stop()
            await self._kafka.stop()
            await self._broker.stop()

    async def _start_idle(self) -> float:
        """Start it with an empty session, and stop it; return the processor time of the start."""
        await self._start()

        async def is_subscribed() -> bool:
            return "bench/" in self._broker.program.log.read_text()

        await until(is_subscribed, timeout_s=DEADLINE_S, what=f"the subscription of {self._name}")
        await asyncio.sleep(3)
        start_s = self._cpu_s()
        await self._stop()
        return start_s

    async def _drain(self, start_s: float) -> list[str]:
        await _load("publish", "--port", str(self._broker.port), "--count", str(self._count))
        async with Waiting("wait", self._kafka.bootstrap, self._count) as waiting:
            await self._start()
            result = await waiting.result()
        await asyncio.sleep(1)
        micros = (self._cpu_s() - start_s) / self._count * 1e6
        if result["records"] < self._count:
            return [f"{micros:.1f}", f"only {result['records']:,.0f} of {self._count:,} arrived"]
        return [f"{micros:.1f}", f"{result['counted'] / max(result['seconds'], 1e-3):,.0f}"]

    async def _live(self, rate: int) -> list[str]:
        count = rate * LIVE_S
        async with Waiting("follow", self._kafka.bootstrap, count) as waiting:
            before = self._cpu_s()
            await _load("publish", "--port", str(self._broker.port), "--count", str(count), "--rate", str(rate))
            result = await waiting.result()
        micros = (self._cpu_s() - before) / count * 1e6
        return [f"{micros:.1f}", f"{result['p50_ms']:.1f} / {result['p99_ms']:.1f}"]

    async def _idle(self) -> str:
        before = self._cpu_s()
        await asyncio.sleep(IDLE_S)
        return f"{(self._cpu_s() - before) / IDLE_S * 100:.2f}"

    async def _start(self) -> None:
        await self._program.start(["sh", "-c", self._command], {"STATE_DIRECTORY": ""})

    async def _stop(self) -> None:
        if self._program.running:
            os.killpg(self._program.pid, signal.SIGTERM)
        await self._program.stop()

    def _processes(self) -> list[list[str]]:
        """Return the fields of /proc/PID/stat behind the name, of every process of the program's session."""
        found = []
        for file in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = file.read_text().rpartition(")")[2].split()
            except OSError:  # it has just ended
                continue
            if fields[3] == str(self._program.pid):
                found.append(fields)
        return found

    def _cpu_s(self) -> float:
        ticks = sum(int(field) for fields in self._processes() for field in fields[11:15])
        return ticks / os.sysconf("SC_CLK_TCK")

    def _rss_mb(self) -> float:
        return sum(int(fields[21]) for fields in self._processes()) * os.sysconf("SC_PAGE_SIZE") / 1e6


class Waiting:
    """Process that looks at the topic, for the duration of a block."""

    def __init__(self, command: str, bootstrap: str, count: int) -> None:
        self._arguments = [command, "--bootstrap", bootstrap, "--topic", TOPIC, "--count", str(count)]
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        """Start it, and wait until it is ready."""
        self._process = await asyncio.create_subprocess_exec(*_module(*self._arguments), stdout=-1, cwd=TESTS)
        assert self._process.stdout
        await self._process.stdout.readline()
        return self

    async def __aexit__(self, *_: object) -> None:
        """End it."""
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def result(self) -> dict[str, float]:
        """Wait for its result."""
        assert self._process
        async with asyncio.timeout(DEADLINE_S + 30):
            output, _ = await self._process.communicate()
        result: dict[str, float] = json.loads(output)
        return result


def _module(*arguments: str) -> list[Any]:
    return [PYTHON, "-m", "kafka.rig.load", *arguments]


async def _load(*arguments: str) -> None:
    await _output(_module(*arguments))


async def _output(command: list[Any]) -> str:
    process = await asyncio.create_subprocess_exec(*command, stdout=-1, cwd=TESTS)
    output, _ = await process.communicate()
    if process.returncode:
        raise LabError(f"{command} ended with {process.returncode}")
    return output.decode()


def main() -> int:
    parser = command_line.parser("kafka", __doc__)
    parser.add_argument("--count", type=int, default=50_000, help="of messages to drain; 50000")
    parser.add_argument("--only", default="", help="only programs with this text in their name")
    return command_line.run(_run, parser.parse_args())


async def _run(options: argparse.Namespace) -> None:
    report = Report("kafka")
    rows = []
    with tempfile.TemporaryDirectory(prefix="iotbridge-bench-") as name:
        folder = Path(name)
        names = [contestant.name for contestant in contestants(0, "", folder)]
        for number, contestant in enumerate(names):
            if options.only in contestant:
                run = Run(folder / f"{number}", contestant, options.count)
                try:
                    row = await run.measure()
                except (LabError, TimeoutError) as error:
                    row = [contestant, MOCK, f"failed: {error}", *[""] * (len(HEAD) - 3)]
                print(" | ".join(row), flush=True)
                rows.append(row)
    report.add(HEAD, rows, title=f"{options.count:,} messages of 200 bytes on 1,000 topics")
    report.finish(write=options.write)


if __name__ == "__main__":
    sys.exit(main())
