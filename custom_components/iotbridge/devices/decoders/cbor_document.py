"""Any other CBOR: read as the same document in JSON would be."""

from ..models import Decoded
from .content import Content
from .gathering import Gathering
from .json_document import gather


def decode(content: Content) -> Decoded | None:
    """Read a CBOR map or array.

    Raises:
        DecodeError: it is CBOR, and broken.
        LibraryNeededError: it is CBOR.
    """
    document = content.cbor
    if document is None or not isinstance(document.value, dict | list):
        return None
    gathering = Gathering()
    gather(gathering, document.value)
    return gathering.decoded("cbor")
