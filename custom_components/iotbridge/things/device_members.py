"""Choice of the member that tells the devices of a topic apart: what is possible, and what the messages speak for."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise
from typing import NamedTuple

from . import decoders, inference
from .inference.candidates.builder import ADDRESS
from .inference.roles.words import role_of
from .inference.tokens import words_of
from .model.device_member import DeviceSplitter, identity_text, is_unique, raw_path, record_of, without_indexes
from .model.message import Decoded, DecodeError, Field, Path, Report, Sample
from .model.topic_matching import split
from .vocabulary import roles
from .vocabulary.keys import device_members as keys
from .vocabulary.keys.records import TIMES, UNITS, VALUES
from .vocabulary.states.events import CODES, RECEIVERS

MAX_MESSAGES = 200
MAX_CHOICES = 12
# Keys that do not say what a value is: beside them, a name or a number names the value, not a device.
_NAMELESS = frozenset({*VALUES, *UNITS, *TIMES})


class MemberKind(NamedTuple):
    """Kind of keys that may name a device.

    ``asked``: the user is asked even if a single device has been heard, ``asked_in_lists`` for the records of a list,
    others of which are the parts of one device. ``names_values``: in other messages it names the value beside it;
    ``numbers_messages``: some devices number their messages with it.
    """

    keys: frozenset[str]
    asked: bool = True
    asked_in_lists: bool = False
    names_values: bool = False
    numbers_messages: bool = False


_ADDRESS = MemberKind(frozenset(), asked_in_lists=True)
# In order of precedence.
MEMBER_KINDS = (
    MemberKind(keys.HARDWARE, asked_in_lists=True),
    MemberKind(keys.DEVICES, asked_in_lists=True),
    MemberKind(keys.SENDERS),
    MemberKind(keys.BUS_ADDRESSES),
    _ADDRESS,
    MemberKind(keys.IDS, names_values=True, numbers_messages=True),
    MemberKind(keys.NAMES, asked=False, names_values=True),
)


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
    """Value of a member in one message: its topic, its text, and the keys beside it."""

    topic: str
    text: str
    is_number: bool
    beside: frozenset[Path]


class _Member:
    """Member that may name a device, with its values in order of arrival."""

    def __init__(self, path: Path, occurrences: Sequence[_Occurrence], *, in_list: bool) -> None:
        self.path = path
        self._occurrences = occurrences
        self._in_list = in_list
        self._texts = {occurrence.text for occurrence in occurrences}

    @cached_property
    def kind(self) -> MemberKind | None:
        """Return the kind of its key; None for a key that names no device, and whose values are no addresses."""
        leaf = _plain(self.path[-1])
        names = {leaf, f"{_plain(self.path[-2])}{leaf}"} if len(self.path) > 1 else {leaf}
        by_key = next((kind for kind in MEMBER_KINDS if not names.isdisjoint(kind.keys)), None)
        return by_key or (_ADDRESS if self._has_addresses else None)

    @property
    def is_possible(self) -> bool:
        """Return whether the user may choose it: a text that is not a state, or any identity."""
        if self.kind:
            return True
        words = words_of(str(self.path[-1]))
        role = role_of(words, None)
        is_text = not any(occurrence.is_number for occurrence in self._occurrences)
        return role == "identity" or (role is None and is_text and " ".join(words) not in roles.TEXTS)

    @property
    def is_asked(self) -> bool:
        """Return whether the user is asked for it, even if a single device has been heard."""
        if self.kind is None or self._is_of_another_device or self._is_in_topic or self._is_code:
            return False
        return self.kind.asked_in_lists if self._in_list else self.kind.asked

    def is_proposed(self, present: Iterable[MemberKind]) -> bool:
        """Return whether the messages show several devices; ``present`` are the kinds of all members."""
        kind = self.kind
        if kind is None or self._is_of_another_device or self._is_in_topic or self._is_code:
            return False
        if self._in_list and not self._has_addresses:
            return False
        is_named_better = any(not other.names_values for other in present)
        if kind.numbers_messages and not self._has_repeats and (is_named_better or self._is_counted):
            return False
        return self._differs

    @cached_property
    def _has_addresses(self) -> bool:
        return all(
            (is_unique(occurrence.text) and not occurrence.text.isdecimal()) or ADDRESS.fullmatch(occurrence.text)
            for occurrence in self._occurrences
            if not occurrence.is_number
        ) and not any(occurrence.is_number for occurrence in self._occurrences)

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
    def _is_in_topic(self) -> bool:
        """Return whether the topic already tells the devices apart: it has the text, or each topic has its own."""
        pairs = {(occurrence.topic, occurrence.text) for occurrence in self._occurrences}
        if all(_plain(text) in {_plain(level) for level in topic.split("/")} for topic, text in pairs):
            return True
        return len(pairs) > 1 and len(pairs) == len({topic for topic, _ in pairs}) == len(self._texts)

    @property
    def _has_repeats(self) -> bool:
        return len(self._texts) < len(self._occurrences)

    @property
    def _is_counted(self) -> bool:
        """Return whether each message has the next number."""
        numbers = [int(occurrence.text) for occurrence in self._occurrences if occurrence.is_number]
        return len(numbers) > 1 and all(after - before == 1 for before, after in pairwise(numbers))

    @property
    def _differs(self) -> bool:
        """Return whether messages on one topic have different values, and a key in common."""
        by_topic: defaultdict[str, dict[tuple[str, frozenset[Path]], None]] = defaultdict(dict)
        for occurrence in self._occurrences:
            by_topic[occurrence.topic][occurrence.text, self._with_meaning(occurrence.beside)] = None
        return any(
            text != other and not beside.isdisjoint(beside_other)
            for kinds in by_topic.values()
            for (text, beside), (other, beside_other) in combinations(kinds, 2)
        )

    def _with_meaning(self, paths: frozenset[Path]) -> frozenset[Path]:
        """Return the keys that say what a value is, where the member may name the value instead."""
        if self.kind is None or not self.kind.names_values:
            return paths
        return frozenset(path for path in paths if str(path[-1]).lower() not in _NAMELESS)


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
    occurrences: defaultdict[tuple[Path, bool], list[_Occurrence]] = defaultdict(list)
    for topic, decoded in messages:
        for report in decoded.reports:
            if report.identity is None:
                for record, fields in _records(report).items():
                    paths = frozenset(without_indexes(raw_path(field)) for field in fields)
                    for field in fields:
                        path, text = without_indexes(raw_path(field)), identity_text(field.value)
                        if text and path and isinstance(raw_path(field)[-1], str):
                            found = _Occurrence(topic, text, isinstance(field.value, int), paths - {path})
                            occurrences[path, bool(record)].append(found)
    return [_Member(path, found, in_list=in_list) for (path, in_list), found in occurrences.items()]


def _records(report: Report) -> Mapping[Path, list[Field]]:
    records: defaultdict[Path, list[Field]] = defaultdict(list)
    for field in report.fields:
        records[record_of(raw_path(field))].append(field)
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
        if not inference.infer([("", field) for field in fields.values()], topic=identity, format="").readings
    }
    return tuple(name for identity, name in names.items() if identity not in silent)


def _plain(part: str | int) -> str:
    return "".join(letter for letter in str(part).lower() if letter.isalnum())
