"""The network server inside Milesight's gateways.

With a codec, the decoded values stand beside the members of the envelope, or in an object of their own; without one the
message has only ``data``. Which of the envelope's members are sent is the user's choice.
https://support.milesight-iot.com/en/support/solutions/articles/73000600064
"""

from ..model.message import Decoded, DeviceMetadata
from .lorawan import add_radio, add_transmission
from .payload import Payload
from .report_builder import ReportBuilder, label

_MARKS = {"applicationID", "applicationName", "deviceName", "fCnt", "fPort", "rxInfo", "txInfo", "gatewayTime"}
_ENVELOPE = _MARKS | {
    "adr", "cellularIP", "confirmed", "data", "devAddr", "devEUI", "deveui", "deviceID", "dr", "gatewaySN", "metadata",
    "mqtt_topic", "object", "time", "tenantID", "tenantName",
}  # fmt: skip
_ENOUGH_MARKS = 2


def decode(content: Payload) -> Decoded | None:
    """Read an uplink."""
    document = content.object
    identity = label(document.get("devEUI")) or label(document.get("deveui"))
    if identity is None or len(_MARKS & document.keys()) < _ENOUGH_MARKS:
        return None
    gathering = ReportBuilder()
    decoded = {key: value for key, value in document.items() if key not in _ENVELOPE}
    gathering.walk((), decoded)
    for key in ("object", "data"):
        if isinstance(inside := document.get(key), dict):
            decoded[key] = inside
            gathering.walk((key,), inside)
    if not decoded and document.get("data"):
        gathering.encoded(("data",))
    add_radio(gathering, ("rxInfo",), document.get("rxInfo"), snr="loRaSNR")
    add_transmission(gathering, document, ("txInfo", "dataRate", "spreadFactor"), ("txInfo", "frequency"))
    gathering.report(identity, DeviceMetadata(name=label(document.get("deviceName"))))
    return gathering.decoded("milesight-gateway")
