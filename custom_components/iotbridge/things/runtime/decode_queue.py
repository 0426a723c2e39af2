"""Queue of messages to decode: short ones are read at once, the others in the executor, all in their order.

A hostile message of a few kilobytes takes tens of milliseconds to decode, which the event loop must not spend on it.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from homeassistant.core import HomeAssistant, callback

from .. import decoders
from ..model.message import Decoded, DecodeError, LibraryNeededError, Sample

# A payload up to this length is decoded within milliseconds on a slow machine.
MAX_INLINE = 4 * 1024
# So much may wait for the executor; beyond that the oldest message is given up.
MAX_WAITING = 1000
MAX_WAITING_BYTES = 4 * 1024 * 1024

type Outcome = Decoded | DecodeError | LibraryNeededError


@dataclass(frozen=True, slots=True)
class Job:
    """One message and the function that takes its outcome, in the event loop."""

    sample: Sample
    take: Callable[[Outcome], None]


class DecodeQueue:
    """Decodes the messages of one thing, one after the other."""

    def __init__(self, hass: HomeAssistant, name: str) -> None:
        """``name`` is for the task that waits for the executor."""
        self._hass = hass
        self._name = name
        self._waiting: deque[Job | Callable[[], None]] = deque()
        self._bytes = 0
        self._task: asyncio.Task[None] | None = None

    @callback
    def async_put(self, job: Job, *, may_inline: bool = True) -> Sample | None:
        """Decode a message, now or when those before it are read; return the message that was given up for it.

        ``may_inline`` is False for one of many, which together would take too long.
        """
        if self._task is None and may_inline and _is_short(job.sample.payload):
            job.take(_decode(job.sample))
            return None
        self._waiting.append(job)
        self._bytes += len(job.sample.payload)
        dropped = self._drop_oldest() if self._is_full() else None
        self._start()
        return dropped

    @callback
    def async_call(self, function: Callable[[], None]) -> None:
        """Call a function when everything that was put before is read."""
        if self._task is None:
            function()
            return
        self._waiting.append(function)

    @callback
    def async_stop(self) -> None:
        """Read nothing more."""
        self._waiting.clear()
        self._bytes = 0
        if self._task:
            self._task.cancel()
            self._task = None

    async def async_join(self) -> None:
        """Wait until everything is read, or stopped."""
        if self._task:
            await asyncio.wait([self._task])

    def _is_full(self) -> bool:
        return len(self._waiting) > MAX_WAITING or self._bytes > MAX_WAITING_BYTES

    def _drop_oldest(self) -> Sample | None:
        oldest = next((waiting for waiting in self._waiting if isinstance(waiting, Job)), None)
        if oldest is None:
            return None
        self._waiting.remove(oldest)
        self._bytes -= len(oldest.sample.payload)
        return oldest.sample

    @callback
    def _start(self) -> None:
        if self._task is None:
            self._task = self._hass.async_create_task(self._async_work(), self._name, eager_start=False)

    async def _async_work(self) -> None:
        me = asyncio.current_task()
        try:
            while self._waiting and self._task is me:
                job = self._waiting.popleft()
                if not isinstance(job, Job):
                    job()
                    continue
                self._bytes -= len(job.sample.payload)
                outcome = await self._hass.async_add_executor_job(partial(_decode, job.sample))
                if self._task is me:
                    job.take(outcome)
        finally:
            if self._task is me:
                self._task = None
                if self._waiting:  # what a message made of itself must not keep those behind it back
                    self._start()


def _decode(sample: Sample) -> Outcome:
    try:
        return decoders.decode(sample)
    except (DecodeError, LibraryNeededError) as error:
        return error


def _is_short(payload: bytes) -> bool:
    """Return whether a payload is short, also when it is unpacked."""
    return len(payload) <= MAX_INLINE and not decoders.is_compressed(payload)
