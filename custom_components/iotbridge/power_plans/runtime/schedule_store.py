"""Store of the schedules: the state of each one, and their last runs."""

from collections import deque
from collections.abc import Collection
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

from ...const import DOMAIN, LOGGER
from ..engine.schedule import ScheduleState
from ..engine.schedule_run import RunRecord

VERSION: Final = 1
KEY: Final = f"{DOMAIN}.schedules"
MAX_RECORDS: Final = 500
_SAVE_DELAY_S: Final = 1.0


class ScheduleStore:
    """States of schedules by id, and the records of their last runs, oldest first."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start empty; ``async_load`` reads the file."""
        self._store: Store[dict[str, Any]] = Store(hass, VERSION, KEY, private=True)
        self.states: dict[str, ScheduleState] = {}
        self.records: deque[RunRecord] = deque(maxlen=MAX_RECORDS)

    async def async_load(self) -> None:
        """Load the file; what it has of another version is left out."""
        data = await self._store.async_load() or {}
        try:
            self.states = {key: ScheduleState.from_dict(state) for key, state in data.get("states", {}).items()}
            self.records.extend(RunRecord.from_dict(record) for record in data.get("records", ()))
        except KeyError, TypeError, ValueError:
            LOGGER.exception("The runs of the schedules before this start cannot be read")

    @callback
    def async_keep(self, schedule_ids: Collection[str]) -> None:
        """Remove schedules that do not exist any more."""
        if gone := self.states.keys() - set(schedule_ids):
            self.states = {key: state for key, state in self.states.items() if key not in gone}
            records = [record for record in self.records if record.schedule_id not in gone]
            self.records.clear()
            self.records.extend(records)
            self.async_save_soon()

    @callback
    def async_save_soon(self) -> None:
        """Write the file soon."""
        self._store.async_delay_save(self._data, _SAVE_DELAY_S)

    async def async_save(self) -> None:
        """Write the file now."""
        await self._store.async_save(self._data())

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()

    @callback
    def _data(self) -> dict[str, Any]:
        return {
            "states": {key: state.as_dict() for key, state in self.states.items()},
            "records": [record.as_dict() for record in self.records],
        }
