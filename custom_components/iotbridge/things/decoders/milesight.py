"""Decoder of the network server inside Milesight's gateways.

With a codec, the decoded values are beside the members of the envelope, or in an object of their own; without one the
message has only ``data``. The user chooses which of the envelope's members are sent.
https://support.milesight-iot.com/en/support/solutions/articles/73000600064
"""

from ..model.message import Decoded, DeviceMetadata
from .lorawan import add_radio, add_transmission
from .payload import Payload
from .report_builder import ReportBuilder
from .scalars import label

_MARKS = {"applicationID", "applicationName", "deviceName", "fCnt", "fPort", "rxInfo", "txInfo", "gatewayTime"}
_ENVELOPE = _MARKS | {
    "adr", "cellularIP", "confirmed", "data", "devAddr", "devEUI", "deveui", "deviceID", "dr", "gatewaySN", "metadata",
    "mqtt_topic", "object", "time", "tenantID", "tenantName",
}  # fmt: skip
_ENOUGH_MARKS = 2


def decode(payload: Payload) -> Decoded | None:
    """Decode an uplink."""
    document = payload.object
    identity = label(document.get("devEUI")) or label(document.get("deveui"))
    if identity is None or len(_MARKS & document.keys()) < _ENOUGH_MARKS:
        return None
    builder = ReportBuilder()
    decoded = {key: value for key, value in document.items() if key not in _ENVELOPE}
    builder.walk((), decoded)
    for key in ("object", "data"):
        if isinstance(inside := document.get(key), dict):
            decoded[key] = inside
            builder.walk((key,), inside)
    if not decoded and document.get("data"):
        builder.encoded(("data",))
    add_radio(builder, ("rxInfo",), document.get("rxInfo"), snr="loRaSNR")
    add_transmission(builder, document, ("txInfo", "dataRate", "spreadFactor"), ("txInfo", "frequency"))
    builder.report(identity, DeviceMetadata(name=label(document.get("deviceName"))))
    return builder.decoded("milesight-gateway")
