"""Diagnostics of things: their profiles and their run-time state, without topics, values and identities."""

from typing import Any

from ..pseudonyms import Pseudonyms
from ..topic_filters import has_wildcard
from .manager import ThingsManager
from .model.discovery_config import is_direct
from .runtime.thing import Thing

# Attributes that describe how a channel is read; keys and names may be anything, even a serial number.
PUBLIC_OF_CHANNELS = (
    "platform", "unit", "device_class", "state_class", "entity_category", "precision", "scale", "enabled",
)  # fmt: skip


def things_diagnostics(things: ThingsManager, names: Pseudonyms) -> list[dict[str, Any]]:
    """Return the diagnostics of each thing."""
    return [_thing(thing, names) for thing in things.things.values()]


def _thing(thing: Thing, names: Pseudonyms) -> dict[str, Any]:
    profile = thing.profile
    return {
        "direct": is_direct(profile),
        "wildcards": has_wildcard(profile.topic),
        "depth": profile.depth,
        "split_by_member": profile.device_member is not None,
        "joining": profile.joining.value,
        "says_itself_whether_it_is_there": profile.availability is not None,
        "expire_after_s": profile.expire_after_s,
        "channels": [
            {
                **{key: value for key, value in channel.as_dict().items() if key in PUBLIC_OF_CHANNELS},
                "key": names.of("channel", channel.key),
            }
            for channel in profile.channels
        ],
        "dropped": len(profile.dropped),
        "ignored": len(profile.ignored),
        "waiting": len(thing.undecided),
        "messages_kept": len(thing.samples),
        "devices": [
            {
                "device": names.of("thing", device.uid),
                "online": device.online,
                "expire_after_s": device.expire_after_s,
                "flooding": device.flooding,
                "broken_messages": thing.failures.counts[device.identity],
                "channels_sent": [names.of("channel", key) for key in device.values],
            }
            for device in thing.devices.values()
        ],
    }
