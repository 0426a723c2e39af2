"""Decoder of payloads that are a single value, such as a number, a word or a short text; the topic is its name."""

from ..model.message import Decoded, DecodeError, ProblemKind
from .payload import Payload
from .report_builder import MAX_TEXT, ReportBuilder, looks_encoded


def decode(content: Payload) -> Decoded | None:
    """Read one value; its path is empty. XML is none.

    Raises:
        DecodeError: the text is bytes in base64 or hex.
    """
    text = content.text
    if not text or len(text) > MAX_TEXT or (text.startswith("<") and text.endswith(">")):
        return None
    if looks_encoded(text):
        raise DecodeError(ProblemKind.ENCODED, field="payload")
    value = content.json.value if content.json else text
    if isinstance(value, dict | list):
        return None
    gathering = ReportBuilder()
    gathering.add((), value)
    # Quotes, padding and the word null would be part of what a template shows.
    bare = content.payload == text.encode() and not text.startswith('"') and value is not None
    return gathering.decoded("scalar", exact=bare)
