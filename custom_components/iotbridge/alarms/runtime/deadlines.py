"""Scheduler of the deadlines of all alarms, with one timer."""

from collections.abc import Callable
from datetime import datetime
import heapq

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..engine.models import AlarmKey

# Number of outdated entries at which the heap is rebuilt.
MAX_STALE = 1000


class DeadlineScheduler:
    """Next deadline of each alarm, in seconds since 1970."""

    def __init__(self, hass: HomeAssistant, now: Callable[[], float], act: Callable[[AlarmKey, float], None]) -> None:
        """Take ``act``, which is called with each alarm that is due and the present time."""
        self._hass = hass
        self._now = now
        self._act = act
        self._at: dict[AlarmKey, float] = {}
        self._heap: list[tuple[float, AlarmKey]] = []
        self._timer: CALLBACK_TYPE | None = None
        self._timer_at: float | None = None
        self._is_stopped = False

    @callback
    def async_set(self, key: AlarmKey, at: float | None) -> None:
        """Set the deadline of an alarm, None for never."""
        if self._is_stopped or at == self._at.get(key):
            return
        if at is None:
            del self._at[key]
            return
        self._at[key] = at
        if len(self._heap) > 2 * len(self._at) + MAX_STALE:
            # A deadline that was changed repeatedly has outdated entries.
            self._heap = [(other_at, other) for other, other_at in self._at.items()]
            heapq.heapify(self._heap)
        else:
            heapq.heappush(self._heap, (at, key))
        self._async_set_timer()

    @callback
    def async_stop(self) -> None:
        """Drop all deadlines for good: what is advanced while the last notifications are delivered sets no timer."""
        self._is_stopped = True
        self.async_clear()

    @callback
    def async_clear(self) -> None:
        """Drop all deadlines."""
        self._at.clear()
        self._heap.clear()
        if self._timer:
            self._timer()
        self._timer = self._timer_at = None

    @callback
    def async_run_due(self, _now: datetime | None = None) -> None:
        """Call ``act`` for the alarms that are due."""
        if self._timer:
            self._timer()
        self._timer = self._timer_at = None
        now = self._now()
        while self._heap and self._heap[0][0] <= now:
            at, key = heapq.heappop(self._heap)
            if self._at.get(key) == at:
                del self._at[key]
                self._act(key, now)
        self._async_set_timer()

    @callback
    def _async_set_timer(self) -> None:
        if not self._heap:
            return
        at = self._heap[0][0]
        if self._timer_at is not None and self._timer_at <= at:
            return
        if self._timer:
            self._timer()
        self._timer_at = at
        self._timer = async_call_later(self._hass, max(0.0, at - self._now()), self.async_run_due)
