"""Names of readings: the words of their keys as a person would say them, unique within a device. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
import re

from ..vocabulary.keys.word_parts import COMPOUNDS
from ..vocabulary.names.display_names import SPELLED, TELLING, THERMAL
from ..vocabulary.names.nouns import ELECTRIC_NOUNS, SUBJECTS
from ..vocabulary.roles import GENERIC
from .candidates.builder import ADDRESS
from .candidates.candidate import Place
from .tokens import KNOWN, Words, letters, only_qualifies, words_of

LONGEST = 80
# "BME680", "Flora-6ab577": the name of a part, said as it is written; "ch1" and "pv1" are words with a number.
MADE_NAME = re.compile(r"(?=.*\d)(?=.*[A-Z]).+|.*\d[A-Za-z].*")


@dataclass(frozen=True, slots=True, kw_only=True)
class NameHints:
    """Hints for a reading's name beside its key.

    ``name`` is all of it, where a vendor's convention says so. ``title`` stands for ``phrase``, the words in the key
    that told the quantity; ``noun`` is the quantity, said where the words do not say it. ``unit`` need not be repeated.
    """

    name: str | None = None
    title: str | None = None
    phrase: str | None = None
    noun: str | None = None
    unit: str | None = None


def name_of(candidate: Place, said: NameHints) -> str:
    """Return the shortest name that says what a reading is."""
    if candidate.annotated or said.name:
        return (candidate.annotated or said.name or "")[:LONGEST]
    if numbered := element_of(candidate, said.phrase):
        return sentence(numbered)
    words = without_unit(candidate, said.unit)
    own = "temperature" if words == ("t",) and said.noun == "temperature" else spoken(replaced(words, said))
    if candidate.leaf == ("wifi",):
        own = "Wi-Fi signal"
    if said.phrase not in words:
        own = from_above(candidate, words, own, said)
    if said.noun and said.noun.split()[-1] not in own.lower() and said.phrase in SUBJECTS:
        own = f"{own} {said.noun}"
    if (
        said.phrase is None
        and candidate.suffix is not None
        and said.noun in ELECTRIC_NOUNS
        and said.noun.split()[-1] not in own.lower()
    ):
        own = f"{own} {said.noun}"
    if said.noun == "temperature" and said.phrase in THERMAL and said.noun not in own.lower():
        own = f"{own} temperature"
    return as_written(
        candidate, prefixed(candidate, own).strip() or candidate.key.strip() or spoken(candidate.leaf) or "value"
    )


# A part's name, as its maker writes it: "BME280", "DS18B20-1", "SHT"; in a key that is all capitals nothing stands out.
MAKERS_NAME = re.compile(r"(?<![A-Za-z])[A-Z]{2,}(?:\d+[A-Z]*\d*)?(?:-\d+)?(?![a-z])")


def as_written(candidate: Place, name: str) -> str:
    """Return a name as a sentence, with the parts of the thing written as its maker writes them."""
    raw = candidate.parts[-1] if candidate.parts else ""
    if raw.isupper() and "_" not in raw and "-" not in raw:
        return sentence(name)
    for ending in COMPOUNDS:
        if re.search(rf"[a-zäöüß]{ending}", raw.lower()):
            name = name.replace(f" {ending}", ending)
    for made in MAKERS_NAME.findall(raw):
        plain = spoken(words_of(made))
        if made.lower() in KNOWN or (raw.isupper() and made.isalpha()) or plain.lower() == made.lower() == name.lower():
            continue
        name = re.sub(rf"(?<!\w){re.escape(plain)}(?!\w)", made, name, count=1, flags=re.IGNORECASE)
    return sentence(name)


def from_above(candidate: Place, words: Words, own: str, said: NameHints) -> str:
    """Return the name of a value whose own words do not say what it is."""
    if candidate.suffix is not None and not candidate.suffix.rest and said.noun:
        return said.noun if said.phrase is None else above(candidate, said.phrase) or said.noun
    if only_generic(words):
        return above(candidate, said.phrase) or said.title or said.noun or own
    return qualified(candidate, own, said) if only_qualifies(words) else own


def element_of(candidate: Place, phrase: str | None) -> str | None:
    """Return the name of an element of a list: "Probe 3"; None for anything else."""
    if (
        candidate.recorded
        or candidate.field.name is not None
        or not candidate.field.path
        or not isinstance(candidate.field.path[-1], int)
    ):
        return None
    levels = [level for level in candidate.levels[: candidate.depth] if not all(word.isdigit() for word in level)]
    own = spoken(levels[0]) if levels else ""
    telling = next((level for level in levels[1:] if phrase and set(phrase.split()) <= set(level)), None)
    if telling and only_qualifies(levels[0]) and phrase not in levels[0]:
        own = f"{spoken(telling)} {own}"
    noun = "probe" if own in ("onewire", "one wire", "1wire", "probes") else own.removesuffix("s") or "value"
    return f"{noun} {candidate.field.path[-1] + 1}"


def only_generic(words: Words) -> bool:
    """Return whether words say nothing at all: "value", "state"."""
    return all(word in GENERIC for word in words)


def qualified(candidate: Place, own: str, said: NameHints) -> str:
    """Return the name of a value whose own words only say which one: "Energy total", "Temperature outdoor"."""
    parent = above(candidate, said.phrase)
    if parent:
        return parent if parent.lower().startswith(own.lower()) else f"{parent} {own}"
    noun = said.title or said.noun
    return f"{noun} {own}" if noun and noun.lower() not in own.lower() else own


def above(candidate: Place, phrase: str | None) -> str:
    """Return the level above a value that told its quantity, or the nearest that says something.

    The levels of the device's topic count only where it has no other.
    """
    levels = candidate.levels[1 : candidate.depth] if candidate.depth > 1 else ()
    found = (
        next((level for level in levels if phrase and set(phrase.split()) <= set(level)), None)
        or next((level for level in levels if not only_qualifies(level)), None)
        or next((level for level in levels if not only_generic(level) and not "".join(level).isdigit()), None)
    )
    if found is None and not candidate.field.path:
        found = next((level for level in candidate.levels[candidate.depth :] if not "".join(level).isdigit()), None)
    return spoken(found) if found else ""


def prefixed(candidate: Place, own: str) -> str:
    """Return a name with the levels above it that tell such readings apart everywhere: "DC voltage", "Wi-Fi RSSI"."""
    for level in candidate.levels[1 : candidate.depth]:
        if set(level) <= TELLING and spoken(level).lower() not in own.lower():
            own = f"{spoken(level)} {lower_first(own)}"
    return own


def without_unit(candidate: Place, unit: str | None) -> Words:
    """Return a value's own words without the suffix that is its unit."""
    if candidate.suffix is not None and candidate.suffix.rest:
        return candidate.suffix.rest if set(candidate.suffix.rest) <= set(candidate.leaf) else candidate.leaf
    units, rest = letters(candidate.leaf)
    if candidate.suffix is None and unit and unit in units and rest:
        return rest
    return candidate.leaf


def replaced(words: Words, said: NameHints) -> Words:
    """Return words with the quantity's title in the place of the words that told it: "pm2 5" is PM2.5."""
    if not said.title or not said.phrase or said.phrase in SPELLED or said.title in words:
        return words
    phrase = tuple(said.phrase.split())
    for start in range(len(words) - len(phrase) + 1):
        if words[start : start + len(phrase)] == phrase:
            title = lower_first(said.title) if start else said.title
            return (*words[:start], title, *words[start + len(phrase) :])
    return words


def spoken(words: Words) -> str:
    """Return words as a person says them."""
    text = " ".join(
        SPELLED.get(word, str(int(word)) if word.isdecimal() and word.isascii() else word) for word in words
    )
    return " ".join(text.split())


def sentence(text: str) -> str:
    """Return a text in sentence case, what is written in capitals left alone."""
    text = text.replace(" State of", " state of")
    text = re.sub(r"\b(\w{3,})( \1)+\b", r"\1", text.strip())[:LONGEST]
    return text[:1].upper() + text[1:] if text.split(" ", 1)[0] not in ("pH", "eCO2") else text


def unique(names: Sequence[str], places: Sequence[Place]) -> list[str]:
    """Return the names, told apart by what stands above the value in its key, or by a number."""
    result = list(names)
    for depth in (1, 2, 3):
        count = Counter(name.lower() for name in result)
        for index, name in enumerate(result):
            if count[name.lower()] < 2:  # noqa: PLR2004 - one of a kind
                continue
            word = parent_word(places[index], depth)
            if word and not is_said(word, name):
                result[index] = f"{name} {word}" if word.isdigit() else f"{word} {lower_first(name)}"
    seen: Counter[str] = Counter()
    for index, name in enumerate(result):
        seen[name.lower()] += 1
        if seen[name.lower()] > 1:
            result[index] = f"{name} {seen[name.lower()]}"
    return result


def is_said(word: str, name: str) -> bool:
    """Return whether a name has a word, or words, already."""
    return f" {word.lower()} " in f" {name.lower()} "


def parent_word(candidate: Place, depth: int) -> str:
    """Return the level that many above a value, as a person says it."""
    higher = candidate.parts[:-1]
    if depth > len(higher):
        return ""
    raw = higher[-depth]
    if ADDRESS.fullmatch(raw) or (MADE_NAME.fullmatch(raw) and len(raw) > 2):  # noqa: PLR2004 - L1 is a phase
        return raw
    if raw.isdigit() and depth < len(higher):
        # People count the elements of a list from one; a member that is called "1" they have already counted.
        counted = int(raw) + (1 if int(raw) in candidate.field.path else 0)
        return sentence(f"{spoken(words_of(higher[-depth - 1]))} {counted}")
    return sentence(spoken(words_of(raw)))


def lower_first(name: str) -> str:
    """Return a name as it goes on after another word."""
    first = name.split(" ", 1)[0]
    return name[:1].lower() + name[1:] if first[1:].islower() and first != "Wi-Fi" else name
