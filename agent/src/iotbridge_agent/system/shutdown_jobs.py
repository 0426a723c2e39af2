"""Jobs of systemd that shut this machine down or reboot it."""

from collections.abc import Mapping
from typing import Final

from iotbridge_agent.protocol.messages import Power
from iotbridge_agent.system import dbus

SYSTEMD: Final = ("org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager")
TARGETS: Final[Mapping[str, Power]] = {
    "halt.target": "shutting_down",
    "kexec.target": "rebooting",
    "poweroff.target": "shutting_down",
    "reboot.target": "rebooting",
    "soft-reboot.target": "rebooting",
}


def read_next_power() -> Power:
    """Return what follows when a service is stopped: *off* if the machine keeps running; raises DBusError."""
    jobs = dbus.rows(dbus.call(*SYSTEMD, "ListJobs", timeout_s=1.0), int, str, str)
    starting = [unit for _id, unit, kind, *_ in jobs if kind == "start"]
    return next((TARGETS[unit] for unit in starting if unit in TARGETS), "off")
