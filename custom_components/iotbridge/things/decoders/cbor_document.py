"""Decoder of other CBOR documents, which are read like the same document in JSON."""

from ..model.message import Decoded
from .json_document import add_document
from .payload import Payload
from .report_builder import ReportBuilder


def decode(payload: Payload) -> Decoded | None:
    """Decode a CBOR map or array.

    Raises:
        DecodeError: the CBOR is broken.
        LibraryNeededError: cbor2 is needed.
    """
    document = payload.cbor
    if document is None or not isinstance(document.value, dict | list):
        return None
    builder = ReportBuilder()
    add_document(builder, document.value)
    return builder.decoded("cbor")
