"""Data model of learning: samples are analysed into channels.

A ``Sample`` is decoded into ``Report``s (one for each device in it) of ``Field``s; inference makes a ``Channel`` of
each field that is a reading; a ``Profile`` is what the user confirmed of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from ...migration import DEVICE, VERSION_KEY, version_of
from ..vocabulary.keys.records import VALUES
from .message import DeviceMetadata, Path, Problem, Value

# Type of an event whose code is none of the learned types: a channel that has it receives codes.
RECEIVED = "received"
PLATFORMS = ("sensor", "binary_sensor", "switch", "event", "device_tracker")


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Entity of a device, and the place of its value in the messages.

    The value is at ``path`` in the messages on the device's topic plus ``subtopic`` (empty when the device has one
    topic). ``unit``, ``device_class`` and ``state_class`` are Home Assistant's own. ``scale`` is the factor of a
    number, ``precision`` its digits shown; ``decimal_comma``: in a text, a comma comes before the decimals.
    ``stated_unit`` is the unit that its messages stated when it was learned, whatever ``unit`` the user gave it since;
    ``unit_path`` is the place of a member with the unit. ``on`` and ``off`` are the raw values, as text, of a binary
    sensor or a switch (JSON's ``true`` is ``"true"``); the ``+`` of a ``command_topic`` stand for the levels by which
    the devices of a filter differ. ``companions`` are the other members of a position, by role (``longitude``,
    ``accuracy``); the channel's own path is the latitude's. ``by_identity``: the path has the identity of a record,
    which no template can follow. ``id_key`` is the key from which the ids of its entity derive, if the path was changed
    later.
    """

    name: str
    path: Path
    subtopic: str = ""
    platform: str = "sensor"
    unit: str | None = None
    device_class: str | None = None
    state_class: str | None = None
    entity_category: str | None = None
    precision: int | None = None
    scale: float = 1.0
    decimal_comma: bool = False
    stated_unit: str | None = None
    unit_path: Path | None = None
    enabled: bool = True
    on: str | None = None
    off: str | None = None
    event_types: tuple[str, ...] = ()
    companions: tuple[tuple[str, Path], ...] = ()
    command_topic: str | None = None
    command_on: str = "ON"
    command_off: str = "OFF"
    by_identity: bool = False
    id_key: str | None = None

    @property
    def key(self) -> str:
        """Return the key that users read and write: ``ENERGY.Total``, ``Dc/0/Voltage``."""
        return key_of(self.subtopic, self.path)

    @property
    def stable_key(self) -> str:
        """Return the key from which the ids of its entity derive."""
        return self.key if self.id_key is None else self.id_key

    @property
    def receives_codes(self) -> bool:
        """Return whether its events carry their code as an attribute, and unknown codes are events, too."""
        return self.platform == "event" and RECEIVED in self.event_types

    @property
    def is_number(self) -> bool:
        """Return whether Home Assistant accepts only numbers as its state."""
        is_text = self.device_class in {None, "enum", "timestamp", "date"} and not (self.state_class or self.unit)
        return self.platform == "sensor" and not is_text

    def as_read_only(self) -> Channel:
        """Return a switch as a binary sensor without commands."""
        return replace(
            self,
            platform="binary_sensor",
            command_topic=None,
            command_on=CHANNEL_DEFAULTS["command_on"],
            command_off=CHANNEL_DEFAULTS["command_off"],
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the data for JSON and YAML, without default values."""
        plain: dict[str, Any] = {"name": self.name, "path": list(self.path)}
        for name, value in asdict(self).items():
            if name not in plain and value != CHANNEL_DEFAULTS[name]:
                plain[name] = value
        if self.unit_path is not None:
            plain["unit_path"] = list(self.unit_path)
        if self.event_types:
            plain["event_types"] = list(self.event_types)
        if self.companions:
            plain["companions"] = {role: list(path) for role, path in self.companions}
        return plain

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Channel:
        """Return the channel from the data of ``as_dict``."""
        arguments = dict(data)
        arguments["path"] = tuple(arguments["path"])
        arguments["unit_path"] = _path(arguments.get("unit_path"))
        arguments["event_types"] = tuple(arguments.get("event_types", ()))
        companions: Mapping[str, list[str | int]] = arguments.get("companions", {})
        arguments["companions"] = tuple((role, tuple(place)) for role, place in companions.items())
        return cls(**arguments)


CHANNEL_DEFAULTS: dict[str, Any] = asdict(Channel(name="", path=()))


def is_value(path: Path) -> bool:
    """Return whether a path is that of the value in an object: {"value": 21.5, "unit": "°C"}.

    A device that begins to write such objects in place of numbers is read by the same channels.
    """
    return bool(path) and path[-1] in VALUES


def key_of(subtopic: str, path: Path) -> str:
    """Return a place as text: ``Dc/0/Voltage``, ``ENERGY.Total``, ``onewire[0]``, ``state:params.switch:0.output``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return f"{subtopic}:{text}" if subtopic and text else subtopic or text


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Proposed channel with its current value, after conversion; ``raw_path`` as in its ``Field``."""

    channel: Channel
    value: Value
    raw_path: Path | None = None

    @property
    def keys(self) -> set[str]:
        """Return the keys by which a channel may read its field: by identity, by position, and of a former number."""
        paths = {self.channel.path, self.channel.path if self.raw_path is None else self.raw_path}
        paths |= {path[:-1] for path in paths if is_value(path)}
        return {key_of(self.channel.subtopic, path) for path in paths}


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedDevice:
    """Device as its messages describe it: identity, metadata and readings.

    ``unproposed`` are its other values, which are not proposed: identities, codes, times, texts and repetitions.
    """

    identity: str
    metadata: DeviceMetadata
    readings: tuple[Reading, ...]
    unproposed: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """Result of the analysis of some messages.

    ``system`` names a self-discovering system (Zigbee2MQTT …) whose messages these are; ``exact``: a template finds
    every value in all of them as we do; ``depth`` is the number of topic levels that belong to the device, see
    ``topic_matching.split``; the members by which they were split are as in ``Profile``.
    """

    format: str
    devices: tuple[LearnedDevice, ...]
    problems: tuple[Problem, ...] = ()
    exact: bool = False
    system: str | None = None
    depth: int = 0
    device_member: Path | None = None
    name_member: Path | None = None

    @property
    def is_family(self) -> bool:
        """Return whether there are several devices, or may be as soon as they send."""
        return len(self.devices) > 1 or self.device_member is not None


class Joining(StrEnum):
    """Policy for an unknown device on a topic that the wildcard matches: ask the user, or add it."""

    ASK = "ask"
    ADD = "add"


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Topic on which a device reports its availability; ``+`` stand for the same levels as in its own topic.

    ``online`` and ``offline`` are the whole payload, or the value at ``path`` in it.
    """

    topic: str
    online: str = "online"
    offline: str = "offline"
    path: Path = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the data for JSON and YAML."""
        plain: dict[str, Any] = {"topic": self.topic, "online": self.online, "offline": self.offline}
        return plain | ({"path": list(self.path)} if self.path else {})

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Availability:
        """Return the availability from the data of ``as_dict``."""
        return cls(**{**data, "path": tuple(data.get("path", ()))})


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Profile that the user confirmed: the data of one subentry.

    ``topic`` is a topic or a filter, ``devices`` the metadata of each wanted identity, ``dropped`` the keys and
    ``ignored`` the identities that the user does not want. ``expire_after_s``: None learns it from the device's
    reporting interval, 0 is never. ``device_member`` is the member of the messages that names the device,
    ``name_member`` the one with its display name; both without indexes of lists.
    """

    topic: str
    depth: int
    channels: tuple[Channel, ...]
    devices: Mapping[str, DeviceMetadata]
    area: str | None = None
    joining: Joining = Joining.ASK
    dropped: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    availability: Availability | None = None
    expire_after_s: int | None = None
    exact: bool = False
    device_member: Path | None = None
    name_member: Path | None = None

    @property
    def shared_part(self) -> Profile:
        """Return the part that all devices share."""
        return replace(self, devices={}, ignored=frozenset(), dropped=frozenset(), joining=Joining.ASK)

    def is_decided(self, reading: Reading) -> bool:
        """Return whether a channel has a reading's field or its ids, or the user dropped it."""
        decided = {channel.key for channel in self.channels} | self.dropped
        ids = {channel.id_key for channel in self.channels}
        return reading.channel.key in ids or not decided.isdisjoint(reading.keys)

    def as_dict(self) -> dict[str, Any]:
        """Return the data of a subentry."""
        return {
            VERSION_KEY: version_of(DEVICE),
            "topic": self.topic,
            "depth": self.depth,
            "channels": [channel.as_dict() for channel in self.channels],
            "devices": {
                identity: {key: value for key, value in asdict(metadata).items() if value is not None}
                for identity, metadata in self.devices.items()
            },
            "area": self.area,
            "joining": self.joining.value,
            "dropped": sorted(self.dropped),
            "ignored": sorted(self.ignored),
            "availability": self.availability.as_dict() if self.availability else None,
            "expire_after_s": self.expire_after_s,
            "exact": self.exact,
            "device_member": _plain_path(self.device_member),
            "name_member": _plain_path(self.name_member),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Profile:
        """Return the profile from the data of a subentry."""
        return cls(
            topic=data["topic"],
            depth=data["depth"],
            channels=tuple(Channel.from_dict(channel) for channel in data["channels"]),
            devices={identity: DeviceMetadata(**metadata) for identity, metadata in data["devices"].items()},
            area=data.get("area"),
            joining=Joining(data["joining"]),
            dropped=frozenset(data.get("dropped", ())),
            ignored=frozenset(data.get("ignored", ())),
            availability=Availability.from_dict(data["availability"]) if data.get("availability") else None,
            expire_after_s=data.get("expire_after_s"),
            exact=data.get("exact", False),
            device_member=_path(data.get("device_member")),
            name_member=_path(data.get("name_member")),
        )


def _plain_path(path: Path | None) -> list[str | int] | None:
    return None if path is None else list(path)


def _path(data: Sequence[str | int] | None) -> Path | None:
    return None if data is None else tuple(data)
