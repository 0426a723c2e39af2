"""Rows a host writes into Home Assistant's recorder, beside lnxlink on the same machine at the same time.

One Home Assistant, one broker, and the real agents. Counted are the rows of the table "states" during some minutes
after a settling time, and scaled to an hour; no row is written by the benchmark.
"""

import argparse
import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
import sqlite3
import sys
import tempfile
import time

from lab.lab import Lab

from . import command_line
from .contestants import Lnxlink
from .report import Report

HEAD = ["host", "entities with rows", "rows", "rows per hour", "beside the first"]
SETTLING_S = 60.0
ROWS = """
    SELECT m.entity_id, COUNT(*) FROM states s JOIN states_meta m ON m.metadata_id = s.metadata_id
    WHERE s.last_updated_ts >= ? AND s.last_updated_ts < ? GROUP BY m.entity_id
"""


def main() -> int:
    parser = command_line.parser("database", __doc__)
    parser.add_argument("--minutes", type=float, default=10, help="during which rows are counted; 10")
    return command_line.run(_run, parser.parse_args())


async def _run(options: argparse.Namespace) -> None:
    report = Report("database")
    with tempfile.TemporaryDirectory(prefix="iotbridge-bench-") as name:
        async with Lab(Path(name)) as lab, AsyncExitStack() as stack:
            agents = await _household(lab, stack)
            await asyncio.sleep(SETTLING_S)
            begin = time.time()
            await asyncio.sleep(options.minutes * 60)
            end = time.time()
            # Rows of the last moment are written a second later.
            await asyncio.sleep(3)
            owners = await _owners(lab)
            rows = _rows(lab.home_assistant.folder / "home-assistant_v2.db", begin, end)
    report.add(HEAD, _table(agents, owners, rows, options.minutes), title=f"Rows in {options.minutes:g} minutes")
    ours = {entity: count for entity, count in rows.items() if owners.get(entity) == "bench"}
    most = [[entity, str(count)] for entity, count in Counter(ours).most_common(12)]
    report.add(["entity", "rows"], most, title="What wrote the rows of the IoT Bridge agent")
    report.finish(write=options.write)


async def _household(lab: Lab, stack: AsyncExitStack) -> dict[str, str]:
    """Start everything; return what each is called, by the name of its device."""
    await lab.broker.start()
    await lab.home_assistant.start()
    await lab.set_up_mqtt()
    await lab.add_agent("bench").start()
    await lab.accept_iotbridge()
    agents = {"bench": "IoT Bridge agent, defaults, 30 s, with the entities of the integration"}
    for minimal in (True, False):
        peer = Lnxlink(lab.folder / f"lnxlink-{minimal}", minimal=minimal, broker=lab.broker)
        await peer.start()
        stack.push_async_callback(peer.program.stop)
        agents[peer.client_id] = peer.name
    return agents


async def _owners(lab: Lab) -> dict[str, str]:
    """Return the name of the device of each entity."""
    devices = {device["id"]: device["name"] for device in await lab.client.devices()}
    return {row["entity_id"]: devices.get(row["device_id"], "") for row in await lab.client.entities()}


def _rows(database: Path, begin: float, end: float) -> dict[str, int]:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return dict(connection.execute(ROWS, (begin, end)).fetchall())
    finally:
        connection.close()


def _table(agents: dict[str, str], owners: dict[str, str], rows: dict[str, int], minutes: float) -> list[list[str]]:
    counts = {device: [rows[entity] for entity in rows if owners.get(entity) == device] for device in agents}
    first = sum(next(iter(counts.values())))
    return [
        [
            agents[device],
            str(len(counted)),
            str(sum(counted)),
            f"{sum(counted) * 60 / minutes:,.0f}",
            f"{sum(counted) / first:.1f} times" if first else "",
        ]
        for device, counted in counts.items()
    ]


if __name__ == "__main__":
    sys.exit(main())
