"""Adaptation of a profile to devices that begin to write their values in another way. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from .discovery_config import is_direct
from .mapping import Update
from .profile import Profile


def adapted(profile: Profile, updates: Iterable[Update]) -> Profile:
    """Return the profile by which such values are read from now on.

    One message that core cannot read shows that its devices send such messages; and one decimal comma, that "1,234" is
    a number as well.
    """
    for update in updates:
        if update.has_decimal_comma:
            channels = (replace(channel, decimal_comma=channel.is_number) for channel in profile.channels)
            profile = replace(profile, channels=tuple(channels))
        if update.values and not update.is_readable_by_core and is_direct(profile):
            profile = replace(profile, exact=False)
    return profile
