"""Recovery of the alarm store: repairs about its file, and what is read of it later than at the start."""

from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send

from ..issues import ALARMS_DAMAGED, ALARMS_NOT_WRITTEN, Issues
from .engine.instance import Instance
from .engine.models import AlarmKey
from .engine.parsing import parse_or_log
from .engine.references import Moves, joined, moved_data, moved_instance, moved_key
from .notifications.outbox import Outbox
from .notifications.queued_notification import QueuedNotification
from .runtime.database import Loaded
from .runtime.events import SIGNAL_COUNTS
from .runtime.processor import AlarmProcessor
from .runtime.restored_alarms import RestoredAlarms
from .runtime.suppressor import Suppressor

MAX_NAMED = 5


class Recovery:
    """Follows the writer of the alarm store."""

    def __init__(
        self,
        hass: HomeAssistant,
        processor: AlarmProcessor,
        suppressor: Suppressor,
        outbox: Outbox,
        issues: Issues,
        restored: RestoredAlarms,
        learn: Callable[[Mapping[str, Any]], Moves],
        take_up: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        """Begin to follow.

        ``restored`` takes what is kept of an alarm that is not there yet, and ``take_up`` lets the rules go on with
        that; ``learn`` takes the registry ids of the store and returns what was renamed since.
        """
        self._hass = hass
        self._processor = processor
        self._suppressor = suppressor
        self._outbox = outbox
        self._issues = issues
        self._restored = restored
        self._learn = learn
        self._take_up = take_up
        processor.writer.async_listen(self)

    @callback
    def async_unwritten(self, reason: str | None) -> None:
        """Create the repair about a file that cannot be written, or remove it."""
        self._issues.async_set(ALARMS_NOT_WRITTEN, "", reason is not None, reason=reason or "")

    @callback
    def async_damaged(self, names: list[str]) -> None:
        """Create the repair about damaged files, or remove it."""
        listed = ", ".join(names[-MAX_NAMED:])
        self._issues.async_set(ALARMS_DAMAGED, "", bool(names), files=listed)

    @callback
    def async_read(self, loaded: Loaded) -> None:
        """Take in a file that could be read only now. Where something happened meanwhile, that counts."""
        if moves := self._learn(loaded.remembered):
            loaded = self._async_moved(loaded, moves)
        for key, data in loaded.instances.items():
            if (instance := self._processor.get(key)) is None:
                self._restored.load({key: data})
            elif instance.alarm.is_blank:
                self._async_restore(key, instance, data)
        self._suppressor.async_restore({**loaded.remembered, **self._processor.writer.batch.remembered})
        self._suppressor.async_soon()
        self._outbox.async_load(loaded.outbox)
        self._hass.async_create_task(self._take_up(), "iotbridge alarms take up")
        async_dispatcher_send(self._hass, SIGNAL_COUNTS)

    @callback
    def _async_moved(self, loaded: Loaded, moves: Moves) -> Loaded:
        """Return the content of the file after a rename of entities, and have it written; all else has it already."""
        instances = {
            moved_key(key, moves): parse_or_log("An alarm", partial(moved_instance, data, moves)) or data
            for key, data in loaded.instances.items()
        }
        outbox = {number: _moved_row(number, data, moves) for number, data in loaded.outbox.items()}
        windows = loaded.remembered.get("windows", {})
        moved = {key: moved_data(window, moves) for key, window in windows.items()}
        batch = self._processor.writer.batch
        batch.instances = {**dict.fromkeys(loaded.instances), **instances, **batch.instances}
        batch.outbox = outbox | batch.outbox
        batch.moves = joined(moves, batch.moves)
        if moved != windows:
            batch.remembered.setdefault("windows", moved)
        return Loaded(instances, outbox, {**loaded.remembered, "windows": moved})

    @callback
    def _async_restore(self, key: AlarmKey, instance: Instance, data: Mapping[str, Any]) -> None:
        restored = parse_or_log(f"The alarm of {key.subject}", partial(Instance.from_dict, instance.rule, data))
        if restored is not None:
            self._processor.async_restore(instance, restored)


def _moved_row(number: int, data: dict[str, Any], moves: Moves) -> dict[str, Any]:
    """Return what is to be told after a rename of entities; as it is where it cannot be read."""
    row = parse_or_log("What was to be told", partial(QueuedNotification.from_dict, number, data))
    return row.as_dict() if row and row.move(moves) else data
