"""State of units, read over a real socket from a bus that responds with hand-written bytes."""

from collections.abc import Iterator, Mapping
from pathlib import Path
import socket
import struct
import threading

from collecting import readings, values
import pytest

from iotbridge_agent.collectors.systemd import Systemd, create
from iotbridge_agent.config import parse_config
from iotbridge_agent.system.dbus import DBusError


def text(value: str) -> bytes:
    return struct.pack("<I", len(value)) + value.encode() + b"\0"


def reply(serial: int, signature: str, body: bytes, *, error: str = "") -> bytes:
    fields = b"\x05\x01u\0" + struct.pack("<I", serial)
    fields += b"\x08\x01g\0" + bytes([len(signature)]) + signature.encode() + b"\0"
    if error:
        fields += b"\0" * (-len(fields) % 8) + b"\x04\x01s\0" + text(error)
    head = struct.pack("<cBBBIII", b"l", 3 if error else 2, 0, 1, len(body), 9, len(fields))
    return head + fields + b"\0" * (-len(fields) % 8) + body


def properties(pairs: Mapping[str, str]) -> bytes:
    """Return a{sv} of texts."""
    items = b""
    for key, value in pairs.items():
        items += b"\0" * (-len(items) % 8) + text(key) + b"\x01s\0"
        items += b"\0" * (-len(items) % 4) + text(value)
    return struct.pack("<I", len(items)) + b"\0\0\0\0" + items


class Bus:
    """System bus with a systemd that knows some units; serves one connection after the other."""

    def __init__(self, path: Path, units: Mapping[str, Mapping[str, str]]) -> None:
        self.units = dict(units)
        self.asked: list[str] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            client, _ = self._listener.accept()
            with client:
                client.settimeout(5)
                stream = client.makefile("rb")
                if not stream.readline():  # the test has ended
                    return
                client.sendall(b"OK 0123\r\n")
                stream.readline()
                for serial in (1, 2):
                    client.sendall(self._answer(self._read(stream), serial))

    def _read(self, stream: object) -> bytes:
        head: bytes = stream.read(16)  # type: ignore[attr-defined]
        body, _, fields = struct.unpack("<III", head[4:])
        return bytes(stream.read(fields + -fields % 8 + body))  # type: ignore[attr-defined]

    def _answer(self, call: bytes, serial: int) -> bytes:
        if b"Hello\0" in call:
            return reply(serial, "s", text(":1.5"))
        if b"LoadUnit\0" in call:
            name = call[:-1].rpartition(b"\0")[2].decode()
            self.asked.append(name)
            if "@." in name:
                return reply(serial, "s", text("Unit name is not valid."), error="org.freedesktop.systemd1.Invalid")
            return reply(serial, "o", text(f"/unit/{name.encode().hex()}"))
        path = call.partition(b"/unit/")[2].partition(b"\0")[0].decode()
        known = self.units.get(bytes.fromhex(path).decode(), {"LoadState": "not-found", "ActiveState": "inactive"})
        return reply(serial, "a{sv}", properties(known))

    def close(self, path: Path) -> None:
        """Stop."""
        with socket.socket(socket.AF_UNIX) as last:
            last.connect(str(path))
        self._thread.join(10)
        self._listener.close()


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    path = tmp_path / "bus"
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={path}")
    bus = Bus(
        path,
        {
            "nginx.service": {"Id": "nginx.service", "LoadState": "loaded", "ActiveState": "active"},
            "backup.timer": {"LoadState": "loaded", "ActiveState": "failed"},
            "odd.service": {"LoadState": "loaded", "ActiveState": "dancing"},
        },
    )
    yield bus
    bus.close(path)


def test_each_unit_has_its_state(bus: Bus) -> None:
    units = Systemd(("nginx", "backup.timer", "gone", "odd"))
    found = readings(units)
    assert {key: reading.value for key, reading in found.items()} == {
        "systemd_nginx": "active",
        "systemd_backup_timer": "failed",
        "systemd_gone": "not_found",
        "systemd_odd": "not_found",
    }
    assert all(reading.value in reading.description.options for reading in found.values())
    bus.units["nginx.service"] = {"LoadState": "loaded", "ActiveState": "inactive"}
    assert values(units)["systemd_nginx"] == "inactive"
    assert bus.asked.count("nginx.service") == 1


def test_a_refusal_of_systemd_is_an_error(bus: Bus) -> None:
    with pytest.raises(DBusError, match="not valid"):
        values(Systemd(("broken@",)))
    assert bus.asked == ["broken@.service"]


def test_without_a_bus_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path / 'none'}")
    with pytest.raises(DBusError, match="no D-Bus system bus"):
        values(Systemd(("nginx",)))


def test_units_come_from_the_configuration(bus: Bus) -> None:
    tables = {"broker": {"url": "mqtt://localhost"}, "collectors": {"systemd": {"units": ["nginx.service"]}}}
    found = readings(create(parse_config(tables, source="test", environ={})))
    assert found["systemd_nginx_service"].value == "active"
    assert found["systemd_nginx_service"].description.placeholders == {"unit": "nginx"}
    assert bus.asked == ["nginx.service"]
