"""What a single letter of a key means, as a quantity or as a unit: only its neighbours tell. Pure."""

from ..vocabulary.words import LETTER_FAMILIES, WORDS
from .candidate import Place
from .tokens import Words

ELECTRIC_LETTERS = (("v",), ("a",), ("w",))
LETTER_OF = {"V": "vu", "A": "i", "W": "p"}
# Units among a value's neighbours that show that the maker ends keys with units.
ELECTRIC_UNITS = frozenset({"kWh", "Wh", "kW", "VA", "kVA", "var", "kvar", "Hz", "kvarh", "varh"})
COUNTED_BY_LETTERS = frozenset({"phase", "ph", "line", "ch", "channel", "port", "group", "zone", "class", "type"})


def is_unit_letter(candidate: Place, unit: str, rest: Words) -> bool:
    """Return whether a last letter is a unit: "v_mppt1_v" says it twice, "l2_v" stands beside "l2_kw"."""
    if unit not in LETTER_OF or not rest or rest[-1] in COUNTED_BY_LETTERS:
        return False
    if any(sibling.leaf == (*rest, letter) for sibling in candidate.siblings for letter in "bc"):
        return False
    if unit == "V" and [word for word in rest if not word.isdigit()][-1:] == ["cell"]:
        return True
    sisters = [other for other in candidate.siblings if other.leaf[:-1] == rest and other.leaf[-1:] in ELECTRIC_LETTERS]
    if len(sisters) > 1:
        return True
    twice = rest[0][0] in LETTER_OF[unit] and len(rest[0]) <= len("vln") and len(rest) > 1
    return twice or not candidate.family.suffixes.isdisjoint(ELECTRIC_UNITS)


# Beside one of these, written out, a letter is of the same family: {"t": 21.5, "rh": 40}.
SURE_RELATIVES = frozenset({"temperature", "humidity", "voltage", "current"})
# What a single letter is beside a key that ends with a unit of electricity: {"W": 312, "kWh": 12.1}.
LETTERS_BESIDE_UNITS = {"w": "power", "v": "voltage"}


def letter_quantity(candidate: Place) -> str | None:
    """Return what a single letter means among others of its family."""
    inputs = candidate.letter == "a" and "d" in candidate.family.marks and candidate.family.letters.isdisjoint("viupw")
    if candidate.letter is None or inputs:
        return None
    if candidate.letter in LETTERS_BESIDE_UNITS and not candidate.family.suffixes.isdisjoint(ELECTRIC_UNITS):
        return LETTERS_BESIDE_UNITS[candidate.letter]
    letters = candidate.family.letters - ({"h"} if is_of_hours(candidate) else set())
    if candidate.letter == "q" and letters >= {"i"} and letters & {"u", "v"}:
        return "reactive power"
    best = max(LETTER_FAMILIES, key=lambda family: len(letters & family.keys()))
    spelled = any(WORDS.get(word) in SURE_RELATIVES & set(best.values()) for word in candidate.family.words)
    known = letters & best.keys()
    if (
        candidate.letter not in known
        or (len(known) == 1 and not spelled)
        or is_spelled(candidate, best[candidate.letter])
    ):
        return None
    return None if candidate.letter == "p" and best is LETTER_FAMILIES[0] and "q" in letters else best[candidate.letter]


def is_spelled(candidate: Place, quantity: str) -> bool:
    """Return whether another key is the whole word of what a letter would mean: "t" is no temperature beside "temp"."""
    return any(
        len(other.leaf) == 1 and len(other.leaf[0]) > 1 and WORDS.get(other.leaf[0]) == quantity
        for other in candidate.siblings
    )


# Nowhere is air as dry as that: an "h" of less is of an hour.
DRIEST = 3


def is_of_hours(candidate: Place) -> bool:
    """Return whether the letter h among others can be no humidity."""
    return any(other.letter == "h" and (other.number or 0) < DRIEST for other in candidate.family.places)
