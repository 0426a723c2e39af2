"""OwnTracks with a secret key: there is nothing to read."""

from ..model.message import Decoded, DecodeError, ProblemKind
from .payload import Payload


def decode(content: Payload) -> Decoded | None:
    """Refuse what is encrypted; the rest is plain JSON.

    Raises:
        DecodeError: the message is encrypted.
    """
    if content.object.get("_type") == "encrypted":
        raise DecodeError(ProblemKind.ENCODED, field="data")
    return None
