"""Decoder of ChirpStack 4, events on ``application/<id>/device/<DevEUI>/event/<kind>``; and uplinks of version 3."""

from collections.abc import Mapping
from typing import Any

import orjson

from ..model.message import Decoded, DeviceMetadata
from .lorawan import add_radio, add_transmission
from .payload import Payload, inner
from .report_builder import ReportBuilder
from .scalars import label

# Members of events other than the uplink that describe the device: status and location.
_EVENTS = ("margin", "externalPowerSource", "location")


def decode(payload: Payload) -> Decoded | None:
    """Decode an event of version 4."""
    document = payload.object
    device = document.get("deviceInfo")
    identity = label(inner(device, "devEui"))
    if identity is None:
        return None
    builder = ReportBuilder()
    _add_payload(builder, document)
    for key in _EVENTS:
        if key in document:
            builder.walk((key,), document[key])
    if "batteryLevel" in document and document.get("batteryLevelUnavailable") is not True:
        builder.add(("batteryLevel",), document["batteryLevel"])
    add_radio(builder, ("rxInfo",), document.get("rxInfo"), snr="snr")
    add_transmission(builder, document, ("txInfo", "modulation", "lora", "spreadingFactor"), ("txInfo", "frequency"))
    metadata = DeviceMetadata(name=label(inner(device, "deviceName")), model=label(inner(device, "deviceProfileName")))
    builder.report(identity, metadata)
    return builder.decoded("chirpstack-v4")


def decode_v3(payload: Payload) -> Decoded | None:
    """Decode an uplink of version 3; its DevEUI is hex or base64, depending on the server's settings."""
    document = payload.object
    gateways = document.get("rxInfo")
    identity = label(document.get("devEUI"))
    if identity is None or not isinstance(gateways, list) or "applicationID" not in document:
        return None
    if not any(inner(gateway, "gatewayID") for gateway in gateways):
        return None
    builder = ReportBuilder()
    _add_payload(builder, document)
    add_radio(builder, ("rxInfo",), gateways, snr="loRaSNR")
    add_transmission(builder, document, ("txInfo", "loRaModulationInfo", "spreadingFactor"), ("txInfo", "frequency"))
    metadata = DeviceMetadata(name=label(document.get("deviceName")), model=label(document.get("deviceProfileName")))
    builder.report(identity, metadata)
    return builder.decoded("chirpstack-v3")


def _add_payload(builder: ReportBuilder, document: Mapping[str, Any]) -> None:
    """Add the output of the codec; version 3 may encode it as JSON within JSON."""
    for key in ("object", "objectJSON"):
        decoded = document.get(key)
        if isinstance(decoded, str):
            try:
                decoded = orjson.loads(decoded)
            except ValueError:
                continue
        if decoded:
            builder.walk((key,), decoded)
            return
    if document.get("data"):
        builder.encoded(("data",))
