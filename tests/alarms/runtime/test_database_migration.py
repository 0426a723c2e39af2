"""Files of older versions, upgraded to this one, and of later ones."""

from contextlib import closing
import json
from pathlib import Path
import sqlite3

import pytest

from custom_components.iotbridge import migration
from custom_components.iotbridge.alarms.engine.escalation import NotificationKind, Sound
from custom_components.iotbridge.alarms.engine.evaluation.snapshot import EntitySnapshot
from custom_components.iotbridge.alarms.engine.instance import Instance
from custom_components.iotbridge.alarms.engine.models import Actor, AlarmKey, AlarmState, Severity
from custom_components.iotbridge.alarms.engine.rule import Rule
from custom_components.iotbridge.alarms.notifications.message import Message
from custom_components.iotbridge.alarms.notifications.queued_notification import QueuedNotification
from custom_components.iotbridge.alarms.runtime.database import Loaded, NewerError
from custom_components.iotbridge.alarms.runtime.store import AlarmStore, HistoryQuery
from tests.alarms.runtime.store_rows import START, subjects

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

    with pytest.raises(NewerError, match=r"version 99, .* up to 5"):
        store.open()

    assert path.read_bytes() == before
    assert store.peek() == Loaded()


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
