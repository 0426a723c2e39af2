"""The profiles there are: those that come with the integration, and those the user keeps."""

from pathlib import Path

from homeassistant.core import HomeAssistant

from ..const import DOMAIN, LOGGER
from ..devices.mapping import slug
from ..devices.profile_files import ProfileError, ProfileFile, parse, shipped

_FOLDER = "profiles"


async def async_profiles(hass: HomeAssistant) -> list[ProfileFile]:
    """Return all profiles, the user's own first; a broken one of the user is left out and logged."""
    return await hass.async_add_executor_job(_read, _folder(hass))


async def async_keep(hass: HomeAssistant, name: str, text: str) -> Path:
    """Write a profile into the user's folder and return where it is; raise OSError when that is not possible."""
    path = _folder(hass) / f"{slug(name)}.yaml"
    await hass.async_add_executor_job(_write, path, text)
    return path


def _folder(hass: HomeAssistant) -> Path:
    return Path(hass.config.path(DOMAIN, _FOLDER))


def _read(folder: Path) -> list[ProfileFile]:
    found = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            found.append(parse(path.read_text("utf-8")))
        except (ProfileError, OSError, UnicodeDecodeError) as error:
            LOGGER.warning("The profile %s cannot be used: %s", path, error)
    return [*found, *shipped()]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
