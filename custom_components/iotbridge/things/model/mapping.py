"""From a decoded message to the values of a profile's channels."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
import hashlib
import re

from .conversion import convert, is_read_alike, number
from .message import Decoded, DeviceMetadata, Path, Report, Scalar, Value
from .profile import Channel, Profile, key_of
from .topic_matching import TopicMatch

_PLAIN_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MAX_SLUG = 32
UID_PREFIX = "iotbridge_thing_"
_POLE = 90
_DATE_LINE = 180


@lru_cache(4096)
def slug(text: str) -> str:
    """Return the text as an id of ``[a-z0-9_]``; what is not already one gets a digest, so that no two are the same."""
    if _PLAIN_ID.fullmatch(text):
        return text
    plain = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:_MAX_SLUG].strip("_")
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{plain}_{digest}" if plain else digest


def thing_uid(topic: str, identity: str) -> str:
    """Return the identifier of a device: the same for the same filter and identity, whoever asks and when."""
    name = slug(identity.rpartition("/")[2])[:_MAX_SLUG]
    return f"{UID_PREFIX}{name}_{hashlib.sha256(f'{topic}\n{identity}'.encode()).hexdigest()[:8]}"


def placed(place: TopicMatch, report: Report) -> tuple[str, str]:
    """Return identity and subtopic of a report: a message that names its device is stronger than its topic."""
    if report.identity is not None:
        return report.identity, ""
    return place.identity, place.subtopic


@dataclass(slots=True)
class Update:
    """Update of one device by one message.

    ``values`` by channel key, ``around`` what goes with a position; ``keys`` are those of all fields in it, known or
    not; ``broken`` those whose value is not what the channel expects. ``is_alike``: core's templates find the same.
    """

    identity: str
    about: DeviceMetadata
    values: dict[str, Value] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    around: dict[str, dict[str, float]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    is_alike: bool = True


class ProfileReader:
    """Reads messages as one profile says."""

    def __init__(self, profile: Profile) -> None:
        """Look up each field once, by its place."""
        self._channels = {(channel.subtopic, channel.path): channel for channel in profile.channels if channel.enabled}

    def read(self, place: TopicMatch, decoded: Decoded) -> list[Update]:
        """Return an update for each device that a message on a topic speaks of."""
        updates = []
        for report in decoded.reports:
            identity, subtopic = placed(place, report)
            update = self._update(identity, subtopic, report)
            update.is_alike = update.is_alike and decoded.exact
            updates.append(update)
        return updates

    def _update(self, identity: str, subtopic: str, report: Report) -> Update:
        update = Update(identity, report.about)
        by_path = {found.path: found.value for found in report.fields}
        for found in report.fields:
            key = key_of(subtopic, found.path)
            update.keys.add(key)
            channel = self._channels.get((subtopic, found.path))
            if channel is None:
                continue
            update.is_alike = update.is_alike and is_read_alike(channel, found.value)
            try:
                update.values[key] = _value(channel, found.value, by_path)
            except ValueError:
                update.broken.append(key)
            if channel.companions:
                update.around[key] = _companions(channel, by_path)
        return update


def _value(channel: Channel, raw: Scalar, by_path: Mapping[Path, Scalar]) -> Value:
    if channel.platform != "device_tracker":
        return convert(channel, raw)
    places = dict(channel.companions)
    return position(raw, by_path.get(places.get("longitude", ())))


def position(latitude: Scalar, longitude: Scalar) -> Value:
    """Return a position; None where the receiver has none, which many say with zeros. ValueError: no coordinates."""
    if latitude is None or longitude is None:
        return None
    north, east = float(number(latitude)), float(number(longitude))
    is_flag = isinstance(latitude, bool) or isinstance(longitude, bool)
    if is_flag or abs(north) > _POLE or abs(east) > _DATE_LINE:
        raise ValueError("no coordinates")
    return None if north == east == 0 else (north, east)


def _companions(channel: Channel, by_path: Mapping[Path, Scalar]) -> dict[str, float]:
    """Return the numbers that go with a position: its accuracy and its altitude in metres."""
    found = {}
    for role, path in channel.companions:
        value = by_path.get(path)
        if role != "longitude" and isinstance(value, int | float) and not isinstance(value, bool):
            found[role] = float(value)
    return found
