"""Tasmota's Zigbee bridge: one message may speak of several devices, and the name of each is a key."""

from collections.abc import Mapping

from ..model.message import Decoded, DeviceMetadata
from .payload import Payload
from .report_builder import ReportBuilder, key_text, label

_RECEIVED = ("ZbReceived", "ZbInfo")
_ENVELOPE = {"Device", "Name", "Endpoint", "IEEEAddr", "ModelId", "Manufacturer"}


def decode(content: Payload) -> Decoded | None:
    """Read what the bridge received; paths begin below the device's key, so that they are the same for all."""
    document = content.object
    devices = next((found for key in _RECEIVED if isinstance(found := document.get(key), Mapping)), None)
    if devices is None:
        return None
    gathering = ReportBuilder()
    for key, device in devices.items():
        if not isinstance(device, Mapping):
            continue
        # The short address is the key or, where the bridge is set to show names, inside.
        identity = label(device.get("Device")) or label(key_text(key))
        gathering.walk((), {name: value for name, value in device.items() if name not in _ENVELOPE})
        metadata = DeviceMetadata(
            name=label(device.get("Name")) or identity,
            manufacturer=label(device.get("Manufacturer")),
            model=label(device.get("ModelId")),
        )
        gathering.report(identity, metadata)
    return gathering.decoded("tasmota-zigbee")
