"""Proposal for the form of a new device, built from the analysis of its messages or from a profile file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from .. import decoders
from ..model.device_member import DeviceSplitter
from ..model.mapping import ProfileReader
from ..model.message import DecodeError, Sample, Value
from ..model.profile import Analysis, Availability, Channel, Profile, Reading
from ..model.topic_matching import fill, name_from, split
from ..profiles.yaml_file import ANY_TOPIC, ProfileFile
from .channel_form import union, unproposed_of, with_unit_of_core


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Device, or group of devices, as it would be added without changes by the user.

    ``unproposed`` are the channels of values that are not proposed; ``values`` are all current ones, by key.
    ``without`` are the identities that the profile excludes.
    """

    name: str
    manufacturer: str | None
    model: str | None
    channels: tuple[Channel, ...]
    unproposed: tuple[Channel, ...]
    values: Mapping[str, Value]
    availability: Availability | None = None
    expire_after_s: int | None = None
    without: frozenset[str] = frozenset()


def propose(topic: str, samples: Sequence[Sample], learned: Analysis, file: ProfileFile | None) -> Proposal:
    """Return the initial proposal; ``file`` is the profile that matched the messages."""
    without = file.match.without if file else frozenset()
    devices = tuple(device for device in learned.devices if device.identity not in without)
    if not devices:  # the user wants to learn exactly these
        devices, without = learned.devices, frozenset()
    readings = union(devices)
    unproposed = unproposed_of(devices, readings)
    inferred = _selectable(tuple(reading.channel for reading in readings.values()))
    values = {key: reading.value for key, reading in (readings | unproposed).items()}
    name = None if learned.is_family else devices[0].metadata.name
    name = name or name_from("/".join(level for level in topic.split("/") if level not in {"+", "#"}))
    manufacturer = _common(device.metadata.manufacturer for device in devices)
    model = _common(device.metadata.model for device in devices)
    if file is None:
        return Proposal(
            name=name,
            manufacturer=manufacturer,
            model=model,
            channels=inferred,
            unproposed=tuple(reading.channel for reading in unproposed.values()),
            values=values,
        )
    channels = tuple(_for_topic(channel, file, topic, readings.get(channel.key)) for channel in file.channels)
    known = {channel.key for channel in channels}
    # Readings that the author of the profile left out are most likely useless; they are offered, but disabled. For
    # several
    others = tuple(
        replace(channel, enabled=channel.enabled and len(devices) > 1)
        for channel in inferred
        if known.isdisjoint(readings[channel.key].keys)
    )
    profile = Profile(
        topic=topic, depth=learned.depth, channels=channels, devices={}, device_member=learned.device_member
    )
    availability = file.availability
    return Proposal(
        name=file.name if len(devices) == 1 and learned.device_member is None else name,
        manufacturer=file.manufacturer or manufacturer,
        model=file.model or model,
        channels=(*channels, *others),
        unproposed=tuple(reading.channel for key, reading in unproposed.items() if key not in known),
        # The profile knows better.
        values=values | values_of(profile, samples),
        availability=availability and replace(availability, topic=fill(availability.topic, file.match.topic, topic)),
        expire_after_s=file.expire_after_s,
        without=without,
    )


def _selectable(channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
    """Return the channels, all enabled if none is: a device needs an entity."""
    if any(channel.enabled for channel in channels):
        return channels
    return tuple(replace(channel, enabled=True) for channel in channels)


def _for_topic(channel: Channel, file: ProfileFile, topic: str, reading: Reading | None) -> Channel:
    """Return a profile's channel for a topic: a switch whose command topic is unknown here becomes read-only."""
    channel = with_unit_of_core(channel)
    if channel.command_topic is None:
        return channel
    if reading and reading.channel.command_topic:
        return replace(channel, command_topic=reading.channel.command_topic)
    is_for_all = "+" in channel.command_topic.split("/") and file.match.topic != ANY_TOPIC
    if not is_for_all and topic != file.match.topic:
        return channel.as_read_only()
    return replace(channel, command_topic=fill(channel.command_topic, file.match.topic, topic))


def values_of(profile: Profile, samples: Iterable[Sample]) -> dict[str, Value]:
    """Return the values of the profile's channels in the messages, by key."""
    reader, splitter = ProfileReader(profile), DeviceSplitter.of(profile)
    values: dict[str, Value] = {}
    for sample in samples:
        try:
            match = split(profile.topic, profile.depth, sample.topic)
            decoded = decoders.decode(reader.with_columns(sample, match))
        except DecodeError:
            continue
        for update in reader.read(match, splitter.split(match, decoded)):
            values |= update.values
    return values


def _common(values: Iterable[str | None]) -> str | None:
    different = set(values)
    return different.pop() if len(different) == 1 else None
