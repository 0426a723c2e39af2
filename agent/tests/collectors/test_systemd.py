"""State of units, read over a real socket from a bus that responds with hand-written bytes."""

from collections.abc import Iterator
from pathlib import Path

from collecting import readings, values
import pytest
from systemd_stub import Bus

from iotbridge_agent.collectors.systemd import Systemd, create
from iotbridge_agent.config import parse_config
from iotbridge_agent.system.dbus import DBusError


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
    bus.close()


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
