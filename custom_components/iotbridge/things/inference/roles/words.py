"""Roles that the words of a key indicate: identity, time, setting, or internal to the device. Pure."""

from functools import lru_cache
from typing import NamedTuple

from ...vocabulary import roles
from ..tokens import Phrase, Words, only_qualifies, phrases


class RoleWords(NamedTuple):
    """Words that indicate a role, ``anywhere`` in a key, or only if nothing stronger follows."""

    role: str
    words: frozenset[str]
    anywhere: bool = False


ROLE_WORDS = (
    RoleWords("setting", roles.SETTING, anywhere=True),
    RoleWords("setting", roles.UNITS),
    RoleWords("internal", roles.HISTORY, anywhere=True),
    RoleWords("identity", roles.IDENTITY),
    RoleWords("time", roles.TIME),
    RoleWords("internal", roles.INTERNAL),
)


@lru_cache(maxsize=4096)
def role_of(words: Words, quantity: Phrase | None) -> str | None:
    """Return the role of a key: "identity", "time", "setting" or "internal"; None if it may be a reading.

    ``quantity`` is the phrase in it that names a quantity: words within it indicate no role.
    """
    for row in ROLE_WORDS:
        for phrase in phrases(words, row.words):
            if quantity and quantity.start <= phrase.start and phrase.end <= quantity.end:
                continue
            if row.anywhere or is_head(row.role, phrase, words, quantity):
                return row.role
    return None


def is_head(role: str, phrase: Phrase, words: Words, quantity: Phrase | None) -> bool:
    """Return whether a phrase is the subject of a key: the last of its words, and behind the quantity."""
    after = words[phrase.end :]
    heads = only_qualifies(after) if role == "internal" else all(word.isdigit() for word in after)
    if not heads or quantity is None:
        return heads
    return phrase.end > quantity.end or (phrase.start <= quantity.start and phrase.end >= quantity.end)
