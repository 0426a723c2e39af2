"""The words of learning: samples go in, channels come out.

A ``Sample`` is decoded into ``Report``s (one for each device that it speaks of) of ``Field``s; inference makes a
``Channel`` of each field that is a reading; a ``Profile`` is what the user confirmed of them.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from ...migration import DEVICE, VERSION_KEY, version_of
from .message import DeviceMetadata, Path, Problem, Value

PLATFORMS = ("sensor", "binary_sensor", "switch", "event", "device_tracker")


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Entity of a device, and the place of its value in the messages.

    The value is at ``path`` in the messages on the device's topic plus ``subtopic`` (empty when the device has one
    topic). ``unit``, ``device_class`` and ``state_class`` are Home Assistant's own. ``scale`` is multiplied to a
    number, ``precision`` is the digits shown. ``on`` and ``off`` are the raw values, as text, of a binary sensor or a
    switch (JSON's ``true`` is ``"true"``); the ``+`` of a ``command_topic`` stand for the levels by which the devices
    of a filter differ. ``companions`` are the other members a position is made of, by role (``longitude``,
    ``accuracy``); its own path is the latitude's.
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
    enabled: bool = True
    on: str | None = None
    off: str | None = None
    event_types: tuple[str, ...] = ()
    companions: tuple[tuple[str, Path], ...] = ()
    command_topic: str | None = None
    command_on: str = "ON"
    command_off: str = "OFF"

    @property
    def key(self) -> str:
        """Return what the channel is called where people read or write it: ``ENERGY.Total``, ``Dc/0/Voltage``."""
        return key_of(self.subtopic, self.path)

    @property
    def is_number(self) -> bool:
        """Return whether Home Assistant takes it for a number, and nothing else."""
        is_text = self.device_class in {None, "enum", "timestamp", "date"} and not (self.state_class or self.unit)
        return self.platform == "sensor" and not is_text

    def as_seen(self) -> Channel:
        """Return a switch as what can be seen of it."""
        return replace(
            self,
            platform="binary_sensor",
            command_topic=None,
            command_on=CHANNEL_DEFAULTS["command_on"],
            command_off=CHANNEL_DEFAULTS["command_off"],
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON and YAML: without what is at its default."""
        plain: dict[str, Any] = {"name": self.name, "path": list(self.path)}
        for name, value in asdict(self).items():
            if name not in plain and value != CHANNEL_DEFAULTS[name]:
                plain[name] = value
        if self.event_types:
            plain["event_types"] = list(self.event_types)
        if self.companions:
            plain["companions"] = {role: list(path) for role, path in self.companions}
        return plain

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Channel:
        """Read what ``as_dict`` wrote."""
        given = dict(data)
        given["path"] = tuple(given["path"])
        given["event_types"] = tuple(given.get("event_types", ()))
        companions: Mapping[str, list[str | int]] = given.get("companions", {})
        given["companions"] = tuple((role, tuple(place)) for role, place in companions.items())
        return cls(**given)


CHANNEL_DEFAULTS: dict[str, Any] = asdict(Channel(name="", path=()))


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
    """A proposed channel with the value it has now, after conversion."""

    channel: Channel
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedDevice:
    """Device as its messages describe it: identity, metadata and readings."""

    identity: str
    about: DeviceMetadata
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """Result of the analysis of some messages.

    ``system`` names a self-discovering system (Zigbee2MQTT …) whose messages these are; ``exact``: a template finds
    every value in all of them as we do; ``depth`` how many levels of the topic belong to the device, see
    ``topic_matching.split``.
    """

    format: str
    devices: tuple[LearnedDevice, ...]
    problems: tuple[Problem, ...] = ()
    exact: bool = False
    system: str | None = None
    depth: int = 0


class Joining(StrEnum):
    """Policy for an unknown device on a topic that the wildcard matches: ask the user, or add it."""

    ASK = "ask"
    ADD = "add"


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """The topic on which a device says whether it is there; ``+`` stand for the same levels as in its own topic.

    ``online`` and ``offline`` are the whole payload, or what is at ``path`` in it.
    """

    topic: str
    online: str = "online"
    offline: str = "offline"
    path: Path = ()

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON and YAML."""
        plain: dict[str, Any] = {"topic": self.topic, "online": self.online, "offline": self.offline}
        return plain | ({"path": list(self.path)} if self.path else {})

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Availability:
        """Read what ``as_dict`` wrote."""
        return cls(**{**data, "path": tuple(data.get("path", ()))})


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Profile that the user confirmed: the data of one subentry.

    ``topic`` is a topic or a filter, ``devices`` what is known of each identity that is wanted, ``dropped`` the keys
    and ``ignored`` the identities that were seen and are not wanted. ``expire_after_s``: None learns it from the
    device's rhythm, 0 never.
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

    def as_dict(self) -> dict[str, Any]:
        """Return it as the data of a subentry."""
        return {
            VERSION_KEY: version_of(DEVICE),
            "topic": self.topic,
            "depth": self.depth,
            "channels": [channel.as_dict() for channel in self.channels],
            "devices": {
                identity: {key: value for key, value in asdict(about).items() if value is not None}
                for identity, about in self.devices.items()
            },
            "area": self.area,
            "joining": self.joining.value,
            "dropped": sorted(self.dropped),
            "ignored": sorted(self.ignored),
            "availability": self.availability.as_dict() if self.availability else None,
            "expire_after_s": self.expire_after_s,
            "exact": self.exact,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Profile:
        """Read the data of a subentry."""
        return cls(
            topic=data["topic"],
            depth=data["depth"],
            channels=tuple(Channel.from_dict(channel) for channel in data["channels"]),
            devices={identity: DeviceMetadata(**about) for identity, about in data["devices"].items()},
            area=data.get("area"),
            joining=Joining(data["joining"]),
            dropped=frozenset(data.get("dropped", ())),
            ignored=frozenset(data.get("ignored", ())),
            availability=Availability.from_dict(data["availability"]) if data.get("availability") else None,
            expire_after_s=data.get("expire_after_s"),
            exact=data.get("exact", False),
        )
