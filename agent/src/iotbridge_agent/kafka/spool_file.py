"""SQLite file of the spool: its versions, its lock, and the setting aside of a damaged file."""

import os
from pathlib import Path
import sqlite3
import sys
import time
from typing import IO

from iotbridge_agent.errors import AgentError

if sys.platform != "win32":
    import fcntl

BUSY_TIMEOUT_S = 5.0
# Pages of 4 KB in the log before SQLite copies them into the file: what the log occupies is not there for records.
CHECKPOINT_PAGES = 256
_APPLICATION_ID = 0x494F5442
# Each step leads to the next version of the file. A step that was released never changes.
_STEPS = (
    """
    CREATE TABLE records (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- never assigned twice: readers keep their place in an empty table
        topic TEXT NOT NULL,
        key BLOB NOT NULL,
        value BLOB NOT NULL,
        headers TEXT NOT NULL,
        timestamp_ms INTEGER NOT NULL
    );
    """,
    """
    CREATE TABLE letters (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        topic TEXT NOT NULL,
        target TEXT NOT NULL,
        key BLOB NOT NULL,
        value BLOB NOT NULL,
        headers TEXT NOT NULL,
        reason TEXT NOT NULL,
        detail TEXT NOT NULL,
        time_ms INTEGER NOT NULL,
        size INTEGER NOT NULL
    );
    """,
    "CREATE INDEX letters_by_reason ON letters (reason);",
)
NEWEST = len(_STEPS)
_SUFFIXES = ("-shm", "-wal", "")
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_NO_ROOM = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_TOOBIG)


class SpoolError(AgentError):
    """Failure to read or write the spool; the text names the file and the remedy."""


class SpoolFull(SpoolError):  # noqa: N818 - a state of the spool as much as an error
    """Absence of room for more records, in the spool or on the disk; nothing of the batch was written."""


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether the content of the file is damaged."""
    # A table that is missing from a file of this version is an OperationalError without a code of its own.
    return _primary_code(error) in _DAMAGE or "no such table" in str(error)


def as_spool_error(error: sqlite3.Error, path: Path) -> SpoolError:
    """Return the error in terms of the spool."""
    if _primary_code(error) in _NO_ROOM:
        return SpoolFull(f"The spool {path} has no room left, or its disk has none ({error}).")
    if _primary_code(error) == sqlite3.SQLITE_BUSY:
        return SpoolError(f"The spool {path} is locked by another program for more than {BUSY_TIMEOUT_S:g} s.")
    return SpoolError(f"The spool {path} cannot be used ({error}).")


def lock(path: Path) -> IO[str] | None:
    """Lock the spool for one connector while the returned file is open; raise SpoolError if another one holds it."""
    if sys.platform == "win32":
        return None
    # A file of its own: closing the spool's own file here would release SQLite's locks on it.
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = path.with_name(f"{path.name}.lock").open("w", encoding="ascii")
    except OSError as error:
        raise SpoolError(
            f"{path.parent} cannot be written ({error.strerror}): the spool {path} has no place."
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise SpoolError(
            f"Another connector uses the spool {path}: give each one a path and an id of its own."
        ) from error
    return file


def connect(path: Path, max_bytes: int) -> sqlite3.Connection:
    """Return a connection to the file, created or upgraded if necessary; raise sqlite3.Error or SpoolError."""
    _create(path)
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        _upgrade(connection, path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA journal_size_limit = {4 * CHECKPOINT_PAGES * page_size(connection)}")
        connection.execute(f"PRAGMA max_page_count = {max(max_bytes // page_size(connection), 1)}")
    except BaseException:
        connection.close()
        raise
    return connection


def page_size(connection: sqlite3.Connection) -> int:
    """Return the bytes of a page."""
    return int(connection.execute("PRAGMA page_size").fetchone()[0])


def set_aside(path: Path) -> Path:
    """Rename a damaged file, with its companions, and return its new name."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.damaged-{stamp}-{number}")
    for suffix in _SUFFIXES:
        companion = path.with_name(path.name + suffix)
        if companion.exists():
            companion.replace(aside.with_name(aside.name + suffix))
    return aside


def _create(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite gives the mode of the file to its companions.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise SpoolError(f"The spool {path} cannot be opened ({error.strerror}).") from error


def _upgrade(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > NEWEST:
        raise SpoolError(
            f"The spool {path} is of version {version}, and this program knows versions up to {NEWEST}: start the "
            "newer program again until the spool is empty, or move the file away."
        )
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    is_empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if not is_empty and application != _APPLICATION_ID:
        raise SpoolError(f"{path} is a database of another program: choose another path for the spool.")
    if version == NEWEST:
        return
    connection.execute("BEGIN IMMEDIATE")
    for step in _STEPS[version:]:
        connection.execute(step)
    connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {NEWEST}")
    connection.execute("COMMIT")


def _primary_code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
