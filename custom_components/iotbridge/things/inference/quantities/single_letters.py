"""Single letters in keys as quantities or units, determined by their siblings. Pure."""

from ...vocabulary.keys.letters import (
    COUNTED_BY_LETTERS,
    ELECTRIC_LETTERS,
    ELECTRIC_UNITS,
    LETTER_FAMILIES,
    LETTER_OF,
    LETTERS_BESIDE_UNITS,
    SURE_RELATIVES,
)
from ...vocabulary.words import WORDS
from ..candidates.candidate import Candidate
from ..tokens import Words

# Air is never that dry: a smaller "h" is an hour.
DRIEST = 3


def is_unit_letter(candidate: Candidate, unit: str, rest: Words) -> bool:
    """Return whether a last letter is a unit: "v_mppt1_v" repeats it, "l2_v" is beside "l2_kw"."""
    if unit not in LETTER_OF or not rest or rest[-1] in COUNTED_BY_LETTERS:
        return False
    if unit == "V" and [word for word in rest if not word.isdigit()][-1:] == ["cell"]:
        return True
    electric_siblings = [
        other for other in candidate.siblings if other.leaf[:-1] == rest and other.leaf[-1:] in ELECTRIC_LETTERS
    ]
    if len(electric_siblings) > 1:
        return True
    is_repeated = rest[0][0] in LETTER_OF[unit] and len(rest[0]) <= len("vln") and len(rest) > 1
    return is_repeated or not candidate.sibling_group.suffixes.isdisjoint(ELECTRIC_UNITS)


def letter_quantity(candidate: Candidate) -> str | None:
    """Return the quantity of a single letter among others of its group."""
    letters = candidate.sibling_group.letters
    # Inputs are called A1 and D1.
    is_input = candidate.letter == "a" and any(other.letter == "d" for other in candidate.siblings)
    if candidate.letter is None or (is_input and letters.isdisjoint("viupw")):
        return None
    if candidate.letter in LETTERS_BESIDE_UNITS and not candidate.sibling_group.suffixes.isdisjoint(ELECTRIC_UNITS):
        return LETTERS_BESIDE_UNITS[candidate.letter]
    letters = letters - ({"h"} if is_hour(candidate) else set())
    if candidate.letter == "q" and letters >= {"i"} and letters & {"u", "v"}:
        return "reactive power"
    best = max(LETTER_FAMILIES, key=lambda sibling_group: len(letters & sibling_group.keys()))
    spelled = any(WORDS.get(word) in SURE_RELATIVES & set(best.values()) for word in candidate.sibling_group.words)
    known, quantity = letters & best.keys(), best.get(candidate.letter)
    is_alone = len(known) == 1 and not spelled
    if candidate.letter not in known or quantity is None or is_alone or is_spelled(candidate, quantity):
        return None
    return None if candidate.letter == "p" and best is LETTER_FAMILIES[0] and "q" in letters else quantity


def is_spelled(candidate: Candidate, quantity: str) -> bool:
    """Return whether another key spells out the meaning of a letter: "t" is not a temperature beside "temp"."""
    return any(
        len(other.leaf) == 1 and len(other.leaf[0]) > 1 and WORDS.get(other.leaf[0]) == quantity
        for other in candidate.siblings
    )


def is_hour(candidate: Candidate) -> bool:
    """Return whether the letter h in the group cannot be a humidity."""
    return any(other.letter == "h" and (other.number or 0) < DRIEST for other in candidate.sibling_group.candidates)
