"""Store of alarms: queries, copies and retention."""

from contextlib import closing
from pathlib import Path
import shutil
import sqlite3

import pytest

from custom_components.iotbridge.alarms.engine.models import (
    Change,
)
from custom_components.iotbridge.alarms.runtime.store import KEEP_S, AlarmStore, Batch, HistoryQuery, history_statement
from tests.alarms.runtime.store_rows import START, history_row, subjects


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (HistoryQuery(), "history_at"),
        (HistoryQuery(before=5), "history_at (at<?)"),
        (HistoryQuery(start=1.0, end=2.0), "history_at (at>? AND at<?)"),
        (HistoryQuery(rules=["a"]), "history_rule (rule_id=?)"),
        (HistoryQuery(rules=["a"], start=1.0, before=5), "history_rule (rule_id=? AND at>? AND at<?)"),
        (HistoryQuery(rules=["a"], subjects=["b"]), "history_"),
        (HistoryQuery(subjects=["a"], changes=["raised"]), "history_subject (subject=?)"),
        (HistoryQuery(subjects=["a"], end=2.0), "history_subject (subject=? AND at<?)"),
    ],
)
def test_every_query_uses_an_index_without_sorting(
    store: AlarmStore, path: Path, query: HistoryQuery, index: str
) -> None:
    text, values = history_statement(query)
    with closing(sqlite3.connect(path)) as connection:
        steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)]

    assert f"USING INDEX {index}" in steps[0]
    assert not any("B-TREE" in step for step in steps), "the index has the order of the result"


def test_a_query_for_several_rules_uses_an_index(store: AlarmStore, path: Path) -> None:
    text, values = history_statement(HistoryQuery(rules=["a", "b"]))
    with closing(sqlite3.connect(path)) as connection:
        steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)]

    assert steps[0] == "SEARCH history USING INDEX history_rule (rule_id=?)"


def test_pages_have_the_newest_rows_first(store: AlarmStore) -> None:
    """Rows of the same time are in the order in which they were written, also across pages."""
    store.write(Batch(history=[history_row("sensor.a", START), history_row("sensor.b", START + 1)]))
    store.write(Batch(history=[history_row("sensor.c", START + 1), history_row("sensor.d", START + 2)]))

    rows = store.history(HistoryQuery(limit=2))
    assert [row["subject"] for row in rows] == ["sensor.d", "sensor.c"]
    assert subjects(store, HistoryQuery(limit=2, before=rows[-1]["id"])) == ["sensor.b", "sensor.a"]
    assert subjects(store, HistoryQuery(start=START + 1, end=START + 2)) == ["sensor.c", "sensor.b"]
    assert subjects(store, HistoryQuery(before=1)) == []


def test_rows_are_ordered_by_time_after_a_clock_change(store: AlarmStore) -> None:
    store.write(Batch(history=[history_row("sensor.a", START + 3600), history_row("sensor.b", START)]))

    rows = store.history(HistoryQuery(limit=1))
    assert rows[0]["subject"] == "sensor.a"
    assert subjects(store, HistoryQuery(before=rows[0]["id"])) == ["sensor.b"]


def test_queries_filter_by_rule_subject_and_change(store: AlarmStore) -> None:
    store.write(
        Batch(
            history=[
                history_row("sensor.a", START),
                history_row("sensor.a", START + 1, change=Change.CLEARED),
                history_row("sensor.b", START + 2, rule_id="other"),
            ]
        )
    )

    assert subjects(store, HistoryQuery(rules=["other", "another"])) == ["sensor.b"]
    assert subjects(store, HistoryQuery(subjects=["sensor.a"])) == ["sensor.a", "sensor.a"]
    assert subjects(store, HistoryQuery(subjects=["sensor.a"], changes=["cleared"])) == ["sensor.a"]
    assert subjects(store, HistoryQuery(rules=["other"], subjects=["sensor.a"])) == []


def test_a_query_runs_during_a_write(store: AlarmStore, path: Path) -> None:
    store.write(Batch(history=[history_row("sensor.a", START)]))
    with closing(sqlite3.connect(path, autocommit=False)) as other:
        other.execute("DELETE FROM history")

        assert subjects(store, HistoryQuery()) == ["sensor.a"]


def test_history_beyond_the_retention_is_purged(store: AlarmStore) -> None:
    store.write(Batch(history=[history_row("sensor.old", START - 10), history_row("sensor.new", START + 10)]))

    store.purge(START + KEEP_S)

    assert subjects(store, HistoryQuery()) == ["sensor.new"]


@pytest.mark.parametrize("first", ["file", "log"])
def test_a_copy_of_a_frozen_file_is_complete(store: AlarmStore, path: Path, tmp_path: Path, first: str) -> None:
    """A backup copies one file after the other, in any order, while alarms are being written."""
    target = tmp_path / "copy"
    target.mkdir()
    store.write(Batch(history=[history_row(f"sensor.before_{number}", START + number) for number in range(10)]))
    store.freeze(True)

    names = [path.name, f"{path.name}-wal"]
    for name in names if first == "file" else reversed(names):
        _write_much(store)
        shutil.copy(path.with_name(name), target / name)
    _write_much(store)
    copied = AlarmStore(target / path.name)
    copied.open()

    with closing(sqlite3.connect(target / path.name)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert len(copied.history(HistoryQuery(end=START + 100))) == 10, "everything from before the copy"
    written = len(copied.history(HistoryQuery(start=START + 100, limit=10_000)))
    assert written == (800 if first == "file" else 400), "and everything that was written until the log was copied"
    copied.close()


def test_closing_a_frozen_file_does_not_change_it(store: AlarmStore, path: Path) -> None:
    store.freeze(True)
    before = path.read_bytes()
    _write_much(store)

    store.close()

    assert path.read_bytes() == before
    assert len(_reopened(store).history(HistoryQuery(limit=10_000))) == 400, "nothing is lost"


def test_the_log_is_moved_into_the_file_only_by_a_checkpoint(store: AlarmStore, path: Path) -> None:
    """A checkpoint waits for the disk, which may be slow, and must not delay notifications."""
    store.write(Batch(history=[history_row("sensor.a", START)]))
    assert not store.is_checkpoint_due
    before = path.read_bytes()

    _write_much(store)
    _write_much(store)

    assert path.read_bytes() == before
    assert store.is_checkpoint_due
    store.checkpoint()
    assert path.stat().st_size > 10_000_000
    assert not store.is_checkpoint_due


def test_a_purge_moves_the_log_of_a_killed_run(store: AlarmStore, path: Path) -> None:
    _write_much(store)
    before = path.stat().st_size
    next_run = AlarmStore(path)
    next_run.open()

    next_run.purge(START)

    assert path.stat().st_size > before + 10_000_000
    next_run.close()


def test_a_frozen_file_has_no_checkpoint(store: AlarmStore, path: Path) -> None:
    store.freeze(True)
    _write_much(store)
    _write_much(store)
    assert not store.is_checkpoint_due
    before = path.read_bytes()
    store.purge(START)
    assert path.read_bytes() == before

    store.freeze(False)

    assert store.is_checkpoint_due


def _write_much(store: AlarmStore) -> None:
    """Write more than SQLite keeps in its log before a checkpoint."""
    for number in range(4):
        rows = [history_row("sensor.late", START + 1000 + number, why="x" * 30_000) for _ in range(100)]
        store.write(Batch(history=rows))


def _reopened(store: AlarmStore) -> AlarmStore:
    store.open()
    return store
