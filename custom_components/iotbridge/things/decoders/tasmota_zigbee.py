"""Decoder of Tasmota's Zigbee bridge: one message may contain several devices, each under its name as key."""

from collections.abc import Mapping

from ..model.message import Decoded, DeviceMetadata
from .payload import Payload
from .report_builder import ReportBuilder
from .scalars import key_text, label

_RECEIVED = ("ZbReceived", "ZbInfo")
_ENVELOPE = {"Device", "Name", "Endpoint", "IEEEAddr", "ModelId", "Manufacturer"}


def decode(payload: Payload) -> Decoded | None:
    """Decode what the bridge received; paths start below the device's key, so that they are the same for all."""
    document = payload.object
    devices = next((members for key in _RECEIVED if isinstance(members := document.get(key), Mapping)), None)
    if devices is None:
        return None
    builder = ReportBuilder()
    for key, device in devices.items():
        if not isinstance(device, Mapping):
            continue
        # The short address is the key or, if the bridge is configured to use names, inside.
        identity = label(device.get("Device")) or label(key_text(key))
        builder.walk((), {name: value for name, value in device.items() if name not in _ENVELOPE})
        metadata = DeviceMetadata(
            name=label(device.get("Name")) or identity,
            manufacturer=label(device.get("Manufacturer")),
            model=label(device.get("ModelId")),
        )
        builder.report(identity, metadata)
    return builder.decoded("tasmota-zigbee")
