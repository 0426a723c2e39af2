"""Spool on disk: records that wait for Kafka, in order, and dead letters; one SQLite file, bounded, crash-safe.

Each call is one transaction, synced to the disk before it returns. The connector calls it in one thread; the command
`kafka letters` opens the same file beside it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
import json
import logging
from pathlib import Path
import shutil
import sqlite3
from typing import IO, NamedTuple, TypeVar

from iotbridge_agent.kafka import spool_file
from iotbridge_agent.kafka.letters import Headers, Letter, Route, record_of
from iotbridge_agent.kafka.record import Record, Rejection
from iotbridge_agent.kafka.spool_file import SpoolError, SpoolFull, page_size
from iotbridge_agent.kafka.spool_rescue import rescue

PEEK_BYTES = 4 * 1024 * 1024
LETTERS_SHARE = 4
"""Dead letters occupy at most this part of the spool: more of them push the oldest ones out."""
RESERVE_BYTES = 512 * 1024
"""Bytes left free on the disk: deleting, and copying the log into the file, take room of their own."""
# Left free in the file for dead letters: a record at its very beginning may turn out to be one.
_RESERVED_PAGES = 16
# Pages of a file without records and letters.
_EMPTY_PAGES = 5
_ROW_BYTES = 32
_MIB = 1024 * 1024
_SHRINK_BYTES = 16 * _MIB
_INSERT_RECORD = "INSERT INTO records(topic, key, value, headers, timestamp_ms) VALUES (?, ?, ?, ?, ?)"
_SELECT_RECORDS = "SELECT seq, topic, key, value, headers, timestamp_ms FROM records WHERE seq > ? ORDER BY seq LIMIT ?"
_LETTER_COLUMNS = "topic, target, key, value, headers, reason, detail, time_ms, size"
_INSERT_LETTER = f"INSERT INTO letters({_LETTER_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - constants
_SELECT_LETTERS = (
    f"SELECT id, {_LETTER_COLUMNS} FROM letters WHERE id > ? AND (? IS NULL OR reason = ?) ORDER BY id LIMIT ?"  # noqa: S608
)
_CHOSEN_LETTERS = f"SELECT id, {_LETTER_COLUMNS} FROM letters WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"  # noqa: S608
_SELECT_LETTER_SIZES = "SELECT id, length(value) + length(key) + length(headers) + ? FROM letters ORDER BY id"
_RETRY_PAGE = 100
# Records deleted at once where the disk is nearly full.
_SLICE = 50
Row = tuple[str | bytes | int, ...]
_T = TypeVar("_T")
_LOG = logging.getLogger(__name__)


class RetryResult(NamedTuple):
    """Result of a retry: letters that wait for Kafka again, and those that stay, with the reason."""

    retried: int
    kept: dict[int, Rejection]


class Spool:
    """Spool of one connector."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self.path = path
        self._max_bytes = max_bytes
        self._connection: sqlite3.Connection | None = None
        self._lock: IO[str] | None = None
        self._max_pages = 0
        self._letter_bytes = 0
        self._last_seq = 0
        """Highest number that a caller knows."""

    def open(self) -> None:
        """Open the file as its connector; raise SpoolError if a newer program or another connector has it.

        A damaged file is set aside, which the log reports, and a new one is created with what can be read of it.
        """
        self._lock = spool_file.lock(self.path)
        try:
            try:
                self._connect()
            except sqlite3.Error as error:
                self._replace_damaged(error)
        except BaseException:
            self.close()
            raise

    def open_beside(self) -> None:
        """Open the file beside its connector; raise SpoolError if it is missing, damaged or newer."""
        if not self.path.exists():
            raise SpoolError(f"There is no spool {self.path}: the connector has never run with this configuration.")
        try:
            self._connect()
        except sqlite3.Error as error:
            raise spool_file.as_spool_error(error, self.path) from error

    def close(self) -> None:
        """Close the file; may be called twice."""
        if self._connection:
            self._connection.close()
        if self._lock:
            self._lock.close()
        self._connection = self._lock = None

    def append(self, records: Sequence[Record]) -> int:
        """Add records at the end, all or none of them, and return the number of the last; may raise SpoolFull.

        Their numbers follow one another.
        """
        rows = [_record_row(record) for record in records]
        size = sum(map(_row_bytes, rows))

        def work(connection: sqlite3.Connection) -> int:
            self._demand_disk_space(connection, size)
            with _transaction(connection):
                connection.executemany(_INSERT_RECORD, rows)
                if _used_pages(connection) > self._max_pages - max(_RESERVED_PAGES, self._max_pages // 32):
                    raise SpoolFull(f"The spool {self.path} is full ({self._max_bytes // _MIB} MB).")
                return connection.execute("SELECT max(seq) FROM records").fetchone()[0] or 0

        self._last_seq = max(self._last_seq, self._run(work))
        return self._last_seq

    def peek(self, limit: int, after: int = 0) -> list[tuple[int, Record]]:
        """Return the next records behind the number ``after``, in order, each with its number.

        Their values have PEEK_BYTES at most, but for the last one.
        """

        def work(connection: sqlite3.Connection) -> list[tuple[int, Record]]:
            records: list[tuple[int, Record]] = []
            size = 0
            for seq, topic, key, value, headers, time_ms in connection.execute(_SELECT_RECORDS, (after, limit)):
                records.append((seq, Record(topic, key, value, _decoded(headers), time_ms)))
                size += len(value)
                if size >= PEEK_BYTES:
                    break
            return records

        records = self._run(work)
        self._last_seq = max([self._last_seq, *(seq for seq, _ in records[-1:])])
        return records

    def delete_up_to(self, seq: int) -> None:
        """Delete the records up to this number; raise SpoolFull where the disk has no room even for that."""
        try:
            self._run(lambda connection: _delete(connection, seq))
        except SpoolFull:
            # The log of so many records is more than the disk has left.
            self._run(lambda connection: _delete_in_slices(connection, seq))
        self._run(_shrink)

    @property
    def count(self) -> int:
        """Return the number of records."""
        # Records are added at one end and deleted at the other, so their numbers have no gap.
        return self._number("SELECT (SELECT max(seq) FROM records) - (SELECT min(seq) FROM records) + 1") or 0

    @property
    def bytes(self) -> int:
        """Return the bytes that records and letters occupy in the file."""
        return self._run(lambda connection: max(0, _used_pages(connection) - _EMPTY_PAGES) * page_size(connection))

    @property
    def oldest_ms(self) -> int | None:
        """Return the arrival of the oldest record, or None without records."""
        return self._number("SELECT timestamp_ms FROM records ORDER BY seq LIMIT 1")

    @property
    def letter_count(self) -> int:
        """Return the number of dead letters."""
        return self._number("SELECT count(*) FROM letters") or 0

    def add_letters(self, letters: Sequence[Letter]) -> int:
        """Add dead letters; return how many of the oldest ones made room for them. Raise SpoolFull or SpoolError."""
        rows: list[Row] = [(*letter[:4], _encoded(letter.headers), *letter[5:]) for letter in letters]
        size = sum(map(_row_bytes, rows))

        def work(connection: sqlite3.Connection) -> int:
            self._demand_disk_space(connection, size)
            with _transaction(connection):
                removed, left = self._make_room_for_letters(connection, size)
                connection.executemany(_INSERT_LETTER, rows)
            self._letter_bytes = left + size
            return removed

        return self._run(work)

    def letters(self, limit: int, after: int = 0, reason: str | None = None) -> list[tuple[int, Letter]]:
        """Return dead letters with an id above ``after``, oldest first, each with its id."""
        return self._run(lambda connection: _letters(connection, _SELECT_LETTERS, after, reason, reason, limit))

    def retry(self, ids: Sequence[int], route: Route) -> RetryResult:
        """Move dead letters to the end of the records, oldest first; those without a record stay."""

        def work(connection: sqlite3.Connection) -> RetryResult:
            retried, kept = 0, {}
            with _transaction(connection):
                for letter_id, letter in _letters(connection, _CHOSEN_LETTERS, json.dumps(list(ids))):
                    record = record_of(letter, route)
                    if isinstance(record, Rejection):
                        kept[letter_id] = record
                        continue
                    connection.execute(_INSERT_RECORD, _record_row(record))
                    connection.execute("DELETE FROM letters WHERE id = ?", (letter_id,))
                    retried += 1
            return RetryResult(retried, kept)

        return self._run(work)

    def retry_all(self, route: Route, reason: str | None = None) -> RetryResult:
        """Retry all dead letters, or those with this reason."""
        retried, kept, after = 0, dict[int, Rejection](), 0
        while page := self.letters(_RETRY_PAGE, after, reason):
            after = page[-1][0]
            result = self.retry([letter_id for letter_id, _ in page], route)
            retried += result.retried
            kept |= result.kept
        return RetryResult(retried, kept)

    def drop(self, ids: Sequence[int]) -> int:
        """Delete dead letters; return how many there were."""

        def work(connection: sqlite3.Connection) -> int:
            with _transaction(connection):
                query = "DELETE FROM letters WHERE id IN (SELECT value FROM json_each(?))"
                return connection.execute(query, (json.dumps(list(ids)),)).rowcount

        return self._run(work)

    def _connect(self) -> None:
        self._connection = spool_file.connect(self.path, self._max_bytes)
        self._max_pages = self._max_bytes // page_size(self._connection)
        self._letter_bytes = _letter_bytes(self._connection)

    def _run(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        try:
            return work(self._open_connection())
        except sqlite3.Error as error:
            self._replace_damaged(error)
            return work(self._open_connection())

    def _open_connection(self) -> sqlite3.Connection:
        if not self._connection:
            raise SpoolError(f"The spool {self.path} is closed.")
        return self._connection

    def _replace_damaged(self, error: sqlite3.Error) -> None:
        """Continue with a new file in the place of a damaged one; raise SpoolError for any other error."""
        if self._lock is None or not spool_file.is_damage(error):
            raise spool_file.as_spool_error(error, self.path) from error
        if self._connection:
            self._connection.close()
            self._connection = None
        try:
            aside = spool_file.set_aside(self.path)
            self._connect()
            # The callers' places stay valid: what is rescued comes behind them.
            query = "INSERT INTO sqlite_sequence(name, seq) VALUES ('records', ?)"
            self._open_connection().execute(query, (self._last_seq,))
            self._rescue(aside)
        except (OSError, sqlite3.Error) as failure:
            raise SpoolError(f"The damaged spool {self.path} cannot be replaced ({failure}).") from failure

    def _rescue(self, damaged: Path) -> None:
        try:
            rescued = rescue(damaged, self._open_connection())
            result = f"{rescued.records} records and {rescued.letters} dead letters of it could be read and are in it."
        except (OSError, sqlite3.Error) as error:
            result = f"Nothing of it could be read ({error})."
        _LOG.error("The spool %s is damaged. It was kept as %s, a new one is used. %s", self.path, damaged, result)
        self._letter_bytes = _letter_bytes(self._open_connection())

    def _demand_disk_space(self, connection: sqlite3.Connection, size: int) -> None:
        """Raise SpoolFull unless the disk has room for so many bytes, in the log and then in the file."""
        if (missing := self._missing_disk_space(connection, size)) > 0:
            _empty_log(connection)
            missing = self._missing_disk_space(connection, size)
        if missing > 0:
            raise SpoolFull(f"The disk of the spool {self.path} is full ({missing // 1024 + 1} KB are missing).")

    def _missing_disk_space(self, connection: sqlite3.Connection, size: int) -> int:
        log = self.path.with_name(f"{self.path.name}-wal")
        reusable = int(connection.execute("PRAGMA freelist_count").fetchone()[0]) * page_size(connection)
        try:
            to_copy = size + (log.stat().st_size if log.exists() else 0)
            return RESERVE_BYTES + size + max(0, to_copy - reusable) - shutil.disk_usage(self.path.parent).free
        except OSError as error:
            raise SpoolError(f"The spool {self.path} cannot be used ({error.strerror}).") from error

    def _make_room_for_letters(self, connection: sqlite3.Connection, size: int) -> tuple[int, int]:
        """Delete the oldest letters until so many bytes fit; return their number, and the bytes of the others."""
        limit = self._max_bytes // LETTERS_SHARE
        if self._letter_bytes + size <= limit:
            return 0, self._letter_bytes
        # Another program may have dropped some meanwhile.
        left = _letter_bytes(connection)
        last = 0
        for letter_id, letter_size in connection.execute(_SELECT_LETTER_SIZES, (_ROW_BYTES,)):
            # More than necessary, so that this is not done for each letter.
            if left + size <= limit - limit // 16:
                break
            left -= letter_size
            last = letter_id
        return connection.execute("DELETE FROM letters WHERE id <= ?", (last,)).rowcount, left

    def _number(self, query: str) -> int | None:
        number: int | None = self._run(lambda connection: (connection.execute(query).fetchone() or (None,))[0])
        return number


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite has already left it where the disk is full
            connection.execute("ROLLBACK")
        raise


def _delete(connection: sqlite3.Connection, seq: int) -> None:
    with _transaction(connection):
        connection.execute("DELETE FROM records WHERE seq <= ?", (seq,))


def _delete_in_slices(connection: sqlite3.Connection, seq: int) -> None:
    query = "SELECT max(seq) FROM (SELECT seq FROM records WHERE seq <= ? ORDER BY seq LIMIT ?)"
    while (last := connection.execute(query, (seq, _SLICE)).fetchone()[0]) is not None:
        _empty_log(connection)
        _delete(connection, last)


def _empty_log(connection: sqlite3.Connection) -> None:
    """Copy the log into the file and free its space on the disk, where no other program reads."""
    with suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _letters(connection: sqlite3.Connection, query: str, *values: str | int | None) -> list[tuple[int, Letter]]:
    return [
        (letter_id, Letter(topic, target, key, value, _decoded(headers), *others))
        for letter_id, topic, target, key, value, headers, *others in connection.execute(query, values)
    ]


def _record_row(record: Record) -> Row:
    return (record.topic, record.key, record.value, _encoded(record.headers), record.timestamp_ms)


def _letter_bytes(connection: sqlite3.Connection) -> int:
    query = "SELECT sum(length(value) + length(key) + length(headers) + ?) FROM letters"
    return connection.execute(query, (_ROW_BYTES,)).fetchone()[0] or 0


def _row_bytes(row: Row) -> int:
    return _ROW_BYTES + sum(len(column) for column in row if not isinstance(column, int))


def _used_pages(connection: sqlite3.Connection) -> int:
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    return int(pages - connection.execute("PRAGMA freelist_count").fetchone()[0])


def _shrink(connection: sqlite3.Connection) -> None:
    """Give the disk back what a long outage has occupied, once nearly all of it is free."""
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    if pages * page_size(connection) < _SHRINK_BYTES or _used_pages(connection) > pages // 16:
        return
    with suppress(sqlite3.OperationalError):  # no room, or another reader: at the next opportunity
        connection.execute("VACUUM")
    _empty_log(connection)


def _encoded(headers: Headers) -> str:
    return json.dumps([(name, value.decode("latin-1")) for name, value in headers], separators=(",", ":"))


def _decoded(text: str) -> Headers:
    return [(name, value.encode("latin-1")) for name, value in json.loads(text)]
