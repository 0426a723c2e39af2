"""Speed of the connector's spool: records to the disk and back, one synced commit for each batch.

Records have 200 bytes and three headers. The folder of ``--folder`` decides which disk is measured.
"""

import argparse
import os
from pathlib import Path
import sys
import tempfile
import time

from iotbridge_agent.kafka.record import Record
from iotbridge_agent.kafka.spool import Spool
from lab.processes import ROOT
from lab.waiting import LabError

from . import command_line
from .report import Report

MAX_BYTES = 1 << 30
PAYLOAD_BYTES, TOPICS = 200, 1000
BATCHES = {1: 300, 100: 30_000, 1000: 200_000}
"""Records that are written for each size of a batch."""
AIM = 20_000


def main() -> int:
    """Measure and print; return 1 if an aim is missed."""
    parser = command_line.parser("spool", __doc__)
    parser.add_argument("--folder", type=Path, default=ROOT, help="where the spool is written (default: here)")
    return command_line.run(_run, parser.parse_args())


async def _run(options: argparse.Namespace) -> None:
    report = Report("spool")
    rows = []
    slowest = float("inf")
    for batch, count in BATCHES.items():
        with tempfile.TemporaryDirectory(dir=options.folder, prefix=".bench-spool-") as folder:
            speeds, row = _measure(Path(folder), batch, count)
        rows.append(row)
        if batch == max(BATCHES):
            slowest = min(speeds)
    head = [
        "records in a batch",
        "in: records/s",
        "processor µs",
        "out: records/s",
        "processor µs",
        "bytes on the disk",
    ]
    report.add(head, rows, title=f"Records of {PAYLOAD_BYTES} bytes, aim {AIM:,} a second each way in batches of 1000")
    report.finish(write=options.write)
    if slowest < AIM:
        raise LabError("missed")


def _measure(folder: Path, batch: int, count: int) -> tuple[tuple[float, float], list[str]]:
    spool = Spool(folder / "spool.db", MAX_BYTES)
    spool.open()
    records = [_record(number) for number in range(batch)]
    began, began_cpu = time.perf_counter(), time.process_time()
    for _ in range(count // batch):
        spool.append(records)
    write_s, write_cpu = time.perf_counter() - began, time.process_time() - began_cpu
    size = spool.bytes
    began, began_cpu = time.perf_counter(), time.process_time()
    after = 0
    while rows := spool.peek(batch, after):
        after = rows[-1][0]
        spool.delete_up_to(after)
    read_s, read_cpu = time.perf_counter() - began, time.process_time() - began_cpu
    spool.close()
    speeds = (count / write_s, count / read_s)
    cells = (batch, speeds[0], write_cpu / count * 1e6, speeds[1], read_cpu / count * 1e6, size / count)
    formats = ("{:,}", "{:,.0f}", "{:.1f}", "{:,.0f}", "{:.1f}", "{:.0f}")
    return speeds, [form.format(cell) for form, cell in zip(formats, cells, strict=True)]


def _record(number: int) -> Record:
    topic = b"plant/%d/stock" % (number % TOPICS)
    headers = [("mqtt-topic", topic), ("mqtt-id", b"5f3c:%d:%08x" % (number, number)), ("content-type", b"text/plain")]
    return Record("plant-raw", topic, os.urandom(PAYLOAD_BYTES), headers, time.time_ns() // 1_000_000)


if __name__ == "__main__":
    sys.exit(main())
