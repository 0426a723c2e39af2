"""Topics of one host or connector, ``<prefix>/<branch>/<node_id>/<leaf>``, and the identifier of its device."""

import hashlib
import re
from typing import NamedTuple

_NOT_IN_A_UID = re.compile(r"[^A-Za-z0-9_-]")
# Node ids that would read like the uid of another host, with its digest, or like that of a thing.
_AMBIGUOUS_NODE_ID = re.compile(r"thing_.*|.*-[0-9a-f]{6}")
_UID_LENGTH = 128
_DIGEST_LENGTH = 6


class Topics(NamedTuple):
    """Topics of one host or connector."""

    prefix: str
    node_id: str
    branch: str = "device"

    @property
    def announce(self) -> str:
        """Return the topic of the announce; retained."""
        return self._leaf("announce")

    @property
    def availability(self) -> str:
        """Return the topic of the availability, ``online`` or ``offline``; retained."""
        return self._leaf("availability")

    @property
    def status(self) -> str:
        """Return the topic of the readings."""
        return self._leaf("status")

    @property
    def command(self) -> str:
        """Return the topic of the commands."""
        return self._leaf("command")

    @property
    def response(self) -> str:
        """Return the topic of the responses."""
        return self._leaf("response")

    def _leaf(self, leaf: str) -> str:
        return f"{self.prefix}/{self.branch}/{self.node_id}/{leaf}"


def device_uid(prefix: str, node_id: str) -> str:
    """Return the identifier of the device in Home Assistant, ``[A-Za-z0-9_-]{1,128}``, different for every host."""
    plain = f"{prefix}_{node_id}"
    uid = _NOT_IN_A_UID.sub("-", plain)
    is_plain = uid == plain and "_" not in prefix and len(uid) <= _UID_LENGTH
    if is_plain and not _AMBIGUOUS_NODE_ID.fullmatch(node_id):
        return uid
    digest = hashlib.sha256(f"{prefix}/{node_id}".encode()).hexdigest()[:_DIGEST_LENGTH]
    return f"{uid[: _UID_LENGTH - _DIGEST_LENGTH - 1]}-{digest}"


def connector_uid(prefix: str, connector_id: str) -> str:
    """Return the identifier of a connector's device in Home Assistant, different from that of every host."""
    digest = hashlib.sha256(f"{prefix}/connector/{connector_id}".encode()).hexdigest()[:_DIGEST_LENGTH]
    uid = _NOT_IN_A_UID.sub("-", f"{prefix}_connector_{connector_id}")
    # A host whose node_id ends like this has a digest of its own behind it.
    return f"{uid[: _UID_LENGTH - _DIGEST_LENGTH - 1]}-{digest}"


def discovery_topic(discovery_prefix: str, uid: str) -> str:
    """Return the topic of a device's discovery message."""
    return f"{discovery_prefix}/device/{uid}/config"
