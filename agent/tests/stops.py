"""Stops of real agents at random moments of their first seconds, and the faults they show.

As a program it does so many times, optionally beside busy loops: see ``scripts/stops``. The test does it a few times.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
import random
import signal
import subprocess
import sys
import tempfile
import time

from conftest import Broker, Seen, Watcher

LONGEST_S = 2.0
EXIT_WITHIN_S = 40.0
BUSY_FOR_S = 900
MOST_ATTEMPTS = 3
BATCH = 10
FINE = 0
BEFORE_IT_BEGAN = -signal.SIGTERM
"""Exit code of Python before the agent has set up its handler for the signal."""


@dataclass(frozen=True)
class Stop:
    """Result of stopping one agent."""

    node_id: str
    after_s: float
    exit_code: int
    log: str

    def faults(self, watcher: Watcher) -> list[str]:
        """Return the faults; without any, the broker retains the messages of a host that is off, or none."""
        faults = [] if self.exit_code in (FINE, BEFORE_IT_BEGAN) else [f"exit code {self.exit_code}"]
        if "Traceback" in self.log or "ERROR" in self.log:
            faults.append("a traceback or an error in the log")
        own = [m for m in list(watcher.messages) if m.topic.startswith(f"iotbridge/device/{self.node_id}/")]
        availability = [m.payload for m in own if m.leaf == "availability"]
        announces = [m.json()["power"] for m in own if m.leaf == "announce"]
        if availability[-1:] not in ([], [b"offline"]):
            faults.append("still online")
        if announces[-1:] not in ([], ["off"]):
            faults.append(f"announced as {announces[-1]}")
        return faults


def stop_once(
    broker: Broker, folder: Path, node_id: str, after_s: float, *, is_begun: bool, python: str = sys.executable
) -> Stop:
    """Start an agent without power commands, end it with SIGTERM, and return the result.

    ``after_s`` counts from the start of Python, or from the agent's own: on a busy machine Python itself takes seconds.
    """
    config, log = folder / f"{node_id}.toml", folder / f"{node_id}.log"
    config.write_text(
        f'[broker]\nurl = "{broker.url}"\n[agent]\nnode_id = "{node_id}"\nstate_dir = "{folder / node_id}"\n'
    )
    argv = (python, "-m", "iotbridge_agent", "--config", str(config), "run", "--dry-run")
    with log.open("wb") as output:
        process = subprocess.Popen(argv, stdout=output, stderr=output)
    until = time.monotonic() + EXIT_WITHIN_S
    while is_begun and process.poll() is None and time.monotonic() < until and not (folder / node_id / "lock").exists():
        time.sleep(0.005)
    time.sleep(after_s)
    process.terminate()
    try:
        exit_code = process.wait(EXIT_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        exit_code = process.wait()
    return Stop(node_id, after_s, exit_code, log.read_text(errors="replace"))


def stop_many(
    broker: Broker, watcher: Watcher, folder: Path, count: int, *, at_once: int = 2, python: str = sys.executable
) -> Iterator[tuple[Stop, list[str]]]:
    """Yield each stop with its faults, until ``count`` agents had started; every fifth may be stopped earlier."""

    def one(number: int) -> Stop:
        after_s = random.uniform(0, LONGEST_S)  # noqa: S311 - no secret
        return stop_once(broker, folder, f"s{number}", after_s, is_begun=number % 5 > 0, python=python)

    begun, numbers = 0, iter(range(count * MOST_ATTEMPTS))
    with ThreadPoolExecutor(at_once) as pool:
        while begun < count and (batch := list(islice(numbers, min(count - begun, BATCH)))):
            stops = list(pool.map(one, batch))
            # Messages that the broker sent before this one reached the watcher before it.
            last = str(batch[-1])
            watcher.publish("end/of/stops", last)
            watcher.wait("stops", partial(_has_payload, last))
            for stop in stops:
                begun += stop.exit_code != BEFORE_IT_BEGAN
                yield stop, stop.faults(watcher)


def _has_payload(payload: str, message: Seen) -> bool:
    return message.payload == payload.encode()


@contextmanager
def busy_loops(count: int) -> Iterator[None]:
    """Keep that many processors busy, for a quarter of an hour at most."""
    program = f"import time\nuntil = time.monotonic() + {BUSY_FOR_S}\nwhile time.monotonic() < until: pass"
    processes = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def main() -> int:
    """Run the program; return 1 if a stop was not clean."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--busy", type=int, default=2, help="busy loops beside it")
    parser.add_argument("--at-once", type=int, default=2, help="agents at a time")
    parser.add_argument("--python", default=sys.executable, help="the Python the agents run on")
    arguments = parser.parse_args()
    ends: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name, busy_loops(arguments.busy):
        folder = Path(name)
        broker = Broker(folder)
        broker.start()
        watcher = Watcher(broker.port)
        try:
            many = stop_many(
                broker, watcher, folder, arguments.count, at_once=arguments.at_once, python=arguments.python
            )
            for stop, faults in many:
                begun = "" if stop.exit_code != BEFORE_IT_BEGAN else " before it had begun"
                ends[(", ".join(faults) or "clean") + begun] += 1
                if faults:
                    print(f"== after {stop.after_s:.2f} s: {', '.join(faults)}\n{stop.log}")  # noqa: T201 - its purpose
        finally:
            watcher.close()
            broker.kill()
    version = subprocess.run([arguments.python, "--version"], capture_output=True, check=True, text=True).stdout
    print(version.strip(), dict(ends))  # noqa: T201 - its purpose
    return int(ends["clean"] != arguments.count)


if __name__ == "__main__":
    sys.exit(main())
