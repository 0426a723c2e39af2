"""Versions of what is configured: steps that bring the data of an older release to this one. Pure.

Home Assistant keeps a version for a config entry and none for its subentries: these carry theirs in their data. What
has none is of the first version. A change of a format is one more step at the end of its row, and no other code.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

# Home Assistant refuses a config entry of another major version than it has a way from.
MAJOR_VERSION: Final = 1
ENTRY: Final = "entry"
DEVICE: Final = "device"
ALARM: Final = "alarm"
NOTIFIER: Final = "notifier"
WINDOW: Final = "window"
VERSION_KEY: Final = "version"

type Data = Mapping[str, Any]
type Step = Callable[[Data], Data]

# Each step returns the data of the next version. The steps of the entry are about its options.
STEPS: dict[str, tuple[Step, ...]] = {
    ENTRY: (),
    DEVICE: (),
    ALARM: (),
    NOTIFIER: (),
    WINDOW: (),
}


class VersionError(ValueError):
    """Data of a version that this release does not know."""

    def __init__(self, version: object, known: int) -> None:
        """``known`` is the newest version that can be read."""
        super().__init__(f"it is of version {version}, and this release of IoT Bridge knows versions up to {known}")


def version_of(kind: str) -> int:
    """Return the version that this release writes."""
    return 1 + len(STEPS[kind])


def marked(kind: str, data: Data) -> dict[str, Any]:
    """Return the data of a subentry with the version that this release writes."""
    return {**data, VERSION_KEY: version_of(kind)}


def check(kind: str, data: Data) -> None:
    """Raise VersionError where the data of a subentry are of another version than this release reads."""
    version = data.get(VERSION_KEY, 1)
    if version != version_of(kind):
        raise VersionError(version, version_of(kind))


def migrated(kind: str, data: Data) -> Data:
    """Return the data of a subentry in the version of this release; those of a newer one as they are.

    Raise KeyError, TypeError, ValueError or AttributeError where they are not what their version says.
    """
    version = data.get(VERSION_KEY, 1)
    if not isinstance(version, int) or version >= version_of(kind):
        return data
    return marked(kind, upgraded(kind, data, version))


def upgraded(kind: str, data: Data, version: int) -> Data:
    """Return data of an older version as this release has them."""
    for step in STEPS[kind][max(version, 1) - 1 :]:
        data = step(data)
    return data
