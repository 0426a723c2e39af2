"""Named conditions for the visibility of a value: no entity, a disabled one, or an enabled one. Pure."""

from ...vocabulary import roles
from ...vocabulary.keys.key_words import HOLDERS
from ...vocabulary.keys.records import NAMERS, UNITS
from ...vocabulary.states.binary_states import BINARY
from ...vocabulary.states.binary_words import COUNTED
from ...vocabulary.text_forms import IDENTIFIER, TIME
from ...vocabulary.visibility import DESCRIBING, HELD, NOTHING, USED
from ..candidates.candidate import Candidate
from ..conventions import known_convention
from ..roles.words import role_of
from ..rule_table import Condition
from ..states.binary import kind_of
from ..texts import is_encoded
from ..tokens import Phrase, Words, only_qualifies, phrases, words_of
from ..units.conditions import Case

LABELS = frozenset({*NAMERS, *UNITS})
# This many "total…" in one group are counts of things.
MANY_TOTALS = 3
# The meaning of numbers in such a long list without names is unknown.
LONG_LIST = 4


# conditions on any value


def is_spare(case: Case) -> bool:
    """Return whether the value only describes another one, or is an older one."""
    return case.candidate.spare


def is_technical(case: Case) -> bool:
    """Return whether the value describes the transport of the message."""
    return case.candidate.field.technical


def has_role(*wanted: str) -> Condition[Case]:
    """Return the condition that the interpretation has one of these roles."""
    return lambda case: case.interpretation.role in wanted


def is_annotated(case: Case) -> bool:
    """Return whether the message contains a name for the value."""
    return case.candidate.annotated is not None


def is_alone(case: Case) -> bool:
    """Return whether the device sends no other value."""
    return case.context.alone


def is_of_class(*device_classes: str) -> Condition[Case]:
    """Return the condition that the proposed device class is one of these."""
    return lambda case: case.device_class in device_classes


def is_from_a_scan(case: Case) -> bool:
    """Return whether the value is all that a scan for other stations found of one: {"mac": "c8:3a:…", "rssi": -50}."""
    if not any(isinstance(part, int) for part in case.candidate.field.paths[-1]):
        return False
    others = [sibling for sibling in case.candidate.siblings if sibling is not case.candidate]
    is_station = any(isinstance(other.value, str) and IDENTIFIER.fullmatch(other.value) for other in others)
    return is_station and all(other.number is None for other in others)


def is_in_group(words: frozenset[str], *, as_head: bool) -> Condition[Case]:
    """Return the condition that a level above has one of these words, ``as_head`` as its last."""
    return lambda case: any(
        not words.isdisjoint(words_of(part)[-1:] if as_head else words_of(part)) for part in case.candidate.parts[:-1]
    )


def is_off_by_convention(case: Case) -> bool:
    """Return whether the vendor's convention disables the value."""
    convention = known_convention(case.candidate, case.context)
    return convention is not None and convention.quantity == "off"


# conditions on a binary value


def role_of_binary_value(candidate: Candidate) -> str | None:
    """Return the role of a binary value."""
    named = candidate.levels[1] if candidate.leaf in HOLDERS and len(candidate.levels) > 1 else candidate.leaf
    return role_of(named, whole_key_phrase(candidate))


def whole_key_phrase(candidate: Candidate) -> Phrase | None:
    """Return the phrase that is a whole key and certainly names a binary value: "error"."""
    text = " ".join(candidate.leaf)
    listed = any(isinstance(part, int) for part in candidate.field.path)
    known = text in BINARY and not BINARY[text].weak and candidate.is_bool and not listed
    return Phrase(text, 0, len(candidate.leaf)) if known else None


# conditions on a text


def text(case: Case) -> str:
    """Return the text of a value."""
    return case.candidate.text or ""


def role_of_text(candidate: Candidate) -> str | None:
    """Return the role of a text."""
    known = phrases(candidate.leaf, roles.TEXTS)
    return role_of(candidate.leaf, known[0] if known else None)


def is_label(case: Case) -> bool:
    """Return whether a text is the unit or the name of a sibling that is a record."""
    return case.candidate.plain_key in LABELS and any(sibling.recorded for sibling in case.candidate.siblings)


def is_undecoded(case: Case) -> bool:
    """Return whether a text is undecoded content."""
    return is_encoded(case.candidate)


def is_moment_or_address(case: Case) -> bool:
    """Return whether a text is a time, an address, a path or a placeholder."""
    written = text(case)
    is_written = TIME.fullmatch(written.strip()) or IDENTIFIER.fullmatch(written)
    return bool(is_written) or written.startswith(("http", "/", "$"))


def is_placeholder(case: Case) -> bool:
    """Return whether a text is a placeholder for no information."""
    return text(case).strip().lower() in NOTHING


def is_worth_reading(case: Case) -> bool:
    """Return whether the key of a text ends with words of readable texts: not "status_hex"."""
    leaf = next((level for level in case.candidate.levels if level not in HOLDERS), ())
    known = phrases(leaf, roles.TEXTS)
    if not known or role_of(leaf, known[0]) not in (None, "internal"):
        return False
    after: Words = leaf[known[0].end :]
    return only_qualifies(after) or not DESCRIBING.isdisjoint(after)


# conditions on a number


def is_empty(case: Case) -> bool:
    """Return whether there is no number now, and its quantity is unknown."""
    interpretation = case.interpretation
    unknown = interpretation.quantity is None and interpretation.role is None and not interpretation.known
    return case.candidate.value is None and unknown


def is_known(case: Case) -> bool:
    """Return whether the number has a quantity, a name or at least a meaningful word."""
    return case.interpretation.quantity is not None or bool(case.interpretation.name) or case.interpretation.known


def counts_binary_events(case: Case) -> bool:
    """Return whether a number counts the events of a binary value: the number of motions."""
    kind = kind_of(case.candidate)
    return kind is not None and kind.device_class in COUNTED and case.candidate.value is not None


def is_of_interest(case: Case) -> bool:
    """Return whether the quantity is of interest to users."""
    return case.interpretation.row.enabled


def has_unit(case: Case) -> bool:
    """Return whether the unit of the number is known."""
    return case.interpretation.unit is not None


def is_in_long_list(case: Case) -> bool:
    """Return whether the number is an element of a long list."""
    return case.candidate.is_listed and len(case.candidate.siblings) >= LONG_LIST


def is_nameless(case: Case) -> bool:
    """Return whether the levels of the key are only numbers."""
    candidate = case.candidate
    return all(word.isdigit() for level in candidate.levels[: candidate.depth] for word in level)


def is_device_nameless(case: Case) -> bool:
    """Return whether no value of the device has a name."""
    return all(key.isdigit() for key in case.context.keys)


def is_used(case: Case) -> bool:
    """Return whether the key names a consumption."""
    leaf = case.candidate.leaf
    return not USED.isdisjoint(leaf) and (only_qualifies(leaf) or leaf[-1] in USED)


def is_held(case: Case) -> bool:
    """Return whether the number is directly in a group called "values", or similar."""
    candidate = case.candidate
    return bool(candidate.field.path) and bool(candidate.parent) and candidate.parts[-2].lower() in HELD


def is_measured(case: Case) -> bool:
    """Return whether a value with the same words has decimals: a counter has none."""
    return any(
        isinstance(other.number, float) and not other.number.is_integer() and other.pattern == case.candidate.pattern
        for other in case.candidate.siblings
    )


def is_one_of_many_totals(case: Case) -> bool:
    """Return whether many siblings start with "total": they are counts of things."""
    totals = [other for other in case.candidate.siblings if other.leaf[:1] == ("total",)]
    return case.candidate in totals and len(totals) >= MANY_TOTALS
