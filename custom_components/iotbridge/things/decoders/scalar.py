"""Decoder of payloads that are a single value, such as a number, a word or a short text; the topic is its name."""

from ..model.message import Decoded, DecodeError, ProblemKind
from .payload import Payload
from .report_builder import ReportBuilder, looks_encoded
from .scalars import MAX_TEXT


def decode(payload: Payload) -> Decoded | None:
    """Decode a single value, whose path is empty; XML is rejected.

    Raises:
        DecodeError: the text is bytes in base64 or hex.
    """
    text = payload.text
    if not text or len(text) > MAX_TEXT or (text.startswith("<") and text.endswith(">")):
        return None
    if looks_encoded(text):
        raise DecodeError(ProblemKind.ENCODED, field="payload")
    value = payload.json.value if payload.json else text
    if isinstance(value, dict | list):
        return None
    builder = ReportBuilder()
    builder.add((), value)
    # A template would show quotes, padding and the word null.
    bare = payload.content == text.encode() and not text.startswith('"') and value is not None
    return builder.decoded("scalar", exact=bare)
