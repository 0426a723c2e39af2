"""Choice of the member that tells the devices of a topic apart: what is possible, and what the messages speak for."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
import re
from typing import NamedTuple

from . import decoders, inference
from .inference.roles.words import role_of
from .inference.tokens import KNOWN, words_of
from .model.device_member import DeviceSplitter, element_path, identity_text, raw_path, without_indexes
from .model.message import Decoded, DecodeError, Field, Path, Report, Sample
from .model.number_notation import number_of
from .model.topic_matching import split
from .vocabulary import roles
from .vocabulary.keys import device_members as keys
from .vocabulary.keys.identities import TIMES
from .vocabulary.keys.records import UNITS, VALUES
from .vocabulary.states.events import CODES, RECEIVERS

MAX_MESSAGES = 200
MAX_CHOICES = 12
# Addresses of network cards, radio modules and Meshtastic nodes; other hexadecimal texts are flags and contents.
_ADDRESS_TEXT = re.compile(
    r"[0-9a-f]{2}([:-][0-9a-f]{2}){5,7}|(0x)?(?=.*[a-f])(?=.*[0-9])([0-9a-f]{12}|[0-9a-f]{16})|![0-9a-f]{8}",
    re.IGNORECASE,
)
# Random texts, which programs give to messages more often than to devices.
_UUID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE)
# Keys that do not say what a value is: beside them, a name or a number names the value, not a device.
_NAMELESS = frozenset({*VALUES, *UNITS, *TIMES})


class MemberKind(NamedTuple):
    """Kind of keys that may name a device.

    ``asked``: the user is asked even if a single device has been heard. ``names_values``: in other messages it names
    the value beside it, or is a value; ``numbers_messages``: some devices number their messages with it; ``is_code``:
    it has no spaces, unlike the address of a house; ``is_part``: it may as well name a part of one device.
    """

    keys: frozenset[str]
    asked: bool = True
    names_values: bool = False
    numbers_messages: bool = False
    is_code: bool = False
    is_part: bool = False


_ADDRESS = MemberKind(frozenset())
# In order of precedence.
MEMBER_KINDS = (
    MemberKind(keys.HARDWARE),
    MemberKind(keys.DEVICES),
    MemberKind(keys.SERIALS, asked=False),
    MemberKind(keys.SENDERS),
    MemberKind(keys.BUS_ADDRESSES, is_code=True),
    _ADDRESS,
    MemberKind(keys.SOURCES, asked=False, names_values=True, is_part=True),
    MemberKind(keys.IDS, names_values=True, numbers_messages=True),
    MemberKind(keys.NAMES, asked=False, names_values=True),
    MemberKind(keys.PARTS, names_values=True, is_code=True, is_part=True),
)
# Numbers up to this one are given to devices; those of messages are larger soon after the start.
_LARGEST_GIVEN = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberChoice:
    """Member that may name the device of a message, and the names of the devices that it makes.

    ``path`` None: the topic alone names the device.
    """

    path: Path | None
    devices: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberChoices:
    """Choices, the most likely first and none last, and the proposed member; without choices there is no question."""

    choices: tuple[MemberChoice, ...] = ()
    proposed: Path | None = None


class _Occurrence(NamedTuple):
    """Value of a member in one message: its topic, its text, and the keys of the numbers beside it that say what.

    ``name`` is the display name beside it, if there is one.
    """

    topic: str
    text: str
    is_number: bool
    numbers: frozenset[Path]
    name: str | None


class _Member:
    """Member that may name a device, with its values in order of arrival."""

    def __init__(self, path: Path, occurrences: Sequence[_Occurrence], list_key: str | None) -> None:
        """``list_key`` is the key of the list in whose elements it is; None outside of lists."""
        self.path = path
        self._occurrences = occurrences
        self._list_key = list_key
        self._parent = str(path[-2]) if len(path) > 1 else ""
        self._texts = {occurrence.text for occurrence in occurrences}

    @cached_property
    def kind(self) -> MemberKind | None:
        """Return the kind of its key; None for a key that names no device, and whose values are no addresses."""
        leaf = _plain(self.path[-1])
        names = {f"{_plain(self._parent)}{leaf}"} | ({leaf} if self._is_of_sender else set())
        by_key = next((kind for kind in MEMBER_KINDS if not names.isdisjoint(kind.keys)), None)
        if by_key and by_key.is_code and any(" " in text for text in self._texts):
            return None
        return by_key or (_ADDRESS if self._has_addresses else None)

    @property
    def is_possible(self) -> bool:
        """Return whether the user may choose it: any identity, and a text under an unknown key."""
        if self.kind:
            return True
        words = words_of(str(self.path[-1]))
        is_described = roles.ABOUT.get(" ".join(words), "name") != "name"
        return not is_described and (role_of(words, None) == "identity" or self._is_unknown)

    @property
    def is_asked(self) -> bool:
        """Return whether the user is asked for it, even if a single device has been heard."""
        if self._is_of_another_device or self._is_in_topic or self._is_code:
            return False
        if self.kind is None or self.kind.is_part:
            return (self.kind is not None or self._is_unknown) and self._list_key is None and self._differs
        if self._list_key is None:
            return self.kind.asked and self._is_of_sender
        return self._has_addresses or (self._is_in_message and (self.kind.asked or not self.kind.names_values))

    def is_proposed(self, present: Iterable[MemberKind]) -> bool:
        """Return whether the messages show several devices; ``present`` are the kinds of all members."""
        kind = self.kind
        is_other = self._is_of_another_device or self._is_in_topic or self._is_code or self._is_of_a_message
        if kind is None or kind.is_part or is_other or not self._differs:
            return False
        if self._list_key is not None and not self._has_addresses:
            return self._is_in_message and not kind.names_values
        if kind.numbers_messages and not self._has_repeats:
            return not self._is_counted and all(other.names_values for other in present)
        return True

    @property
    def _is_of_sender(self) -> bool:
        """Return whether its level describes the whole message: the id of an error is not that of a device."""
        return self._parent in {"", self._list_key} or _plain(self._parent) in keys.SENDER_LEVELS

    @property
    def _is_in_message(self) -> bool:
        """Return whether it is in a list whose elements are messages, not the parts of a device."""
        return self._list_key is not None and _plain(self._list_key) in {"", *keys.LISTS_OF_MESSAGES}

    @cached_property
    def _has_addresses(self) -> bool:
        return all(_ADDRESS_TEXT.fullmatch(text) for text in self._texts)

    @cached_property
    def _is_unknown(self) -> bool:
        """Return whether it is a text under a key of which no word is known."""
        are_texts = not any(
            occurrence.is_number or number_of(occurrence.text) is not None for occurrence in self._occurrences
        )
        return are_texts and KNOWN.isdisjoint(words_of(str(self.path[-1])))

    @cached_property
    def _is_code(self) -> bool:
        """Return whether it holds the codes that a receiver reports: of cards and buttons, not of devices."""
        leaf = words_of(str(self.path[-1]))
        above = words_of(str(self.path[-2])) if len(self.path) > 1 else ()
        return not CODES.isdisjoint(leaf[-1:]) and not RECEIVERS.isdisjoint(leaf + above)

    @cached_property
    def _is_of_another_device(self) -> bool:
        return any(not keys.OTHER_DEVICES.isdisjoint(words_of(str(part))) for part in self.path)

    @cached_property
    def _is_of_a_message(self) -> bool:
        """Return whether each message has a value of its own, and the key or the value is one that messages have."""
        if self._has_repeats:
            return False
        words = set(words_of(str(self.path[-1])))
        if self.kind is not None and self.kind.numbers_messages:
            words |= set(words_of(self._parent))
        return not keys.OF_MESSAGES.isdisjoint(words) or all(_UUID.fullmatch(text) for text in self._texts)

    @cached_property
    def _is_in_topic(self) -> bool:
        """Return whether the topic already tells the devices apart: it has the text, or each topic has its own."""
        pairs = {(occurrence.topic, occurrence.text) for occurrence in self._occurrences}
        if all(_plain(text) in _parts_of(topic) for topic, text in pairs):
            return True
        return len(pairs) > 1 and len(pairs) == len({topic for topic, _ in pairs}) == len(self._texts)

    @property
    def _has_repeats(self) -> bool:
        return len(self._texts) < len(self._occurrences)

    @property
    def _has_names(self) -> bool:
        """Return whether each text has a name of its own beside it, and numbers that say what they are."""
        names = {(occurrence.text, occurrence.name) for occurrence in self._occurrences}
        is_named = all(occurrence.name and occurrence.numbers for occurrence in self._occurrences)
        return is_named and len(names) == len(self._texts) == len({name for _, name in names})

    @property
    def _is_counted(self) -> bool:
        """Return whether each message has the next number."""
        numbers = [int(occurrence.text) for occurrence in self._occurrences if occurrence.is_number]
        is_counting = len(numbers) > 1 and all(after - before == 1 for before, after in pairwise(numbers))
        return is_counting and max(numbers) > _LARGEST_GIVEN

    @property
    def _differs(self) -> bool:
        """Return whether messages on one topic have different values; of a value, a number must be beside each."""
        kind = self.kind
        is_sure = kind is not None and (not kind.names_values or (kind.numbers_messages and self._has_names))
        texts: defaultdict[tuple[str, Path | None], set[str]] = defaultdict(set)
        for occurrence in self._occurrences:
            for number in (None,) if is_sure else occurrence.numbers:
                texts[occurrence.topic, number].add(occurrence.text)
        return any(len(different) > 1 for different in texts.values())


def member_choices(samples: Sequence[Sample], topic_filter: str, depth: int) -> MemberChoices:
    """Return the members of the messages that may tell their devices apart.

    Raises LibraryNeededError.
    """
    messages = _decoded(samples[-MAX_MESSAGES:])
    members = [member for member in _members(messages) if member.is_possible]
    present = [member.kind for member in members if member.kind]
    ranked = sorted(members, key=lambda member: MEMBER_KINDS.index(member.kind) if member.kind else len(MEMBER_KINDS))
    proposed = next((member.path for member in ranked if member.is_proposed(present)), None)
    if proposed is None and not any(member.is_asked for member in ranked):
        return MemberChoices()
    choices = [
        MemberChoice(path=path, devices=_devices(messages, topic_filter, depth, path))
        for path in (*(member.path for member in ranked[:MAX_CHOICES]), None)
    ]
    return MemberChoices(choices=tuple(choices), proposed=proposed)


def name_member(samples: Sequence[Sample], topic_filter: str, depth: int, device_member: Path) -> Path | None:
    """Return the member with the display name of a device; None if no message has one.

    Raises LibraryNeededError.
    """
    splitter = DeviceSplitter(topic_filter, depth, device_member)
    names: defaultdict[Path, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for topic, decoded in _decoded(samples[-MAX_MESSAGES:]):
        for report in splitter.split(split(topic_filter, depth, topic), decoded).reports:
            for field in report.fields:
                if report.identity and isinstance(field.value, str) and _plain(field.path[-1]) in keys.DISPLAY_NAMES:
                    names[field.path][report.identity].add(field.value)
    # The name of a value differs from message to message, that of a device does not.
    steady = [path for path, by_device in names.items() if all(len(texts) == 1 for texts in by_device.values())]
    return min(steady, key=lambda path: keys.DISPLAY_NAMES.index(_plain(path[-1])), default=None)


def _decoded(samples: Iterable[Sample]) -> list[tuple[str, Decoded]]:
    messages = []
    for sample in samples:
        try:
            messages.append((sample.topic, decoders.decode(sample)))
        except DecodeError:
            continue
    return messages


def _members(messages: Iterable[tuple[str, Decoded]]) -> list[_Member]:
    """Return the members with a text or an integer, of messages that do not identify their device themselves."""
    occurrences: defaultdict[tuple[Path, str | None], list[_Occurrence]] = defaultdict(list)
    for topic, decoded in messages:
        for report in decoded.reports:
            if report.identity is None:
                for record, fields in _records(report).items():
                    numbers = frozenset(without_indexes(raw_path(field)) for field in fields if _has_number(field))
                    for field in fields:
                        path, text = without_indexes(raw_path(field)), identity_text(field.value)
                        if text and path and isinstance(raw_path(field)[-1], str):
                            is_number = isinstance(field.value, int)
                            name = _name_beside(field, fields)
                            found = _Occurrence(topic, text, is_number, numbers - {path}, name)
                            occurrences[path, _list_key(record)].append(found)
    return [_Member(path, found, list_key) for (path, list_key), found in occurrences.items()]


def _name_beside(field: Field, fields: Iterable[Field]) -> str | None:
    """Return the display name of a device in the same object as a field."""
    path = raw_path(field)
    beside = (other for other in fields if raw_path(other)[:-1] == path[:-1] and raw_path(other) != path)
    names = {_plain(raw_path(other)[-1]): identity_text(other.value) for other in beside}
    return next((names[key] for key in keys.DISPLAY_NAMES if names.get(key)), None)


def _list_key(record: Path) -> str | None:
    """Return the key of the list with an element, empty for a message that is a list; None outside of lists."""
    return next((part for part in reversed(record) if isinstance(part, str)), "") if record else None


def _records(report: Report) -> Mapping[Path, list[Field]]:
    records: defaultdict[Path, list[Field]] = defaultdict(list)
    for field in report.fields:
        records[element_path(raw_path(field))].append(field)
    return records


def _devices(
    messages: Iterable[tuple[str, Decoded]], topic_filter: str, depth: int, device_member: Path | None
) -> tuple[str, ...]:
    """Return the names of the devices that a member makes; a gateway only if it has readings of its own."""
    splitter = DeviceSplitter(topic_filter, depth, device_member)
    names: dict[str, str] = {}
    gateways: defaultdict[str, dict[Path, Field]] = defaultdict(dict)
    for topic, decoded in messages:
        match = split(topic_filter, depth, topic)
        for report in splitter.split(match, decoded).reports:
            identity = report.identity or match.identity
            names.setdefault(identity, splitter.default_name(match, identity))
            if report.identity is None:
                gateways[identity] |= {field.path: field for field in report.fields}
    silent = {
        identity
        for identity, fields in gateways.items()
        if not inference.infer([("", field) for field in fields.values()], topic=identity).readings
    }
    return tuple(name for identity, name in names.items() if identity not in silent)


def _parts_of(topic: str) -> set[str]:
    """Return the levels of a topic and their parts: ``switch:0``, ``shelly-c049ef8a1b2c``."""
    levels = topic.split("/")
    return {_plain(part) for level in levels for part in (level, *re.split(r"[^0-9A-Za-z]+", level))}


def _has_number(field: Field) -> bool:
    """Return whether a field is a number whose key says what it is."""
    path = raw_path(field)
    is_named = bool(path) and str(path[-1]).lower() not in _NAMELESS
    return is_named and isinstance(field.value, int | float) and not isinstance(field.value, bool)


def _plain(part: str | int) -> str:
    return "".join(letter for letter in str(part).lower() if letter.isalnum())
