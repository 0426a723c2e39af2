"""Names of readings: the words of their keys in plain language, unique within a device. Pure."""

from collections import Counter, defaultdict
from collections.abc import Sequence, Set as AbstractSet
import re

from ..vocabulary import words as quantity_words
from ..vocabulary.keys.word_parts import COMPOUNDS
from ..vocabulary.names.display_names import DISTINGUISHING, SPELLED, THERMAL
from ..vocabulary.names.nouns import ELECTRIC_NOUNS, SUBJECTS
from ..vocabulary.roles import GENERIC
from .candidates.builder import ADDRESS
from .candidates.candidate import Candidate
from .interpretation import Interpretation
from .tokens import KNOWN, Words, letters, only_qualifies, phrases, words_of

LONGEST = 80
# "BME680", "Flora-6ab577": names of parts, kept as written; "ch1" and "pv1" are words with a number.
MADE_NAME = re.compile(r"(?=.*\d)(?=.*[A-Z]).+|.*\d[A-Za-z].*")


# A last word that was there before: "relative humidity 24 h humidity".
REPEATED = re.compile(r"(\b([a-z]{4,})\b.*) \2$", re.IGNORECASE)


def name_of(candidate: Candidate, interpretation: Interpretation) -> str:
    """Return the shortest name that describes a reading."""
    if candidate.annotated or interpretation.name:
        return (candidate.annotated or interpretation.name or "")[:LONGEST]
    if numbered := element_of(candidate, interpretation.phrase):
        return sentence(numbered)
    if candidate.parts and ADDRESS.fullmatch(candidate.parts[-1]):
        return f"{sentence(interpretation.noun or 'sensor')} {candidate.parts[-1]}"
    noun, words = interpretation.noun, without_unit(candidate, interpretation.unit)
    own = "temperature" if words == ("t",) and noun == "temperature" else readable(replaced(words, interpretation))
    if candidate.leaf == ("wifi",):
        own = "Wi-Fi signal"
    if interpretation.phrase not in words:
        own = from_above(candidate, words, own, interpretation)
    if noun and noun.split()[-1] not in own.lower() and needs_noun(candidate, interpretation):
        own = f"{own} {noun}"
    return as_written(
        candidate, prefixed(candidate, own).strip() or candidate.key.strip() or readable(candidate.leaf) or "value"
    )


def needs_noun(candidate: Candidate, interpretation: Interpretation) -> bool:
    """Return whether the words of a key are only the subject of its quantity: "water", "flow", "L1"."""
    if interpretation.phrase is None:
        return candidate.suffix is not None and interpretation.noun in ELECTRIC_NOUNS
    is_thermal = interpretation.noun == "temperature" and interpretation.phrase in THERMAL
    return is_thermal or interpretation.phrase in SUBJECTS


# A part's name, as its maker writes it: "BME280", "DS18B20-1", "SHT"; it cannot be recognized in a key of capitals
# only.
MAKERS_NAME = re.compile(r"(?<![A-Za-z])[A-Z]{2,}(?:\d+[A-Z]*\d*)?(?:-\d+)?(?![a-z])")


def as_written(candidate: Candidate, name: str) -> str:
    """Return a name in sentence case, with names of parts as their makers write them."""
    raw = candidate.parts[-1] if candidate.parts else ""
    if raw.isupper() and "_" not in raw and "-" not in raw:
        return sentence(name)
    lower = raw.lower()
    for ending in COMPOUNDS:
        if ending in lower and re.search(rf"[a-zäöüß]{ending}(?![a-zäöüß])", lower):
            name = name.replace(f" {ending}", ending)
    for made in MAKERS_NAME.findall(raw):
        plain = readable(words_of(made))
        if made.lower() in KNOWN or (raw.isupper() and made.isalpha()) or plain.lower() == made.lower() == name.lower():
            continue
        name = re.sub(rf"(?<!\w){re.escape(plain)}(?!\w)", made, name, count=1, flags=re.IGNORECASE)
    return sentence(name)


def from_above(candidate: Candidate, words: Words, own: str, interpretation: Interpretation) -> str:
    """Return the name of a value whose own words do not describe it."""
    noun, phrase = interpretation.noun, interpretation.phrase
    if candidate.suffix is not None and not candidate.suffix.rest and noun:
        return noun if phrase is None else above(candidate, phrase) or noun
    if only_generic(words):
        return above(candidate, phrase) or interpretation.title or noun or own
    return qualified(candidate, own, interpretation) if only_qualifies(words) else own


def element_of(candidate: Candidate, phrase: str | None) -> str | None:
    """Return the name of a list's element: "Probe 3"; None for other values."""
    index = candidate.field.path[-1] if candidate.field.path else None
    if candidate.recorded or candidate.field.name is not None or not isinstance(index, int):
        return None
    levels = [level for level in candidate.levels[: candidate.depth] if not all(word.isdigit() for word in level)]
    own = readable(levels[0]) if levels else ""
    naming_level = next((level for level in levels[1:] if phrase and set(phrase.split()) <= set(level)), None)
    if naming_level and only_qualifies(levels[0]) and phrase not in levels[0]:
        own = f"{readable(naming_level)} {own}"
    noun = "probe" if own in ("onewire", "one wire", "1wire", "probes") else own.removesuffix("s") or "value"
    return f"{noun} {index + 1}"


def only_generic(words: Words) -> bool:
    """Return whether all words are meaningless: "value", "state"."""
    return all(word in GENERIC for word in words)


def qualified(candidate: Candidate, own: str, interpretation: Interpretation) -> str:
    """Return the name of a value whose own words only qualify it: "Energy total", "Temperature outdoor"."""
    parent = above(candidate, interpretation.phrase)
    if parent:
        return parent if parent.lower().startswith(own.lower()) else f"{parent} {own}"
    noun = interpretation.title or interpretation.noun
    return f"{noun} {own}" if noun and noun.lower() not in own.lower() else own


def above(candidate: Candidate, phrase: str | None) -> str:
    """Return the level above a value that names its quantity, or the nearest meaningful one.

    The levels of the device's topic are used only if there is no other.
    """
    levels = candidate.levels[1 : candidate.depth] if candidate.depth > 1 else ()
    naming_level = (
        next((level for level in levels if phrase and set(phrase.split()) <= set(level)), None)
        or next((level for level in levels if not only_qualifies(level)), None)
        or next((level for level in levels if not only_generic(level) and not "".join(level).isdigit()), None)
    )
    if naming_level is None and not candidate.field.path:
        naming_level = next(
            (level for level in candidate.levels[candidate.depth :] if not "".join(level).isdigit()), None
        )
    return readable(naming_level) if naming_level else ""


def prefixed(candidate: Candidate, own: str) -> str:
    """Return a name prefixed by levels that distinguish readings everywhere: "DC voltage", "Wi-Fi RSSI"."""
    for level in candidate.levels[1 : candidate.depth]:
        if set(level) <= DISTINGUISHING and readable(level).lower() not in own.lower():
            own = f"{readable(level)} {lower_first(own)}"
    return own


def without_unit(candidate: Candidate, unit: str | None) -> Words:
    """Return a value's own words without the suffix that is its unit."""
    if candidate.suffix is not None and candidate.suffix.rest:
        return candidate.suffix.rest if set(candidate.suffix.rest) <= set(candidate.leaf) else candidate.leaf
    units, rest = letters(candidate.leaf)
    if candidate.suffix is None and unit and unit in units and rest:
        return rest
    return candidate.leaf


def replaced(words: Words, interpretation: Interpretation) -> Words:
    """Return words with the quantity's title in place of the words that name it: "pm2 5" is PM2.5."""
    title, phrase = interpretation.title, tuple((interpretation.phrase or "").split())
    if not title or not phrase or interpretation.phrase in SPELLED or title in words:
        return words
    for start in range(len(words) - len(phrase) + 1):
        if words[start : start + len(phrase)] == phrase:
            return (*words[:start], lower_first(title) if start else title, *words[start + len(phrase) :])
    return words


def readable(words: Words) -> str:
    """Return words as a readable text."""
    text = " ".join(
        SPELLED.get(word, str(int(word)) if word.isdecimal() and word.isascii() else word) for word in words
    )
    # A letter with a number is one name: "L4", "T1".
    return re.sub(r"(?<!\S)([a-z]) (?=\d+(?!\S))", lambda match: match[1].upper(), " ".join(text.split()))


def sentence(text: str) -> str:
    """Return a text in sentence case; words in capitals are kept."""
    text = text.replace(" State of", " state of")
    text = re.sub(r"\b(\w{3,})( \1)+\b", r"\1", text.strip(), flags=re.IGNORECASE)
    text = REPEATED.sub(r"\1", text)[:LONGEST]
    return text[:1].upper() + text[1:] if text.split(" ", 1)[0] not in ("pH", "eCO2") else text


def unique(names: Sequence[str], candidates: Sequence[Candidate]) -> list[str]:
    """Return unique names, distinguished by the level above the value in its key, or by a number."""
    result = list(names)
    for depth in (1, 2, 3):
        count = Counter(name.lower() for name in result)
        shared = {index: name.lower() for index, name in enumerate(result) if count[name.lower()] > 1}
        words = {index: parent_word(candidates[index], depth) for index in shared}
        words_of_name: defaultdict[str, set[str]] = defaultdict(set)
        for index, name in shared.items():
            words_of_name[name].add(words[index])
        for index, name in shared.items():
            if distinguishes(words[index], words_of_name[name]):
                result[index] = with_level(result[index], words[index])
    seen: Counter[str] = Counter()
    for index, name in enumerate(result):
        seen[name.lower()] += 1
        if seen[name.lower()] > 1:
            result[index] = f"{name} {seen[name.lower()]}"
    return result


def distinguishes(word: str, words: AbstractSet[str]) -> bool:
    """Return whether a level above a value tells it from those that have the others above them; an envelope does not.

    Of "decoded payload" and "settings" only the second is a name.
    """
    differ = len({each.lower() for each in words}) > 1
    return differ and not (only_generic(words_of(word)) and any(not only_generic(words_of(each)) for each in words))


def with_level(name: str, word: str) -> str:
    """Return a name with the level above it, without the words of that which the name repeats."""
    if not word or f" {word.lower()} " in f" {name.lower()} ":
        return name
    if word.isdigit():
        return f"{name} {word}"
    if set(words_of(name)) <= set(words_of(word)):
        return word
    repeated = {part for part in words_of(word) if not part.isdigit()}
    rest = " ".join(part for part in name.split() if part.lower() not in repeated)
    return f"{word} {lower_first(rest)}".strip()


def parent_word(candidate: Candidate, depth: int) -> str:
    """Return the level that many above a value, in plain language."""
    higher = candidate.parts[:-1]
    if depth > len(higher):
        return ""
    raw = higher[-depth]
    if ADDRESS.fullmatch(raw) or (MADE_NAME.fullmatch(raw) and len(raw) > 2):  # noqa: PLR2004 - L1 is a phase
        return raw
    if raw.isdigit() and depth < len(higher):
        # Elements of a list are counted from one in names; a member called "1" is counted so already.
        counted = int(raw) + (1 if int(raw) in candidate.field.path else 0)
        return sentence(f"{readable(words_of(higher[-depth - 1]))} {counted}")
    return sentence(readable(words_of(raw)))


def lower_first(name: str) -> str:
    """Return a name in the form in which it follows another word."""
    first = name.split(" ", 1)[0]
    return name[:1].lower() + name[1:] if first[1:].islower() and first != "Wi-Fi" else name


def without_device(names: Sequence[str], device: str) -> list[str]:
    """Return names without that of their device, which Home Assistant adds: "Boiler Boiler temperature".

    A name that would lose its quantity, or equal another, is kept.
    """
    prefix = f"{readable(words_of(device))} ".lower()
    if not any(name.lower().startswith(prefix) for name in names):
        return list(names)
    shorter = [name[len(prefix) :] if name.lower().startswith(prefix) else name for name in names]
    count = Counter(name.lower() for name in shorter)
    return [
        sentence(short) if short != name and count[short.lower()] == 1 and has_quantity(short) else name
        for name, short in zip(names, shorter, strict=True)
    ]


def has_quantity(name: str) -> bool:
    """Return whether a name begins with a word and has a quantity in it."""
    return name[:1].isalpha() and bool(phrases(words_of(name), quantity_words.WORDS))
