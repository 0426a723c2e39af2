"""Library of profile files: those that come with the integration, and those in the user's folder."""

from pathlib import Path

from homeassistant.core import HomeAssistant

from ...const import DOMAIN, LOGGER
from ...topic_filters import is_topic
from ..model.discovery_config import is_safe
from ..model.mapping import slug
from ..profiles.yaml_file import ProfileError, ProfileFile, parse, shipped
from .channel_form import check_duplicates
from .channel_validation import ChannelError, check

_FOLDER = "profiles"


async def async_profiles(hass: HomeAssistant) -> list[ProfileFile]:
    """Return all profiles, the user's first; an invalid one of the user is logged and left out."""
    return await hass.async_add_executor_job(_read, _folder(hass))


async def async_save(hass: HomeAssistant, name: str, text: str) -> Path:
    """Write a profile into the user's folder and return its path; raise OSError if that fails."""
    path = _folder(hass) / f"{slug(name)}.yaml"
    await hass.async_add_executor_job(_write, path, text)
    return path


def read_profile(text: str, topic: str | None = None) -> ProfileFile:
    """Parse a profile and check it against the rules of Home Assistant. Slow: not for the event loop.

    ``topic`` is the device's topic, by default the profile's.

    Raises:
        ProfileError: the text is not a valid profile.
        ChannelError: a part of it could not become an entity, or does not match the topic.
    """
    file = parse(text)
    topic_filter = topic or file.match.topic
    for channel in file.channels:
        if channel.subtopic and not is_topic(f"{_plain(topic_filter)}/{channel.subtopic}"):
            raise ChannelError("subtopic_invalid", channel=channel.name)
        # Whether its + can be filled is checked when the topic is known.
        check(channel, None, (channel.command_topic or "").split("/").count("+"))
    check_duplicates(file.channels)
    _check_availability(file)
    levels = topic_filter.split("/")
    if "#" not in levels and not -len(levels) < file.depth <= len(levels):
        raise ChannelError("depth_invalid")
    return file


def _check_availability(file: ProfileFile) -> None:
    if (availability := file.availability) is None:
        return
    if not is_topic(availability.topic.replace("+", "x")):
        raise ChannelError("availability_topic")
    if availability.path and not is_safe(availability.path):
        raise ChannelError("availability_path")
    if availability.online == availability.offline:
        raise ChannelError("availability_words")


def _plain(topic_filter: str) -> str:
    """Return a topic that the filter matches."""
    return "/".join("x" if level in {"+", "#"} else level for level in topic_filter.split("/"))


def _folder(hass: HomeAssistant) -> Path:
    return Path(hass.config.path(DOMAIN, _FOLDER))


def _read(folder: Path) -> list[ProfileFile]:
    profiles = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            profiles.append(read_profile(path.read_text("utf-8")))
        except (ProfileError, ChannelError, OSError, UnicodeDecodeError) as error:
            LOGGER.warning("Cannot use the profile %s: %s", path, error)
    return [*profiles, *shipped()]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
