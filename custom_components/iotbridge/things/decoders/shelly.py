"""Shelly's RPC frames, generation 2 and later, on ``<id>/events/rpc``: status, full status and events."""

from ..model.message import About, Decoded
from .payload import Content
from .report_builder import Gathering, label


def decode(content: Content) -> Decoded | None:
    """Read a notification; each holds only what has changed."""
    document = content.object
    identity, method = label(document.get("src")), document.get("method")
    if identity is None or not isinstance(method, str) or not method.startswith("Notify"):
        return None
    gathering = Gathering()
    gathering.walk(("params",), document.get("params"))
    gathering.report(identity, About(manufacturer="Shelly"))
    return gathering.decoded("shelly-rpc", exact=content.strict)
