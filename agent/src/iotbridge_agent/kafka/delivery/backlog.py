"""Backlog of a connector: entries that wait for the disk, and records on the disk that wait for Kafka."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
import logging
import time
from typing import Concatenate, ParamSpec, TypeVar

from iotbridge_agent.kafka.delivery.sender import RecordSender
from iotbridge_agent.kafka.delivery.spool_visit import Errand, Outcome, visit
from iotbridge_agent.kafka.delivery.window import Entry
from iotbridge_agent.kafka.letters import Letter
from iotbridge_agent.kafka.spool import Spool

READ = 1000
"""Records that are read at once."""
RETRY_S = 2.0
"""Seconds until the next attempt to write to a full spool."""
_LOG = logging.getLogger(__name__)
_P = ParamSpec("_P")
_T = TypeVar("_T")


class Backlog:
    """Records of the spool, and behind them the entries that wait for the disk; both follow what is in flight."""

    def __init__(self, spool: Spool, sender: RecordSender, *, max_in_flight: int, max_bytes: int) -> None:
        self.waiting: list[Entry] = []
        self.waiting_bytes = 0
        self.is_drained = False
        """True if no record of the spool is left to be sent."""
        self.is_full = False
        """True if the last records found no room in the spool."""
        self.problem = ""
        """Sentence about the present problem of the spool."""
        self._spool = spool
        self._sender = sender
        self._max_in_flight = max_in_flight
        self._max_bytes = max_bytes
        self._letters: list[tuple[Letter, Entry]] = []
        self._has_unsaved = False
        """True if entries in flight have to reach the disk, too."""
        self._is_behind = False
        """True if Kafka has confirmed entries since the last deletion."""
        self._cursor = 0
        """Number of the last record that is or was in flight, as are all before it."""
        self._ahead = range(0)
        """Numbers behind the cursor that are or were in flight, too."""
        self._deleted = 0
        self._retry_at = 0.0
        self._executor = ThreadPoolExecutor(1, "spool")

    @property
    def has_confirmed(self) -> bool:
        """Return whether the spool may have records that Kafka has confirmed."""
        return self._is_behind and self._deleted < self._cursor

    def begin(self) -> None:
        """Begin to keep records: those in flight come first."""
        self.is_drained, self._has_unsaved = False, True

    def confirmed(self) -> None:
        """Delete records at the next visit, as far as Kafka has confirmed them."""
        self._is_behind = True

    def add(self, entry: Entry) -> None:
        """Add an entry at the end."""
        self.waiting.append(entry)
        self.waiting_bytes += entry.size

    def add_letter(self, letter: Letter, entry: Entry) -> None:
        """Add a dead letter; the entry is done when it is on the disk."""
        self._letters.append((letter, entry))

    def take_waiting(self) -> list[Entry]:
        """Remove all entries that wait for the disk, and return them."""
        waiting, self.waiting, self.waiting_bytes = self.waiting, [], 0
        return waiting

    async def call(self, function: Callable[Concatenate[Spool, _P], _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call a function with the spool, in the only thread that uses it."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, lambda: function(self._spool, *args, **kwargs))

    async def visit(self, *, is_live: bool) -> None:
        """Delete what was confirmed, write what waits, and read what can be sent."""
        sender = self._sender
        can_write = not is_live and (not self.is_full or self.has_confirmed or time.monotonic() >= self._retry_at)
        # These are in memory only, and come before what waits.
        unsaved = (
            [entry for entry in sender.in_flight.undone() if not entry.seq] if can_write and self._has_unsaved else []
        )
        waiting = self.take_waiting() if can_write else []
        self._has_unsaved = self._has_unsaved and not can_write
        letters, self._letters = self._letters, []
        records = [entry.record for entry in (*unsaved, *waiting) if entry.record is not None]
        if records:
            self.is_drained = False
        room = self._max_in_flight - len(sender.in_flight)
        can_read = sender.can_send and room > 0 and sender.in_flight.bytes < self._max_bytes and not unsaved
        errand = Errand(
            delete_to=self._deletable() if self.has_confirmed else 0,
            letters=[letter for letter, _ in letters],
            records=records,
            limit=min(room, READ) if can_read else 0,
            after=self._cursor,
        )
        self._is_behind = False
        outcome = await self.call(visit, errand)
        if errand.delete_to:
            self._is_behind = self._is_behind or not outcome.is_deleted
            self._deleted = errand.delete_to if outcome.is_deleted else self._deleted
        if outcome.are_letters_saved:
            for _, entry in letters:
                entry.is_done = True
        else:
            self._letters = letters + self._letters
        if records:
            self._written(unsaved, waiting, outcome)
        if can_read:
            self.is_drained = self._send(outcome) and not outcome.has_more
        self._log_problem(outcome)
        sender.settle()

    def close(self) -> None:
        """End the thread of the spool."""
        self._executor.shutdown()

    def _deletable(self) -> int:
        """Return the number up to which every record of the spool was in flight, and none is now."""
        number = min([self._cursor + 1, *(entry.seq for entry in self._sender.in_flight if entry.seq)]) - 1
        return number if number > self._deleted else 0

    def _written(self, unsaved: list[Entry], waiting: list[Entry], outcome: Outcome) -> None:
        if not outcome.last_seq:
            self.waiting = waiting + self.waiting
            self.waiting_bytes += sum(entry.size for entry in waiting)
            self.is_full, self._has_unsaved = True, True
            self._retry_at = time.monotonic() + RETRY_S
            return
        self.is_full = False
        first = outcome.last_seq - len(unsaved) - len(waiting) + 1
        for seq, entry in enumerate((*unsaved, *waiting), first):
            entry.seq = seq
        if unsaved:
            # Retried letters may lie before them that were not read yet.
            self._ahead = range(first, first + len(unsaved))

    def _send(self, outcome: Outcome) -> bool:
        """Send records that were read; return whether there was room for all of them."""
        now, now_ms = time.monotonic(), time.time() * 1000
        for seq, record in outcome.rows:
            if seq in self._ahead:
                self._cursor, self._is_behind = seq, True
                continue
            entry = Entry(None, now - max(now_ms - record.timestamp_ms, 0) / 1000, record)
            entry.seq = seq
            if not self._sender.can_send or not self._sender.send(entry):
                return False
            self._cursor = seq
        return True

    def _log_problem(self, outcome: Outcome) -> None:
        if self.is_full and not outcome.error:
            return  # nothing was written
        problem = str(outcome.error or "")
        if problem and problem != self.problem:
            _LOG.error("%s", problem)
        self.problem = problem
