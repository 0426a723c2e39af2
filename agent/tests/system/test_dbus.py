"""D-Bus client with a scripted bus that sends hand-written bytes, and with a real dbus-daemon."""

from collections.abc import Callable, Iterator
import contextlib
from io import BufferedRWPair
import os
from pathlib import Path
import socket
import struct
import threading

import pytest

from iotbridge_agent.system.dbus import Connection, DBusError, NoBusError, call, get_property

Answer = Callable[[bytes, int], bytes]
LOGIND = ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager")


def message(kind: int, reply_to: int, signature: bytes = b"", body: bytes = b"", error: bytes = b"") -> bytes:
    """Return a little-endian D-Bus message, encoded by hand."""
    fields = b"\x05\x01u\0" + struct.pack("<I", reply_to)
    if signature:
        fields += b"\x08\x01g\0" + bytes([len(signature)]) + signature + b"\0"
    if error:
        fields += b"\0" * (-len(fields) % 8) + b"\x04\x01s\0" + struct.pack("<I", len(error)) + error + b"\0"
    head = struct.pack("<cBBBIII", b"l", kind, 0, 1, len(body), 99, len(fields))
    return head + fields + b"\0" * (-len(fields) % 8) + body


def text(value: bytes) -> bytes:
    return struct.pack("<I", len(value)) + value + b"\0"


class ScriptedBus:
    """Bus that authenticates one client, and answers its second call with the bytes of the test."""

    def __init__(self, path: Path, answer: Answer, auth: bytes = b"OK 1234\r\n") -> None:
        self.calls: list[bytes] = []
        self.greeting = b""
        self._answer, self._auth = answer, auth
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._listener.settimeout(5)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with contextlib.suppress(TimeoutError, ConnectionError), self._listener.accept()[0] as client:
            client.settimeout(5)
            stream = client.makefile("rwb")
            self.greeting = stream.readline()
            stream.write(self._auth)
            stream.flush()
            stream.readline()
            for serial in (1, 2):
                self.calls.append(self._read(stream))
                if not self.calls[-1]:
                    return
                stream.write(message(2, 1, b"s", text(b":1.7")) if serial == 1 else self._answer(self.calls[-1], 2))
                stream.flush()
            stream.read()

    def _read(self, stream: BufferedRWPair) -> bytes:
        head = stream.read(16)
        if len(head) < 16:
            return b""
        body, _serial, fields = struct.unpack("<III", head[4:])
        return bytes(head + stream.read(fields + -fields % 8 + body))

    def close(self) -> None:
        """Wait until the client has disconnected."""
        self._thread.join(10)
        self._listener.close()
        assert not self._thread.is_alive()


@pytest.fixture
def scripted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ScriptedBus]]:
    buses = []

    def start(answer: Answer, auth: bytes = b"OK 1234\r\n") -> ScriptedBus:
        bus = ScriptedBus(tmp_path / "bus", answer, auth)
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path / 'bus'},guid=00")
        buses.append(bus)
        return bus

    yield start
    for bus in buses:
        bus.close()


def test_authenticates_and_sends_the_call(scripted: Callable[..., ScriptedBus]) -> None:
    bus = scripted(lambda _, serial: message(2, serial, b"s", text(b"yes")))
    assert call(*LOGIND, "CanReboot") == ("yes",)
    assert bus.greeting == b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n"
    hello, can_reboot = bus.calls
    assert b"Hello\0" in hello
    assert all(word.encode() + b"\0" in can_reboot for word in (*LOGIND, "CanReboot"))
    assert can_reboot[1:4] == b"\x01\0\x01"


def test_arguments_follow_the_signature(scripted: Callable[..., ScriptedBus]) -> None:
    bus = scripted(lambda _, serial: message(2, serial))
    assert call("a.b", "/c", "a.b", "D", "sbuo", "word", True, 7, "/x", timeout_s=2) == ()
    body = b"\x04\0\0\0word\0\0\0\0\x01\0\0\0\x07\0\0\0\x02\0\0\0/x\0"
    assert bus.calls[1].endswith(body)
    assert struct.unpack("<I", bus.calls[1][4:8]) == (len(body),)


@pytest.mark.parametrize(("flag", "body"), [(False, b"\0\0\0\0"), (True, b"\x01\0\0\0")])
def test_a_flag_takes_four_bytes_both_ways(scripted: Callable[..., ScriptedBus], flag: bool, body: bytes) -> None:
    bus = scripted(lambda _, serial: message(2, serial, b"b", body))
    assert call("a.b", "/c", "a.b", "D", "b", flag) == (flag,)
    assert struct.unpack("<I", bus.calls[1][4:8]) == (4,)
    assert bus.calls[1].endswith(body)


def test_arguments_that_do_not_match_their_signature_raise(
    scripted: Callable[..., ScriptedBus],
) -> None:
    scripted(lambda _, serial: message(2, serial))
    with pytest.raises(ValueError, match="zip"):
        call("a.b", "/c", "a.b", "D", "ss", "only one")


def test_replies_of_every_shape(scripted: Callable[..., ScriptedBus]) -> None:
    array = struct.pack("<I", 16) + b"\0\0\0\0" + struct.pack("<IIII", 1, 2, 3, 4)
    body = b"\x05\0\0\0" + b"\x01\0\0\0" + struct.pack("<q", -9) + b"\x01u\0\0" + struct.pack("<I", 8) + array[:4]
    body = body[:-4] + struct.pack("<I", 8) + struct.pack("<II", 6, 7)
    scripted(lambda _, serial: message(2, serial, b"ybxvau", body))
    assert call("a.b", "/c", "a.b", "D") == (5, True, -9, 8, [6, 7])


@pytest.mark.parametrize(
    ("signature", "body"), [(b"v", b"\x02uu\0" + b"\0" * 8), (b"v", b"\0\0"), (b"uu", b"\0" * 8), (b"", b"")]
)
def test_a_property_that_is_not_one_value_is_a_broken_reply(
    scripted: Callable[..., ScriptedBus], signature: bytes, body: bytes
) -> None:
    scripted(lambda _, serial: message(2, serial, signature, body))
    with pytest.raises(DBusError, match="not one value"):
        get_property("a.b", "/c", "a.b", "D")


@pytest.mark.parametrize(
    ("length", "body", "error"),
    [(20, text(b"yes"), "did not answer"), (None, b"\xff\0\0\0", "in the middle of a value")],
)
def test_a_broken_reply_ends_the_connection(
    scripted: Callable[..., ScriptedBus], length: int | None, body: bytes, error: str
) -> None:
    scripted(lambda _, serial: message(2, serial, b"s", body)[:length])
    with Connection(timeout_s=0.5) as bus:
        with pytest.raises(DBusError, match=error):
            bus.call("a.b", "/c", "a.b", "D")
        with pytest.raises(DBusError, match="connection to the system bus broke"):
            bus.call("a.b", "/c", "a.b", "D")


def test_descriptors_that_nobody_awaits_are_closed_at_once() -> None:
    connection = Connection(takes_descriptors=True)
    connection._socket.close()
    connection._socket, bus = socket.socketpair()
    watched, handed_out = os.pipe()
    # A late reply, and a signal with a descriptor of its own.
    for number in (2, 4):
        socket.send_fds(bus, [message(number, 77)], [handed_out])
    os.close(handed_out)
    connection.next_signal()
    os.set_blocking(watched, False)
    assert os.read(watched, 1) == b"", "nobody has the other end any more"
    os.close(watched)
    bus.close()
    connection.close()


def test_a_dictionary_of_variants(scripted: Callable[..., ScriptedBus]) -> None:
    entry = text(b"key") + b"\x01s\0" + b"\0" + text(b"value")
    scripted(lambda _, serial: message(2, serial, b"a{sv}", struct.pack("<I", len(entry)) + b"\0\0\0\0" + entry))
    assert call("a.b", "/c", "a.b", "D") == ({"key": "value"},)


def test_a_property_is_unpacked(scripted: Callable[..., ScriptedBus]) -> None:
    bus = scripted(lambda _, serial: message(2, serial, b"v", b"\x01b\0\0\x01\0\0\0"))
    assert get_property("org.freedesktop.timedate1", "/t", "org.freedesktop.timedate1", "NTPSynchronized") is True
    assert bus.calls[1].endswith(text(b"org.freedesktop.timedate1") + b"\0\0" + text(b"NTPSynchronized"))


def test_signals_and_foreign_answers_are_skipped(scripted: Callable[..., ScriptedBus]) -> None:
    signal = message(4, 2, b"s", text(b"NameAcquired"))
    foreign = message(2, 77, b"s", text(b"not yours"))
    scripted(lambda _, serial: signal + foreign + message(2, serial, b"s", text(b"mine")))
    assert call("a.b", "/c", "a.b", "D") == ("mine",)


def test_an_error_reply_keeps_name_and_text(scripted: Callable[..., ScriptedBus]) -> None:
    name = b"org.freedesktop.DBus.Error.AccessDenied"
    scripted(lambda _, serial: message(3, serial, b"s", text(b"Not for you"), error=name))
    with pytest.raises(DBusError, match="Not for you") as caught:
        call("a.b", "/c", "a.b", "D")
    assert caught.value.name == name.decode()


def test_an_error_reply_without_text_has_its_name(scripted: Callable[..., ScriptedBus]) -> None:
    scripted(lambda _, serial: message(3, serial, error=b"org.example.Odd"))
    with pytest.raises(DBusError, match=r"org\.example\.Odd"):
        call("a.b", "/c", "a.b", "D")


def test_a_silent_bus_times_out(scripted: Callable[..., ScriptedBus]) -> None:
    scripted(lambda _, __: b"")
    with pytest.raises(DBusError, match=r"a\.b did not answer D within 0\.2 s"):
        call("a.b", "/c", "a.b", "D", timeout_s=0.2)


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (b"X" * 32, "byte order"),
        (struct.pack("<cBBBIII", b"l", 2, 0, 1, 1 << 30, 9, 8), "bytes"),
        (message(2, 2, b"s", struct.pack("<I", 500) + b"abc\0"), "middle of a value"),
        (message(2, 2, b"as", struct.pack("<I", 500) + b"abc\0"), "longer than its message"),
        (message(2, 2, b"!", b"abcd"), "signature"),
        (message(2, 2, b"a", b"\0\0\0\0"), "signature"),
        (message(2, 2, b"a()", b"\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), "signature"),
        (message(2, 2, b"(s", b"\0\0\0\0\0"), "signature"),
        (message(2, 2, b"a{s}", struct.pack("<II", 5, 0) + text(b"")), "without keys"),
        (message(2, 2, b"v", b"\x01v\0" * 64), "nested"),
    ],
)
def test_a_broken_reply_is_named(scripted: Callable[..., ScriptedBus], answer: bytes, what: str) -> None:
    scripted(lambda _, __: answer)
    with pytest.raises(DBusError, match=what) as caught:
        call("a.b", "/c", "a.b", "D", timeout_s=2)
    assert caught.value.name == "org.freedesktop.DBus.Error.InconsistentMessage"


def test_a_bus_that_refuses_the_user_is_no_bus(scripted: Callable[..., ScriptedBus]) -> None:
    scripted(lambda _, __: b"", auth=b"REJECTED EXTERNAL\r\n")
    with pytest.raises(NoBusError, match=r"refused user \d+: REJECTED EXTERNAL"):
        call("a.b", "/c", "a.b", "D")


def test_a_bus_that_passes_no_descriptors_on(scripted: Callable[..., ScriptedBus]) -> None:
    scripted(lambda _, __: b"", auth=b"OK 1234\r\nERROR\r\n")
    with pytest.raises(NoBusError, match="passes no descriptors on"):
        Connection(takes_descriptors=True).open()


def test_a_bus_that_hangs_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/bus")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{tmp_path}/bus")
        listener.listen(1)

        def hang_up() -> None:
            listener.accept()[0].close()

        hangs_up = threading.Thread(target=hang_up)
        hangs_up.start()
        with pytest.raises(DBusError, match="the connection to the system bus broke"):
            call("a.b", "/c", "a.b", "D")
        hangs_up.join(5)


@pytest.mark.parametrize("address", ["unix:path=/nowhere/bus", "unix:abstract=no-such-bus-here", "tcp:host=x", ""])
def test_no_bus(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
    with pytest.raises(NoBusError, match=r"D-Bus system bus at|not a unix socket"):
        call("a.b", "/c", "a.b", "D")


BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")


@pytest.mark.usefixtures("bus")
def test_with_a_real_dbus_daemon() -> None:
    assert call(*BUS, "NameHasOwner", "s", BUS[0]) == (True,)
    assert call(*BUS, "GetConnectionUnixUser", "s", BUS[0]) == (os.getuid(),)
    (names,) = call(*BUS, "ListNames")
    assert BUS[0] in names
    (credentials,) = call(*BUS, "GetConnectionCredentials", "s", BUS[0])
    assert credentials["UnixUserID"] == os.getuid()
    assert isinstance(get_property(*BUS, "Features"), list)
    with pytest.raises(DBusError) as caught:
        call(*LOGIND, "CanReboot")
    assert caught.value.name == "org.freedesktop.DBus.Error.ServiceUnknown"
