"""Alarm database: earlier versions, queries, rescue and copies."""

from collections.abc import Iterator
from contextlib import closing
import json
from pathlib import Path
import shutil
import sqlite3

import pytest

from custom_components.iotbridge import migration
from custom_components.iotbridge.alarms.engine.escalation import NotificationKind, Sound
from custom_components.iotbridge.alarms.engine.evaluation.snapshot import EntitySnapshot
from custom_components.iotbridge.alarms.engine.instance import Instance
from custom_components.iotbridge.alarms.engine.models import (
    Actor,
    AlarmKey,
    AlarmState,
    Change,
    Severity,
    Transition,
)
from custom_components.iotbridge.alarms.engine.rule import Rule
from custom_components.iotbridge.alarms.notifications.message import Message
from custom_components.iotbridge.alarms.notifications.queued_notification import QueuedNotification
from custom_components.iotbridge.alarms.runtime.database import Loaded, NewerError
from custom_components.iotbridge.alarms.runtime.store import KEEP_S, AlarmStore, Batch, HistoryQuery, history_statement

START = 1_700_000_000.0
# Files written by older versions.
FORMATS = Path(__file__).parent / "formats"
# The tables of the first version.
FIRST = """
CREATE TABLE instance (
    rule_id TEXT NOT NULL, subject TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (rule_id, subject)
) WITHOUT ROWID;
CREATE TABLE outbox (id INTEGER PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE history (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, rule_id TEXT NOT NULL, rule TEXT NOT NULL, subject TEXT NOT NULL,
    change TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, severity INTEGER NOT NULL,
    episode INTEGER NOT NULL, value TEXT NOT NULL, why TEXT NOT NULL, who TEXT NOT NULL, place TEXT NOT NULL,
    comment TEXT NOT NULL, detail TEXT NOT NULL
);
CREATE INDEX history_at ON history (at);
CREATE TABLE remembered (name TEXT PRIMARY KEY, data TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO instance VALUES ('rule', 'sensor.one', '{"alarm": 1}');
INSERT INTO outbox VALUES (3, '{"notice": 1}');
INSERT INTO remembered VALUES ('maintenance', 'true');
INSERT INTO history VALUES (7, 1700000000.0, 'rule', 'Hot', 'sensor.one', 'raised', 'normal', 'unacknowledged', 2, 1,
    '90', '90 > 80', '', '', '', '');
PRAGMA user_version=1;
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "alarms.db"


@pytest.fixture
def store(path: Path) -> Iterator[AlarmStore]:
    opened = AlarmStore(path)
    opened.open()
    yield opened
    opened.close()


def history_row(
    subject: str, at: float, *, rule_id: str = "rule", change: Change = Change.RAISED, why: str = ""
) -> tuple[str, Transition]:
    key = AlarmKey(rule_id, subject)
    states = (AlarmState.NORMAL, AlarmState.UNACKNOWLEDGED)
    return "Hot", Transition(
        key=key,
        change=change,
        before=states[0],
        after=states[1],
        at=at,
        severity=Severity.WARNING,
        episode=1,
        reason=why,
    )


def subjects(store: AlarmStore, query: HistoryQuery) -> list[str]:
    return [row["subject"] for row in store.history(query)]


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
    """Rows of one moment are in the order in which they history_row; a page ends and the next begins between them."""
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


def test_a_file_of_the_first_version_is_upgraded(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(FIRST)
    store = AlarmStore(path)

    loaded = store.open()

    assert loaded.instances == {AlarmKey("rule", "sensor.one"): {"alarm": 1}}
    assert loaded.outbox == {3: {"notice": 1}}
    assert loaded.remembered == {"maintenance": True}
    assert subjects(store, HistoryQuery(rules=["rule"])) == ["sensor.one"]
    store.close()
    assert _schema(path) == _schema(_new(path.with_name("new.db"))), "as in a new file"


def test_a_store_of_the_first_public_commit_is_read(path: Path) -> None:
    """Read what commit 876ec5b wrote: an alarm that Anna had shelved after Ben had acknowledged it."""
    _write_old(path)
    store = AlarmStore(path)

    loaded = store.open()

    assert store.peek() == loaded
    _check_old(loaded)
    rows = store.history(HistoryQuery(subjects=["sensor.attic"]))
    assert [(row["change"], row["before"], row["after"], row["who"], row["where"], row["reason"]) for row in rows] == [
        ("unsnoozed", "snoozed", "unacknowledged", "Anna", "dashboard", "90 °C > 80 °C"),
        ("snoozed", "unacknowledged", "snoozed", "Anna", "dashboard", "90 °C > 80 °C"),
        ("raised", "normal", "unacknowledged", "", "", "90 °C > 80 °C"),
    ]
    store.close()


def test_a_store_of_the_first_public_commit_is_read_without_writing(path: Path) -> None:
    _write_old(path)
    before = path.read_bytes()

    loaded = AlarmStore(path).peek()

    assert loaded is not None
    _check_old(loaded)
    assert path.read_bytes() == before


def test_a_damaged_store_of_the_first_public_commit_is_rescued(path: Path) -> None:
    _write_old(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("PRAGMA writable_schema = ON; DELETE FROM sqlite_master WHERE name = 'remembered';")
    store = AlarmStore(path)

    loaded = store.open()

    _check_old(loaded)
    assert len(store.history(HistoryQuery())) == 3
    store.close()
    assert _schema(path) == _schema(_new(path.with_name("new.db"))), "as in a new file"


def _write_old(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((FORMATS / "store_876ec5b.sql").read_text("utf-8"))


def _check_old(loaded: Loaded) -> None:
    key = AlarmKey("hot", "sensor.attic")
    written = json.loads((FORMATS / "rule_876ec5b.json").read_text("utf-8"))
    rule = Rule.from_dict("hot", written["title"], migration.migrated(migration.ALARM, written["data"]))
    instance = Instance.from_dict(rule, loaded.instances[key])
    alarm = instance.alarm
    assert (alarm.state, alarm.snoozed_until, alarm.snoozed_for) == (
        AlarmState.SNOOZED,
        1700007200.0,
        Severity.WARNING,
    )
    assert (alarm.acknowledged_by, alarm.snoozed_by) == (
        Actor("Ben", "phone", "On my way"),
        Actor("Anna", "dashboard", 'not "who": me'),
    )
    assert (alarm.reason, alarm.condition_since, instance.escalation.informed) == (
        "90 °C > 80 °C",
        1700000000.0,
        ["family"],
    )
    assert instance.evaluator is not None
    still_held = instance.evaluator.update(EntitySnapshot("79", {}, START, "°C"), START)
    assert still_held.is_active, "within the hysteresis of a limit that was exceeded"
    first, withdrawn = (QueuedNotification.from_dict(number, data) for number, data in loaded.outbox.items())
    assert (first.kind, first.sound, first.delivered_to, first.occurrences, first.is_done) == (
        NotificationKind.RAISED,
        Sound.NORMAL,
        frozenset({"notify.phone"}),
        1,
        True,
    )
    assert (withdrawn.informed, withdrawn.first_message) == (frozenset({"notify.phone"}), withdrawn.message)
    message = Message.from_dict(first.message)
    assert (message.instructions, message.summary, message.kind) == (
        'Open the window; say "what_to_do": now.',
        'He said "news": x',
        NotificationKind.RAISED,
    )


def test_a_file_of_a_later_version_is_not_changed(path: Path) -> None:
    """Leave the file of a newer release untouched: a downgrade followed by an upgrade must lose no data."""
    _new(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version=99")
    before = path.read_bytes()
    store = AlarmStore(path)

    with pytest.raises(NewerError, match=r"version 99, .* up to 4"):
        store.open()

    assert path.read_bytes() == before
    assert store.peek() == Loaded()


def test_damage_found_twice_is_rescued_once(store: AlarmStore, path: Path) -> None:
    rescues = store.rescues
    path.write_bytes(b"no database" * 1000)

    for _ in range(2):
        store.rebuild(rescues)

    assert len([name for name in store.damaged if name.endswith(".db")]) == 1
    assert store.history(HistoryQuery()) == []


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
    """Write more than SQLite keeps in its log by itself."""
    for number in range(4):
        rows = [history_row("sensor.late", START + 1000 + number, why="x" * 30_000) for _ in range(100)]
        store.write(Batch(history=rows))


def _reopened(store: AlarmStore) -> AlarmStore:
    store.open()
    return store


def _new(path: Path) -> Path:
    store = AlarmStore(path)
    store.open()
    store.close()
    return path


def _schema(path: Path) -> tuple[int, set[tuple[str, str]]]:
    """Return the version of a file, and the names of its tables and indexes."""
    with closing(sqlite3.connect(path)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        return version, set(connection.execute("SELECT type, name FROM sqlite_master"))
