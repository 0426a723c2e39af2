"""Shelly's RPC frames, generation 2 and later, on ``<id>/events/rpc``: status, full status and events."""

from ..model.message import Decoded, DeviceMetadata
from .payload import Payload
from .report_builder import ReportBuilder, label


def decode(content: Payload) -> Decoded | None:
    """Read a notification; each holds only what has changed."""
    document = content.object
    identity, method = label(document.get("src")), document.get("method")
    if identity is None or not isinstance(method, str) or not method.startswith("Notify"):
        return None
    gathering = ReportBuilder()
    gathering.walk(("params",), document.get("params"))
    gathering.report(identity, DeviceMetadata(manufacturer="Shelly"))
    return gathering.decoded("shelly-rpc", exact=content.strict)
