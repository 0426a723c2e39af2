"""Relocation of channels that read a record by its position, to the path with the identity that the record carries."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from .message import Path
from .profile import Channel, Profile, Reading

type Matcher = Callable[[Channel, Reading], bool]


@dataclass(frozen=True, slots=True)
class Relocation:
    """Channel that reads a record by its position, and the reading of that record by its identity."""

    channel: Channel
    reading: Reading

    @property
    def relocated(self) -> Channel:
        """Return the channel at its new path; its entity stays the same."""
        found = self.reading.channel
        return replace(
            self.channel,
            path=found.path,
            companions=found.companions or self.channel.companions,
            stated_unit=self.channel.stated_unit or found.stated_unit,
            unit_path=found.unit_path or self.channel.unit_path,
            by_identity=True,
            id_key=self.channel.stable_key,
        )


def relocations(profile: Profile, readings: Iterable[Reading]) -> list[Relocation]:
    """Return the relocations of a profile's channels to the records in the current readings.

    Records may have moved since the channel was learned. So its name decides, then its unit and class if no other
    record has them, and its position only where nothing contradicts it.
    """
    keys = {channel.key for channel in profile.channels}
    free = [reading for reading in readings if reading.raw_path is not None and reading.channel.key not in keys]
    channels = [channel for channel in profile.channels if any(isinstance(part, int) for part in channel.path)]
    found: dict[str, Relocation] = {}
    for is_match in (_has_same_name, _matcher_of_kinds(channels, free), _is_at_same_position):
        for channel in channels:
            matching = (reading for reading in free if _is_same_list(channel, reading) and is_match(channel, reading))
            if channel.key not in found and (reading := next(matching, None)):
                found[channel.key] = Relocation(channel, reading)
                free.remove(reading)
    return [found[channel.key] for channel in channels if channel.key in found]


def relocate(profile: Profile, wanted: Collection[Relocation], readings: Iterable[Reading]) -> Profile:
    """Return the profile with relocated channels; what the user dropped by its position stays dropped."""
    relocated = {relocation.channel.key: relocation.relocated for relocation in wanted}
    dropped = {reading.channel.key for reading in readings if not profile.dropped.isdisjoint(reading.keys)}
    return replace(
        profile,
        channels=tuple(relocated.get(channel.key, channel) for channel in profile.channels),
        dropped=profile.dropped | dropped,
    )


def _is_same_list(channel: Channel, reading: Reading) -> bool:
    """Return whether a reading is of the same member of the same list, and may be the channel's."""
    found = reading.channel
    is_tracker = channel.platform == "device_tracker"
    return (
        channel.subtopic == found.subtopic
        and _without_positions(channel.path) == _without_positions(reading.raw_path or found.path)
        and is_tracker == (found.platform == "device_tracker")
    )


def _without_positions(path: Path) -> list[str]:
    return [part for part in path if isinstance(part, str)]


def _has_same_name(channel: Channel, reading: Reading) -> bool:
    return channel.name.casefold() == reading.channel.name.casefold()


def _kind(channel: Channel) -> tuple[str | None, str | None]:
    return channel.device_class, channel.unit


def _matcher_of_kinds(channels: Iterable[Channel], readings: Iterable[Reading]) -> Matcher:
    """Return the condition that no other channel and no other reading has the same class and unit."""
    of_channels = Counter(_kind(channel) for channel in channels)
    of_readings = Counter(_kind(reading.channel) for reading in readings)

    def is_only_one(channel: Channel, reading: Reading) -> bool:
        kind = _kind(channel)
        is_only = of_channels[kind] == of_readings[kind] == 1
        return is_only and bool(channel.device_class) and kind == _kind(reading.channel)

    return is_only_one


def _is_at_same_position(channel: Channel, reading: Reading) -> bool:
    classes = {channel.device_class, reading.channel.device_class} - {None}
    return channel.path == reading.raw_path and len(classes) < 2  # noqa: PLR2004 - the same, or unknown
