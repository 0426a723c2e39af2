"""Batteries of laptops and UPSs."""

from collections.abc import Mapping
from pathlib import Path

from collecting import values, write
import psutil
import pytest

from iotbridge_agent.collectors.battery import Battery
from iotbridge_agent.errors import NoDataError


def supply(root: Path, name: str, files: Mapping[str, str]) -> Path:
    return write(root, {f"sys/class/power_supply/{name}/{key}": f"{text}\n" for key, text in files.items()})


LAPTOP = {
    "type": "Battery",
    "status": "Discharging",
    "capacity": "50",
    "energy_now": "20000000",
    "energy_full": "40000000",
    "power_now": "10000000",
}


def test_a_laptop_on_its_battery(tmp_path: Path) -> None:
    supply(tmp_path, "AC", {"type": "Mains", "online": "0"})
    supply(tmp_path, "BAT0", LAPTOP)
    supply(tmp_path, "hidpp_battery_0", {"type": "Battery", "scope": "Device", "capacity": "5"})
    supply(tmp_path, "phone", {"type": "USB", "scope": "Device", "online": "1"})
    assert values(Battery(tmp_path)) == {"battery_percent": 50.0, "battery_plugged": False, "battery_minutes": 120.0}


def test_plugged_in_there_is_no_time_left(tmp_path: Path) -> None:
    supply(tmp_path, "AC", {"type": "Mains", "online": "1"})
    supply(tmp_path, "BAT0", LAPTOP | {"status": "Charging"})
    assert values(Battery(tmp_path)) == {"battery_percent": 50.0, "battery_plugged": True, "battery_minutes": None}


def test_of_two_batteries_the_larger_counts_more(tmp_path: Path) -> None:
    supply(tmp_path, "BAT0", LAPTOP | {"capacity": "100", "energy_full": "30000000"})
    supply(tmp_path, "BAT1", LAPTOP | {"capacity": "0", "energy_full": "10000000", "power_now": "0"})
    assert values(Battery(tmp_path)) == {"battery_percent": 75.0, "battery_plugged": False, "battery_minutes": 240.0}


def test_a_ups_without_a_mains_entry_tells_by_its_status(tmp_path: Path) -> None:
    supply(tmp_path, "ups", {"type": "UPS", "capacity": "100", "status": "Full"})
    assert values(Battery(tmp_path)) == {"battery_percent": 100.0, "battery_plugged": True, "battery_minutes": None}


def test_garbage_has_no_value(tmp_path: Path) -> None:
    supply(tmp_path, "AC", {"type": "Mains", "online": "\0"})
    supply(tmp_path, "BAT0", {"type": "Battery", "capacity": "full", "status": "Discharging", "energy_now": "x"})
    assert values(Battery(tmp_path)) == {"battery_percent": None, "battery_plugged": False, "battery_minutes": None}


def test_without_a_battery_there_is_no_data(tmp_path: Path) -> None:
    supply(tmp_path, "AC", {"type": "Mains", "online": "1"})
    with pytest.raises(NoDataError):
        values(Battery(tmp_path))


@pytest.mark.skipif(psutil.sensors_battery() is not None, reason="this machine has a battery")
def test_other_systems_are_asked_too() -> None:
    with pytest.raises(NoDataError):
        values(Battery(None))


@pytest.mark.parametrize(("seconds", "minutes"), [(600, 10.0), (psutil.POWER_TIME_UNLIMITED, None)])
def test_other_systems_are_read_too(monkeypatch: pytest.MonkeyPatch, seconds: int, minutes: float | None) -> None:
    answer = type("Answer", (), {"percent": 80.0, "power_plugged": minutes is None, "secsleft": seconds})
    monkeypatch.setattr(psutil, "sensors_battery", lambda: answer)
    assert values(Battery(None)) == {
        "battery_percent": 80.0,
        "battery_plugged": minutes is None,
        "battery_minutes": minutes,
    }
