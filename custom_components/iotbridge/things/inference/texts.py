"""Texts that are not states: times, addresses, units, and undecoded content. Pure."""

from collections.abc import Sequence

from ..model.message import Problem, ProblemKind
from ..model.profile import Reading
from ..vocabulary.keys.encoded import ENCODED
from ..vocabulary.keys.records import NAMERS, UNIT_WORDS, UNITS
from ..vocabulary.text_forms import BASE64, HEX, IDENTIFIER, LONG, PADDED, TIME
from .candidates.candidate import Candidate
from .candidates.members import plain
from .roles.words import role_of


def is_time(text: str) -> bool:
    """Return whether a text is a date, a time or a duration."""
    return TIME.fullmatch(text.strip()) is not None


def is_identifier(text: str) -> bool:
    """Return whether a text is an address or an identifying number."""
    return IDENTIFIER.fullmatch(text) is not None


def names_a_unit(candidate: Candidate) -> bool:
    """Return whether a text is the unit of another value."""
    return bool(candidate.leaf) and candidate.leaf[-1] in UNIT_WORDS


def names_a_record(candidate: Candidate) -> bool:
    """Return whether a text is the name, or the unit, of its record."""
    key = plain(candidate.parts[-1]) if candidate.parts else ""
    return key in {*NAMERS, *UNITS} and any(sibling.recorded for sibling in candidate.siblings)


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
