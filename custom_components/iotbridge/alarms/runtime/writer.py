"""Writer of the alarm store: one batch after the other, with retries where the disk fails."""

import asyncio
from collections.abc import Callable, Sequence
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
from .delivery_records import DeliveryRecord, EpisodeKey, recorded
from .store import MAX_ROWS, AlarmStore, Batch, HistoryQuery

WRITE_RETRY_S = 30
# True while Home Assistant makes a backup; a store that is opened meanwhile starts frozen.
BACKUP_RUNS: HassKey[bool] = HassKey(f"{DOMAIN}_backup_runs")


class StoreListener(Protocol):
    """Listener for problems of the store's file."""

    def async_unwritten(self, error: Exception | None) -> None:
        """Take the error for which the file cannot be written, None after a successful write."""

    def async_read(self, loaded: Loaded) -> None:
        """Take the content of a file that could not be read at the start."""

    def async_damaged(self, names: list[str]) -> None:
        """Take the names of the damaged files that were set aside."""


class Writer:
    """Writer of batches in their order; keeps a batch that could not be written."""

    def __init__(self, hass: HomeAssistant, store: AlarmStore, deliver: Callable[[Batch], None]) -> None:
        """Prepare; ``async_open`` reads the file.

        ``deliver`` gets each batch with notifications once it has been written, or when it cannot be written.
        """
        self._hass = hass
        self._store = store
        self._deliver = deliver
        # One thread, so that batches are written in their order.
        self._thread = ThreadPoolExecutor(1, "iotbridge alarms")
        # The next batch; marked alarms are added when it is written.
        self.batch = Batch()
        self._marked: dict[AlarmKey, Instance] = {}
        self._listeners: list[StoreListener] = []
        self._writing: asyncio.Task[None] | None = None
        self._cancel_retry: CALLBACK_TYPE | None = None
        self._is_failing = False
        self._is_closed = False
        # False while the file has content that could not be read yet; it is read when the file can be opened.
        self._is_loaded = True
        self._rescues = 0

    @callback
    def async_add_listener(self, listener: StoreListener) -> None:
        """Add a listener."""
        self._listeners.append(listener)

    # -------------------------------------------------------------- life cycle

    async def async_open(self) -> Loaded:
        """Open the file and return its content.

        Where it cannot be opened, alarms start with what can be read of it, and changes stay in memory until they can
        be written.
        """
        await self._async_run(self._store.freeze, self._hass.data.get(BACKUP_RUNS, False))
        try:
            loaded = await self._async_run(self._store.open)
        except Exception as error:  # noqa: BLE001 - logged; a problem with the file must not stop all alarms
            peeked = await self._async_peek()
            self._is_loaded = peeked is not None
            self._async_failed(Batch(), error)
            loaded = peeked or Loaded()
        await self._async_check_damage()
        return loaded

    async def _async_peek(self) -> Loaded | None:
        try:
            return await self._async_run(self._store.peek)
        except Exception:  # noqa: BLE001 - logged; alarms start without the content of the file
            LOGGER.exception("The alarm database cannot be read")
            return None

    async def async_close(self) -> None:
        """Write all changes, and close the file."""
        if self._is_closed:
            return
        await self.async_flush()
        self._is_closed = True
        self._async_cancel_retry()
        if self.batch:
            LOGGER.error("Changes of alarms could not be written before the shutdown; these are lost")
        await self._async_run(self._store.close)
        await self._hass.async_add_executor_job(self._thread.shutdown)

    async def async_flush(self) -> None:
        """Write all changes now, also when a write failed a moment ago."""
        # A running write may fail, or may be too late to include the latest changes.
        for _ in range(2):
            self._async_cancel_retry()
            if writing := self.async_write():
                await writing
            if not self._collect():
                break

    @callback
    def _async_cancel_retry(self) -> None:
        if self._cancel_retry:
            self._cancel_retry()
            self._cancel_retry = None

    def _async_run[T](self, job: Callable[..., T], *args: Any) -> asyncio.Future[T]:
        return self._hass.loop.run_in_executor(self._thread, job, *args)

    # --------------------------------------------------------------- writing

    @callback
    def async_write(self) -> asyncio.Task[None] | None:
        """Start a write of all changes; return its task, None while it waits for a retry."""
        if self._writing is None and self._cancel_retry is None and not self._is_closed:
            # Not eager: on a fast disk the task would end, and reset the attribute, before it is assigned.
            self._writing = self._hass.async_create_task(
                self._async_write_all(), "iotbridge alarms write", eager_start=False
            )
        return self._writing

    @callback
    def async_add(self, batch: Batch) -> asyncio.Task[None] | None:
        """Add a batch to the next one and start a write; return as ``async_write`` does."""
        self.batch.outbox |= batch.outbox
        self.batch.deliveries |= batch.deliveries
        self.batch.instances |= batch.instances
        return self.async_write()

    @callback
    def async_mark(self, instance: Instance) -> None:
        """Mark an alarm to be written with the next batch, in the state that it has by then."""
        self._marked[instance.key] = instance

    @callback
    def async_unmark(self, key: AlarmKey) -> None:
        """Unmark an alarm."""
        self._marked.pop(key, None)

    @callback
    def async_record(self, rule: str, transition: Transition) -> None:
        """Add a transition to the history."""
        self.batch.history.append((rule, transition))
        self._trim()

    @callback
    def async_deliver_unwritten(self) -> None:
        """Deliver the notifications of the batch although it cannot be written."""
        if self._is_failing:
            # Not synchronously: the caller has not finished processing the outcome.
            self._hass.loop.call_soon(self._deliver, self.batch)

    async def _async_write_all(self) -> None:
        """Write until no change is left; notifications are delivered after their write, or when it fails."""
        batch = Batch()
        try:
            if not self._store.is_open:
                await self._async_reopen()
            while self._collect():
                batch, self.batch = self.batch, Batch()
                await self._async_run(self._store.write, batch)
                self._async_written(batch)
                batch = Batch()
                if self._store.is_checkpoint_due and not self.batch:
                    await self._async_run(self._store.checkpoint)
            await self._async_check_damage()
        except Exception as error:  # noqa: BLE001 - logged; the batch would be lost otherwise
            self._async_failed(batch, error)
        except BaseException:
            # Home Assistant cancelled the task: the final flush writes the batch.
            self.batch = batch.followed_by(self.batch)
            raise
        finally:
            self._writing = None

    def _collect(self) -> bool:
        """Add the marked alarms to the batch; return whether it has changes.

        A blank alarm needs no row. At a start all alarms are marked, and nearly all are blank, so that must be cheap.
        """
        for key, instance in self._marked.items():
            is_blank = instance.is_blank
            if is_blank and not instance.is_stored:
                continue
            instance.is_stored = not is_blank
            self.batch.instances[key] = None if is_blank else instance.as_dict()
        self._marked.clear()
        return bool(self.batch)

    async def _async_reopen(self) -> None:
        loaded = await self._async_run(self._store.open)
        if not self._is_loaded:
            for listener in self._listeners:
                listener.async_read(loaded)
        self._is_loaded = True

    @callback
    def _async_written(self, batch: Batch) -> None:
        if self._is_failing:
            self._is_failing = False
            LOGGER.warning("The alarm database can be written again")
        for listener in self._listeners:
            listener.async_unwritten(None)
        if batch.outbox:
            self._deliver(batch)

    @callback
    def _async_failed(self, batch: Batch, error: Exception) -> None:
        """Schedule a retry, and deliver notifications: twice after a crash is better than not at all."""
        if not self._is_failing:
            is_disk = isinstance(error, sqlite3.Error | OSError)
            LOGGER.error(
                "The alarm database cannot be written; retrying every %s seconds: %s",
                WRITE_RETRY_S,
                error,
                exc_info=None if is_disk else error,
            )
        self._is_failing = True
        self.batch = batch.followed_by(self.batch)
        self._trim()
        if not self._is_closed:
            self._cancel_retry = async_call_later(self._hass, WRITE_RETRY_S, self._async_retry)
        for listener in self._listeners:
            listener.async_unwritten(error)
        if self.batch.outbox:
            self._deliver(self.batch)

    def _trim(self) -> None:
        """Limit the unwritten rows in memory by dropping the oldest ones."""
        if self._is_failing and len(self.batch.history) > MAX_ROWS:
            del self.batch.history[:-MAX_ROWS]
        if self._is_failing and len(self.batch.deliveries) > MAX_ROWS:
            self.batch.deliveries = dict(list(self.batch.deliveries.items())[-MAX_ROWS:])

    @callback
    def _async_retry(self, _now: datetime) -> None:
        self._cancel_retry = None
        self.async_write()

    # ------------------------------------------------------- history and files

    async def async_history(self, query: HistoryQuery) -> list[dict[str, Any]]:
        """Return the recorded transitions, newest first; none while the file cannot be read."""
        return await self._async_read(self._store.history, query)

    async def async_deliveries(self, episodes: Sequence[EpisodeKey]) -> list[DeliveryRecord]:
        """Return the records of deliveries of some episodes, oldest first, with those that are not written yet."""
        stored = await self._async_read(self._store.deliveries, episodes)
        unwritten = {key: record for key, record in self.batch.deliveries.items() if record.episode_key in episodes}
        return sorted((recorded(stored) | unwritten).values(), key=lambda record: (record.at, record.number))

    async def _async_read[T, Q](self, read: Callable[[Q], list[T]], query: Q) -> list[T]:
        if self._writing:
            await asyncio.shield(self._writing)
        rescues = self._store.rescues
        try:
            return await self._hass.async_add_executor_job(read, query)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                if self._is_failing:
                    return []  # there is a repair about it
                raise
        await self._async_run(self._store.rebuild, rescues)
        await self._async_check_damage()
        return await self._hass.async_add_executor_job(read, query)

    async def async_freeze(self, is_frozen: bool) -> None:
        """Freeze the file while it is copied, or end that; writes go to its log meanwhile."""
        if not self._is_closed:
            await self._async_run(self._store.freeze, is_frozen)

    async def async_purge(self, now: float) -> None:
        """Delete history beyond its retention; where the disk fails, the next run does it."""
        try:
            await self._async_run(self._store.purge, now)
        except sqlite3.Error as error:
            LOGGER.warning("The history of the alarms could not be purged: %s", error)

    async def async_remove_damaged(self) -> None:
        """Delete the damaged files that were set aside."""
        await self._async_run(self._store.remove_damaged)
        await self._async_check_damage()

    async def _async_check_damage(self) -> None:
        if self._rescues != self._store.rescues:
            self._rescues = self._store.rescues
            names = await self._async_run(lambda: self._store.damaged)
            for listener in self._listeners:
                listener.async_damaged(names)
