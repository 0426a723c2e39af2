"""Records of deliveries: which targets a notification of an alarm reached, and which not. Pure."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from ..engine.models import AlarmKey
from ..engine.references import Moves, moved_key

# An alarm and the number of its episode.
type EpisodeKey = tuple[str, str, int]
# Changed records by the id of the notification and the name of the target.
type DeliveryRecords = dict[tuple[int, str], DeliveryRecord]


class DeliveryResult(StrEnum):
    """Result of a delivery to one target."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    # Delivered to a target that is notified only when the others of the group fail.
    FALLBACK = "fallback"


class DeliveryRecord(NamedTuple):
    """Latest result of a notification for one target; a retry replaces it, so that their number is limited.

    ``target`` is the name that stays the same, ``title`` the one for people. ``reason`` is that of a failure,
    ``held_by`` that of a deferral, ``attempts`` the number of failed attempts before.
    """

    number: int
    target: str
    at: float
    rule_id: str
    subject: str
    episode: int
    group_name: str
    title: str
    kind: str
    result: str
    reason: str
    held_by: str
    attempts: int

    @property
    def episode_key(self) -> EpisodeKey:
        """Return the episode that it belongs to."""
        return self.rule_id, self.subject, self.episode


def recorded(records: Iterable[DeliveryRecord]) -> DeliveryRecords:
    """Return records by their keys."""
    return {(record.number, record.target): record for record in records}


def moved(records: DeliveryRecords, moves: Moves) -> DeliveryRecords:
    """Return records after a rename of entities."""
    return {
        key: record._replace(subject=moved_key(AlarmKey(record.rule_id, record.subject), moves).subject)
        for key, record in records.items()
    }
