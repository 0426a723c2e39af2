"""Proposal for the form of a new device, made from the analysis of its messages or from a profile file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from .. import decoders
from ..model.mapping import ProfileReader
from ..model.message import DecodeError, Sample, Value
from ..model.profile import Analysis, Availability, Channel, Profile, Reading
from ..model.topic_matching import fill, name_from, split
from ..profiles.yaml_file import ANY_TOPIC, ProfileFile
from .channel_form import ChannelValue, union


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A device, or a family of devices, as it would be added if the user changed nothing.

    ``readings`` are all that were understood, by key; ``values`` those of the channels that a profile knows better.
    ``without`` are the identities that the profile says are no such thing.
    """

    name: str
    manufacturer: str | None
    model: str | None
    channels: tuple[Channel, ...]
    readings: Mapping[str, Reading]
    values: Mapping[str, Value]
    availability: Availability | None = None
    expire_after_s: int | None = None
    without: frozenset[str] = frozenset()

    def shown(self, channel: Channel) -> ChannelValue:
        """Return what the form says of a channel."""
        reading = self.readings.get(channel.key, Reading(channel=channel, value=None))
        return ChannelValue(replace(reading, value=self.values.get(channel.key, reading.value)))


def propose(topic: str, samples: Sequence[Sample], learned: Analysis, file: ProfileFile | None) -> Proposal:
    """Return what to begin with; ``file`` is the profile that the messages were recognised as."""
    without = file.match.without if file else frozenset()
    devices = tuple(device for device in learned.devices if device.identity not in without)
    if not devices:  # they are what the user wants to learn
        devices, without = learned.devices, frozenset()
    readings = union(devices)
    inferred = tuple(reading.channel for reading in readings.values())
    name = devices[0].metadata.name if len(learned.devices) == 1 else None
    name = name or name_from("/".join(level for level in topic.split("/") if level not in {"+", "#"}))
    manufacturer = _common(device.metadata.manufacturer for device in devices)
    model = _common(device.metadata.model for device in devices)
    if file is None:
        return Proposal(
            name=name, manufacturer=manufacturer, model=model, channels=inferred, readings=readings, values={}
        )
    channels = tuple(_here(channel, file, topic, readings.get(channel.key)) for channel in file.channels)
    known = {channel.key for channel in channels}
    # What the profile's author left out is most likely of no use; it is there, and off. In a family it may be what
    # another kind of device says.
    others = tuple(
        replace(channel, enabled=channel.enabled and len(devices) > 1)
        for channel in inferred
        if channel.key not in known
    )
    profile = Profile(topic=topic, depth=learned.depth, channels=channels, devices={})
    there = file.availability
    return Proposal(
        name=file.name if len(devices) == 1 else name,
        manufacturer=file.manufacturer or manufacturer,
        model=file.model or model,
        channels=(*channels, *others),
        readings=readings,
        values=values_of(profile, samples),
        availability=there and replace(there, topic=fill(there.topic, file.match.topic, topic)),
        expire_after_s=file.expire_after_s,
        without=without,
    )


def _here(channel: Channel, file: ProfileFile, topic: str, heard: Reading | None) -> Channel:
    """Return a profile's channel for a topic: a switch that cannot be told where it listens here is only seen."""
    if channel.command_topic is None:
        return channel
    if heard and heard.channel.command_topic:
        return replace(channel, command_topic=heard.channel.command_topic)
    is_for_all = "+" in channel.command_topic.split("/") and file.match.topic != ANY_TOPIC
    if not is_for_all and topic != file.match.topic:
        return channel.as_read_only()
    return replace(channel, command_topic=fill(channel.command_topic, file.match.topic, topic))


def values_of(profile: Profile, samples: Iterable[Sample]) -> dict[str, Value]:
    """Return the values of the messages as the profile's channels have them, by key."""
    reader = ProfileReader(profile)
    values: dict[str, Value] = {}
    for sample in samples:
        try:
            decoded = decoders.decode(sample)
        except DecodeError:
            continue
        for update in reader.read(split(profile.topic, profile.depth, sample.topic), decoded):
            values |= update.values
    return values


def _common(values: Iterable[str | None]) -> str | None:
    different = set(values)
    return different.pop() if len(different) == 1 else None
