"""Decoder of The Things Stack 3: uplinks on ``v3/<application>@<tenant>/devices/<device>/up``."""

from ..model.message import Decoded, DeviceMetadata
from .lorawan import add_radio, add_transmission
from .payload import Payload, inner
from .report_builder import ReportBuilder
from .scalars import label

_UPLINK = "uplink_message"
_DECODED = (_UPLINK, "decoded_payload")
_RAW = (_UPLINK, "frm_payload")
_SOLVED = ("location_solved", "location")
_MODULATION = (_UPLINK, "settings", "data_rate", "lora", "spreading_factor")
_FREQUENCY = (_UPLINK, "settings", "frequency")


def decode(payload: Payload) -> Decoded | None:
    """Decode an uplink or a solved location; joins and acknowledgements have no values."""
    document = payload.object
    ids = inner(document, "end_device_ids")
    identity = label(inner(ids, "dev_eui")) or label(inner(ids, "device_id"))
    if identity is None:
        return None
    builder = ReportBuilder()
    if decoded := inner(document, *_DECODED):
        builder.walk(_DECODED, decoded)
    elif inner(document, *_RAW):
        builder.encoded(_RAW)
    if location := inner(document, *_SOLVED):
        builder.walk(_SOLVED, location)
    add_radio(builder, (_UPLINK, "rx_metadata"), inner(document, _UPLINK, "rx_metadata"), snr="snr")
    add_transmission(builder, document, _MODULATION, _FREQUENCY)
    version = inner(document, _UPLINK, "version_ids")
    metadata = DeviceMetadata(
        name=label(inner(ids, "device_id")),
        manufacturer=label(inner(version, "brand_id")),
        model=label(inner(version, "model_id")),
        sw_version=label(inner(version, "firmware_version")),
    )
    builder.report(identity, metadata)
    return builder.decoded("ttn-v3")
