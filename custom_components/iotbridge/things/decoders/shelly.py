"""Decoder of Shelly's RPC frames, generation 2 and later, on ``<id>/events/rpc``: status, full status and events."""

from ..model.message import Decoded, DeviceMetadata
from .payload import Payload
from .report_builder import ReportBuilder
from .scalars import label


def decode(payload: Payload) -> Decoded | None:
    """Decode a notification; each contains changes only."""
    document = payload.object
    identity, method = label(document.get("src")), document.get("method")
    if identity is None or not isinstance(method, str) or not method.startswith("Notify"):
        return None
    builder = ReportBuilder()
    builder.walk(("params",), document.get("params"))
    builder.report(identity, DeviceMetadata(manufacturer="Shelly"))
    return builder.decoded("shelly-rpc", exact=payload.strict)
