"""Texts with undecoded content. Pure."""

from collections.abc import Sequence

from ..model.message import Problem, ProblemKind
from ..model.profile import Reading
from ..vocabulary.keys.encoded import ENCODED
from ..vocabulary.text_forms import BASE64, HEX, LONG, PADDED
from .candidates.candidate import Candidate
from .roles.words import role_of


def is_encoded(candidate: Candidate) -> bool:
    """Return whether a text is undecoded content."""
    text = candidate.text or ""
    if " ".join(candidate.leaf) in ENCODED and (HEX.fullmatch(text) or BASE64.fullmatch(text)):
        return True
    if len(text) < LONG or role_of(candidate.leaf, None) in ("identity", "time"):
        return False
    return bool(HEX.fullmatch(text) or PADDED.fullmatch(text))


def undecoded(candidates: Sequence[Candidate], readings: Sequence[Reading]) -> tuple[Problem, ...]:
    """Return a problem for each undecoded content, if the message has few other readings."""
    if any(candidate.channel.enabled and candidate.channel.entity_category is None for candidate in readings):
        return ()
    return tuple(
        Problem(ProblemKind.ENCODED, (("field", candidate.key),)) for candidate in candidates if is_encoded(candidate)
    )
