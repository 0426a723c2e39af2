"""Recovery of the alarm store: repairs about its file, and restoring from a file that is readable only later."""

from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send

from ..issues import ALARMS_DAMAGED, ALARMS_NEWER, ALARMS_NOT_WRITTEN, Issues
from ..parsing import parse_or_log
from .engine.instance import Instance
from .engine.models import AlarmKey
from .engine.references import Moves, combined_moves, moved_data, moved_instance, moved_key
from .notifications.outbox import Outbox
from .notifications.queued_notification import QueuedNotification
from .runtime.database import Loaded, NewerError
from .runtime.events import SIGNAL_COUNTS
from .runtime.processor import AlarmProcessor
from .runtime.restored_alarms import RestoredAlarms
from .runtime.store import FILE
from .runtime.suppressor import Suppressor

MAX_NAMED = 5


class Recovery:
    """Listener of the writer of the alarm store."""

    def __init__(
        self,
        hass: HomeAssistant,
        processor: AlarmProcessor,
        suppressor: Suppressor,
        outbox: Outbox,
        issues: Issues,
        restored: RestoredAlarms,
        merge_registry_ids: Callable[[Mapping[str, Any]], Moves],
        start_restored: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        """Add the listener.

        ``restored`` gets stored alarms that do not exist yet, and ``start_restored`` starts them;
        ``merge_registry_ids`` adds the registry ids of the store and returns the renames since.
        """
        self._hass = hass
        self._processor = processor
        self._suppressor = suppressor
        self._outbox = outbox
        self._issues = issues
        self._restored = restored
        self._merge_registry_ids = merge_registry_ids
        self._start_restored = start_restored
        processor.writer.async_add_listener(self)

    @callback
    def async_unwritten(self, error: Exception | None) -> None:
        """Create the repair about a file that cannot be written, or about one of a newer release; or remove it."""
        is_newer = isinstance(error, NewerError)
        self._issues.async_set(ALARMS_NEWER, "", is_newer, file=FILE)
        reason = str(error) or type(error).__name__
        self._issues.async_set(ALARMS_NOT_WRITTEN, "", error is not None and not is_newer, reason=reason)

    @callback
    def async_damaged(self, names: list[str]) -> None:
        """Create the repair about damaged files, or remove it."""
        listed = ", ".join(names[-MAX_NAMED:])
        self._issues.async_set(ALARMS_DAMAGED, "", bool(names), files=listed)

    @callback
    def async_read(self, loaded: Loaded) -> None:
        """Restore from a file that could only be read now; alarms that changed meanwhile take precedence."""
        if moves := self._merge_registry_ids(loaded.remembered):
            loaded = self._async_moved(loaded, moves)
        for key, data in loaded.instances.items():
            if (instance := self._processor.get(key)) is None:
                self._restored.load({key: data})
            elif instance.alarm.is_blank:
                self._async_restore(key, instance, data)
        self._suppressor.async_restore({**loaded.remembered, **self._processor.writer.batch.remembered})
        self._suppressor.async_apply_soon()
        self._outbox.async_load(loaded.outbox)
        self._hass.async_create_task(self._start_restored(), "iotbridge alarms restore")
        async_dispatcher_send(self._hass, SIGNAL_COUNTS)

    @callback
    def _async_moved(self, loaded: Loaded, moves: Moves) -> Loaded:
        """Return the content of the file after a rename of entities, and add the changes to the next batch."""
        instances = {
            moved_key(key, moves): parse_or_log("An alarm", partial(moved_instance, data, moves)) or data
            for key, data in loaded.instances.items()
        }
        outbox = {number: _moved_item(number, data, moves) for number, data in loaded.outbox.items()}
        windows = loaded.remembered.get("windows", {})
        moved = {key: moved_data(window, moves) for key, window in windows.items()}
        batch = self._processor.writer.batch
        batch.instances = {**dict.fromkeys(loaded.instances), **instances, **batch.instances}
        batch.outbox = outbox | batch.outbox
        batch.moves = combined_moves(moves, batch.moves)
        if moved != windows:
            batch.remembered.setdefault("windows", moved)
        return Loaded(instances, outbox, {**loaded.remembered, "windows": moved})

    @callback
    def _async_restore(self, key: AlarmKey, instance: Instance, data: Mapping[str, Any]) -> None:
        restored = parse_or_log(f"The alarm of {key.subject}", partial(Instance.from_dict, instance.rule, data))
        if restored is not None:
            self._processor.async_restore(instance, restored)


def _moved_item(number: int, data: dict[str, Any], moves: Moves) -> dict[str, Any]:
    """Return the data of a queued notification after a rename of entities; unchanged where it cannot be read."""
    item = parse_or_log("A stored notification", partial(QueuedNotification.from_dict, number, data))
    return item.as_dict() if item and item.move(moves) else data
