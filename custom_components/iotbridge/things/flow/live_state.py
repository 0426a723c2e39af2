"""Current readings of a known device, and the fields and devices that are new since the user's last decision."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant

from ...errors import LibraryMissingError
from ..model.message import DeviceMetadata, Sample, Value
from ..model.profile import Channel, Profile, Reading
from ..model.relocation import Relocation, relocations
from ..runtime.news import News
from ..runtime.requirements import async_analyse_for
from .channel_form import check_duplicates, union, unproposed_of, with_unique_names
from .channel_offer import ChannelOffer
from .channel_validation import blanks_of, check
from .proposal import values_of


@dataclass(frozen=True, slots=True)
class LiveState:
    """State of a known device: its profile, its readings, and the fields and devices that appeared since.

    ``unproposed`` are the values of its ``samples`` that are not proposed, ``values`` those of the profile's channels;
    ``exact`` as in ``Profile``: whether a template finds all values as we do.
    """

    profile: Profile
    samples: Sequence[Sample]
    readings: Mapping[str, Reading]
    unproposed: Mapping[str, Reading]
    values: Mapping[str, Value]
    news: News
    exact: bool

    @property
    def new(self) -> tuple[Channel, ...]:
        """Return proposals for the fields that appeared since the user's decision."""
        return tuple(reading.channel for reading in self.readings.values() if not self.profile.is_decided(reading))

    @property
    def relocations(self) -> list[Relocation]:
        """Return the channels that read a record by its position, although it carries an identity."""
        return relocations(self.profile, self.readings.values())

    @property
    def dropped(self) -> tuple[Channel, ...]:
        """Return proposals for the fields that the user dropped, as far as the device still sends them."""
        return tuple(self.readings[key].channel for key in sorted(self.profile.dropped & self.readings.keys()))

    def offer(self) -> ChannelOffer:
        """Return all channels for a form: the user's, the new ones, and those that the user may pick."""
        known = {channel.key for channel in self.profile.channels}
        sent = {**self.readings, **self.unproposed}
        unproposed = tuple(reading.channel for key, reading in self.unproposed.items() if key not in known)
        return ChannelOffer.of(
            self.profile,
            (*self.profile.channels, *self.new),
            (*self.dropped, *unproposed),
            {key: reading.value for key, reading in sent.items()} | dict(self.values),
            self.samples,
            self.new,
        )

    def identities(self) -> dict[str, DeviceMetadata]:
        """Return all devices: wanted ones, undecided ones, and ignored ones."""
        ignored = {identity: DeviceMetadata() for identity in sorted(self.profile.ignored)}
        return ignored | dict(self.news.devices) | dict(self.profile.devices)


async def async_live_state(hass: HomeAssistant, entry: ConfigEntry, subentry: ConfigSubentry) -> LiveState:
    """Return the state from the device's last messages."""
    profile = Profile.from_dict(subentry.data)
    things = entry.runtime_data.things
    samples = things.latest(subentry.subentry_id)
    news = things.news(subentry.subentry_id)
    try:
        analysis = await async_analyse_for(hass, samples, profile)
    except LibraryMissingError:
        return LiveState(profile, samples, {}, {}, {}, news, exact=False)
    values = await hass.async_add_executor_job(values_of, profile, samples)
    exact = profile.exact and (analysis.exact or not samples)
    readings = union(analysis.devices)
    return LiveState(profile, samples, readings, unproposed_of(analysis.devices, readings), values, news, exact)


def with_selected_devices(profile: Profile, chosen: set[str], offered: Mapping[str, DeviceMetadata]) -> Profile:
    """Return the profile with the selected devices; the others that were shown are ignored from now on."""
    kept = {identity: metadata for identity, metadata in profile.devices.items() if identity not in offered}
    added = {
        identity: profile.devices.get(identity, metadata)
        for identity, metadata in offered.items()
        if identity in chosen
    }
    ignored = (profile.ignored - offered.keys()) | (frozenset(offered) - chosen)
    return replace(profile, devices=added | kept, ignored=ignored)


def with_channels(profile: Profile, wanted: Collection[Channel], offered: Collection[Channel]) -> Profile:
    """Return the profile with more channels; the others that were shown are dropped. Raises ChannelError."""
    known = {channel.key for channel in profile.channels}
    added = [channel for channel in wanted if channel.key not in known]
    channels = (*profile.channels, *with_unique_names(added, profile.channels))
    blanks = blanks_of(profile.topic, profile.depth, profile.devices, profile.device_member)
    for channel in channels[len(profile.channels) :]:
        check(channel, None, blanks)
    check_duplicates(channels)
    keys = {channel.key for channel in channels}
    dropped = (profile.dropped | {channel.key for channel in offered}) - keys
    return replace(profile, channels=channels, dropped=frozenset(dropped))
