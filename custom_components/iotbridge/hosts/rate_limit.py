"""Rate limits for messages of hosts: pure, one token bucket per host and leaf.

A flood is dropped before it is parsed. For a leaf that carries a state, the newest message is held until a token is
available.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ..protocol.topics import HostKey, Leaf

# The fastest agent sends ten statuses a second (``interval_s`` 0.1); a start or a reconnect adds a few at once.
PER_S = 10.0
BURST = 50.0
# A short burst does not open an issue; a pause of some seconds does not close it.
FLOOD_FROM = 200
CALM_AFTER_S = 60.0
# For these only the newest message counts.
STATES: tuple[Leaf, ...] = ("announce", "availability", "status")


@dataclass(slots=True)
class _Bucket[M]:
    tokens: float
    filled_at: float
    dropped: int = 0
    """Messages dropped since the last calm period."""
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
    """Token buckets for the messages of hosts; ``M`` is the type of a message."""

    def __init__(self) -> None:
        """Start with full buckets; they exist only for hosts of the inventory, which is bounded."""
        self._buckets: dict[HostKey, dict[Leaf, _Bucket[M]]] = {}
        self._holding: set[tuple[HostKey, Leaf]] = set()

    def admit(self, key: HostKey, leaf: Leaf, message: M, now: float) -> bool:
        """Return whether to read a message; a rejected one may be yielded later by ``release``."""
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

    def release(self, now: float) -> Iterator[M]:
        """Yield the held messages for which there is a token now; each is the newest of its topic."""
        for key, leaf in [*self._holding]:
            # The reader of a previous message may have removed this host, or another one.
            bucket = self._buckets.get(key, {}).get(leaf)
            if bucket and (held := bucket.held) is not None and bucket.take(now):
                self._release(key, leaf, bucket)
                yield held

    @property
    def is_holding(self) -> bool:
        """Return whether messages are held for ``release``."""
        return bool(self._holding)

    def flooding(self, now: float) -> set[HostKey]:
        """Return the hosts that send more than is read, until they have been calm for a while."""
        return {
            key
            for key, buckets in self._buckets.items()
            for bucket in buckets.values()
            if bucket.dropped >= FLOOD_FROM and now - bucket.dropped_at < CALM_AFTER_S
        }

    def supersede(self, key: HostKey, leaf: Leaf) -> None:
        """Drop the held message of a leaf: a newer one is read without a token."""
        if bucket := self._buckets.get(key, {}).get(leaf):
            self._release(key, leaf, bucket)

    def supersede_all(self) -> None:
        """Drop all held messages: the broker will send newer ones."""
        for key, leaf in [*self._holding]:
            self.supersede(key, leaf)

    def forget(self, key: HostKey) -> None:
        """Remove the buckets of a host."""
        for leaf in self._buckets.pop(key, {}):
            self._holding.discard((key, leaf))

    def _release(self, key: HostKey, leaf: Leaf, bucket: _Bucket[M]) -> None:
        bucket.held = None
        self._holding.discard((key, leaf))
