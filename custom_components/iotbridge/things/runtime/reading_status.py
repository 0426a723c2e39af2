"""Reading status of devices: whether their messages are read well, have new fields, or cannot be read."""

from collections import Counter, defaultdict
from enum import StrEnum

from ...const import DOMAIN, LOGGER

MAX_BROKEN = 200
# A message that was cut off on its way says nothing about its device.
UNREADABLE_AFTER = 3

# Sent with a subentry id and an identity when a device was added.
SIGNAL_DEVICE_ADDED = f"{DOMAIN}_thing_device_added"


class ReadingStatus(StrEnum):
    """Status of a device: how its messages are read."""

    WELL = "well"
    NEW_FIELDS = "new_fields"
    UNREADABLE = "unreadable"


def signal_of_status(subentry_id: str) -> str:
    """Return the signal that is sent when the status of a device of a thing may have changed."""
    return f"{DOMAIN}_reading_status_{subentry_id}"


class MessageFailures:
    """Messages of a thing that could not be read: in total by identity, and in succession by device and topic."""

    def __init__(self) -> None:
        """Start without messages."""
        self.counts: Counter[str] = Counter()
        self._in_succession: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._read: set[str] = set()

    def count(self, title: str, identity: str, reason: str) -> None:
        """Count a message that could not be read; the first one is logged."""
        if not self.counts:
            LOGGER.warning("Could not read a message of %s (%s): %s", title, identity, reason)
        if identity in self.counts or len(self.counts) < MAX_BROKEN:
            self.counts[identity] += 1

    def record(self, identity: str, subtopic: str, *, is_read: bool) -> bool:
        """Record a message of a device; return whether the device became readable or unreadable."""
        before = self.is_unreadable(identity)
        if is_read:
            self._read.add(identity)
            self._in_succession[identity].pop(subtopic, None)
        else:
            self._in_succession[identity][subtopic] += 1
        return self.is_unreadable(identity) is not before

    def is_unreadable(self, identity: str) -> bool | None:
        """Return whether messages on a topic of a device keep failing; None before that is known."""
        if any(count >= UNREADABLE_AFTER for count in self._in_succession[identity].values()):
            return True
        return False if identity in self._read else None

    def forget(self, identity: str) -> None:
        """Forget a device that was removed."""
        self._in_succession.pop(identity, None)
        self._read.discard(identity)
