"""Program behind scripts/soak kafka: the long acceptance tests of the connector, with real processes on loopback."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
import sys
import tempfile
import time

from .scenarios import delivery, instances

Scenario = Callable[[Path], object]
HOUR_OF_MESSAGES = 180_000
"""Messages of an hour at 50 a second."""
SCENARIOS: dict[str, Scenario] = {
    "A2 the connector is killed": partial(delivery.kill_connector, count=40_000, rate=5000, kills=3),
    "A2 the connector drains a long queue": partial(delivery.drain_queue, count=100_000),
    "A3 Kafka is frozen": partial(delivery.lose_kafka, count=200_000, rate=5000, is_frozen=True),
    "A3 Kafka refuses connections": partial(delivery.lose_kafka, count=200_000, rate=5000, is_frozen=False),
    "A4 an hour without Kafka": partial(delivery.lose_kafka, count=HOUR_OF_MESSAGES, rate=3000, is_frozen=False),
    "A5 the spool is full": partial(delivery.fill_spool, count=20_000, size=200),
    "A5 the disk is full": partial(delivery.fill_disk, count=60_000),
    "A5 the spool is damaged": partial(delivery.damage_spool, count=1000),
    "A7 the broker restarts": partial(delivery.restart_broker, count=30_000, rate=3000),
    "A7 the session is lost": partial(delivery.lose_session, count=1000),
    "A8 two instances share the filters": partial(instances.split_filters, count=20_000, rate=4000),
    "A8 two instances share a group": partial(instances.share_group, count=20_000, rate=4000),
    "A8 a member leaves its group": partial(instances.leave_group, count=20_000, rate=4000),
    "A9 a second connector with the same id": instances.take_over,
    "A11 retained messages and restarts": partial(instances.restart_with_retained, count=2000),
    "A14 the clock jumps back": partial(delivery.set_clock_back, count=20_000, rate=2000),
}


def main() -> int:
    """Run the scenarios until one fails; return 1 then."""
    parser = argparse.ArgumentParser(prog="scripts/soak kafka", description=__doc__)
    parser.add_argument("--only", default="", metavar="TEXT", help="scenarios with this text in their name, e.g. A3")
    parser.add_argument("--times", type=int, default=1, metavar="N", help="repeat all of them N times")
    options = parser.parse_args()
    for _ in range(options.times):
        for name, scenario in SCENARIOS.items():
            if options.only in name and not _run(name, scenario):
                return 1
    return 0


def _run(name: str, scenario: Scenario) -> bool:
    folder = Path(tempfile.mkdtemp(prefix="iotbridge-kafka-"))
    print(f"{name} … ", end="", flush=True)  # noqa: T201  # a command that tells
    started = time.monotonic()
    try:
        result = scenario(folder)
    except BaseException:
        print(f"failed after {time.monotonic() - started:.0f} s; logs: {folder}", flush=True)  # noqa: T201
        raise
    print(f"{time.monotonic() - started:.0f} s: {result}", flush=True)  # noqa: T201
    return True


if __name__ == "__main__":
    sys.exit(main())
