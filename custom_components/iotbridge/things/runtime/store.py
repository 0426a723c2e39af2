"""Store of things across restarts: the published components, the last values and the reporting intervals."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
import time
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

from ...const import DOMAIN, LOGGER
from ..model.profile import Channel

VERSION = 1
# Values and signs of life change with every message; writing each minute wears out a memory card. Core saves the states
# of its entities as often.
SAVE_DELAY_S = 15 * 60
# A measurement comes again soon after a crash. A state, such as that of a door, may not change for days, so it is saved
# earlier, and the file is written so often at most.
STATES_DELAY_S = 30.0
STATES_INTERVAL_S = 5 * 60.0
KEY = f"{DOMAIN}.things"


@dataclass(slots=True)
class DeviceRecord:
    """Stored device. ``components`` are the published ones by id, with their platform; times are seconds since 1970."""

    subentry_id: str
    identity: str
    base: str
    topic: str = ""
    components: dict[str, str] = field(default_factory=dict)
    fields: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    heard_at: float | None = None
    online: bool = True
    intervals: list[float] = field(default_factory=list)
    # Topic on which we last published the availability, which is retained as well.
    availability: str = ""
    # The broker refuses the discovery message.
    is_refused: bool = False

    @property
    def retained(self) -> list[str]:
        """Return our retained topics, the discovery message last: after it is cleared, the device is gone."""
        return [topic for topic in (self.availability, self.topic) if topic]

    def carry_over(self, channels: Iterable[Channel]) -> None:
        """Record relocated channels as sent, with their last values, if they were sent at their former places."""
        for channel in channels:
            if channel.id_key in self.fields and channel.key not in self.fields:
                self.fields.append(channel.key)
                if channel.id_key in self.values:
                    self.values.setdefault(channel.key, self.values[channel.id_key])


class ThingStore:
    """Stored devices by uid."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start empty; ``async_load`` reads the file."""
        self._store: Store[dict[str, Any]] = Store(hass, VERSION, KEY, private=True)
        self.devices: dict[str, DeviceRecord] = {}
        # Removed devices whose topics still have to be cleared at the broker.
        self.leftovers: dict[str, DeviceRecord] = {}
        # Times of the pending and of the last save.
        self._due_at: float | None = None
        self._saved_at = -STATES_INTERVAL_S

    async def async_load(self) -> None:
        """Load the saved devices."""
        data = await self._store.async_load() or {}
        for uid, device in data.get("devices", {}).items():
            try:
                self.devices[uid] = DeviceRecord(**device)
            except TypeError as error:
                # Written by another version: the device is recorded again with its next message.
                LOGGER.warning("Cannot read the stored state of %s: %s", uid, error)
        self.leftovers = {
            uid: _leftover(data_of_leftover) for uid, data_of_leftover in data.get("leftovers", {}).items()
        }

    @callback
    def async_changed(self, *, soon: bool = False) -> None:
        """Save within a quarter of an hour, or at once if a loss would leave retained messages at the broker."""
        self._schedule(0.0 if soon else SAVE_DELAY_S)

    @callback
    def async_states_changed(self) -> None:
        """Save within half a minute, or when the last save is old enough."""
        self._schedule(max(STATES_DELAY_S, self._saved_at + STATES_INTERVAL_S - time.monotonic()))

    @callback
    def _schedule(self, delay_s: float) -> None:
        due_at = time.monotonic() + delay_s
        # A later one would postpone the pending save.
        if self._due_at is None or due_at <= self._due_at:
            self._due_at = due_at
            self._store.async_delay_save(self._data, delay_s)

    async def async_save(self) -> None:
        """Save now."""
        await self._store.async_save(self._data())

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()

    @callback
    def _data(self) -> dict[str, Any]:
        self._due_at, self._saved_at = None, time.monotonic()
        return {
            "devices": {uid: asdict(device) for uid, device in self.devices.items()},
            "leftovers": {uid: asdict(device) for uid, device in self.leftovers.items()},
        }


def _leftover(data: dict[str, Any] | list[str]) -> DeviceRecord:
    """Return a removed device; before 1.0.0 only its topics were stored, the discovery message last."""
    if isinstance(data, list):
        return DeviceRecord("", "", "", topic=data[-1] if data else "", availability=data[0] if len(data) > 1 else "")
    return DeviceRecord(**data)
