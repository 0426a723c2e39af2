"""Names of columns in the words above them: "temperature_humidity" above [21.5, 48.2]. Pure."""

from collections.abc import Sequence

from ...vocabulary.quantities import QUANTITIES
from ...vocabulary.words import WORDS
from ..tokens import Phrase, phrases, words_of

# Words for fewer quantities are those of every column.
SEVERAL = 2


def with_column(parts: Sequence[str], index: int, columns: int) -> list[str]:
    """Return the levels of a key with the name of its column above its index, or without any.

    Words for several quantities are those of the columns if there are as many; else they name none of them.
    """
    *above, level, last = parts
    words = words_of(level)
    mentions = sorted(phrases(words, WORDS), key=lambda phrase: phrase.start)
    named = [phrase.text for phrase in mentions if not describes(phrase, mentions)]
    if len(named) < SEVERAL:
        return list(parts)
    every = [phrase.text for phrase in mentions]
    single = [word for word in words if word in WORDS]
    names = next((found for found in (every, named, single) if len(found) == columns), None)
    return [*above, names[index] if names else "", last]


def describes(phrase: Phrase, mentions: Sequence[Phrase]) -> bool:
    """Return whether a phrase is the subject of the next one: "water" in "water_temperature"."""
    return QUANTITIES[WORDS[phrase.text]].subject and any(phrase.end == other.start for other in mentions)
