"""Announcements and locks of logind: a stub of it on a private bus."""

from collections.abc import Callable, Iterator
from pathlib import Path
import socket
import struct
import threading

from logind_stub import LogindStub, PrivateBus
import pytest

from iotbridge_agent.system.dbus import BUS, SIGNAL, Connection, DBusError
from iotbridge_agent.system.dbus_encoding import encode
from iotbridge_agent.system.logind import LOGIND, Logind


@pytest.fixture
def connected(logind: LogindStub) -> Iterator[Logind]:
    """Connect to the stub."""
    connected = Logind()
    yield connected
    connected.close()


def test_the_lock_delays_sleep_and_shutdown_until_it_is_given_back(logind: LogindStub, connected: Logind) -> None:
    assert connected.delay_s == 5
    assert not connected.is_leaving
    for _ in range(3):
        connected.lock()
        assert logind.held == 1
        connected.unlock()
        logind.wait_unlocked()
    assert {(what, mode) for what, _who, _why, mode in logind.locks} == {("sleep:shutdown", "delay")}


def test_a_second_lock_is_not_taken(logind: LogindStub, connected: Logind) -> None:
    connected.lock()
    connected.lock()
    assert len(logind.locks) == 1


@pytest.mark.parametrize(
    ("signals", "powers"),
    [
        ([("PrepareForSleep", True, None)], ["suspended"]),
        ([("PrepareForSleep", False, None)], ["on"]),
        ([("PrepareForShutdown", True, None)], ["off"]),
        ([("PrepareForShutdown", False, None)], ["on"]),
        (
            [("PrepareForShutdownWithMetadata", True, "poweroff"), ("PrepareForShutdown", True, None)],
            ["shutting_down", "off"],
        ),
        ([("PrepareForShutdownWithMetadata", True, "halt")], ["shutting_down"]),
        ([("PrepareForShutdownWithMetadata", True, "reboot")], ["rebooting"]),
        ([("PrepareForShutdownWithMetadata", True, "kexec")], ["rebooting"]),
        ([("PrepareForShutdownWithMetadata", True, "soft-reboot")], ["rebooting"]),
        ([("PrepareForShutdownWithMetadata", False, "reboot")], ["on"]),
        ([("SeatNew", True, None), ("PrepareForSleep", True, None)], ["suspended"]),
    ],
)
def test_announcements(
    logind: LogindStub, connected: Logind, signals: list[tuple[str, bool, str | None]], powers: list[str]
) -> None:
    for member, value, kind in signals:
        logind.emit(member, value, kind=kind)
    assert [connected.next_power() for _ in powers] == powers


def test_an_announcement_during_a_call_is_kept(logind: LogindStub, connected: Logind) -> None:
    logind.emit("PrepareForSleep", True)
    connected.lock()
    assert connected.next_power() == "suspended"


def test_announcements_of_other_programs_are_ignored(logind: LogindStub, connected: Logind) -> None:
    connected.lock()
    header = ((1, "o", LOGIND[1]), (2, "s", LOGIND[2]), (3, "s", "PrepareForSleep"), (8, "g", "b"))
    with Connection() as stranger:
        for receiver in ((), ((6, "s", logind.clients[0]),)):
            stranger._send(encode(SIGNAL, 900, header + receiver, "b", (True,)))
        # The bus answers this after it has passed on what came before.
        stranger.call(*BUS, "GetId")
    logind.emit("PrepareForSleep", False)
    assert connected.next_power() == "on"


@pytest.mark.parametrize("ends", ["stub", "bus"])
def test_a_restart_of_logind_or_the_bus_is_noticed(bus: PrivateBus, ends: str) -> None:
    stub = LogindStub()
    logind = Logind()
    end: Callable[[], None] = stub.close if ends == "stub" else bus.stop
    timer = threading.Timer(0.1, end)
    timer.start()
    with pytest.raises(DBusError, match=r"logind was stopped|connection to the system bus broke"):
        logind.next_power()
    timer.join()
    logind.close()
    stub.close()


def test_logind_that_refuses_the_lock_still_announces(bus: PrivateBus) -> None:
    stub = LogindStub(refuses=True)
    logind = Logind()
    with pytest.raises(DBusError, match="Permission denied") as caught:
        logind.lock()
    assert caught.value.name == "org.freedesktop.DBus.Error.AccessDenied"
    stub.emit("PrepareForSleep", True)
    assert logind.next_power() == "suspended"
    logind.close()
    stub.close()


def test_a_machine_that_is_about_to_sleep_is_noticed_at_the_start(bus: PrivateBus) -> None:
    stub = LogindStub(is_preparing=True)
    logind = Logind()
    assert logind.is_leaving
    logind.close()
    stub.close()


def test_a_reply_of_another_type_is_an_error_of_the_bus(logind: LogindStub) -> None:
    logind.properties["PreparingForSleep"] = ("s", struct.pack("<I", 3) + b"yes\0")
    with pytest.raises(DBusError, match="the answer cannot be read"):
        Logind()


def test_without_logind(bus: PrivateBus) -> None:
    with pytest.raises(DBusError) as caught:
        Logind()
    assert caught.value.name == "org.freedesktop.DBus.Error.NameHasNoOwner"


def test_descriptors_of_other_programs_are_closed(logind: LogindStub, connected: Logind) -> None:
    connected.lock()
    header = ((1, "o", "/"), (2, "s", "org.example"), (3, "s", "Gift"), (6, "s", logind.clients[0]), (9, "u", 1))
    before = len(list(Path("/proc/self/fd").iterdir()))
    with Connection(takes_descriptors=True) as stranger:
        for _ in range(20):
            gift = encode(SIGNAL, 900, (*header, (8, "g", "h")), "h", (0,))
            socket.send_fds(stranger._socket, [gift], [stranger._socket.fileno()])
        stranger.call(*BUS, "GetId")
    logind.emit("PrepareForSleep", False)
    assert connected.next_power() == "on"
    assert len(list(Path("/proc/self/fd").iterdir())) <= before


def test_no_descriptor_is_left(logind: LogindStub) -> None:
    def connect_and_leave() -> None:
        connected = Logind()
        connected.lock()
        connected.close()
        logind.wait_unlocked()

    connect_and_leave()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        connect_and_leave()
    assert len(list(Path("/proc/self/fd").iterdir())) <= before
