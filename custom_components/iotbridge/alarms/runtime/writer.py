"""Writer of the alarm store: one batch after the other, again and again where the disk does not take it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
import sqlite3
from typing import Any, Protocol

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util.hass_dict import HassKey

from ...const import DOMAIN, LOGGER
from ..engine.instance import Instance
from ..engine.models import AlarmKey, Transition
from .database import Loaded, is_damage
from .store import MAX_ROWS, AlarmStore, Batch, HistoryQuery

WRITE_AGAIN_S = 30
# Whether Home Assistant is making a backup: also what is opened meanwhile has to leave the file as it is.
BACKUP_RUNS: HassKey[bool] = HassKey(f"{DOMAIN}_backup_runs")


class StoreListener(Protocol):
    """Listener to the fate of the store's file."""

    def async_unwritten(self, reason: str | None) -> None:
        """Take the reason why nothing can be written; None when it can be again."""

    def async_read(self, loaded: Loaded) -> None:
        """Take the content of a file that could not be read at the start."""

    def async_damaged(self, names: list[str]) -> None:
        """Take the names of the damaged files that were put aside."""


class Writer:
    """Writes batches in the order in which they came, and keeps what could not be written."""

    def __init__(self, hass: HomeAssistant, store: AlarmStore, deliver: Callable[[Batch], None]) -> None:
        """Prepare; ``async_open`` reads the file.

        ``deliver`` gets each batch with notifications once it was written, or when it cannot be written.
        """
        self._hass = hass
        self._store = store
        self._deliver = deliver
        # One thread, so that batches are written in their order.
        self._thread = ThreadPoolExecutor(1, "iotbridge alarms")
        # The next batch; marked alarms are added to it when it is written.
        self.batch = Batch()
        self._marked: dict[AlarmKey, Instance] = {}
        self._listeners: list[StoreListener] = []
        self._writing: asyncio.Task[None] | None = None
        self._stop_waiting: CALLBACK_TYPE | None = None
        self._is_failing = False
        self._is_closed = False
        # False while the file has content that could not be read yet; it is read when the file can be opened.
        self._is_read = True
        self._rescues = 0

    @callback
    def async_listen(self, listener: StoreListener) -> None:
        """Add a listener."""
        self._listeners.append(listener)

    # ------------------------------------------------------------------ life

    async def async_open(self) -> Loaded:
        """Read what is kept.

        Where the file cannot be opened, alarms begin with what can be read of it, and all that happens stays in memory
        until it can be written.
        """
        await self._async_run(self._store.freeze, self._hass.data.get(BACKUP_RUNS, False))
        try:
            loaded = await self._async_run(self._store.open)
        except Exception as error:  # noqa: BLE001 - logged; whatever is wrong with the file must not end all alarms
            peeked = await self._async_peek()
            self._is_read = peeked is not None
            self._async_failed(Batch(), error)
            loaded = peeked or Loaded()
        await self._async_look_for_damage()
        return loaded

    async def _async_peek(self) -> Loaded | None:
        try:
            return await self._async_run(self._store.peek)
        except Exception:  # noqa: BLE001 - logged; without what the file says alarms begin all the same
            LOGGER.exception("The file of the alarms cannot be read")
            return None

    async def async_close(self) -> None:
        """Write what is still to be written, and let go of the file."""
        if self._is_closed:
            return
        await self.async_flush()
        self._is_closed = True
        self._async_stop_waiting()
        if self.batch:
            LOGGER.error("Alarms end with changes that could not be written; these are lost")
        await self._async_run(self._store.close)
        await self._hass.async_add_executor_job(self._thread.shutdown)

    async def async_flush(self) -> None:
        """Write everything there is to write, also when that failed a moment ago."""
        # What is being written may fail, or have come too far to take along what came since.
        for _ in range(2):
            self._async_stop_waiting()
            if writing := self.async_write():
                await writing
            if not self._collected():
                break

    @callback
    def _async_stop_waiting(self) -> None:
        if self._stop_waiting:
            self._stop_waiting()
            self._stop_waiting = None

    def _async_run[T](self, job: Callable[..., T], *args: Any) -> asyncio.Future[T]:
        return self._hass.loop.run_in_executor(self._thread, job, *args)

    # --------------------------------------------------------------- writing

    @callback
    def async_write(self) -> asyncio.Task[None] | None:
        """Have written what there is; return what writes it, None while the disk is waited for."""
        if self._writing is None and self._stop_waiting is None and not self._is_closed:
            # Not eagerly: a quick disk would have it finished, and None in its place, before it is put there.
            self._writing = self._hass.async_create_task(
                self._async_write_all(), "iotbridge alarms write", eager_start=False
            )
        return self._writing

    @callback
    def async_add(self, batch: Batch) -> asyncio.Task[None] | None:
        """Have a batch written with the next one; return the task that writes it, as ``async_write`` does."""
        self.batch.outbox |= batch.outbox
        self.batch.instances |= batch.instances
        return self.async_write()

    @callback
    def async_mark(self, instance: Instance) -> None:
        """Have an alarm written with the next batch, in the state that it has by then."""
        self._marked[instance.key] = instance

    @callback
    def async_unmark(self, key: AlarmKey) -> None:
        """Have an alarm that was marked not written."""
        self._marked.pop(key, None)

    @callback
    def async_note(self, rule: str, happened: Transition) -> None:
        """Put a transition into the history."""
        self.batch.history.append((rule, happened))
        self._trim()

    @callback
    def async_hurry(self) -> None:
        """Have told what was just put into the batch, although it cannot be written."""
        if self._is_failing:
            # Not from within: it may be told at once, and what happened is not yet all done.
            self._hass.loop.call_soon(self._deliver, self.batch)

    async def _async_write_all(self) -> None:
        """Write until there is nothing left; only what is written is told, unless nothing can be written."""
        batch = Batch()
        try:
            if not self._store.is_open:
                await self._async_open_again()
            while self._collected():
                batch, self.batch = self.batch, Batch()
                await self._async_run(self._store.write, batch)
                self._async_written(batch)
                batch = Batch()
                if self._store.is_untidy and not self.batch:
                    await self._async_run(self._store.tidy)
            await self._async_look_for_damage()
        except Exception as error:  # noqa: BLE001 - the batch would be lost with it, whatever it is
            self._async_failed(batch, error)
        except BaseException:
            # Home Assistant ends the task: the flush at its end writes what this one did not.
            self.batch = batch.before(self.batch)
            raise
        finally:
            self._writing = None

    def _collected(self) -> bool:
        """Put the marked alarms into the batch; return whether there is anything to write.

        A blank alarm needs no row. At a start all alarms are marked, and nearly all of them are blank: that must be
        cheap.
        """
        for key, instance in self._marked.items():
            is_blank = instance.is_blank
            if is_blank and not instance.is_stored:
                continue
            instance.is_stored = not is_blank
            self.batch.instances[key] = None if is_blank else instance.as_dict()
        self._marked.clear()
        return bool(self.batch)

    async def _async_open_again(self) -> None:
        loaded = await self._async_run(self._store.open)
        if not self._is_read:
            for listener in self._listeners:
                listener.async_read(loaded)
        self._is_read = True

    @callback
    def _async_written(self, batch: Batch) -> None:
        if self._is_failing:
            self._is_failing = False
            LOGGER.warning("Alarms are written again")
        for listener in self._listeners:
            listener.async_unwritten(None)
        if batch.outbox:
            self._deliver(batch)

    @callback
    def _async_failed(self, batch: Batch, error: Exception) -> None:
        """Try again later. A message that may be told twice after a crash is better than one that nobody gets."""
        if not self._is_failing:
            is_disk = isinstance(error, sqlite3.Error | OSError)
            LOGGER.error(
                "Alarms cannot be written; it is tried again every %s seconds: %s",
                WRITE_AGAIN_S,
                error,
                exc_info=None if is_disk else error,
            )
        self._is_failing = True
        self.batch = batch.before(self.batch)
        self._trim()
        if not self._is_closed:
            self._stop_waiting = async_call_later(self._hass, WRITE_AGAIN_S, self._async_write_again)
        for listener in self._listeners:
            listener.async_unwritten(str(error) or type(error).__name__)
        if self.batch.outbox:
            self._deliver(self.batch)

    def _trim(self) -> None:
        """Keep no more of an unwritten history than there is memory for; the oldest goes first."""
        if self._is_failing and len(self.batch.history) > MAX_ROWS:
            del self.batch.history[:-MAX_ROWS]

    @callback
    def _async_write_again(self, _now: datetime) -> None:
        self._stop_waiting = None
        self.async_write()

    # ------------------------------------------------------------ everything else

    async def async_history(self, query: HistoryQuery) -> list[dict[str, Any]]:
        """Return what happened, newest first; nothing while the file cannot be read."""
        if self._writing:
            await asyncio.shield(self._writing)
        rescues = self._store.rescues
        try:
            return await self._hass.async_add_executor_job(self._store.history, query)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                if self._is_failing:
                    return []  # the repair says so
                raise
        await self._async_run(self._store.rebuild, rescues)
        await self._async_look_for_damage()
        return await self._hass.async_add_executor_job(self._store.history, query)

    async def async_freeze(self, still: bool) -> None:
        """Keep the file as it is while it is copied, or no more; it goes on being written to, beside it."""
        if not self._is_closed:
            await self._async_run(self._store.freeze, still)

    async def async_purge(self, now: float) -> None:
        """Forget what is older than a year; a disk that does not take that now is asked again tomorrow."""
        try:
            await self._async_run(self._store.purge, now)
        except sqlite3.Error as error:
            LOGGER.warning("The history of the alarms could not be shortened: %s", error)

    async def async_remove_damaged(self) -> None:
        """Delete the files that were put aside because they are damaged."""
        await self._async_run(self._store.remove_damaged)
        await self._async_look_for_damage()

    async def _async_look_for_damage(self) -> None:
        if self._rescues != self._store.rescues:
            self._rescues = self._store.rescues
            names = await self._async_run(lambda: self._store.damaged)
            for listener in self._listeners:
                listener.async_damaged(names)
