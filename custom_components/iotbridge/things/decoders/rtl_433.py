"""rtl_433 with all its radio sensors on one topic: ``rtl_433/<host>/events``."""

from ..model.message import Decoded, DeviceMetadata
from .payload import Payload
from .report_builder import ReportBuilder, label


def decode(content: Payload) -> Decoded | None:
    """Read an event; a sensor is known by model, channel and id together."""
    levels = content.topic.split("/")
    if levels[-1] != "events" or "rtl_433" not in levels:
        return None
    document = content.object
    model = label(document.get("model"))
    if model is None:
        return None
    parts = (model, label(document.get("channel")), label(document.get("id")))
    gathering = ReportBuilder()
    gathering.walk((), {key: value for key, value in document.items() if key not in ("model", "channel", "id")})
    known = [part for part in parts if part]
    gathering.report("-".join(known), DeviceMetadata(name=" ".join(known), model=model))
    return gathering.decoded("rtl-433")
