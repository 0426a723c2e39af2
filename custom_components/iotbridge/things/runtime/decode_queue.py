"""Queue of messages to decode: short ones are decoded at once, others in the executor, always in order.

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

# A payload up to this length is decoded within milliseconds, even on a slow machine.
MAX_INLINE = 4 * 1024
# Limits for waiting messages; beyond them the oldest one is dropped.
MAX_WAITING = 1000
MAX_WAITING_BYTES = 4 * 1024 * 1024
# A message is decoded once for every thing whose filter it matches. Limits for all things together: how many jobs run
# in the executor at a time, and how many bytes wait for it.
MAX_AT_ONCE = 2
MAX_TOTAL_BYTES = 16 * 1024 * 1024

type Outcome = Decoded | DecodeError | LibraryNeededError


@dataclass(frozen=True, slots=True)
class Job:
    """Message to decode, and the function that receives the outcome in the event loop."""

    sample: Sample
    take: Callable[[Outcome], None]


class DecodeLimits:
    """Limits shared by all decode queues."""

    def __init__(self) -> None:
        """Start without queues."""
        self.slots = asyncio.Semaphore(MAX_AT_ONCE)
        self.queues: set[DecodeQueue] = set()
        """Queues with waiting messages."""

    @callback
    def async_make_room(self) -> None:
        """Drop the oldest messages of the longest queues until the total is within the limit."""
        while sum(queue.waiting_bytes for queue in self.queues) > MAX_TOTAL_BYTES:
            max(self.queues, key=lambda queue: queue.waiting_bytes).async_drop_oldest()


class DecodeQueue:
    """Decodes the messages of one thing one by one."""

    def __init__(
        self, hass: HomeAssistant, name: str, limits: DecodeLimits, on_dropped: Callable[[Sample], None]
    ) -> None:
        """``name`` names the task that waits for the executor; ``on_dropped`` receives each dropped message."""
        self._hass = hass
        self._name = name
        self._limits = limits
        self._on_dropped = on_dropped
        self._waiting: deque[Job | Callable[[], None]] = deque()
        self.waiting_bytes = 0
        self._task: asyncio.Task[None] | None = None

    @callback
    def async_put(self, job: Job, *, may_inline: bool = True) -> None:
        """Decode a message, now or after those before it.

        ``may_inline`` is False for one of many messages, which together would take too long.
        """
        if self._task is None and may_inline and _is_short(job.sample.payload):
            job.take(_decode(job.sample))
            return
        self._waiting.append(job)
        self.waiting_bytes += len(job.sample.payload)
        self._limits.queues.add(self)
        if self._is_full():
            self.async_drop_oldest()
        self._limits.async_make_room()
        self._start()

    @callback
    def async_call(self, function: Callable[[], None]) -> None:
        """Call a function after all messages put before have been decoded."""
        if self._task is None:
            function()
            return
        self._waiting.append(function)

    @callback
    def async_stop(self) -> None:
        """Drop the waiting messages and stop decoding."""
        self._waiting.clear()
        self.waiting_bytes = 0
        self._limits.queues.discard(self)
        if self._task:
            self._task.cancel()
            self._task = None

    async def async_join(self) -> None:
        """Wait until all messages are decoded, or the queue is stopped."""
        if self._task:
            await asyncio.wait([self._task])

    def _is_full(self) -> bool:
        return len(self._waiting) > MAX_WAITING or self.waiting_bytes > MAX_WAITING_BYTES

    @callback
    def async_drop_oldest(self) -> None:
        """Drop the message that has waited longest."""
        oldest = next((waiting for waiting in self._waiting if isinstance(waiting, Job)), None)
        if oldest is None:
            return
        self._waiting.remove(oldest)
        self.waiting_bytes -= len(oldest.sample.payload)
        self._on_dropped(oldest.sample)

    @callback
    def _start(self) -> None:
        if self._task is None:
            self._task = self._hass.async_create_task(self._async_work(), self._name, eager_start=False)

    async def _async_work(self) -> None:
        me = asyncio.current_task()
        try:
            while self._waiting and self._task is me:
                if isinstance(waiting := self._waiting[0], Job):
                    # Messages that wait for a slot can still be dropped.
                    async with self._limits.slots:
                        await self._async_decode_next()
                else:
                    self._waiting.popleft()
                    waiting()
        finally:
            if not self._waiting:
                self._limits.queues.discard(self)
            if self._task is me:
                self._task = None
                if self._waiting:  # an error in one message must not hold up those behind it
                    self._start()

    async def _async_decode_next(self) -> None:
        if not self._waiting or not isinstance(job := self._waiting[0], Job):
            return  # it was dropped in the meantime
        self._waiting.popleft()
        self.waiting_bytes -= len(job.sample.payload)
        me = asyncio.current_task()
        outcome = await self._hass.async_add_executor_job(partial(_decode, job.sample))
        if self._task is me:
            job.take(outcome)


def _decode(sample: Sample) -> Outcome:
    try:
        return decoders.decode(sample)
    except (DecodeError, LibraryNeededError) as error:
        return error


def _is_short(payload: bytes) -> bool:
    """Return whether a payload is short, even when unpacked."""
    return len(payload) <= MAX_INLINE and not decoders.is_compressed(payload)
