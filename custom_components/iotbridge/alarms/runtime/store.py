"""Store of alarms: their states, queued notifications, and the history and deliveries of the last 400 days.

One small SQLite file, written in transactions, so that committed data survives a kill of Home Assistant. The recorder
purges after ten days, and Home Assistant's own store writes late. Blocking: not for the event loop.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
import json
from pathlib import Path
import sqlite3
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import STORAGE_DIR

from ..engine.models import AlarmKey, Severity, Transition
from ..engine.references import Moves, combined_moves, moved_key, moved_reason
from ..engine.root_cause import PARENT
from . import database
from .database import Loaded
from .delivery_records import DeliveryRecord, DeliveryRecords, EpisodeKey, moved

FILE = "iotbridge_alarms.db"
KEEP_S = 400 * 24 * 3600.0
MAX_ROWS = 10_000
# Number of rows in the write-ahead log after which it is moved into the file.
_LONG_LOG = 500


@dataclass(slots=True)
class Batch:
    """Batch of changes that are written in one transaction.

    ``instances`` by key and ``outbox`` by id have None for rows to delete; ``remembered`` has other values by name.
    ``moves`` are renames of entities, for the rows that are in the file; ``history`` and ``deliveries`` have the new
    ids already.
    """

    instances: dict[AlarmKey, Mapping[str, Any] | None] = field(default_factory=dict)
    outbox: dict[int, Mapping[str, Any] | None] = field(default_factory=dict)
    history: list[tuple[str, Transition]] = field(default_factory=list)
    deliveries: DeliveryRecords = field(default_factory=dict)
    remembered: dict[str, Any] = field(default_factory=dict)
    moves: Moves = field(default_factory=dict)

    def move(self, moves: Moves) -> None:
        """Add a rename of entities, which applies to the new rows here and to those in the file."""
        self.history = [(rule, _moved(transition, moves)) for rule, transition in self.history]
        self.deliveries = moved(self.deliveries, moves)
        self.moves = combined_moves(self.moves, moves)

    def followed_by(self, later: Batch) -> Batch:
        """Return this batch and a later one as one."""
        self.move(later.moves)
        return Batch(
            self.instances | later.instances,
            self.outbox | later.outbox,
            self.history + later.history,
            self.deliveries | later.deliveries,
            self.remembered | later.remembered,
            self.moves,
        )

    def __bool__(self) -> bool:
        """Return whether there is anything to write."""
        rows = (self.instances, self.outbox, self.history, self.deliveries, self.remembered, self.moves)
        return any(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryQuery:
    """Query of the history; empty means all. Times are seconds since 1970; the newest entries come first.

    ``before`` is the id of the last row of the previous page.
    """

    start: float | None = None
    end: float | None = None
    rules: Sequence[str] = ()
    subjects: Sequence[str] = ()
    changes: Sequence[str] = ()
    limit: int = 1000
    before: int | None = None
    episode: int | None = None


def store_path(hass: HomeAssistant) -> Path:
    """Return the path of the file, in the folder that Home Assistant backs up."""
    return Path(hass.config.path(STORAGE_DIR, FILE))


class AlarmStore:
    """Alarm database. One thread writes; the history is read in others, so that no write waits for a long query."""

    def __init__(self, path: Path) -> None:
        """Prepare; ``open`` opens the file."""
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._logged = 0
        self._is_frozen = False
        # Number of times that files were set aside or deleted; 1 at the start, for those of earlier runs.
        self.rescues = 1

    def open(self) -> Loaded:
        """Open the file, or create it; return its content.

        A damaged file is set aside, and its readable rows are copied into a new one. Raise sqlite3.Error or OSError
        where the file cannot be opened.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if not self._path.exists() and (new := database.rebuilt(self._path)).exists():
            new.replace(self._path)  # Home Assistant was killed between the two steps of a rescue
        try:
            return self._open()
        except sqlite3.DatabaseError as error:
            if not database.is_damage(error):
                raise
        self._rescue()
        return self._open()

    def _open(self) -> Loaded:
        connection = database.connect(self._path)
        try:
            connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, self._is_frozen)
            loaded, unread = database.load(connection)
            if unread:
                self.rescues += 1
                database.set_rows_aside(self._path, connection, unread)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return loaded

    def peek(self) -> Loaded | None:
        """Return the content of a file that cannot be opened for writing; None where it cannot be read completely."""
        try:
            with closing(database.read_only(self._path)) as connection, closing(database.upgraded(connection)) as copy:
                loaded, unread = database.load(copy)
        except sqlite3.Error, OSError:
            return None
        return None if unread else loaded

    @property
    def damaged(self) -> list[str]:
        """Return the names of the damaged files that were set aside."""
        return [path.name for path in database.damaged_copies(self._path)]

    def remove_damaged(self) -> None:
        """Delete the files that were set aside."""
        self.rescues += 1
        database.remove_copies(database.damaged_copies(self._path))

    @property
    def is_open(self) -> bool:
        """Return whether the file is open for writing."""
        return self._connection is not None

    def write(self, batch: Batch) -> None:
        """Write a batch; on return it is committed, and survives a kill of Home Assistant."""
        try:
            self._write(batch)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                # A file that was opened while the disk was read-only stays read-only; the next attempt reopens it.
                self.close()
            if not database.is_damage(error):
                raise
            self.rebuild()
            self._write(batch)

    def rebuild(self, rescues: int | None = None) -> None:
        """Set the damaged file aside, and copy its readable rows into a new one.

        ``rescues`` is the count before the damage was found: another query may have rescued the file meanwhile. Raise
        sqlite3.OperationalError while the file is being copied, because it must not change.
        """
        if rescues not in (None, self.rescues):
            return
        self._rescue()
        self._open()

    def _rescue(self) -> None:
        if self._is_frozen:
            raise sqlite3.OperationalError("the file is damaged, and is being copied for a backup")
        self.close()
        database.rebuild(self._path)
        self.rescues += 1

    def _write(self, batch: Batch) -> None:
        with self._opened as connection:
            if batch.moves:
                _move_rows(connection, batch.moves)
            for key, data in batch.instances.items():
                if data is None:
                    connection.execute("DELETE FROM instance WHERE rule_id = ? AND subject = ?", key)
                else:
                    connection.execute("REPLACE INTO instance VALUES (?, ?, ?)", (*key, json.dumps(data)))
            for number, item in batch.outbox.items():
                if item is None:
                    connection.execute("DELETE FROM outbox WHERE id = ?", (number,))
                else:
                    connection.execute("REPLACE INTO outbox VALUES (?, ?)", (number, json.dumps(item)))
            connection.executemany(
                "INSERT INTO history (at, rule_id, rule, subject, change, before, after, severity, episode, value,"
                " reason, actor, source, comment, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (_history_row(rule, transition) for rule, transition in batch.history),
            )
            marks = ", ".join("?" * len(DeliveryRecord._fields))
            rows = (_storable(record) for record in batch.deliveries.values())
            connection.executemany(f"REPLACE INTO delivery VALUES ({marks})", rows)  # noqa: S608 - only marks
            for name, value in batch.remembered.items():
                connection.execute("REPLACE INTO remembered VALUES (?, ?)", (name, json.dumps(value)))
        self._logged += len(batch.instances) + len(batch.outbox) + len(batch.history) + len(batch.deliveries)

    @property
    def is_checkpoint_due(self) -> bool:
        """Return whether the write-ahead log is long."""
        return self._logged >= _LONG_LOG and not self._is_frozen

    def checkpoint(self) -> None:
        """Move the log into the file, unless it is frozen; where the disk fails, the next checkpoint does it."""
        if self._is_frozen:
            return
        self._logged = 0
        with suppress(sqlite3.OperationalError):
            self._opened.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def history(self, query: HistoryQuery) -> list[dict[str, Any]]:
        """Return the recorded transitions, newest first."""
        with closing(self._reading()) as connection:
            cursor = connection.execute(*history_statement(query))
            names = [column[0] for column in cursor.description]
            return [_row_as_dict(dict(zip(names, row, strict=True))) for row in cursor]

    def deliveries(self, episodes: Sequence[EpisodeKey]) -> list[DeliveryRecord]:
        """Return the records of some episodes, oldest first."""
        marks = ", ".join(["(?, ?, ?)"] * len(episodes))
        columns = ", ".join(DeliveryRecord._fields)
        text = f"SELECT {columns} FROM delivery WHERE (rule_id, subject, episode) IN (VALUES {marks})"  # noqa: S608 - only marks
        values = [value for episode in episodes for value in episode]
        with closing(self._reading()) as connection:
            rows = connection.execute(f"{text} ORDER BY at, number, target LIMIT {MAX_ROWS}", values)
            return [DeliveryRecord(*row) for row in rows]

    def _reading(self) -> sqlite3.Connection:
        return sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True)

    def purge(self, now: float) -> None:
        """Delete history beyond its retention, and move the log into the file; nothing while the file is not open."""
        if not self.is_open:
            return
        with self._opened as connection:
            for table in ("history", "delivery"):
                connection.execute(f"DELETE FROM {table} WHERE at < ?", (now - KEEP_S,))  # noqa: S608 - our own names
        # Home Assistant exits without closing the file: the log of the last run may be left.
        self.checkpoint()

    def freeze(self, is_frozen: bool) -> None:
        """Freeze the file while it is copied, or end that.

        Writes go to the log meanwhile, to which they are only appended: with as much of it as was copied, the copy is
        consistent. The log also stays when the file is closed. Raise sqlite3.Error where the log cannot be moved into
        the file before; the file is frozen all the same, and the copy is complete with its log.
        """
        self._is_frozen = is_frozen
        if not self.is_open:
            return
        self._opened.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, is_frozen)
        if is_frozen:
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


def history_statement(query: HistoryQuery) -> tuple[str, list[Any]]:
    """Return the SQL of a query, and its values.

    Rows are ordered by time and not by id, so that the indexes on a rule or an entity have them in the same order and
    also serve the start and end. Rows of the same time are in the order in which they were written.
    """
    where, values = ["1"], list[Any]()
    for condition, value in (
        ("at >= ?", query.start),
        ("at < ?", query.end),
        ("episode = ?", query.episode),
        ("(at, id) < (SELECT at, id FROM history WHERE id = ?)", query.before),
    ):
        if value is not None:
            where.append(condition)
            values.append(value)
    for column, wanted in (("rule_id", query.rules), ("subject", query.subjects), ("change", query.changes)):
        if wanted:
            where.append(f"{column} IN ({', '.join('?' * len(wanted))})")
            values += wanted
    # User input is only in the values; the columns are constants.
    text = f"SELECT * FROM history WHERE {' AND '.join(where)} ORDER BY at DESC, id DESC LIMIT ?"  # noqa: S608
    return text, [*values, min(query.limit, MAX_ROWS)]


def _moved(transition: Transition, moves: Moves) -> Transition:
    return replace(transition, key=moved_key(transition.key, moves), detail=moved_reason(transition.detail, moves))


def _move_rows(connection: sqlite3.Connection, moves: Moves) -> None:
    """Apply a rename to the rows in the file, each time in one statement: two entities may have swapped their ids."""
    connection.create_function("moved_subject", 1, lambda subject: moves.get(subject, subject), deterministic=True)
    connection.create_function("moved_reason", 1, lambda reason: moved_reason(reason, moves), deterministic=True)
    marks = ", ".join("?" * len(moves))
    for table in ("history", "delivery"):
        change = f"UPDATE {table} SET subject = moved_subject(subject) WHERE subject IN ({marks})"  # noqa: S608 - only marks
        connection.execute(change, list(moves))
    change = "UPDATE history SET detail = moved_reason(detail) WHERE detail LIKE ? AND detail != moved_reason(detail)"
    connection.execute(change, (f"{PARENT}%",))


def _history_row(rule: str, transition: Transition) -> tuple[Any, ...]:
    row = (
        transition.at,
        transition.key.rule_id,
        rule,
        transition.key.subject,
        transition.change,
        transition.before,
        transition.after,
        int(transition.severity),
        transition.episode,
        transition.value,
        transition.reason,
        transition.by.name,
        transition.by.source,
        transition.by.comment,
        transition.detail,
    )
    return _storable(row)


def _storable(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row without half characters, which a truncated text may have and SQLite rejects."""
    return tuple(item.encode(errors="replace").decode() if isinstance(item, str) else item for item in row)


def _row_as_dict(row: dict[str, Any]) -> dict[str, Any]:
    row["severity"] = Severity(row["severity"]).word
    row["who"], row["where"] = row.pop("actor"), row.pop("source")
    return row
