"""Rate limits of what hosts send: pure, one token bucket per host and leaf.

A flood is dropped before it is read. The newest message of a leaf that tells a state is kept until a token is there.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ..protocol.topics import HostKey, Leaf

# The fastest agent sends ten statuses a second (``interval_s`` 0.1); a start and a reconnect send a few at once.
PER_S = 10.0
BURST = 50.0
# A short burst is no reason for a repair; neither is a pause of some seconds its end.
FLOOD_FROM = 200
CALM_AFTER_S = 60.0
# Of these only the newest counts.
STATES: tuple[Leaf, ...] = ("announce", "availability", "status")


@dataclass(slots=True)
class _Bucket[M]:
    tokens: float
    filled_at: float
    dropped: int = 0
    """Since the last time it was calm."""
    dropped_at: float = 0.0
    held: M | None = None

    def take(self, now: float) -> bool:
        self.tokens = min(BURST, self.tokens + (now - self.filled_at) * PER_S)
        self.filled_at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class RateLimit[M]:
    """Admits the messages of hosts; ``M`` is the type of a message."""

    def __init__(self) -> None:
        """Start with full buckets; they are of hosts in the inventory, so they are bounded as it is."""
        self._buckets: dict[HostKey, dict[Leaf, _Bucket[M]]] = {}
        self._holding: set[tuple[HostKey, Leaf]] = set()

    def admit(self, key: HostKey, leaf: Leaf, message: M, now: float) -> bool:
        """Return whether to read a message; one that is not admitted may come again from ``released``."""
        buckets = self._buckets.setdefault(key, {})
        if (bucket := buckets.get(leaf)) is None:
            bucket = buckets[leaf] = _Bucket(BURST, now)
        if bucket.take(now):
            self._release(key, leaf, bucket)
            return True
        if now - bucket.dropped_at > CALM_AFTER_S:
            bucket.dropped = 0
        bucket.dropped += 1
        bucket.dropped_at = now
        if leaf in STATES:
            bucket.held = message
            self._holding.add((key, leaf))
        return False

    def released(self, now: float) -> Iterator[M]:
        """Yield the held messages for which there is a token now; each is the newest of its topic."""
        for key, leaf in [*self._holding]:
            # A message that was yielded before may have had its host, or another one, forgotten.
            bucket = self._buckets.get(key, {}).get(leaf)
            if bucket and (held := bucket.held) is not None and bucket.take(now):
                self._release(key, leaf, bucket)
                yield held

    @property
    def is_holding(self) -> bool:
        """Return whether ``released`` has something to come."""
        return bool(self._holding)

    def flooding(self, now: float) -> set[HostKey]:
        """Return the hosts that send more than can be read, until they were calm for a while."""
        return {
            key
            for key, buckets in self._buckets.items()
            for bucket in buckets.values()
            if bucket.dropped >= FLOOD_FROM and now - bucket.dropped_at < CALM_AFTER_S
        }

    def supersede(self, key: HostKey, leaf: Leaf) -> None:
        """Drop the held message of a leaf: a newer one is read without being asked for."""
        if bucket := self._buckets.get(key, {}).get(leaf):
            self._release(key, leaf, bucket)

    def supersede_all(self) -> None:
        """Drop all held messages: the broker will send what is newer."""
        for key, leaf in [*self._holding]:
            self.supersede(key, leaf)

    def forget(self, key: HostKey) -> None:
        """Drop what is known of a host."""
        for leaf in self._buckets.pop(key, {}):
            self._holding.discard((key, leaf))

    def _release(self, key: HostKey, leaf: Leaf, bucket: _Bucket[M]) -> None:
        bucket.held = None
        self._holding.discard((key, leaf))
