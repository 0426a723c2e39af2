"""What a reading is called: the words of its key as a person would say them, unique within its device. Pure."""

from collections import Counter
from collections.abc import Sequence
import re

from .keys import Words, letters, only_qualifies, phrases, words_of
from .knowledge.names import QUALIFIERS, SPELLED
from .knowledge.roles import GENERIC
from .knowledge.words import WORDS
from .places import ADDRESS, Place

LONGEST = 80


def name_of(one: Place, title: str | None, unit: str | None) -> str:
    """Return the shortest name that says what a reading is.

    ``title`` is what it is called where its own words say nothing; ``unit`` is the one it has, which its words need
    not repeat.
    """
    if one.annotated:
        return one.annotated[:LONGEST]
    index = one.field.path[-1] if one.field.path and isinstance(one.field.path[-1], int) else None
    own = spoken(without_unit(one, unit))
    if index is not None and one.field.name is None:
        own = spoken(one.levels[0] if one.levels and not one.levels[0][0].isdigit() else ()) or "value"
        noun = "probe" if own in ("onewire", "probe", "probes", "one wire") else own.removesuffix("s")
        return sentence(f"{noun} {index + 1}")
    if title and (not own or only_qualifies(one.leaf)):
        prefix = own if own and own.lower() not in title.lower() and own not in GENERIC else ""
        return sentence(f"{title} {prefix}".strip())
    if only_qualifies(one.leaf):
        above = next((level for level in one.levels[1:] if not only_qualifies(level)), ())
        return sentence(f"{spoken(above)} {'' if own in GENERIC else own}".strip() or one.key)
    return sentence(own or one.key)


def without_unit(one: Place, unit: str | None) -> Words:
    """Return a value's own words without the suffix that is its unit."""
    if (
        one.suffix is not None
        and one.levels
        and len(one.suffix.rest) < len(one.levels[0])
        and (one.suffix.rest or not unit)
    ):
        if one.levels[0][: len(one.suffix.rest)] == one.suffix.rest or set(one.suffix.rest) <= set(one.levels[0]):
            return one.suffix.rest
    if one.suffix is None and unit:
        units, rest = letters(one.leaf)
        if unit in units and rest:
            return rest
    return one.leaf


def spoken(words: Words) -> str:
    """Return words as a person says them."""
    text = " ".join(SPELLED.get(word, word.lstrip("0") or "0" if word.isdigit() else word) for word in words)
    return " ".join(text.split())


def sentence(text: str) -> str:
    """Return a text in sentence case, what is written in capitals left alone."""
    text = re.sub(r"\b(\w+)( \1)+\b", r"\1", text.strip())[:LONGEST]
    first = text.split(" ", 1)[0]
    return text[:1].upper() + text[1:] if first.islower() or first[:1].islower() and first[1:].islower() else text


def unique(names: Sequence[str], places: Sequence[Place]) -> list[str]:
    """Return the names, told apart by what stands above the value in its key, or by a number."""
    result = list(names)
    for depth in (1, 2, 3):
        count = Counter(name.lower() for name in result)
        for index, name in enumerate(result):
            if (
                count[name.lower()] > 1
                and (word := parent_word(places[index], depth))
                and word.lower() not in name.lower()
            ):
                result[index] = f"{word} {lower_first(name)}"
    seen: Counter[str] = Counter()
    for index, name in enumerate(result):
        seen[name.lower()] += 1
        if seen[name.lower()] > 1:
            result[index] = f"{name} {seen[name.lower()]}"
    return result


def parent_word(one: Place, depth: int) -> str:
    """Return the level that many above a value, as a person says it."""
    above = one.parts[:-1]
    if depth > len(above):
        return ""
    raw = above[-depth]
    if raw.isdigit() and depth < len(above):
        return sentence(
            f"{spoken(words_of(above[-depth - 1]))} {int(raw) + (0 if raw in one.subtopic.split('/') else 1)}"
        )
    return raw if ADDRESS.fullmatch(raw) else sentence(spoken(words_of(raw)))


def lower_first(name: str) -> str:
    """Return a name as it goes on after another word."""
    first = name.split(" ", 1)[0]
    return name[:1].lower() + name[1:] if first[1:].islower() and first not in ("Wi-Fi",) else name


def quantity_words(words: Words) -> bool:
    """Return whether words name a quantity."""
    return bool(phrases(words, WORDS)) and not set(words) <= QUALIFIERS
