"""Any other CBOR: read as the same document in JSON would be."""

from ..model.message import Decoded
from .json_document import gather
from .payload import Payload
from .report_builder import ReportBuilder


def decode(content: Payload) -> Decoded | None:
    """Read a CBOR map or array.

    Raises:
        DecodeError: it is CBOR, and broken.
        LibraryNeededError: it is CBOR.
    """
    document = content.cbor
    if document is None or not isinstance(document.value, dict | list):
        return None
    gathering = ReportBuilder()
    gather(gathering, document.value)
    return gathering.decoded("cbor")
