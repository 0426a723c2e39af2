"""Profile files: the mapping of one kind of device, as YAML that people share.

    name: AirGradient ONE
    manufacturer: AirGradient
    match:
      topic: airgradient/readings/+      # a topic filter
      keys: [rco2, pm02]                 # keys that must be present
      values: {media: [water]}           # values that must be one of these
      without: [gateway]                 # wildcard levels of topics that belong to other devices
    depth: 0                             # number of topic levels that identify the device
    device_member: [device, id]          # member that names the device, if several share a topic
    name_member: [device, name]          # member with its display name
    channels:
      - {name: CO2, path: [rco2], unit: ppm, device_class: carbon_dioxide, state_class: measurement}

A file may come from a stranger: YAML tags, aliases and deep nesting are rejected, and every member is checked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path as File
from typing import Any, NamedTuple

import yaml  # type: ignore[import-untyped]  # Home Assistant brings it

from ...topic_filters import has_wildcard, matches
from ..decoders import decode
from ..model.device_member import DeviceSplitter
from ..model.message import Decoded, DecodeError, LibraryNeededError, Path, Sample, Scalar
from ..model.profile import CHANNEL_DEFAULTS, PLATFORMS, Analysis, Availability, Channel, Profile, key_of
from ..model.topic_matching import split
from .validation import Expected, ProfileError, YamlReader

__all__ = ["Match", "ProfileError", "ProfileFile", "dump", "find", "parse", "shipped"]

FOLDER = File(__file__).parent / "shipped"
MAX_TEXT = 64 * 1024
MAX_CHANNELS = 500
ANY_TOPIC = "#"
# A message may contain changed values only: few keys identify a device if the topic matches, more if there is none.
_KEYS_WITH_TOPIC, _KEYS_ALONE = 3, 12
_MAX_LEVELS = 12
_MAX_DEPTH = 30
_MAX_EXPIRY_S = 30 * 24 * 3600
_TEXTS = (
    "subtopic", "unit", "stated_unit", "device_class", "state_class", "on", "off", "command_topic", "command_on",
    "command_off",
)  # fmt: skip
_BOOLEANS = ("decimal_comma", "enabled", "by_identity")
_MEMBERS = (
    "name", "manufacturer", "model", "match", "depth", "device_member", "name_member", "channels", "availability",
    "expire_after_s",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Criteria by which a device is recognized: all that are given must match.

    ``without`` are identities of other devices on the same topics.
    """

    topic: str = ANY_TOPIC
    keys: tuple[str, ...] = ()
    values: Mapping[str, tuple[Scalar, ...]] = field(default_factory=dict)
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileFile:
    """Profile file of one kind of device; ``depth`` as in ``topic_matching.split``, the rest as in ``Profile``."""

    name: str
    match: Match
    channels: tuple[Channel, ...]
    depth: int = 0
    manufacturer: str | None = None
    model: str | None = None
    availability: Availability | None = None
    expire_after_s: int | None = None
    device_member: Path | None = None
    name_member: Path | None = None

    def fits(self, learned: Analysis) -> bool:
        """Return whether its channels are those of messages that were split like this."""
        return self.depth == learned.depth and self.device_member in {None, learned.device_member}


def parse(text: str) -> ProfileFile:
    """Parse a profile file.

    Raises:
        ProfileError: the file is invalid; the text names the place and the expected content.
    """
    top = YamlReader("", _load(text))
    top.check_names(_MEMBERS)
    match = top.member("match")
    match.check_names(("topic", "keys", "values", "without"))
    values = match.member("values") if match.has("values") else None
    if not any(match.has(member) for member in ("topic", "keys", "values")):
        raise ProfileError("match", Expected.MATCH)
    channels = [_channel(channel) for channel in top.elements("channels", most=MAX_CHANNELS)]
    if not channels:
        raise ProfileError("channels", Expected.CHANNEL)
    availability = top.member("availability") if top.has("availability") else None
    if availability:
        availability.check_names(("topic", "online", "offline", "path"))
    return ProfileFile(
        name=top.text("name"),
        manufacturer=top.optional_text("manufacturer"),
        model=top.optional_text("model"),
        match=Match(
            topic=match.topic_filter("topic") if match.has("topic") else ANY_TOPIC,
            keys=tuple(match.texts("keys")),
            values={key: values.choices(key) for key in values.names()} if values else {},
            without=frozenset(match.texts("without")),
        ),
        depth=top.integer("depth", 0, -_MAX_DEPTH, _MAX_DEPTH),
        device_member=tuple(top.texts("device_member")) or None,
        name_member=tuple(top.texts("name_member")) or None,
        channels=tuple(channels),
        availability=Availability(
            topic=availability.text("topic"),
            online=availability.optional_text("online") or "online",
            offline=availability.optional_text("offline") or "offline",
            path=availability.path("path") if availability.has("path") else (),
        )
        if availability
        else None,
        expire_after_s=top.integer("expire_after_s", 0, 0, _MAX_EXPIRY_S) if top.has("expire_after_s") else None,
    )


def dump(profile: Profile, name: str, *, manufacturer: str | None = None, model: str | None = None) -> str:
    """Return a user's profile as a file to share, without what is personal (names, area, topic).

    The device is recognized by its first values, and by the topic if that is a filter, not a single device's own.
    """
    keys = [channel.key for channel in profile.channels if channel.enabled]
    by_topic = has_wildcard(profile.topic)
    plain: dict[str, Any] = {"name": name}
    plain |= {key: value for key, value in (("manufacturer", manufacturer), ("model", model)) if value}
    plain["match"] = {"topic": profile.topic} if by_topic else {}
    plain["match"]["keys"] = keys[: _KEYS_WITH_TOPIC if by_topic else _KEYS_ALONE]
    plain["depth"] = profile.depth
    members = {"device_member": profile.device_member, "name_member": profile.name_member}
    plain |= {key: list(path) for key, path in members.items() if path}
    # A single device's topics for commands and availability are its own.
    channels = [
        channel if by_topic or not channel.command_topic else channel.as_read_only() for channel in profile.channels
    ]
    plain["channels"] = [replace(channel, id_key=None).as_dict() for channel in channels]
    if profile.availability and by_topic:
        plain["availability"] = profile.availability.as_dict()
    if profile.expire_after_s is not None:
        plain["expire_after_s"] = profile.expire_after_s
    written: str = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=110)
    return written


def find(samples: Sequence[Sample], files: Iterable[ProfileFile]) -> ProfileFile | None:
    """Return the profile that matches the messages; of several, the one with the most criteria."""
    messages = [message for sample in samples if (message := _message(sample))]
    known = [file for file in files if any(_is_match(file, device) for device in _devices(file, messages))]
    return max(known, key=lambda file: len(file.match.keys) + len(file.match.values), default=None)


@cache
def shipped() -> tuple[ProfileFile, ...]:
    """Return the profiles that come with the integration. Reads files the first time: not for the event loop.

    Raises:
        ProfileError: one of them is invalid.
    """
    return tuple(parse(file.read_text("utf-8")) for file in sorted(FOLDER.glob("*.yaml")))


def _load(text: str) -> Any:
    """Parse YAML without tags, aliases and deep nesting, which can expand a small file enormously."""
    if len(text) > MAX_TEXT:
        raise ProfileError("", Expected.SIZE, most=MAX_TEXT // 1024)
    level = 0
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                raise ProfileError("", Expected.NO_ALIASES)
            if isinstance(event, yaml.CollectionStartEvent | yaml.CollectionEndEvent):
                level += 1 if isinstance(event, yaml.CollectionStartEvent) else -1
            if level > _MAX_LEVELS:
                raise ProfileError("", Expected.LEVELS, most=_MAX_LEVELS)
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        if isinstance(error, ProfileError):
            raise
        mark = getattr(error, "problem_mark", None)
        if mark is None:
            raise ProfileError("", Expected.YAML) from None
        raise ProfileError("", Expected.YAML_LINE, line=mark.line + 1) from None


def _channel(member: YamlReader) -> Channel:
    """Return a channel from the data of ``Channel.as_dict``."""
    member.check_names(("name", "path", *(key for key in CHANNEL_DEFAULTS if key != "id_key")))
    plain: dict[str, Any] = {"name": member.text("name"), "path": member.path("path")}
    plain |= {key: member.text(key) for key in _TEXTS if member.has(key)}
    if member.has("platform"):
        plain["platform"] = member.one_of("platform", PLATFORMS)
    if member.has("entity_category"):
        plain["entity_category"] = member.one_of("entity_category", ("diagnostic", "config"))
    if member.has("precision"):
        plain["precision"] = member.integer("precision", 0, 0, 10)
    if member.has("scale"):
        plain["scale"] = member.number("scale")
    plain |= {key: member.boolean(key) for key in _BOOLEANS if member.has(key)}
    if member.has("unit_path"):
        plain["unit_path"] = member.path("unit_path")
    if member.has("event_types"):
        plain["event_types"] = tuple(member.texts("event_types"))
    if member.has("companions"):
        companions = member.member("companions")
        plain["companions"] = tuple((role, companions.path(role)) for role in companions.names())
    return Channel(**plain)


class _ReportValues(NamedTuple):
    """Values of a report by key, with its identity, and the subtopic of a report with an identity."""

    identity: str | None
    subtopic: str
    values: Mapping[str, Scalar]


class _Message(NamedTuple):
    """Decoded message, and the values of its reports before any split."""

    topic: str
    decoded: Decoded
    reports: Sequence[_ReportValues]


def _message(sample: Sample) -> _Message | None:
    try:
        decoded = decode(sample)
    except DecodeError, LibraryNeededError:
        return None
    return _Message(sample.topic, decoded, _values(decoded))


def _values(decoded: Decoded) -> list[_ReportValues]:
    return [
        _ReportValues(
            report.identity,
            report.subtopic,
            {key_of("", path): field_.value for field_ in report.fields for path in field_.paths},
        )
        for report in decoded.reports
    ]


def _devices(file: ProfileFile, messages: Sequence[_Message]) -> list[dict[str, Scalar]]:
    """Return the values of each device on the profile's topics, by the keys of its channels."""
    devices: dict[str, dict[str, Scalar]] = {}
    splitter = DeviceSplitter(file.match.topic, file.depth, file.device_member)
    for topic, decoded, reports in messages:
        if not matches(file.match.topic, topic):
            continue
        place = split(file.match.topic, file.depth, topic)
        for identity, own, values in _values(splitter.split(place, decoded)) if file.device_member else reports:
            if (identity or place.identity) in file.match.without:
                continue
            subtopic = own if identity else place.subtopic
            device = devices.setdefault(identity or place.identity, {})
            device |= {_joined(subtopic, key): value for key, value in values.items()}
    return list(devices.values())


def _joined(subtopic: str, key: str) -> str:
    return f"{subtopic}:{key}" if subtopic and key else subtopic or key


def _is_match(file: ProfileFile, device: Mapping[str, Scalar]) -> bool:
    wanted = file.match.values
    return all(key in device for key in file.match.keys) and all(device.get(key) in wanted[key] for key in wanted)
