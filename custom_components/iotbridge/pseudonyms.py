"""Pseudonyms: numbers instead of names in the diagnostics that a user downloads.

The same name always has the same number, so that two agents behind one node_id or a device with a foreign identifier
can still be seen. Addresses and texts are left out.
"""

from collections import Counter

from .const import DEFAULT_PREFIXES
from .protocol.topics import LEAVES


class Pseudonyms:
    """Numbers for names; whoever made them can tell who is who, nobody else can."""

    def __init__(self) -> None:
        """Start with the names everybody knows."""
        self._names: dict[tuple[str, str], str] = {("prefix", prefix): prefix for prefix in DEFAULT_PREFIXES}
        self._counts: Counter[str] = Counter()

    def of(self, kind: str, name: str) -> str:
        """Return ``<kind>_<number>`` for a name."""
        if (kind, name) not in self._names:
            self._counts[kind] += 1
            self._names[kind, name] = f"{kind}_{self._counts[kind]}"
        return self._names[kind, name]

    def topic(self, topic: str) -> str:
        """Return a topic with its prefix and its node_id replaced, and a leaf that is none of ours left out."""
        prefix, found, rest = topic.partition("/device/")
        if not found:
            return topic if topic == "others" else self.of("topic", topic)
        node_id, _, leaf = rest.rpartition("/")
        if not node_id:
            return f"{self.of('prefix', prefix)}/device/{self.of('host', leaf)}"
        return f"{self.of('prefix', prefix)}/device/{self.of('host', node_id)}/{leaf if leaf in LEAVES else '…'}"
