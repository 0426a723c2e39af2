"""Units of systemd over D-Bus: their properties, and starting them."""

from collections.abc import Mapping
from typing import Any

from iotbridge_agent.system.dbus import call, single

SERVICE = "org.freedesktop.systemd1"
MANAGER = (SERVICE, "/org/freedesktop/systemd1", f"{SERVICE}.Manager")


class Units:
    """Units of this machine, by their full names."""

    def __init__(self) -> None:
        self._paths: dict[str, str] = {}

    def properties(self, unit: str) -> Mapping[str, Any]:
        """Return the properties of a unit, also of one that does not exist; raises DBusError."""
        if unit not in self._paths:
            self._paths[unit] = single(call(*MANAGER, "LoadUnit", "s", unit), str)
        found = call(SERVICE, self._paths[unit], "org.freedesktop.DBus.Properties", "GetAll", "s", f"{SERVICE}.Unit")
        properties: Mapping[str, Any] = single(found, dict)
        return properties


def start_unit(unit: str) -> None:
    """Ask systemd to start a unit, which it may do later; raises DBusError, also where polkit does not permit it."""
    call(*MANAGER, "StartUnit", "ss", unit, "replace")
