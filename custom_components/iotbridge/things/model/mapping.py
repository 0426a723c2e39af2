"""Mapping of a decoded message to the values of a profile's channels."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
import hashlib
import re

from ...protocol.topics import THING_UID_PREFIX
from .conversion import OtherUnitError, convert, is_same_state, number
from .message import Decoded, DeviceMetadata, Path, Report, Sample, Scalar, Value
from .number_notation import has_decimal_comma
from .profile import Channel, Profile, is_value, key_of
from .stated_unit import unit_text_of
from .topic_matching import TopicMatch

_PLAIN_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MAX_SLUG = 32
_POLE = 90
_DATE_LINE = 180


@lru_cache(4096)
def slug(text: str) -> str:
    """Return the text as an id of ``[a-z0-9_]``; any other text gets a digest, so that ids are unique."""
    if _PLAIN_ID.fullmatch(text):
        return text
    plain = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:_MAX_SLUG].strip("_")
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{plain}_{digest}" if plain else digest


def thing_uid(topic: str, identity: str) -> str:
    """Return the identifier of a device, which depends on the filter and the identity only."""
    name = slug(identity.rpartition("/")[2])[:_MAX_SLUG]
    return f"{THING_UID_PREFIX}{name}_{hashlib.sha256(f'{topic}\n{identity}'.encode()).hexdigest()[:8]}"


def identity_and_subtopic(match: TopicMatch, report: Report) -> tuple[str, str]:
    """Return identity and subtopic of a report; an identity in the message takes precedence over the topic."""
    if report.identity is not None:
        return report.identity, report.subtopic
    return match.identity, match.subtopic


@dataclass(slots=True)
class Update:
    """Update of one device by one message.

    ``values`` by channel key, ``companions`` of a position; ``keys`` are those of all fields, known or not; ``broken``
    those whose value does not fit the channel; it is None if only its unit does not. ``is_readable_by_core``: core's
    templates find the same values.
    ``has_decimal_comma``: a channel whose ``decimal_comma`` is not set should have it.
    """

    identity: str
    metadata: DeviceMetadata
    values: dict[str, Value] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    companions: dict[str, dict[str, float]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    is_readable_by_core: bool = True
    has_decimal_comma: bool = False

    @property
    def is_broken(self) -> bool:
        """Return whether none of the values that the channels want could be read."""
        return bool(self.broken) and self.values.keys() <= set(self.broken)

    def has_new_state(self, before: Mapping[str, Value]) -> bool:
        """Return whether a value differs from ``before`` that is no number: a state may stay as it is for days."""
        return any(
            value != before.get(key) and (isinstance(value, bool) or not isinstance(value, int | float))
            for key, value in self.values.items()
        )


class ProfileReader:
    """Reads messages according to one profile."""

    def __init__(self, profile: Profile) -> None:
        """Index the channels by subtopic and path."""
        self._channels = {(channel.subtopic, channel.path): channel for channel in profile.channels if channel.enabled}
        self._has_units_beside = any(
            channel.unit_path is not None or is_value(channel.path) for channel in profile.channels
        )
        self._columns: dict[str, bool | None] = {}
        for channel in profile.channels:
            kind = _columns_of(channel)
            self._columns[channel.subtopic] = kind if self._columns.get(channel.subtopic, kind) == kind else None
        # The fields of a device hardly change from one message to the next.
        self._addressed = lru_cache(1024)(self._find)

    def with_columns(self, sample: Sample, match: TopicMatch) -> Sample:
        """Return a message with what the profile says about the columns in it."""
        columns = self._columns.get(match.subtopic)
        return sample if columns is None else replace(sample, columns=columns)

    def read(self, match: TopicMatch, decoded: Decoded) -> list[Update]:
        """Return an update for each device in a message."""
        updates = []
        for report in decoded.reports:
            identity, subtopic = identity_and_subtopic(match, report)
            update = Update(identity, report.metadata, is_readable_by_core=decoded.exact)
            self._read_report(subtopic, report, update)
            updates.append(update)
        return updates

    def _read_report(self, subtopic: str, report: Report, update: Update) -> None:
        """Add the values of a report to an update."""
        by_path = {path: field_.value for field_ in report.fields for path in field_.paths}
        for field_ in report.fields:
            channels, keys, is_in_object = self._addressed(subtopic, field_.paths)
            update.keys |= keys
            for channel in channels:
                unit = field_.unit
                if unit is None and (is_in_object or self._has_units_beside):
                    unit = unit_text_of(channel, field_.path, by_path.get)
                update.is_readable_by_core = (
                    update.is_readable_by_core
                    and channel.path == field_.paths[-1]
                    and is_same_state(channel, field_.value, unit)
                )
                _read(channel, field_.value, unit, by_path, update)

    def _find(self, subtopic: str, paths: tuple[Path, ...]) -> tuple[list[Channel], frozenset[str], bool]:
        """Return the channels of a field, its keys, and whether its value was a number of its own before."""
        channels = [channel for path in paths if (channel := self._channels.get((subtopic, path)))]
        is_in_object = not channels and is_value(paths[0])
        if is_in_object:
            channels = self._channels_of_object(subtopic, paths)
        keys = {channel.key for channel in channels}
        if not is_in_object or not channels:
            keys.add(key_of(subtopic, paths[0]))
        return channels, frozenset(keys), is_in_object

    def _channels_of_object(self, subtopic: str, paths: tuple[Path, ...]) -> list[Channel]:
        """Return the channels whose number has become the value of an object."""
        channels = (self._channels.get((subtopic, path[:-1])) for path in paths)
        return [channel for channel in channels if channel is not None and channel.platform != "device_tracker"]


def _read(channel: Channel, raw: Scalar, unit: str | None, by_path: Mapping[Path, Scalar], update: Update) -> None:
    """Add the value of a channel to an update, or its key to the broken ones."""
    if isinstance(raw, str) and channel.is_number and not channel.decimal_comma:
        update.has_decimal_comma = update.has_decimal_comma or has_decimal_comma(raw)
    try:
        update.values[channel.key] = _value(channel, raw, unit, by_path)
    except OtherUnitError:
        update.values[channel.key] = None
        update.broken.append(channel.key)
    except ValueError:
        update.broken.append(channel.key)
    if channel.companions:
        update.companions[channel.key] = _companions(channel, by_path)


def _columns_of(channel: Channel) -> bool | None:
    """Return whether a channel shows that its topic has columns, or one value; None if it shows neither."""
    if not channel.path:
        return False
    return True if len(channel.path) == 1 and isinstance(channel.path[0], int) else None


def _value(channel: Channel, raw: Scalar, unit: str | None, by_path: Mapping[Path, Scalar]) -> Value:
    if channel.platform != "device_tracker":
        return convert(channel, raw, unit)
    paths = dict(channel.companions)
    return position(raw, by_path.get(paths.get("longitude", ())))


def position(latitude: Scalar, longitude: Scalar) -> Value:
    """Return a position; None if the receiver has none, which many send as zeros. Raise ValueError otherwise."""
    if latitude is None or longitude is None:
        return None
    north, east = float(number(latitude, decimal_comma=True)), float(number(longitude, decimal_comma=True))
    is_flag = isinstance(latitude, bool) or isinstance(longitude, bool)
    if is_flag or abs(north) > _POLE or abs(east) > _DATE_LINE:
        raise ValueError("no coordinates")
    return None if north == east == 0 else (north, east)


def _companions(channel: Channel, by_path: Mapping[Path, Scalar]) -> dict[str, float]:
    """Return the numbers that accompany a position: its accuracy and its altitude in metres."""
    values = {}
    for role, path in channel.companions:
        value = by_path.get(path)
        if role != "longitude" and isinstance(value, int | float) and not isinstance(value, bool):
            values[role] = float(value)
    return values
