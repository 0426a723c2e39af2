"""Notifies targets added to a notifier group of the alarms that the group was notified of."""

from collections.abc import Callable, Iterable, Mapping

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import callback

from ...const import SUBENTRY_NOTIFIER
from ..engine.instance import Instance
from ..engine.references import Moves
from .notifier import Notifier
from .queued_notification import moved_target

# Called with a group, its former targets, and the alarms that it was notified of.
type NotifyNewTargets = Callable[[str, frozenset[str], Iterable[Instance]], None]


class GroupChanges:
    """Targets of all notifier groups at the last update."""

    def __init__(
        self, entry: ConfigEntry, notifier: Notifier, instances: Iterable[Instance], notify: NotifyNewTargets
    ) -> None:
        """Take ``notify``, which is called for each group with new targets."""
        self._entry = entry
        self._notifier = notifier
        self._instances = instances
        self._notify = notify
        self._targets: dict[str, frozenset[str]] = {}

    @callback
    def async_update(self) -> None:
        """Compare the groups with the last update; the targets of an unknown group are not new."""
        before, self._targets = self._targets, self._read(self._targets)
        for group, names in self._targets.items():
            if group in before and not names <= before[group]:
                informed = [instance for instance in self._instances if _is_informed(group, instance)]
                self._notify(group, before[group], informed)

    def move(self, moves: Moves) -> None:
        """Apply a rename of entities: a renamed target is not new."""
        self._targets = {
            group: frozenset(moved_target(name, moves) for name in names) for group, names in self._targets.items()
        }

    def _read(self, before: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
        """Return the targets of each group; a group that cannot be read has those that it had before."""
        targets = {}
        for group_id, subentry in self._entry.subentries.items():
            if subentry.subentry_type != SUBENTRY_NOTIFIER:
                continue
            group = self._notifier.group(group_id)
            if names := frozenset(group.targets if group else ()) or before.get(group_id):
                targets[group_id] = names
        return targets


def _is_informed(group: str, instance: Instance) -> bool:
    return group in instance.escalation.informed and instance.escalation.episode == instance.alarm.episode
