"""Topics of the wire contract; the only module that builds and parses them."""

from dataclasses import dataclass
import hashlib
import re
from typing import Literal

type Leaf = Literal["announce", "availability", "status", "command", "response"]

LEAVES: tuple[Leaf, ...] = ("announce", "availability", "status", "command", "response")
PREFIX = re.compile(r"[^/+#$\0\s][^/+#\0]*(/[^/+#\0]+)*")
UID_LENGTH = 128
_NOT_IN_A_UID = re.compile(r"[^A-Za-z0-9_-]")
# Node ids that could be mistaken for the uid of another host, with its digest, or of a thing.
_AMBIGUOUS_NODE_ID = re.compile(r"thing_.*|.*-[0-9a-f]{6}")
NODE_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
IPWATCH_PREFIX = "ipwatch"
# Beginning of the MQTT identifiers of things.
THING_UID_PREFIX = "iotbridge_thing_"
_IP_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}")


# Mosquitto disconnects a client that subscribes to more than 200 levels, EMQX one of more than 4096 bytes. Core then
# reconnects and subscribes again, forever: one such topic cuts all of Home Assistant off from the broker.
MAX_LEVELS = 200
MAX_BYTES = 4096


class TopicError(ValueError):
    """Topic that is not part of the contract; the text names the reason."""


@dataclass(frozen=True, slots=True, order=True)
class HostKey:
    """Key of a host: topic prefix and node_id, unique on the broker."""

    prefix: str
    node_id: str

    def __str__(self) -> str:
        """Return the topic above the host's last levels."""
        return f"{self.prefix}/device/{self.node_id}"

    def topic(self, leaf: Leaf) -> str:
        """Return the topic of one of the host's messages."""
        return f"{self.prefix}/device/{self.node_id}/{leaf}"

    @property
    def uid(self) -> str:
        """Return the identifier of the host's MQTT device, which is unique."""
        plain = f"{self.prefix}_{self.node_id}"
        safe = _NOT_IN_A_UID.sub("-", plain)
        is_plain = safe == plain and "_" not in self.prefix and len(safe) <= UID_LENGTH
        if is_plain and not _AMBIGUOUS_NODE_ID.fullmatch(self.node_id):
            return safe
        digest = hashlib.sha256(f"{self.prefix}/{self.node_id}".encode()).hexdigest()[:6]
        return f"{safe[: UID_LENGTH - 7]}-{digest}"

    @property
    def ipwatch_identifier(self) -> str | None:
        """Return the identifier that an IPWatch agent gives its device and its sensor; None for other topics."""
        if self.prefix != IPWATCH_PREFIX or not _IP_ADDRESS.fullmatch(self.node_id):
            return None
        return f"{IPWATCH_PREFIX}_{self.node_id.replace('.', '_')}"


def uid_head(prefix: str) -> str:
    """Return the common start of the uids of all hosts below a prefix."""
    return _NOT_IN_A_UID.sub("-", f"{prefix}_")[: UID_LENGTH - 7]


def wildcard(prefix: str) -> str:
    """Return the topic filter of all hosts below a prefix."""
    return f"{prefix}/device/+/+"


def parse_topic(topic: str, prefix: str) -> tuple[HostKey, Leaf]:
    """Return the host and the kind of a message; raise TopicError for a topic outside the contract."""
    head = f"{prefix}/device/"
    node_id, _, leaf = topic.removeprefix(head).rpartition("/")
    if not topic.startswith(head) or leaf not in LEAVES:
        raise TopicError(f"the last level is none of {', '.join(LEAVES)}")
    if not NODE_ID.fullmatch(node_id):
        raise TopicError("the node_id is not 1 to 64 of A-Z a-z 0-9 _ . -")
    return HostKey(prefix, node_id), leaf


def is_acceptable(topic_filter: str) -> bool:
    """Return whether common brokers accept a topic or filter; control characters are not accepted."""
    levels = topic_filter.split("/")
    if not topic_filter.isprintable() or len(levels) > MAX_LEVELS or len(topic_filter.encode()) > MAX_BYTES:
        return False
    has_stray_plus = any("+" in level and level != "+" for level in levels)
    has_stray_hash = any("#" in level for level in levels[:-1]) or ("#" in levels[-1] and levels[-1] != "#")
    return bool(topic_filter) and not has_stray_plus and not has_stray_hash
