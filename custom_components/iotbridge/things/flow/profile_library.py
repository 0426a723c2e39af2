"""The profiles there are: those that come with the integration, and those the user keeps."""

from pathlib import Path

from homeassistant.core import HomeAssistant

from ...const import DOMAIN, LOGGER
from ...topic_filters import is_topic
from ..model.discovery_config import is_safe
from ..model.mapping import slug
from ..profiles.yaml_file import ProfileError, ProfileFile, parse, shipped
from .channel_form import check_twins
from .channel_validation import ChannelError, check

_FOLDER = "profiles"


async def async_profiles(hass: HomeAssistant) -> list[ProfileFile]:
    """Return all profiles, the user's own first; a broken one of the user is left out and logged."""
    return await hass.async_add_executor_job(_read, _folder(hass))


async def async_keep(hass: HomeAssistant, name: str, text: str) -> Path:
    """Write a profile into the user's folder and return where it is; raise OSError when that is not possible."""
    path = _folder(hass) / f"{slug(name)}.yaml"
    await hass.async_add_executor_job(_write, path, text)
    return path


def read_profile(text: str, topic: str | None = None) -> ProfileFile:
    """Read a profile and hold it against the rules of Home Assistant. Takes its time: not for the event loop.

    ``topic`` is where its device is, by default where the profile says.

    Raises:
        ProfileError: the text is no profile.
        ChannelError: something in it could not become an entity, or does not go with the topic.
    """
    file = parse(text)
    topic_filter = topic or file.match.topic
    for channel in file.channels:
        if channel.subtopic and not is_topic(f"{_plain(topic_filter)}/{channel.subtopic}"):
            raise ChannelError("subtopic_invalid", channel=channel.name)
        # Whether its + can be filled is seen when the topic is known.
        check(channel, None, (channel.command_topic or "").split("/").count("+"))
    check_twins(file.channels)
    _check_availability(file)
    levels = topic_filter.split("/")
    if "#" not in levels and not -len(levels) < file.depth <= len(levels):
        raise ChannelError("depth_invalid")
    return file


def _check_availability(file: ProfileFile) -> None:
    if (there := file.availability) is None:
        return
    if not is_topic(there.topic.replace("+", "x")):
        raise ChannelError("availability_topic")
    if there.path and not is_safe(there.path):
        raise ChannelError("availability_path")
    if there.online == there.offline:
        raise ChannelError("availability_words")


def _plain(topic_filter: str) -> str:
    """Return a filter as a topic that it covers."""
    return "/".join("x" if level in {"+", "#"} else level for level in topic_filter.split("/"))


def _folder(hass: HomeAssistant) -> Path:
    return Path(hass.config.path(DOMAIN, _FOLDER))


def _read(folder: Path) -> list[ProfileFile]:
    found = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            found.append(read_profile(path.read_text("utf-8")))
        except (ProfileError, ChannelError, OSError, UnicodeDecodeError) as error:
            LOGGER.warning("The profile %s cannot be used: %s", path, error)
    return [*found, *shipped()]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
