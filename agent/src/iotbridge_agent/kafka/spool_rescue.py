"""Rescue of a damaged spool: what can still be read of it moves into the new file, in order."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
import sqlite3
from typing import NamedTuple

CHUNK = 50
"""Rows read at once; one by one where they are damaged."""
MAX_TRIED = 5_000_000
"""Numbers that are tried where the file does not say any more where it begins."""
_COLUMNS = {
    "records": "topic, key, value, headers, timestamp_ms",
    "letters": "topic, target, key, value, headers, reason, detail, time_ms, size",
}


class Rescued(NamedTuple):
    """Numbers of rows that were rescued."""

    records: int
    letters: int


def rescue(damaged: Path, target: sqlite3.Connection) -> Rescued:
    """Copy the readable rows of a damaged file; raise sqlite3.Error or OSError if the new file cannot be written."""
    counts = {}
    with closing(sqlite3.connect(damaged, isolation_level=None)) as source:
        for table, columns in _COLUMNS.items():
            marks = ", ".join("?" * len(columns.split(",")))
            target.execute("BEGIN IMMEDIATE")
            try:
                query = f"INSERT INTO {table}({columns}) VALUES ({marks})"  # noqa: S608 - constants
                counts[table] = target.executemany(query, _rows(source, table, columns)).rowcount
                target.execute("COMMIT")
            except BaseException:
                if target.in_transaction:
                    target.execute("ROLLBACK")
                raise
    return Rescued(max(counts["records"], 0), max(counts["letters"], 0))


def _rows(source: sqlite3.Connection, table: str, columns: str) -> Iterator[tuple[str | bytes | int, ...]]:
    query = f"SELECT {columns} FROM {table} WHERE rowid BETWEEN ? AND ? ORDER BY rowid"  # noqa: S608 - constants
    first, last = _range(source, table)
    for begin in range(first, last + 1, CHUNK):
        end = min(begin + CHUNK - 1, last)
        try:
            yield from source.execute(query, (begin, end)).fetchall()
        except sqlite3.Error:
            for number in range(begin, end + 1):
                try:
                    yield from source.execute(query, (number, number)).fetchall()
                except sqlite3.Error:
                    continue


def _range(source: sqlite3.Connection, table: str) -> tuple[int, int]:
    """Return the first and the last number that may exist; an empty range where nothing is readable."""
    last = _number(source, f"SELECT seq FROM sqlite_sequence WHERE name = '{table}'") or 0  # noqa: S608
    first = _number(source, f"SELECT min(rowid) FROM {table}")  # noqa: S608
    return (first if first is not None else max(1, last - MAX_TRIED)), last


def _number(source: sqlite3.Connection, query: str) -> int | None:
    try:
        row = source.execute(query).fetchone()
    except sqlite3.Error:
        return None
    return row[0] if row and isinstance(row[0], int) else None
