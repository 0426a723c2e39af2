"""What alarms must not forget: their states, what is still to be told, and what happened in the last year.

One small SQLite file, written in transactions: whatever was committed is there after Home Assistant was killed. Home
Assistant's recorder forgets after ten days, and its own store writes late. All of this blocks: not for the event loop.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
import json
from pathlib import Path
import sqlite3
from typing import Any

from .models import AlarmKey, Severity, Transition
from .references import Moves, joined, moved_key, moved_reason
from .topology import PARENT

KEEP_S = 400 * 24 * 3600.0
MAX_ROWS = 10_000
# How many rows the log beside the file may have before they are moved into the file.
_LONG_LOG = 500

# What makes each version of the file of the one before; the first makes it of nothing.
_STEPS = (
    """
CREATE TABLE IF NOT EXISTS instance (
    rule_id TEXT NOT NULL, subject TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (rule_id, subject)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS history (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, rule_id TEXT NOT NULL, rule TEXT NOT NULL, subject TEXT NOT NULL,
    change TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, severity INTEGER NOT NULL,
    episode INTEGER NOT NULL, value TEXT NOT NULL, why TEXT NOT NULL, who TEXT NOT NULL, place TEXT NOT NULL,
    comment TEXT NOT NULL, detail TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS history_at ON history (at);
CREATE TABLE IF NOT EXISTS remembered (name TEXT PRIMARY KEY, data TEXT NOT NULL) WITHOUT ROWID;
""",
    """
CREATE INDEX IF NOT EXISTS history_rule ON history (rule_id, at);
CREATE INDEX IF NOT EXISTS history_subject ON history (subject, at);
""",
)


@dataclass(slots=True)
class Batch:
    """What is written together, or not at all.

    ``instances`` by key, None for those that are gone; ``outbox`` by id, None for what was told; ``remembered`` is
    anything else by name. ``moves`` are renames of entities, for the history that is in the file; ``history`` has the
    new ids already.
    """

    instances: dict[AlarmKey, Mapping[str, Any] | None] = field(default_factory=dict)
    outbox: dict[int, Mapping[str, Any] | None] = field(default_factory=dict)
    history: list[tuple[str, Transition]] = field(default_factory=list)
    remembered: dict[str, Any] = field(default_factory=dict)
    moves: Moves = field(default_factory=dict)

    def move(self, moves: Moves) -> None:
        """Take a rename of entities into what is not written yet, and to the history that is."""
        self.history = [(rule, _moved(happened, moves)) for rule, happened in self.history]
        self.moves = joined(self.moves, moves)

    def before(self, later: Batch) -> Batch:
        """Return both as one, of which this was first."""
        self.move(later.moves)
        return Batch(
            self.instances | later.instances,
            self.outbox | later.outbox,
            self.history + later.history,
            self.remembered | later.remembered,
            self.moves,
        )

    def __bool__(self) -> bool:
        """Tell whether there is anything to write."""
        return bool(self.instances or self.outbox or self.history or self.remembered or self.moves)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was there at the start."""

    instances: dict[AlarmKey, dict[str, Any]]
    outbox: dict[int, dict[str, Any]]
    remembered: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryQuery:
    """What to look for in the history; empty means all. Times are seconds since 1970; the newest come first.

    ``before`` is the id of the last row of the page before this one.
    """

    start: float | None = None
    end: float | None = None
    rules: Sequence[str] = ()
    subjects: Sequence[str] = ()
    changes: Sequence[str] = ()
    limit: int = 1000
    before: int | None = None


class AlarmStore:
    """The file. One thread writes; the history is read beside that, so that nothing waits for a long search."""

    def __init__(self, path: Path) -> None:
        """Open nothing yet."""
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._logged = 0
        self._is_still = False

    def open(self) -> Loaded:
        """Open the file, or make it; return what is in it.

        A file that cannot be read is put aside under another name, and a new one begun.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return self._open()
        except sqlite3.OperationalError:
            raise  # the disk, not the file
        except sqlite3.DatabaseError:
            self.close()
            self._path.replace(self._path.with_suffix(".broken"))
            return self._open()

    def _open(self) -> Loaded:
        connection = self._connection = sqlite3.connect(self._path, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        # Not by itself while it writes: that waits for the disk, and what was written is to be told at once.
        connection.execute("PRAGMA wal_autocheckpoint=0")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        for number, step in enumerate(_STEPS[version:], version + 1):
            connection.executescript(f"BEGIN; {step} PRAGMA user_version={number}; COMMIT;")
        self._path.chmod(0o600)
        with closing(connection.cursor()) as cursor:
            instances = {
                AlarmKey(rule_id, subject): json.loads(data)
                for rule_id, subject, data in cursor.execute("SELECT rule_id, subject, data FROM instance")
            }
            outbox = {number: json.loads(data) for number, data in cursor.execute("SELECT id, data FROM outbox")}
            remembered = {name: json.loads(data) for name, data in cursor.execute("SELECT name, data FROM remembered")}
        return Loaded(instances, outbox, remembered)

    def write(self, batch: Batch) -> None:
        """Write a batch; when this returns, it is there even if Home Assistant is killed."""
        with self._opened as connection:
            if batch.moves:
                _move_history(connection, batch.moves)
            for key, data in batch.instances.items():
                if data is None:
                    connection.execute("DELETE FROM instance WHERE rule_id = ? AND subject = ?", key)
                else:
                    connection.execute("REPLACE INTO instance VALUES (?, ?, ?)", (*key, json.dumps(data)))
            for number, notice in batch.outbox.items():
                if notice is None:
                    connection.execute("DELETE FROM outbox WHERE id = ?", (number,))
                else:
                    connection.execute("REPLACE INTO outbox VALUES (?, ?)", (number, json.dumps(notice)))
            connection.executemany(
                "INSERT INTO history (at, rule_id, rule, subject, change, before, after, severity, episode, value, why,"
                " who, place, comment, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (_row(rule, happened) for rule, happened in batch.history),
            )
            for name, value in batch.remembered.items():
                connection.execute("REPLACE INTO remembered VALUES (?, ?)", (name, json.dumps(value)))
        self._logged += len(batch.instances) + len(batch.outbox) + len(batch.history)

    @property
    def is_untidy(self) -> bool:
        """Tell whether the log beside the file is long."""
        return self._logged >= _LONG_LOG and not self._is_still

    def tidy(self) -> None:
        """Move the log into the file, unless that keeps still. A disk that does not take it now gets it later."""
        if self._is_still:
            return
        self._logged = 0
        with suppress(sqlite3.OperationalError):
            self._opened.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def history(self, query: HistoryQuery) -> list[dict[str, Any]]:
        """Return what happened, newest first."""
        with closing(sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            cursor = connection.execute(*statement(query))
            names = [column[0] for column in cursor.description]
            return [_shown(dict(zip(names, row, strict=True))) for row in cursor]

    def purge(self, now: float) -> None:
        """Forget what is older than a year, and tidy up."""
        with self._opened as connection:
            connection.execute("DELETE FROM history WHERE at < ?", (now - KEEP_S,))
        # Home Assistant ends without closing anything: the log of the last run may be there still.
        self.tidy()

    def keep_still(self, still: bool) -> None:
        """Keep the file as it is while somebody copies it, or no more.

        What is written meanwhile is in the log beside it, which is only added to: with as much of that as was copied,
        the copy is what the file was at that moment. Closed meanwhile, the log stays.
        """
        self._is_still = still
        self._opened.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, still)
        if still:
            self._opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            raise RuntimeError("the store is not open")
        return self._connection


def statement(query: HistoryQuery) -> tuple[str, list[Any]]:
    """Return the SQL of a query, and its values.

    By time and not by id: the indexes then have the rows of a rule or an entity in the order that is wanted, and the
    start and end as well. Two of the same time are in the order in which they were written.
    """
    where, values = ["1"], list[Any]()
    for condition, value in (
        ("at >= ?", query.start),
        ("at < ?", query.end),
        ("(at, id) < (SELECT at, id FROM history WHERE id = ?)", query.before),
    ):
        if value is not None:
            where.append(condition)
            values.append(value)
    for column, wanted in (("rule_id", query.rules), ("subject", query.subjects), ("change", query.changes)):
        if wanted:
            where.append(f"{column} IN ({', '.join('?' * len(wanted))})")
            values += wanted
    # What the user gives is in the values; the columns are ours.
    text = f"SELECT * FROM history WHERE {' AND '.join(where)} ORDER BY at DESC, id DESC LIMIT ?"  # noqa: S608
    return text, [*values, min(query.limit, MAX_ROWS)]


def _moved(happened: Transition, moves: Moves) -> Transition:
    return replace(happened, key=moved_key(happened.key, moves), detail=moved_reason(happened.detail, moves))


def _move_history(connection: sqlite3.Connection, moves: Moves) -> None:
    """Give what happened to renamed entities their new ids, in one statement: two may have swapped theirs."""
    connection.create_function("moved_subject", 1, lambda subject: moves.get(subject, subject), deterministic=True)
    connection.create_function("moved_reason", 1, lambda reason: moved_reason(reason, moves), deterministic=True)
    marks = ", ".join("?" * len(moves))
    change = f"UPDATE history SET subject = moved_subject(subject) WHERE subject IN ({marks})"  # noqa: S608 - only marks
    connection.execute(change, list(moves))
    change = "UPDATE history SET detail = moved_reason(detail) WHERE detail LIKE ? AND detail != moved_reason(detail)"
    connection.execute(change, (f"{PARENT}%",))


def _row(rule: str, happened: Transition) -> tuple[Any, ...]:
    row = (
        happened.at,
        happened.key.rule_id,
        rule,
        happened.key.subject,
        happened.change,
        happened.before,
        happened.after,
        int(happened.severity),
        happened.episode,
        happened.value,
        happened.why,
        happened.by.who,
        happened.by.where,
        happened.by.comment,
        happened.detail,
    )
    # Half of a character that was cut off is no text for SQLite.
    return tuple(item.encode(errors="replace").decode() if isinstance(item, str) else item for item in row)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    row["severity"] = Severity(row["severity"]).word
    row["where"] = row.pop("place")
    return row
