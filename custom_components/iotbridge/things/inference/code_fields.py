"""Numbers that only stand for a word: states, modes and codes. Pure."""

from ..vocabulary.quantities import QUANTITIES
from ..vocabulary.words import WORDS
from .candidate import Place
from .tokens import Phrase

CODES = frozenset({"status", "state", "code", "mode"})
SMALL_CODES = range(10)
# What holds the number where a state stands beside it.
MEASURED = (("data",), ("value",), ("reading",), ("measurement",))


def is_beside_its_number(candidate: Place) -> bool:
    """Return whether a number is the state of what another one beside it measures: {"data": 7.2, "state": 0}."""
    return (
        bool(candidate.leaf)
        and set(candidate.leaf) <= CODES
        and any(other.leaf in MEASURED for other in candidate.siblings)
    )


def is_code(candidate: Place, word: Phrase | None) -> bool:
    """Return whether a number only stands for a word: "inverterStatus": 102."""
    own = [part for part in candidate.leaf if not part.isdigit()]
    quantity = WORDS[word.text] if word else None
    small = word is not None and word.end < len(candidate.leaf) and candidate.number in SMALL_CODES
    weak = quantity is None or (quantity != "battery" and (QUANTITIES[quantity].subject or small))
    return bool(own) and own[-1] in CODES and weak and len(candidate.parts) > 0 and not candidate.stated
