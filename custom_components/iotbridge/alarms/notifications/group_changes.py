"""Notifies targets added to a notifier group of the alarms that the group was notified of."""

from collections.abc import Callable, Iterable

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import callback

from ...const import SUBENTRY_NOTIFIER
from ..engine.instance import Instance
from ..engine.references import Moves
from .notifier import Notifier
from .queued_notification import moved_name

# Gets a group, the names of its targets before, and the alarms that it was told of.
type Introduce = Callable[[str, frozenset[str], Iterable[Instance]], None]


class GroupChanges:
    """The targets of all notifier groups, as they were when they were last looked at."""

    def __init__(
        self, entry: ConfigEntry, notifier: Notifier, instances: Iterable[Instance], introduce: Introduce
    ) -> None:
        """``introduce`` is called for each group with new targets."""
        self._entry = entry
        self._notifier = notifier
        self._instances = instances
        self._introduce = introduce
        self._targets: dict[str, frozenset[str]] = {}

    @callback
    def async_follow(self) -> None:
        """Look at the groups; the first look at one finds nothing new."""
        before, self._targets = self._targets, self._read()
        for group, names in self._targets.items():
            if group in before and not names <= before[group]:
                self._introduce(group, before[group], [each for each in self._instances if _knows(group, each)])

    def move(self, moves: Moves) -> None:
        """Follow a rename of entities: a target with another id is not new."""
        self._targets = {
            group: frozenset(moved_name(name, moves) for name in names) for group, names in self._targets.items()
        }

    def _read(self) -> dict[str, frozenset[str]]:
        found = {}
        for group_id, subentry in self._entry.subentries.items():
            if subentry.subentry_type != SUBENTRY_NOTIFIER:
                continue
            if group := self._notifier.group(group_id):
                found[group_id] = frozenset(group.targets)
        return found


def _knows(group: str, instance: Instance) -> bool:
    return group in instance.escalation.informed and instance.escalation.episode == instance.alarm.episode
