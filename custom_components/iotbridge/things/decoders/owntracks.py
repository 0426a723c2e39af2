"""Decoder of OwnTracks messages encrypted with a secret key, which cannot be read."""

from ..model.message import Decoded, DecodeError, ProblemKind
from .payload import Payload


def decode(payload: Payload) -> Decoded | None:
    """Reject an encrypted message; other messages are plain JSON.

    Raises:
        DecodeError: the message is encrypted.
    """
    if payload.object.get("_type") == "encrypted":
        raise DecodeError(ProblemKind.ENCODED, field="data")
    return None
