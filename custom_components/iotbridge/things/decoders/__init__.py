"""Decoders: parse the bytes of one message into the fields of the devices in it.

Each format is a module with a function that decodes a ``Payload``, or returns None for another format. ``DECODERS``
has the most specific format first, and the one that accepts everything last.
"""

from collections.abc import Callable
from dataclasses import replace

from ..model.message import Decoded, DecodeError, LibraryNeededError, ProblemKind, Sample
from . import (
    cbor_document,
    chirpstack,
    csv_values,
    influx,
    json_document,
    key_value,
    milesight,
    owntracks,
    rtl_433,
    scalar,
    senml,
    shelly,
    tasmota_zigbee,
    ttn,
)
from .binary_payloads import kind_of, unreadable
from .compression import is_compressed, unwrap
from .payload import Payload

__all__ = ["DECODERS", "MAX_PAYLOAD", "DecodeError", "LibraryNeededError", "decode", "is_compressed"]

MAX_PAYLOAD = 256 * 1024

DECODERS: tuple[Callable[[Payload], Decoded | None], ...] = (
    ttn.decode,
    chirpstack.decode,
    chirpstack.decode_v3,
    milesight.decode,
    tasmota_zigbee.decode,
    shelly.decode,
    owntracks.decode,
    rtl_433.decode,
    senml.decode,
    json_document.decode,
    cbor_document.decode,
    influx.decode,
    key_value.decode,
    csv_values.decode,
    scalar.decode,
)


def decode(sample: Sample) -> Decoded:
    """Decode one message.

    Raises:
        DecodeError: nothing in it can be decoded; its problem has the reason.
        LibraryNeededError: decoding needs a library that is not installed.
    """
    if len(sample.payload) > MAX_PAYLOAD:
        raise DecodeError(ProblemKind.TOO_LARGE, size=str(len(sample.payload)), limit=str(MAX_PAYLOAD))
    prefix, content = unwrap(sample.payload)
    if not content.strip(b"\0 \t\r\n"):
        raise DecodeError(ProblemKind.EMPTY)
    if kind_of(content):
        raise unreadable(content)
    payload = Payload(sample.topic, content, sample.columns)
    for decoder in DECODERS:
        if decoded := decoder(payload):
            return replace(decoded, format=prefix + decoded.format, exact=False) if prefix else decoded
    if payload.text is None:
        raise unreadable(content)
    raise DecodeError(ProblemKind.NO_VALUES)
