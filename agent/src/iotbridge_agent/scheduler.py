"""Scheduler of the collectors, each in a thread of its own, so that one that hangs or fails affects no other."""

import asyncio
from collections.abc import Iterable
import logging
import math
import time

from iotbridge_agent.collector import Collector, CollectorSpec, Reading, SensorDescription, Value
from iotbridge_agent.config import Config
from iotbridge_agent.errors import NoDataError
from iotbridge_agent.event_loop import forget_error

PAUSE_AFTER = 5
PAUSE_S = 3600.0
NO_DATA_PAUSE_S = 600.0
"""Pause of a collector without data: a battery or fan may still be plugged in."""
PATIENCE_S = 1.0
"""Time a status message waits for collectors; later readings come with the next one."""

FAILED = SensorDescription(
    key="collectors_failed", name="Collector failures", category="diagnostic", icon="mdi:alert-circle-outline"
)
DIAGNOSTICS = "agent"
"""Owner of the sensor above."""
NOBODY = "none"
NUMBER = (int, float)
_LOG = logging.getLogger(__name__)


class Runner:
    """Runner of one collector: its thread, its readings and its failures."""

    def __init__(self, spec: CollectorSpec, config: Config) -> None:
        self.spec = spec
        self.readings: dict[str, Reading] = {}
        self.settled = False
        """True if the last run worked: a sensor it did not yield does not exist any more."""
        self.failures = 0
        self.paused = False
        self._config = config
        self._collector: Collector | None = None
        self._running: asyncio.Future[list[Reading]] | None = None
        self._next = 0.0

    @property
    def failing(self) -> bool:
        """Return whether the last run failed."""
        return self.failures > 0

    def is_due(self, now: float) -> bool:
        """Return whether the next run is due and the previous one has ended."""
        return now >= self._next and (self._running is None or self._running.done())

    def hurry(self) -> None:
        """Make the collector due at once, also when paused."""
        self._next = 0.0

    async def run(self, now: float, tick_s: float) -> None:
        """Collect once; never raises."""
        # Half a tick of tolerance; otherwise an interval of two ticks would become three.
        self._next = now + (self.spec.interval_s or 0.0) - tick_s / 2
        try:
            self._running = asyncio.get_running_loop().run_in_executor(None, self._collect)
            # After a timeout or cancellation its result is not used any more.
            self._running.add_done_callback(forget_error)
            # Neither wait_for, which would cancel it, nor shield, which logs its late errors since Python 3.14.
            done, _ = await asyncio.wait({self._running}, timeout=self.spec.timeout_s)
            readings = self._running.result() if done else None
        except NoDataError:
            self._next = now + NO_DATA_PAUSE_S
            self._worked([])
        except Exception as error:  # noqa: BLE001 - an error in one collector must not stop the others
            self._failed(now, f"{type(error).__name__}: {error}")
        else:
            if readings is None:
                self._failed(now, f"no answer within {self.spec.timeout_s:g} s")
            else:
                self._worked(readings)

    def _collect(self) -> list[Reading]:
        if self._collector is None:
            self._collector = self.spec.create(self._config)
        return list(self._collector.collect())

    def _worked(self, readings: Iterable[Reading]) -> None:
        if self.failures:
            _LOG.info("Collector %s works again.", self.spec.name)
        self.failures, self.paused, self.settled = 0, False, True
        self.readings = {reading.description.key: reading for reading in readings}

    def _failed(self, now: float, reason: str) -> None:
        self.failures += 1
        self.settled = False
        # The last values are out of date.
        self.readings = {key: Reading(reading.description, None) for key, reading in self.readings.items()}
        if self.failures == 1:
            _LOG.warning("Collector %s failed: %s", self.spec.name, reason)
        if self.failures < PAUSE_AFTER:
            return
        self._next = now + PAUSE_S
        if not self.paused:
            _LOG.warning("Collector %s failed %d times in a row; it pauses for an hour.", self.spec.name, PAUSE_AFTER)
        self.paused = True


class Scheduler:
    """Scheduler of all collectors, with their last readings."""

    def __init__(self, specs: Iterable[CollectorSpec], config: Config) -> None:
        self.runners = tuple(Runner(spec, config) for spec in specs)
        self._tick_s = config.interval_s
        self._tasks: set[asyncio.Task[None]] = set()
        self._published: dict[str, Value] = {}

    async def collect(self, patience_s: float = PATIENCE_S) -> None:
        """Start the collectors that are due, and wait briefly for their readings."""
        now = time.monotonic()
        for runner in self.runners:
            if runner.is_due(now):
                task = asyncio.create_task(runner.run(now, self._tick_s), name=f"collector {runner.spec.name}")
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        await self.wait(patience_s)

    @property
    def busy(self) -> bool:
        """Return whether a collector is still reading."""
        return bool(self._tasks)

    async def wait(self, patience_s: float) -> None:
        """Wait for the collectors that are still reading, at most ``patience_s``."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience_s)

    def hurry(self) -> None:
        """Make every collector due at once, paused ones too."""
        for runner in self.runners:
            runner.hurry()

    def names(self) -> set[str]:
        """Return the collectors that are switched on."""
        return {runner.spec.name for runner in self.runners} | {DIAGNOSTICS}

    def descriptions(self) -> dict[str, tuple[str, SensorDescription]]:
        """Return the sensors that exist now, each with the name of its collector."""
        descriptions = {
            key: (runner.spec.name, reading.description)
            for runner in self.runners
            for key, reading in runner.readings.items()
        }
        return descriptions | {FAILED.key: (DIAGNOSTICS, FAILED)}

    def settled(self) -> set[str]:
        """Return the collectors whose last run worked."""
        return {runner.spec.name for runner in self.runners if runner.settled} | {DIAGNOSTICS}

    def values(self) -> dict[str, Value]:
        """Return the value of every sensor, rounded, and unchanged within its dead band."""
        values = {
            key: self._steady(reading) for runner in self.runners for key, reading in list(runner.readings.items())
        }
        failed = [runner.spec.name + " (paused)" * runner.paused for runner in self.runners if runner.failing]
        # Home Assistant rejects states longer than 255 characters.
        return values | {FAILED.key: (", ".join(failed) or NOBODY)[:255]}

    def _steady(self, reading: Reading) -> Value:
        description, value = reading.description, _rounded(reading.value, reading.description.decimals)
        last = self._published.get(description.key)
        if isinstance(value, NUMBER) and isinstance(last, NUMBER) and abs(value - last) < description.dead_band:
            return last
        self._published[description.key] = value
        return value


def _rounded(value: Value, decimals: int | None) -> Value:
    if isinstance(value, str):
        return value[:255]
    if not isinstance(value, NUMBER) or isinstance(value, bool):
        return value
    if not math.isfinite(value):
        return None
    rounded = value if decimals is None else round(value, decimals)
    # 24 equals 24.0, in fewer bytes.
    return int(rounded) if rounded == int(rounded) else rounded
