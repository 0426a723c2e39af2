"""Channels that a form offers: those of the device, and those that the user may pick."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..model.message import Sample, Value
from ..model.profile import Channel, Profile
from .channel_form import form_key, label, with_unique_names
from .proposal import values_of
from .texts import ThingTexts


@dataclass(slots=True)
class ChannelOffer:
    """Channels by the keys of the form, with the user's changes.

    ``values`` are the current ones, by the keys of the channels. Channels in ``optional`` are saved only if they are
    selected, those in ``new`` are marked. ``profile`` has the topic and depth of the ``samples``.
    """

    channels: dict[str, Channel]
    values: dict[str, Value]
    optional: frozenset[str]
    new: frozenset[str]
    profile: Profile
    samples: Sequence[Sample]

    @classmethod
    def of(
        cls,
        profile: Profile,
        channels: Sequence[Channel],
        optional: Iterable[Channel],
        values: Mapping[str, Value],
        samples: Sequence[Sample],
        new: Iterable[Channel] = (),
    ) -> ChannelOffer:
        """Return an offer without changes; an optional channel whose name is taken gets another one."""
        renamed = with_unique_names((replace(channel, enabled=False) for channel in optional), channels)
        return cls(
            channels={form_key(channel.key): channel for channel in (*channels, *renamed)},
            values=dict(values),
            optional=frozenset(form_key(channel.key) for channel in renamed),
            new=frozenset(form_key(channel.key) for channel in new),
            profile=profile,
            samples=samples,
        )

    @property
    def enabled(self) -> list[str]:
        """Return the form keys of the enabled channels."""
        return [key for key, channel in self.channels.items() if channel.enabled]

    def labels(self, texts: ThingTexts) -> dict[str, str]:
        """Return the lines of the list, by form key."""
        return {
            key: label(channel, self.values.get(channel.key), texts, new=key in self.new)
            for key, channel in self.channels.items()
        }

    def chosen(self, keys: Iterable[str]) -> tuple[Channel, ...]:
        """Return all channels to save: the selected ones are enabled."""
        selected = frozenset(keys)
        return tuple(
            replace(channel, enabled=key in selected)
            for key, channel in self.channels.items()
            if key in selected or key not in self.optional
        )

    def change(self, key: str, channel: Channel) -> None:
        """Replace a channel, and read its current value again."""
        self.channels[key] = channel
        changed = replace(self.profile, channels=(channel,))
        self.values[channel.key] = values_of(changed, self.samples).get(channel.key)
