"""Tokenizer of keys: splits them into words, and finds the unit in a suffix. Pure."""

from collections.abc import Iterable, Mapping, Sequence, Set as AbstractSet
from functools import lru_cache
import re
from typing import NamedTuple

from ..model.conversion import unit_of
from ..vocabulary import roles, words
from ..vocabulary.keys.word_parts import (
    ENDINGS,
    INDICES,
    LAST_LETTERS,
    MONEY,
    PRICES,
    REMAINING,
    SHORT_PIECES,
    SPANS,
    TEMPERATURES,
    TIMES,
    UNITS_ALONE,
    WHICH,
)
from ..vocabulary.names import display_names
from ..vocabulary.states import binary_states, events
from ..vocabulary.units import suffixes
from ..vocabulary.vendors import conventions

type Words = tuple[str, ...]

PIECES = re.compile(r"[^0-9A-Za-zÀ-ÖØ-öø-ÿµ]+")
CAMEL = re.compile(r"[A-ZÀ-Ö]+(?=[A-Z][a-z])|[A-ZÀ-Ö]?[a-zß-öø-ÿµ]+|[A-ZÀ-Ö]+|\d+")
# A serial number or an address is one word: "28ff641e8216b5c2", "28-0316a2799bff".
SERIAL = re.compile(r"(?=.*\d)(?=.*[A-Fa-f])([0-9A-Fa-f]{8,16}|[0-9A-Fa-f]{2}[-.][0-9A-Fa-f]{12})")
ONE_WIRE = re.compile(r"(?<![0-9A-Za-z])([0-9A-Fa-f]{2}[-.][0-9A-Fa-f]{12})(?![0-9A-Za-z])")
BRACKETS = re.compile(r"(.+?)\s*[\[(]\s*([^\])]{1,10})\s*[\])]\s*")
LONGEST_PHRASE = 4
# Length of compounds to split, and maximum length of short pieces.
SHORTEST, LONGEST = 4, 40
SHORT = 2


def vocabulary(*tables: Iterable[str]) -> frozenset[str]:
    """Return the single words of all phrases."""
    return frozenset(word for table in tables for phrase in table for word in phrase.split())


KNOWN = vocabulary(
    words.WORDS, suffixes.SUFFIXES, binary_states.BINARY, events.EVENT_KEYS, events.RECEIVERS, display_names.SPELLED,
    display_names.QUALIFIERS, roles.IDENTITY, roles.TIME, roles.SETTING, roles.UNITS, roles.INTERNAL, roles.ABOUT,
    roles.TEXTS, roles.GENERIC, conventions.VOCABULARY,
)  # fmt: skip


@lru_cache(maxsize=4096)
def words_of(key: str) -> Words:
    """Return the words of a key in lower case: "pm2.5", "tempOutC", "wind_avg_km_h" and "batterylevel" alike."""
    tokens: list[str] = []
    for piece in pieces_of(key[:200]):
        if piece.lower() in KNOWN or SERIAL.fullmatch(piece):
            tokens.append(piece.lower())
        elif piece:
            camels = joined([camel.lower() for camel in CAMEL.findall(piece)])
            tokens += [part for camel in camels for part in split_compound(camel)]
    return tuple(tokens)


def pieces_of(key: str) -> Iterable[str]:
    """Yield the parts of a key between its separators, which also occur within an address."""
    for part in ONE_WIRE.split(key):
        yield from [part] if SERIAL.fullmatch(part) else PIECES.split(part)


def joined(parts: Sequence[str]) -> list[str]:
    """Join parts that belong together: "k" and "wh", "pm" and "25", "ss" and "id"."""
    result: list[str] = []
    while parts:
        length = next((length for length in (3, 2) if "".join(parts[:length]) in KNOWN), 1)
        result.append("".join(parts[:length]))
        parts = parts[length:]
    return result


def split_compound(word: str) -> list[str]:
    """Split a compound: "windspeedmph", "yieldday"; a word that does not consist of known ones is kept."""
    if word in KNOWN or not SHORTEST <= len(word) <= LONGEST or not word.isalpha():
        return [word]
    best: list[list[str] | None] = [[], *([None] * len(word))]
    for end in range(1, len(word) + 1):
        for start in range(end):
            before, piece = best[start], word[start:end]
            if before is None:
                continue
            ends = end == len(word) and bool(phrases(tuple(before), words.WORDS))
            if not is_piece(piece, at_end=ends):
                continue
            known = best[end]
            if known is None or len(before) < len(known):  # of equally many pieces, the longest first ones
                best[end] = [*before, piece]
    return best[-1] or with_ending(word)


def with_ending(word: str) -> list[str]:
    """Split off a quantity at the end of an unknown word."""
    ending = next(
        (candidate for candidate in ENDINGS if word.endswith(candidate) and len(word) - len(candidate) >= SHORT), None
    )
    return [word.removesuffix(ending), ending] if ending else [word]


def is_piece(piece: str, *, at_end: bool) -> bool:
    """Return whether a piece of a word may be a word."""
    if len(piece) == 1:
        return at_end and piece in LAST_LETTERS
    return piece in KNOWN and (len(piece) > SHORT or piece in SHORT_PIECES)


class Suffix(NamedTuple):
    """Unit at the end of a key, and the words before it."""

    unit: str
    rest: Words


def bracketed(key: str) -> Suffix | None:
    """Return the unit of a heading like "Temperature (°C)"."""
    match = BRACKETS.fullmatch(key)
    unit = unit_of(match[2]) if match else None
    return Suffix(unit, words_of(match[1])) if match and unit else None


@lru_cache(maxsize=4096)
def suffix(key: Words) -> Suffix | None:
    """Return the unit at the end of a key, if its last words can only be one."""
    if len(key) > 1 and key[-2] in REMAINING and key[-1] in TIMES:
        return Suffix(key[-1], key[:-1])
    end = len(key)
    while end > 1 and (key[end - 1].isdigit() or key[end - 1] in REMAINING):
        end -= 1
    for stop in {len(key), end}:
        for length in (3, 2, 1):
            text = " ".join(key[stop - length : stop]) if length <= stop else ""
            unit = suffixes.SUFFIXES.get(text)
            if unit and is_span(key[: stop - length], unit):
                continue
            if unit and (stop > length or len(text) > SHORT or text in UNITS_ALONE):
                return Suffix(unit, key[: stop - length] + key[stop:])
    return leading(key)


def leading(key: Words) -> Suffix | None:
    """Return the unit at the start of a key: a time before anything, another one before qualifying words."""
    unit = suffixes.FIRST.get(key[0]) if len(key) > 1 else None
    if unit in TIMES or (unit and only_qualifies(tuple(word for word in key[1:] if word not in WHICH))):
        return Suffix(unit, key[1:])
    return None


def is_span(before: Words, unit: str) -> bool:
    """Return whether a unit only names the period of a measurement, the kind of an index, or the unit of a price."""
    rest = [word for word in before if not word.isdigit()]
    last = rest[-1] if rest else ""
    return (unit in TIMES and last in SPANS) or last in INDICES | PRICES or not MONEY.isdisjoint(rest)


@lru_cache(maxsize=4096)
def letters(key: Words) -> tuple[tuple[str, ...], Words]:
    """Return the units that a key's last letter may be, and the other words: "temp_c", "tempc2"."""
    for position in range(1, len(key) - 1):
        if key[position] in ("c", "f") and key[position - 1] in TEMPERATURES:
            return suffixes.LETTERS[key[position]], key[:position] + key[position + 1 :]
    end = len(key)
    while end > 1 and key[end - 1].isdigit():
        end -= 1
    for stop in dict.fromkeys((len(key), end)):
        if stop and key[stop - 1] in suffixes.LETTERS:
            return suffixes.LETTERS[key[stop - 1]], key[: stop - 1] + key[stop:]
    return (), key


class Phrase(NamedTuple):
    """Neighbouring words found in a table; ``start`` and ``end`` are positions in the key."""

    text: str
    start: int
    end: int


def phrases(key: Words, table: AbstractSet[str] | Mapping[str, object]) -> list[Phrase]:
    """Return every phrase of a table in a key, the longest first, later before earlier."""
    matches = [phrase for phrase in neighbours(key) if phrase.text in table]
    if len(matches) <= 1:
        return matches
    return [
        phrase
        for phrase in matches
        if not any(phrase.start >= longer.start and phrase.end <= longer.end and longer != phrase for longer in matches)
    ]


@lru_cache(maxsize=4096)
def neighbours(key: Words) -> tuple[Phrase, ...]:
    """Return all neighbouring words of a key that may be a phrase, the longest first, later before earlier."""
    return tuple(
        Phrase(" ".join(key[start : start + length]), start, start + length)
        for length in range(min(LONGEST_PHRASE, len(key)), 0, -1)
        for start in range(len(key) - length, -1, -1)
    )


def only_qualifies(key: Words) -> bool:
    """Return whether a key only qualifies: "Total", "L1", "value", "3"."""
    return all(word.isdigit() or word in display_names.QUALIFIERS or word in roles.GENERIC for word in key)
