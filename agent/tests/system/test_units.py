"""Units of systemd, on a bus that starts nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from systemd_stub import Bus

from iotbridge_agent.system.dbus import DBusError
from iotbridge_agent.system.units import Units, start_unit


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    path = tmp_path / "bus"
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={path}")
    bus = Bus(path, {"hub.service": {"LoadState": "loaded", "ActiveState": "inactive", "Job": 7}})
    yield bus
    bus.close()


def test_properties_of_a_unit(bus: Bus) -> None:
    units = Units()
    assert units.properties("hub.service")["ActiveState"] == "inactive"
    assert tuple(units.properties("hub.service")["Job"]) == (7, "/job/7")
    assert units.properties("gone.service")["LoadState"] == "not-found"
    assert bus.asked == ["hub.service", "gone.service"]


@pytest.mark.parametrize("member", ["LoadUnit", "GetAll"])
@pytest.mark.parametrize(("signature", "body"), [("", b""), ("u", b"\7\0\0\0"), ("uu", b"\7\0\0\0" * 2)])
def test_an_odd_reply_is_an_error(bus: Bus, member: str, signature: str, body: bytes) -> None:
    bus.odd_replies[member] = (signature, body)

    with pytest.raises(DBusError, match="cannot be read: not one value of the type"):
        Units().properties("hub.service")


def test_starting_a_unit(bus: Bus) -> None:
    start_unit("hub.service")
    assert bus.started == ["hub.service"]
    bus.refusal = "org.freedesktop.DBus.Error.AccessDenied"
    with pytest.raises(DBusError) as error:
        start_unit("hub.service")
    assert error.value.name == bus.refusal
