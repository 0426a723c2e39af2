"""Words of a key that name the quantity of a value. Pure."""

from dataclasses import dataclass
from functools import cached_property

from ...vocabulary import roles
from ...vocabulary.keys.key_words import HAVE_A_CURRENT, HOLDERS, NEED_OWN
from ...vocabulary.quantities import QUANTITIES
from ...vocabulary.words import WORDS
from ..candidates.builder import SUFFIXED_LEVELS
from ..candidates.candidate import Candidate
from ..roles.words import role_of
from ..tokens import Phrase, Words, only_qualifies, phrases, suffix
from .adjectives import ADJECTIVES, Mention, is_electric


@dataclass(frozen=True)
class Key:
    """Key of a candidate: the phrase that names its quantity, the words of that level, and its distance."""

    candidate: Candidate
    phrase: Phrase | None
    words: Words
    level: int

    @property
    def quantity(self) -> str | None:
        """Return the quantity that the phrase names."""
        return WORDS[self.phrase.text] if self.phrase else None

    @property
    def is_own(self) -> bool:
        """Return whether the value's own level names the quantity, or the one above a key such as "value"."""
        return self.level == 0 or (self.level == 1 and self.candidate.leaf in HOLDERS)

    @cached_property
    def role(self) -> str | None:
        """Return the role that the words indicate."""
        if self.is_own:
            return role_of(self.words, self.phrase)
        return role_of(tuple(word for word in self.candidate.leaf if word not in roles.GENERIC), None)


def quantity_key(candidate: Candidate) -> Key:
    """Return the words that name the quantity, the words of their level, and its distance."""
    levels = [strip_unit(candidate, index, level) for index, level in enumerate(candidate.levels)]
    for index, level in enumerate(levels):
        above = levels[index + 1] if index + 1 < len(levels) else ()
        across = above + level
        found = [phrase for phrase in phrases(across, WORDS) if phrase.end > len(above)] or without_numbers(level)
        above_message = index >= len(candidate.field.path) > 0
        mentions = (Mention(phrase, across, found, candidate, above_message) for phrase in found)
        found = [mention.phrase for mention in mentions if ADJECTIVES.first(mention) is None]
        if found:
            best = max(found, key=strength)
            if QUANTITIES[WORDS[best.text]].subject and only_qualifies(level) and not is_electric(candidate):
                higher = phrases(above, WORDS)
                if higher and not stands_alone(best, higher):
                    return Key(candidate, max(higher, key=strength), level, index)
            own = Phrase(best.text, best.start - len(above), best.end - len(above))
            return Key(candidate, own, level, index)
        if index == 0 and is_of_a_named_list(candidate):
            continue
        if not only_qualifies(level) or (index + 1 == len(candidate.field.path) and not NEED_OWN.isdisjoint(level)):
            return Key(candidate, None, level, index)
    return Key(candidate, None, levels[0] if levels else (), 0)


def is_of_a_named_list(candidate: Candidate) -> bool:
    """Return whether a record is in a list whose key is a quantity in the plural: its own name may be anything.

    {"voltages": [{"name": "Cell 1", "value": 3.31}]}
    """
    if candidate.field.raw_path is None or not candidate.recorded or candidate.depth <= 1:
        return False
    above = candidate.levels[1]
    return above[-1].endswith("s") and bool(phrases(above, WORDS))


def without_numbers(words: Words) -> list[Phrase]:
    """Return the quantities in words that are separated by numbers: "line_1_total_in"."""
    bare_words = tuple(word for word in words if not word.isdigit())
    return phrases(bare_words, WORDS) if len(bare_words) < len(words) else []


def stands_alone(phrase: Phrase, above: list[Phrase]) -> bool:
    """Return whether a word keeps its meaning below any level: a count, and the current in an ENERGY group."""
    has_current = any(WORDS[higher.text] in HAVE_A_CURRENT for higher in above)
    return WORDS[phrase.text] == "count" or (WORDS[phrase.text] == "current" and has_current)


def strip_unit(candidate: Candidate, index: int, level: Words) -> Words:
    """Return the words of a level without its unit."""
    if candidate.suffix is None or index >= SUFFIXED_LEVELS:
        return level
    return candidate.suffix.rest if suffix(level) == candidate.suffix else level


def strength(phrase: Phrase) -> tuple[bool, int, int]:
    """Return the rank of one of several quantities in a key: in English, the last one is meant."""
    return not QUANTITIES[WORDS[phrase.text]].subject, phrase.end - phrase.start, phrase.end
