"""Binary values: their kind, how on and off are written, and the command topic of a switch. Pure."""

from dataclasses import dataclass
from functools import lru_cache
import re

from ...vocabulary.states.binary_states import BINARY, CALM, LEVELS, ONLY_WITH_A_KIND, PAIRS, Binary
from ...vocabulary.states.binary_words import ALONE
from ...vocabulary.vendors.commands import COMMANDS
from ...vocabulary.words import WORDS
from ..candidates.candidate import Candidate
from ..interpretation import Context
from ..tokens import only_qualifies, phrases

# Number of levels of a key that may name the kind.
KEY_LEVELS = 3
COMMAND_PATTERNS = tuple((row, re.compile(f"{row.topic}\n{row.key}")) for row in COMMANDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class BinaryValue:
    """Binary value: its kind, and the raw values for on and off."""

    kind: Binary
    known: bool
    on: str
    off: str
    device_class: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchCommand:
    """Command topic of a switch, and the payloads that switch it."""

    topic: str
    on: str
    off: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Words for on and off as a device writes them, and the class that they imply."""

    on: str
    off: str
    hint: str | None = None


def kind_of(candidate: Candidate) -> Binary | None:
    """Return the kind of binary value that the words of a key name; None for other words."""
    if candidate.leaf in ALONE:
        return ALONE[candidate.leaf]
    weak: Binary | None = None
    for index, level in enumerate(candidate.levels[:KEY_LEVELS]):
        above = candidate.levels[index + 1] if index + 1 < len(candidate.levels) else ()
        across = above + level
        matches = [phrase for phrase in phrases(across, BINARY) if phrase.end > len(above)]
        if matches:
            best = max(
                matches, key=lambda phrase: (not BINARY[phrase.text].weak, phrase.end - phrase.start, phrase.end)
            )
            if not BINARY[best.text].weak or not only_qualifies(level):
                return BINARY[best.text]
            weak = weak or BINARY[best.text]
        elif not only_qualifies(level) or phrases(level, WORDS):
            break
    return weak


@lru_cache(maxsize=1024)
def pair_of(text: str, kind: Binary | None) -> Pair | None:
    """Return the pair of words that contains a text, written in the same style."""
    plain = text.strip().lower().replace("_", " ")
    pairs = [pair for pair in PAIRS if plain in (pair[0].replace("_", " "), pair[1].replace("_", " "))]
    if kind is not None and kind.device_class is not None:
        pairs = [pair for pair in pairs if pair[2] in (None, kind.device_class)] or pairs
    if not pairs or (plain in ONLY_WITH_A_KIND and (kind is None or kind.device_class is None)):
        return None
    yes, no, hint = pairs[0]
    if plain in LEVELS and kind is not None and hint != kind.device_class:
        return None
    return Pair(in_style_of(text, yes), in_style_of(text, no), None if plain in CALM else hint)


def in_style_of(text: str, word: str) -> str:
    """Return a word in the capitals, and with the separators, of another text."""
    if "_" in text:
        word = word.replace(" ", "_")
    if text.isupper():
        return word.upper()
    return word.capitalize() if text[:1].isupper() else word


def command(candidate: Candidate, context: Context) -> SwitchCommand | None:
    """Return the command topic of a switch, if a vendor's convention names it."""
    topic = "/".join(part for part in (context.topic, candidate.subtopic) if part)
    place = f"{topic}\n{'.'.join(map(str, candidate.field.path))}"
    for row, pattern in COMMAND_PATTERNS:
        match = pattern.fullmatch(place)
        if match and (not row.settable or candidate.settable):
            return SwitchCommand(topic=match.expand(row.command), on=match.expand(row.on), off=match.expand(row.off))
    return None
