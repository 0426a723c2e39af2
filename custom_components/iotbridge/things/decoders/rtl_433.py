"""Decoder of rtl_433 with all its radio sensors on one topic: ``rtl_433/<host>/events``."""

from ..model.message import Decoded, DeviceMetadata
from .payload import Payload
from .report_builder import ReportBuilder
from .scalars import label


def decode(payload: Payload) -> Decoded | None:
    """Decode an event; a sensor is identified by model, channel and id together."""
    levels = payload.topic.split("/")
    if levels[-1] != "events" or "rtl_433" not in levels:
        return None
    document = payload.object
    model = label(document.get("model"))
    if model is None:
        return None
    parts = (model, label(document.get("channel")), label(document.get("id")))
    builder = ReportBuilder()
    builder.walk((), {key: value for key, value in document.items() if key not in ("model", "channel", "id")})
    known = [part for part in parts if part]
    builder.report("-".join(known), DeviceMetadata(name=" ".join(known), model=model))
    return builder.decoded("rtl-433")
