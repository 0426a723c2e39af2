"""Notification to one group: a row of the store, with who was informed before and whom it was delivered to. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..engine.escalation import ACTIONABLE, Notification, NotificationKind, Sound
from ..engine.models import AlarmKey, Severity
from ..engine.references import Moves, moved_key
from .delivery_policy import Digest

# None is: all of the group.
type Informed = frozenset[str] | None

NOBODY: frozenset[str] = frozenset()
# The first kinds that a group gets of an alarm; all others go to informed groups, unless an earlier one differs.
_FIRST = frozenset({NotificationKind.RAISED, NotificationKind.ESCALATED})


@dataclass(slots=True, kw_only=True, eq=False)
class QueuedNotification:
    """Queued notification to one group, as kept in the store.

    ``informed`` are the targets informed of the alarm before, ``delivered_to`` those that have this notification. One
    that ``is_done`` is only kept because not all targets of the group are informed of the same. ``occurrences`` is how
    often the alarm was raised since the others were informed, ``first_message`` the last of these messages where it is
    not its own.
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
    delivered_to: frozenset[str] = NOBODY
    is_done: bool = False
    sound: Sound = Sound.NORMAL
    is_last: bool = False
    first_message: Mapping[str, Any] | None = None
    occurrences: int = 0

    @classmethod
    def of(
        cls, notice: Notification, group: str, *, number: int, message: Mapping[str, Any], due_at: float
    ) -> QueuedNotification:
        """Return a notice as a row of one of its groups."""
        return cls(
            id=number,
            group=group,
            kind=notice.kind,
            key=notice.key,
            episode=notice.episode,
            severity=notice.severity,
            at=notice.at,
            due_at=due_at,
            message=message,
            informed=informed_before(notice.kind),
            sound=notice.sound,
            is_last=notice.is_last,
            occurrences=int(notice.kind in ACTIONABLE),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it for the store."""
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
        given = dict(data)
        return cls(
            **given
            | {
                "id": number,
                "kind": NotificationKind(given["kind"]),
                "key": AlarmKey(*given["key"]),
                "severity": Severity(given["severity"]),
                "digest": Digest(given["digest"]) if given["digest"] else None,
                "informed": None if given["informed"] is None else frozenset(given["informed"]),
                "delivered_to": frozenset(given["delivered_to"]),
                "sound": Sound(given.get("sound", Sound.NORMAL)),
            }
        )

    def move(self, moves: Moves) -> bool:
        """Follow a rename of entities, of the alarm's own and of targets; return whether the row is another now."""
        before = self.informed, self.delivered_to
        self.informed = None if self.informed is None else _moved_names(self.informed, moves)
        self.delivered_to = _moved_names(self.delivered_to, moves)
        return self.move_subject(moves) or (self.informed, self.delivered_to) != before

    def move_subject(self, moves: Moves) -> bool:
        """Follow a rename of the alarm's own entity alone; return whether the row is another now."""
        before = self.key, self.message, self.first_message
        self.key = moved_key(self.key, moves)
        self.message = _moved_message(self.message, moves)
        self.first_message = None if self.first_message is None else _moved_message(self.first_message, moves)
        return (self.key, self.message, self.first_message) != before

    @property
    def is_call(self) -> bool:
        """Return whether it calls for somebody."""
        return self.kind in ACTIONABLE

    def is_new_to(self, name: str) -> bool:
        """Return whether a target is told of an end without having heard of the beginning."""
        return bool(self.occurrences) and not self.is_call and self.informed is not None and name not in self.informed


def informed_before(kind: NotificationKind) -> Informed:
    """Return who knows of an alarm before a notice of it, as far as the notice itself tells."""
    return NOBODY if kind in _FIRST else None


def _moved_names(names: Iterable[str], moves: Moves) -> frozenset[str]:
    return frozenset(moved_name(name, moves) for name in names)


def _moved_message(message: Mapping[str, Any], moves: Moves) -> Mapping[str, Any]:
    entity_id = message.get("entity_id", "")
    return {**message, "entity_id": moves[entity_id]} if entity_id in moves else message


def moved_name(name: str, moves: Moves) -> str:
    """Return the name of a target after a rename of entities; the second of the same name has its number."""
    entity_id, number, count = name.partition("#")
    return f"{moves.get(entity_id, entity_id)}{number}{count}"
