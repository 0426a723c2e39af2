"""Pseudonyms that replace names in downloaded diagnostics.

The same name always gets the same number, so that two agents behind one node_id or a device with a foreign identifier
can still be recognized. Addresses and texts are redacted.
"""

from collections import Counter

from .const import DEFAULT_PREFIXES
from .protocol.topics import LEAVES


class Pseudonyms:
    """Numbered pseudonyms, the same one for the same name within one download."""

    def __init__(self) -> None:
        """Start with the default prefixes, which are public and kept as they are."""
        self._names: dict[tuple[str, str], str] = {("prefix", prefix): prefix for prefix in DEFAULT_PREFIXES}
        self._counts: Counter[str] = Counter()

    def of(self, kind: str, name: str) -> str:
        """Return ``<kind>_<number>`` for a name."""
        if (kind, name) not in self._names:
            self._counts[kind] += 1
            self._names[kind, name] = f"{kind}_{self._counts[kind]}"
        return self._names[kind, name]

    def topic(self, topic: str) -> str:
        """Return a topic with its prefix and node_id replaced, and an unknown last level left out."""
        prefix, separator, rest = topic.partition("/device/")
        if not separator:
            return topic if topic == "others" else self.of("topic", topic)
        node_id, _, leaf = rest.rpartition("/")
        if not node_id:
            return f"{self.of('prefix', prefix)}/device/{self.of('host', leaf)}"
        return f"{self.of('prefix', prefix)}/device/{self.of('host', node_id)}/{leaf if leaf in LEAVES else '…'}"
