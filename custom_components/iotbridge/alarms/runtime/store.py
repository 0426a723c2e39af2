"""Store of alarms: their states, the queued notifications, and the history of the last 400 days.

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

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import STORAGE_DIR

from ..engine.models import AlarmKey, Severity, Transition
from ..engine.references import Moves, joined, moved_key, moved_reason
from ..engine.root_cause import PARENT
from . import database
from .database import Loaded

FILE = "iotbridge_alarms.db"
KEEP_S = 400 * 24 * 3600.0
MAX_ROWS = 10_000
# How many rows the log beside the file may have before they are moved into the file.
_LONG_LOG = 500


@dataclass(slots=True)
class Batch:
    """Batch of changes that are written in one transaction.

    ``instances`` by key, None for those that are gone; ``outbox`` by id, None for those to delete; ``remembered`` is
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
        """Return whether there is anything to write."""
        return bool(self.instances or self.outbox or self.history or self.remembered or self.moves)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryQuery:
    """Query of the history; empty means all. Times are seconds since 1970; the newest entries come first.

    ``before`` is the id of the last row of the page before this one.
    """

    start: float | None = None
    end: float | None = None
    rules: Sequence[str] = ()
    subjects: Sequence[str] = ()
    changes: Sequence[str] = ()
    limit: int = 1000
    before: int | None = None


def store_path(hass: HomeAssistant) -> Path:
    """Return the path of the file, which lies in the folder that Home Assistant backs up."""
    return Path(hass.config.path(STORAGE_DIR, FILE))


class AlarmStore:
    """The file. One thread writes; the history is read beside that, so that nothing waits for a long search."""

    def __init__(self, path: Path) -> None:
        """Open nothing yet."""
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._logged = 0
        self._is_still = False
        # How often something was put aside; at the start what was found there counts as once.
        self.rescues = 1

    def open(self) -> Loaded:
        """Open the file, or make it; return what is in it.

        A damaged file is put aside, and what can be read of it is taken into a new one. Raise sqlite3.Error or OSError
        where the disk does not let the file be opened.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if not self._path.exists() and (new := database.rebuilt(self._path)).exists():
            new.replace(self._path)  # Home Assistant was killed between the two steps
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
            connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, self._is_still)
            loaded, unread = database.load(connection)
            if unread:
                self.rescues += 1
                database.put_rows_aside(self._path, connection, unread)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return loaded

    def peek(self) -> Loaded | None:
        """Return what is in a file that cannot be opened for writing; None where that cannot be told for sure."""
        try:
            with closing(database.read_only(self._path)) as connection, closing(database.upgraded(connection)) as copy:
                loaded, unread = database.load(copy)
        except sqlite3.Error, OSError:
            return None
        return None if unread else loaded

    @property
    def damaged(self) -> list[str]:
        """Return the names of files that were put aside because they are damaged."""
        return [path.name for path in database.damaged_copies(self._path)]

    def remove_damaged(self) -> None:
        """Delete the files that were put aside."""
        self.rescues += 1
        database.remove_copies(database.damaged_copies(self._path))

    @property
    def is_open(self) -> bool:
        """Return whether the file can be written to."""
        return self._connection is not None

    def write(self, batch: Batch) -> None:
        """Write a batch; when this returns, it is there even if Home Assistant is killed."""
        try:
            self._write(batch)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                # What was opened when the disk could only be read stays so; the next attempt opens it anew.
                self.close()
            if not database.is_damage(error):
                raise
            self.rebuild()
            self._write(batch)

    def rebuild(self, seen: int | None = None) -> None:
        """Put the file aside because it is damaged, and take what can be read of it into a new one.

        ``seen`` is what ``rescues`` was before the damage was found: another search may have found it as well, and the
        file be mended by now. Raise sqlite3.OperationalError while the file is being copied: it has to stay what it is.
        """
        if seen not in (None, self.rescues):
            return
        self._rescue()
        self._open()

    def _rescue(self) -> None:
        if self._is_still:
            raise sqlite3.OperationalError("the file is damaged, and is being copied for a backup")
        self.close()
        database.rebuild(self._path)
        self.rescues += 1

    def _write(self, batch: Batch) -> None:
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
                "INSERT INTO history (at, rule_id, rule, subject, change, before, after, severity, episode, value,"
                " reason, actor, source, comment, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (_row(rule, happened) for rule, happened in batch.history),
            )
            for name, value in batch.remembered.items():
                connection.execute("REPLACE INTO remembered VALUES (?, ?)", (name, json.dumps(value)))
        self._logged += len(batch.instances) + len(batch.outbox) + len(batch.history)

    @property
    def is_untidy(self) -> bool:
        """Return whether the log beside the file is long."""
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
        """Forget what is older than a year, and tidy up; nothing while the file is not open."""
        if not self.is_open:
            return
        with self._opened as connection:
            connection.execute("DELETE FROM history WHERE at < ?", (now - KEEP_S,))
        # Home Assistant ends without closing anything: the log of the last run may be there still.
        self.tidy()

    def freeze(self, still: bool) -> None:
        """Keep the file as it is while somebody copies it, or no more.

        What is written meanwhile is in the log beside it, which is only added to: with as much of that as was copied,
        the copy is what the file was at that moment. Closed meanwhile, the log stays. Raise sqlite3.Error where the
        log cannot be moved into the file before: the file keeps still all the same, and the copy is complete with
        its log.
        """
        self._is_still = still
        if not self.is_open:
            return
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
        happened.reason,
        happened.by.name,
        happened.by.source,
        happened.by.comment,
        happened.detail,
    )
    # Half of a character that was cut off is no text for SQLite.
    return tuple(item.encode(errors="replace").decode() if isinstance(item, str) else item for item in row)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    row["severity"] = Severity(row["severity"]).word
    row["who"], row["where"] = row.pop("actor"), row.pop("source")
    return row
