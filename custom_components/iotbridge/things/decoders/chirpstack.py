"""ChirpStack, version 4: events on ``application/<id>/device/<DevEUI>/event/<kind>``; and uplinks of version 3."""

from collections.abc import Mapping
from typing import Any

import orjson

from ..model.message import Decoded, DeviceMetadata
from .lorawan import add_radio, add_transmission
from .payload import Payload, inner
from .report_builder import ReportBuilder, label

# What other events than the uplink say of the device: status and location.
_EVENTS = ("margin", "externalPowerSource", "location")


def decode(content: Payload) -> Decoded | None:
    """Read an event of version 4."""
    document = content.object
    device = document.get("deviceInfo")
    identity = label(inner(device, "devEui"))
    if identity is None:
        return None
    gathering = ReportBuilder()
    _add_payload(gathering, document)
    for key in _EVENTS:
        if key in document:
            gathering.walk((key,), document[key])
    if "batteryLevel" in document and document.get("batteryLevelUnavailable") is not True:
        gathering.add(("batteryLevel",), document["batteryLevel"])
    add_radio(gathering, ("rxInfo",), document.get("rxInfo"), snr="snr")
    add_transmission(gathering, document, ("txInfo", "modulation", "lora", "spreadingFactor"), ("txInfo", "frequency"))
    metadata = DeviceMetadata(name=label(inner(device, "deviceName")), model=label(inner(device, "deviceProfileName")))
    gathering.report(identity, metadata)
    return gathering.decoded("chirpstack-v4")


def decode_v3(content: Payload) -> Decoded | None:
    """Read an uplink of version 3; its DevEUI is hex or base64, as the server is set."""
    document = content.object
    gateways = document.get("rxInfo")
    identity = label(document.get("devEUI"))
    if identity is None or not isinstance(gateways, list) or "applicationID" not in document:
        return None
    if not any(inner(gateway, "gatewayID") for gateway in gateways):
        return None
    gathering = ReportBuilder()
    _add_payload(gathering, document)
    add_radio(gathering, ("rxInfo",), gateways, snr="loRaSNR")
    add_transmission(gathering, document, ("txInfo", "loRaModulationInfo", "spreadingFactor"), ("txInfo", "frequency"))
    metadata = DeviceMetadata(name=label(document.get("deviceName")), model=label(document.get("deviceProfileName")))
    gathering.report(identity, metadata)
    return gathering.decoded("chirpstack-v3")


def _add_payload(gathering: ReportBuilder, document: Mapping[str, Any]) -> None:
    """Add what the codec made of the payload; version 3 may write it as JSON within JSON."""
    for key in ("object", "objectJSON"):
        decoded = document.get(key)
        if isinstance(decoded, str):
            try:
                decoded = orjson.loads(decoded)
            except ValueError:
                continue
        if decoded:
            gathering.walk((key,), decoded)
            return
    if document.get("data"):
        gathering.encoded(("data",))
