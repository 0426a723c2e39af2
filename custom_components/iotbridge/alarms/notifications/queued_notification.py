"""Queued notification to one group, with the targets informed before and those that it was delivered to. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..engine.escalation import ACTIONABLE, Notification, NotificationKind, Sound
from ..engine.models import AlarmKey, Severity
from ..engine.references import Moves, moved_key
from .delivery_policy import Digest

# None stands for all targets of the group.
type Informed = frozenset[str] | None

NO_TARGETS: frozenset[str] = frozenset()
# The first kinds that a group gets of an alarm; all others go to informed groups, unless an earlier item differs.
_FIRST = frozenset({NotificationKind.RAISED, NotificationKind.ESCALATED})


@dataclass(slots=True, kw_only=True, eq=False)
class QueuedNotification:
    """Notification to one group: an item of the queue and of the store.

    ``informed`` are the targets informed of the alarm before, ``delivered_to`` those that have this notification. An
    item that ``is_done`` is only kept because the targets of the group are not informed of the same. ``occurrences`` is
    the number of times that the alarm was raised since the others were informed, ``first_message`` the last of these
    messages where it is not the item's own.
    """

    id: int
    group: str
    kind: NotificationKind
    key: AlarmKey
    episode: int
    severity: Severity
    at: float
    due_at: float
    message: Mapping[str, Any]
    attempts: int = 0
    digest: Digest | None = None
    informed: Informed = None
    delivered_to: frozenset[str] = NO_TARGETS
    is_done: bool = False
    sound: Sound = Sound.NORMAL
    is_last: bool = False
    first_message: Mapping[str, Any] | None = None
    occurrences: int = 0

    @classmethod
    def from_notification(
        cls, notification: Notification, group: str, *, number: int, message: Mapping[str, Any], due_at: float
    ) -> QueuedNotification:
        """Return the item of a notification for one of its groups."""
        return cls(
            id=number,
            group=group,
            kind=notification.kind,
            key=notification.key,
            episode=notification.episode,
            severity=notification.severity,
            at=notification.at,
            due_at=due_at,
            message=message,
            informed=informed_before(notification.kind),
            sound=notification.sound,
            is_last=notification.is_last,
            occurrences=int(notification.kind in ACTIONABLE),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the item for the store."""
        data = {name: getattr(self, name) for name in self.__slots__ if name != "id"}
        return data | {
            "key": list(self.key),
            "severity": int(self.severity),
            "informed": None if self.informed is None else sorted(self.informed),
            "delivered_to": sorted(self.delivered_to),
        }

    @classmethod
    def from_dict(cls, number: int, data: Mapping[str, Any]) -> QueuedNotification:
        """Read what ``as_dict`` wrote."""
        values = dict(data)
        return cls(
            **values
            | {
                "id": number,
                "kind": NotificationKind(values["kind"]),
                "key": AlarmKey(*values["key"]),
                "severity": Severity(values["severity"]),
                "digest": Digest(values["digest"]) if values["digest"] else None,
                "informed": None if values["informed"] is None else frozenset(values["informed"]),
                "delivered_to": frozenset(values["delivered_to"]),
                "sound": Sound(values.get("sound", Sound.NORMAL)),
            }
        )

    def move(self, moves: Moves) -> bool:
        """Apply a rename of entities to the subject and the targets; return whether the item changed."""
        before = self.informed, self.delivered_to
        self.informed = None if self.informed is None else _moved_names(self.informed, moves)
        self.delivered_to = _moved_names(self.delivered_to, moves)
        return self.move_subject(moves) or (self.informed, self.delivered_to) != before

    def move_subject(self, moves: Moves) -> bool:
        """Apply a rename of entities to the subject alone; return whether the item changed."""
        before = self.key, self.message, self.first_message
        self.key = moved_key(self.key, moves)
        self.message = _moved_message(self.message, moves)
        self.first_message = None if self.first_message is None else _moved_message(self.first_message, moves)
        return (self.key, self.message, self.first_message) != before

    @property
    def is_actionable(self) -> bool:
        """Return whether the notification asks for a reaction."""
        return self.kind in ACTIONABLE

    def is_new_to(self, name: str) -> bool:
        """Return whether a target gets the end of an alarm without having been informed of its beginning."""
        return (
            bool(self.occurrences)
            and not self.is_actionable
            and self.informed is not None
            and name not in self.informed
        )


def informed_before(kind: NotificationKind) -> Informed:
    """Return the targets that a kind of notification presumes to be informed."""
    return NO_TARGETS if kind in _FIRST else None


def _moved_names(names: Iterable[str], moves: Moves) -> frozenset[str]:
    return frozenset(moved_target(name, moves) for name in names)


def _moved_message(message: Mapping[str, Any], moves: Moves) -> Mapping[str, Any]:
    entity_id = message.get("entity_id", "")
    return {**message, "entity_id": moves[entity_id]} if entity_id in moves else message


def moved_target(name: str, moves: Moves) -> str:
    """Return the name of a target after a rename of entities; the second one of a name has a number."""
    entity_id, number, count = name.partition("#")
    return f"{moves.get(entity_id, entity_id)}{number}{count}"
