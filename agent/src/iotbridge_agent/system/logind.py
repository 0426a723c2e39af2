"""Announcements of logind before the machine sleeps or goes down, and the lock that delays it; blocking calls."""

import os

from iotbridge_agent.protocol.messages import Power
from iotbridge_agent.system.dbus import BUS, FIELD_MEMBER, FIELD_SENDER, Connection, DBusError, Message, single

LOGIND = ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager")
PROPERTIES = "org.freedesktop.DBus.Properties"
RULES = (
    f"type='signal',sender='{LOGIND[0]}',path='{LOGIND[1]}',interface='{LOGIND[2]}'",
    f"type='signal',sender='{BUS[0]}',interface='{BUS[2]}',member='NameOwnerChanged',arg0='{LOGIND[0]}'",
)
LOCK = ("sleep:shutdown", "IoT Bridge agent", "Tells Home Assistant first", "delay")
REBOOTS = ("reboot", "kexec", "soft-reboot")
MICROSECONDS = 1_000_000


class Logind:
    """Connection to logind that receives its announcements; its methods raise DBusError.

    Without a lock logind announces as well, and does not wait.
    """

    def __init__(self) -> None:
        """Connect, and subscribe to the announcements."""
        self._lock: int | None = None
        self._bus = Connection(takes_descriptors=True).open()
        try:
            for rule in RULES:
                self._bus.call(*BUS, "AddMatch", "s", rule)
            self._owner = single(self._bus.call(*BUS, "GetNameOwner", "s", LOGIND[0]), str)
            self.delay_s: float = self._property("InhibitDelayMaxUSec") / MICROSECONDS
            """Seconds for which a lock delays sleep and shutdown at most."""
            self.is_leaving = bool(self._property("PreparingForSleep") or self._property("PreparingForShutdown"))
            """True if the machine was about to sleep or to go down when this connection was opened."""
        except BaseException:
            self._bus.close()
            raise

    def lock(self) -> None:
        """Make logind wait for ``unlock`` before the machine sleeps or goes down."""
        if self._lock is None:
            index = single(self._bus.call(*LOGIND, "Inhibit", "ssss", *LOCK), int)
            self._lock = self._bus.take_descriptor(index)

    def unlock(self) -> None:
        """Give the lock back: the machine may sleep or go down."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def next_power(self) -> Power:
        """Wait for the next announcement and return the power state that follows; *on* when the machine is back.

        Raises DBusError also at a restart of logind.
        """
        while True:
            signal = self._bus.next_signal()
            sender, member = signal.fields.get(FIELD_SENDER), signal.fields.get(FIELD_MEMBER)
            if sender == BUS[0] and member == "NameOwnerChanged":
                raise DBusError("org.freedesktop.DBus.Error.NameHasNoOwner", "logind was stopped or restarted")
            # Any program on the machine can send such a signal.
            if sender == self._owner and (power := _announced_power(signal)):
                return power

    def close(self) -> None:
        """Disconnect, and let the machine sleep; a thread that waits for an announcement gets an error."""
        self.unlock()
        self._bus.close()

    def _property(self, name: str) -> int:
        return single(self._bus.call(LOGIND[0], LOGIND[1], PROPERTIES, "Get", "ss", LOGIND[2], name), int)


def _announced_power(signal: Message) -> Power | None:
    """Return the power state that a signal of logind announces; None for any other signal."""
    match signal.fields.get(FIELD_MEMBER), signal.values():
        case ("PrepareForSleep" | "PrepareForShutdown" | "PrepareForShutdownWithMetadata", (False, *_)):
            return "on"
        case "PrepareForSleep", (True,):
            return "suspended"  # or hibernated, or one after the other
        case "PrepareForShutdownWithMetadata", (True, {"type": kind}):
            return "rebooting" if kind in REBOOTS else "shutting_down"
        case "PrepareForShutdown", (True,):
            return "off"  # follows the other; before version 255 it comes alone, and a reboot cannot be told
    return None
