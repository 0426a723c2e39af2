"""SQLite file of the alarms: its tables, and the rescue of a damaged file. Blocking: not for the event loop."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
import json
import logging
from pathlib import Path
import sqlite3
from types import UnionType
from typing import Any

from ..engine.models import AlarmKey
from .database_migration import NEWEST, upgrade, version_of

LOGGER = logging.getLogger(__package__)

# Sort key of each table; a damaged table is read in both directions.
_KEYS = {
    "instance": "rule_id {0}, subject {0}",
    "outbox": "id {0}",
    "remembered": "name {0}",
    "history": "id {0}",
    "delivery": "number {0}, target {0}",
}
# Version of the file that has a table for the first time; 1 for the others.
_SINCE = {"delivery": 5}
# The file and its companions, the log first: SQLite would apply a log that was left behind to the next file.
_SUFFIXES = ("-shm", "-wal", "")
_NO_JSON = object()
# Type of each remembered value, and that of the members of an object.
_REMEMBERED: dict[str, tuple[type | UnionType, type | UnionType]] = {
    "maintenance": (bool, object),
    "windows": (dict, dict),
    "ended_windows": (dict, int | float),
    "absent": (dict, int | float),
    "registry_ids": (dict, str),
    "broker": (int | float | None, object),
}
# A failing disk must not be filled with copies of damaged files.
MAX_COPIES = 3

type Unread = tuple[str, tuple[Any, ...], str]


@dataclass(frozen=True, slots=True)
class Loaded:
    """Content of the file without the history, at the start."""

    instances: dict[AlarmKey, dict[str, Any]] = field(default_factory=dict)
    outbox: dict[int, dict[str, Any]] = field(default_factory=dict)
    remembered: dict[str, Any] = field(default_factory=dict)


class DamagedError(sqlite3.DatabaseError):
    """File that SQLite can read, in which tables are missing."""


class NewerError(sqlite3.DatabaseError):
    """File of a later release."""

    def __init__(self, version: int) -> None:
        """Take the version of the file."""
        known = f"this release of IoT Bridge knows versions up to {NEWEST}"
        super().__init__(f"their file is of version {version}, and {known}")


def connect(path: Path) -> sqlite3.Connection:
    """Return a connection to the file, which is created or upgraded if necessary.

    Raise DamagedError where a file lacks a table, NewerError where a later release has written it, and other
    sqlite3.Error where SQLite cannot open it.
    """
    is_new = not path.exists()
    connection = sqlite3.connect(path, check_same_thread=False)
    try:
        connection.text_factory = _text
        if not is_new:
            _check(connection)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        # No automatic checkpoint: it waits for the disk, and would delay notifications of what was written.
        connection.execute("PRAGMA wal_autocheckpoint=0")
        upgrade(connection)
        path.chmod(0o600)
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection) -> None:
    """Raise DamagedError or NewerError; an empty file is damaged, because it was truncated."""
    version = version_of(connection)
    if version > NEWEST:
        raise NewerError(version)
    found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if missing := sorted(_tables(version) - found):
        raise DamagedError(f"the file has no table {', '.join(missing)}")


def _tables(version: int) -> set[str]:
    """Return the tables of a version of the file."""
    return {table for table in _KEYS if _SINCE.get(table, 1) <= max(version, 1)}


def read_only(path: Path) -> sqlite3.Connection:
    """Return a read-only connection, which does not change the companions of the file either."""
    log = _beside(path, "-wal")
    # Without a log the file is complete; with one, SQLite has to read both.
    mode = "mode=ro" if log.exists() and log.stat().st_size else "mode=ro&immutable=1"
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True)
    connection.text_factory = _text
    return connection


def upgraded(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Return an in-memory copy, in the version of this release, of all tables except the history."""
    copy = sqlite3.connect(":memory:")
    copy.text_factory = _text
    upgrade(copy, version_of(connection))
    for table in ("instance", "outbox", "remembered"):
        for row in connection.execute(f"SELECT * FROM {table}"):  # noqa: S608 - our own names
            copy.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608 - our own names
    copy.commit()
    upgrade(copy)
    return copy


def load(connection: sqlite3.Connection) -> tuple[Loaded, list[Unread]]:
    """Return the content of the file, and the rows with no JSON, or another: their table, key and text."""
    loaded, unread = Loaded(), list[Unread]()
    for rule_id, subject, data in connection.execute("SELECT rule_id, subject, data FROM instance"):
        if isinstance(value := _json(data), dict) and isinstance(rule_id, str) and isinstance(subject, str):
            loaded.instances[AlarmKey(rule_id, subject)] = value
        else:
            unread.append(("instance", (rule_id, subject), data))
    for number, data in connection.execute("SELECT id, data FROM outbox"):
        if isinstance(value := _json(data), dict):
            loaded.outbox[number] = value
        else:
            unread.append(("outbox", (number,), data))
    for name, data in connection.execute("SELECT name, data FROM remembered"):
        if _has_type(value := _json(data), *_REMEMBERED.get(name, (object, object))):
            loaded.remembered[name] = value
        else:
            unread.append(("remembered", (name,), data))
    return loaded, unread


def _has_type(value: Any, kind: type | UnionType, member: type | UnionType) -> bool:
    """Return whether a value is JSON of a type; those of an object have the type of a member."""
    if value is _NO_JSON or not isinstance(value, kind):
        return False
    return not isinstance(value, dict) or all(isinstance(each, member) for each in value.values())


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether an error is caused by the content of the file, not by the disk."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return isinstance(error, DamagedError) or code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def rebuild(path: Path) -> None:
    """Set a damaged file aside and replace it by a new one with all rows that can be read.

    Raise sqlite3.Error or OSError where the disk fails; the damaged file then stays in place.
    """
    new = rebuilt(path)
    for suffix in _SUFFIXES:
        _beside(new, suffix).unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as damaged, closing(sqlite3.connect(new)) as target:
        damaged.text_factory = _text
        damaged.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)
        # The rows have the version of the damaged file, in which columns may have other names.
        version = _readable_version(damaged)
        upgrade(target, version)
        with target:
            rows = {table: _salvage(damaged, target, table) for table in sorted(_tables(version))}
    connect(new).close()
    aside = _aside(path, ".db")
    for suffix in _SUFFIXES:
        if (part := _beside(path, suffix)).exists():
            part.replace(_beside(aside, suffix))
    new.replace(path)
    LOGGER.error("The alarm database is damaged; it was set aside as %s, and these rows were rescued: %s", aside, rows)
    _drop_old_copies(path)


def rebuilt(path: Path) -> Path:
    """Return the path at which a new file is created; it is complete once the damaged file has been moved."""
    return path.with_name(f"{path.name}.new")


def set_rows_aside(path: Path, connection: sqlite3.Connection, rows: Sequence[Unread]) -> None:
    """Move rows that cannot be read from the database into a file of their own."""
    aside = _aside(path, ".jsonl")
    aside.touch(0o600)
    # A damaged value may have become bytes.
    lines = (json.dumps([table, *key, data], default=_text) for table, key, data in rows)
    aside.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    columns = {"instance": "rule_id = ? AND subject = ?", "outbox": "id = ?", "remembered": "name = ?"}
    with connection:
        for table, key, _ in rows:
            connection.execute(f"DELETE FROM {table} WHERE {columns[table]}", key)  # noqa: S608 - our own names
    LOGGER.error("%s rows of the alarm database are damaged; they were set aside as %s", len(rows), aside)
    _drop_old_copies(path)


def damaged_copies(path: Path) -> list[Path]:
    """Return the files that were set aside, oldest first."""
    return sorted(copy for copy in path.parent.glob(f"{path.stem}-damaged-*") if copy.suffix in {".db", ".jsonl"})


def remove_copies(paths: Sequence[Path]) -> None:
    """Delete files that were set aside, with their companions."""
    for path in paths:
        for suffix in _SUFFIXES:
            _beside(path, suffix).unlink(missing_ok=True)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(f"{path.name}{suffix}")


def _aside(path: Path, suffix: str) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    return path.with_name(f"{path.stem}-damaged-{stamp}{suffix}")


def _drop_old_copies(path: Path) -> None:
    remove_copies(damaged_copies(path)[:-MAX_COPIES])


def _salvage(damaged: sqlite3.Connection, target: sqlite3.Connection, table: str) -> int:
    """Copy the readable rows of a table, from both ends up to the damage; return their number."""
    columns = [row[1] for row in target.execute(f"PRAGMA table_info({table})")]
    insert = f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - our own names
    count = 0
    for direction in ("ASC", "DESC"):
        order = _KEYS[table].format(direction)
        select = f"SELECT {', '.join(columns)} FROM {table} ORDER BY {order}"  # noqa: S608 - our own names
        for row in _readable(damaged, select):
            count += target.execute(insert, row).rowcount
    return count


def _readable_version(damaged: sqlite3.Connection) -> int:
    """Return the version of a damaged file, or that of this release where it cannot be read."""
    try:
        return version_of(damaged) or NEWEST
    except sqlite3.DatabaseError:
        return NEWEST


def _readable(damaged: sqlite3.Connection, select: str) -> Iterator[Sequence[Any]]:
    try:
        yield from damaged.execute(select)
    except sqlite3.DatabaseError:
        return


def _json(text: str) -> Any:
    """Return the value of a JSON text; _NO_JSON where it is none."""
    try:
        return json.loads(text)
    except TypeError, ValueError, RecursionError:
        return _NO_JSON


def _text(data: bytes) -> str:
    """Return a text of the file, also a damaged one, so that the rest of its row is not lost."""
    return data.decode(errors="replace")
