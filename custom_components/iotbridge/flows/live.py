"""What a known device says now, and what of it is new."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant

from ..devices.libraries import async_understand
from ..devices.manager import News
from ..devices.models import About, Channel, Profile, Reading, Value
from ..errors import LibraryMissingError
from .channels import Shown, union
from .proposal import values_of


@dataclass(frozen=True, slots=True)
class Live:
    """A known device: what the user confirmed of it, what it says, and what appeared since."""

    profile: Profile
    readings: Mapping[str, Reading]
    values: Mapping[str, Value]
    news: News

    @property
    def new(self) -> tuple[Channel, ...]:
        """Return proposals for the fields that appeared since the user decided."""
        known = {channel.key for channel in self.profile.channels} | self.profile.dropped
        return tuple(reading.channel for key, reading in self.readings.items() if key not in known)

    @property
    def dropped(self) -> tuple[Channel, ...]:
        """Return proposals for the fields that the user did not want, as far as they are still heard."""
        return tuple(self.readings[key].channel for key in sorted(self.profile.dropped & self.readings.keys()))

    def shown(self, channel: Channel, *, new: bool = False) -> Shown:
        """Return what a form says of a channel."""
        reading = self.readings.get(channel.key, Reading(channel=channel, value=None))
        return Shown(replace(reading, value=self.values.get(channel.key, reading.value)), new)

    def identities(self) -> dict[str, About]:
        """Return all devices: those that are wanted, those that wait for a decision, those that are not wanted."""
        ignored = {identity: About() for identity in sorted(self.profile.ignored)}
        return ignored | dict(self.news.devices) | dict(self.profile.devices)


async def async_live(hass: HomeAssistant, entry: ConfigEntry, subentry: ConfigSubentry) -> Live:
    """Read what a device said last."""
    profile = Profile.from_dict(subentry.data)
    things = entry.runtime_data.things
    samples = things.latest(subentry.subentry_id)
    news = things.news(subentry.subentry_id)
    try:
        understood = await async_understand(hass, samples, topic=profile.topic, depth=profile.depth)
    except LibraryMissingError:
        return Live(profile, {}, {}, news)
    values = await hass.async_add_executor_job(values_of, profile, samples)
    return Live(profile, union(understood.devices), values, news)


def decided(profile: Profile, chosen: set[str], identities: Mapping[str, About]) -> Profile:
    """Return the profile with these devices in it; all others that are known are not wanted."""
    return replace(
        profile,
        devices={identity: about for identity, about in identities.items() if identity in chosen},
        ignored=frozenset(identities) - chosen,
    )
