"""Fields and devices of a thing that the user has not decided about yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..model.message import DeviceMetadata

MAX_NAMED = 10


@dataclass(frozen=True, slots=True)
class News:
    """Fields and devices that appeared since the user's last decision: keys without a channel, unknown identities."""

    fields: tuple[str, ...]
    devices: Mapping[str, DeviceMetadata]


def counted(names: Sequence[str]) -> dict[str, str]:
    """Return the placeholders of an issue about devices: their number, and the names of the first ones."""
    listed = ", ".join(names[:MAX_NAMED]) + (" …" if len(names) > MAX_NAMED else "")
    return {"count": str(len(names)), "devices": listed}
