"""Integration that benchmarks install into a Home Assistant: creates values, receives messages, watches the loop.

It runs in the measured event loop, so its figures are neither guessed nor requested from outside.
"""

import asyncio
import gc
from itertools import count
import time
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse, callback
from homeassistant.helpers.typing import ConfigType

DOMAIN = "bench_probe"
ATTRIBUTES = {"unit_of_measurement": "°C", "device_class": "temperature", "state_class": "measurement"}
IN_ONE_GO = 100
SETTLE_S = 0.2
TICK_S = 0.02
BEAT_S = 0.002


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Create the entities, ``config`` has the size of each group, and the actions of the benchmark."""
    probe = Probe(hass, config[DOMAIN])
    for name in ("burst", "stream", "taken", "collect", "follow", "blast", "report", "reload"):
        act = getattr(probe, f"async_{name}")
        hass.services.async_register(DOMAIN, name, act, supports_response=SupportsResponse.ONLY)
    hass.services.async_register("notify", "bench", probe.async_notify)
    return True


class Probe:
    """Entities that change, and the received notifications."""

    def __init__(self, hass: HomeAssistant, sizes: dict[str, int]) -> None:
        """``sizes`` are those of the groups of entities."""
        self._hass = hass
        self._sizes = sizes
        self._taken: list[dict[str, Any]] = []
        self._numbers = count()
        self._collecting_since = 0.0
        self._collected_s = 0.0
        gc.callbacks.append(self._collect)
        for group, size in sizes.items():
            for number in range(size):
                hass.states.async_set(f"sensor.{group}_{number}", "20.0", ATTRIBUTES)

    @callback
    def _set_value(self, group: str) -> None:
        """Change one entity of a group to a value without consequences."""
        number = next(self._numbers)
        entity_id = f"sensor.{group}_{number % self._sizes[group]}"
        self._hass.states.async_set(entity_id, f"{20 + number % 997 / 100:.2f}", ATTRIBUTES)

    def _collect(self, phase: str, _info: dict[str, int]) -> None:
        """Record the longest processor time for which Python's garbage collector stopped everything."""
        if phase == "start":
            self._collecting_since = time.thread_time()
        else:
            self._collected_s = max(self._collected_s, time.thread_time() - self._collecting_since)

    async def async_burst(self, call: ServiceCall) -> dict[str, Any]:
        """Change entities as fast as possible; return the loop's processor time in µs per change and its follow-up."""
        group, changes = call.data["group"], call.data["changes"]
        idle = await _idle_s()
        began = time.thread_time()
        for first in range(0, changes, IN_ONE_GO):
            for _ in range(first, min(first + IN_ONE_GO, changes)):
                self._set_value(group)
            await asyncio.sleep(0)
        await asyncio.sleep(SETTLE_S)
        return {"us": (time.thread_time() - began - idle) / changes * 1e6}

    async def async_stream(self, call: ServiceCall) -> dict[str, Any]:
        """Change entities at a rate per second; return the loop's share of a processor.

        And the longest time for which the garbage collector stopped it.
        """
        group, per_s, seconds = call.data["group"], call.data["per_s"], call.data["seconds"]
        began, used, done = time.monotonic(), time.thread_time(), 0
        self._collected_s = 0.0
        while (passed := time.monotonic() - began) < seconds:
            while done < passed * per_s:
                self._set_value(group)
                done += 1
            await asyncio.sleep(TICK_S)
        return {"share": (time.thread_time() - used) / passed, "collected_ms": self._collected_s * 1000}

    async def async_follow(self, call: ServiceCall) -> dict[str, Any]:
        """Measure the loop for some seconds, with any load."""
        self._taken.clear()
        beat = Beat(self._hass.loop)
        await asyncio.sleep(call.data["seconds"])
        return beat.end() | {"notifications": len(self._taken)}

    async def async_blast(self, call: ServiceCall) -> dict[str, Any]:
        """Change all entities of a group at once to one value; measure the loop afterwards."""
        group = call.data["group"]
        self._hass.loop.call_later(SETTLE_S, self._change_all, group, call.data["value"])
        return await self.async_follow(call)

    @callback
    def _change_all(self, group: str, value: str) -> None:
        for number in range(self._sizes[group]):
            self._hass.states.async_set(f"sensor.{group}_{number}", value, ATTRIBUTES)

    async def async_report(self, call: ServiceCall) -> dict[str, Any]:
        """Make the entities of a group repeat their last report, at a rate per second."""
        group, per_s, seconds = call.data["group"], call.data["per_s"], call.data["seconds"]
        following = asyncio.create_task(self.async_follow(call))
        began, done = time.monotonic(), 0
        while (passed := time.monotonic() - began) < seconds:
            while done < passed * per_s:
                self._hass.states.async_set(f"sensor.{group}_{done % self._sizes[group]}", "20.0", ATTRIBUTES)
                done += 1
            await asyncio.sleep(TICK_S)
        return await following

    async def async_collect(self, _call: ServiceCall) -> dict[str, Any]:
        """Return how long a full garbage collection stops everything, and the number of objects it visits."""
        gc.collect()
        self._collected_s = 0.0
        gc.collect()
        return {"ms": self._collected_s * 1000, "objects": len(gc.get_objects())}

    async def async_reload(self, call: ServiceCall) -> dict[str, Any]:
        """Reload an integration; return the loop's processor time for it in seconds."""
        entries = self._hass.config_entries
        (entry,) = entries.async_entries(call.data["domain"])
        await entries.async_unload(entry.entry_id)
        await asyncio.sleep(SETTLE_S)
        gc.collect()
        began = time.thread_time()
        await entries.async_setup(entry.entry_id)
        return {"s": time.thread_time() - began}

    async def async_taken(self, _call: ServiceCall) -> dict[str, Any]:
        """Return the notifications since the last call, with their times."""
        notifications, self._taken = self._taken, []
        return {"notifications": notifications}

    async def async_notify(self, call: ServiceCall) -> None:
        """Receive a message."""
        self._taken.append({"at": time.time(), **call.data})


class Beat:
    """Timer that samples the loop so often that the time between two samples is one uninterrupted run."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start; ``loop`` is the running one."""
        self._loop = loop
        self._began = self._last = time.thread_time()
        self._longest_s = 0.0
        self._next = loop.call_later(BEAT_S, self._look)

    def _look(self) -> None:
        now = time.thread_time()
        self._longest_s, self._last = max(self._longest_s, now - self._last), now
        self._next = self._loop.call_later(BEAT_S, self._look)

    def end(self) -> dict[str, float]:
        """Return the processor time of the longest run and of all runs together, in ms."""
        self._next.cancel()
        return {"longest_ms": self._longest_s * 1000, "all_ms": (time.thread_time() - self._began) * 1000}


async def _idle_s() -> float:
    """Return the processor time of the idle loop."""
    began = time.thread_time()
    await asyncio.sleep(SETTLE_S)
    return time.thread_time() - began
