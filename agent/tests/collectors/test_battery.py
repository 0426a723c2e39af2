"""Batteries of laptops."""

from pathlib import Path
from types import SimpleNamespace

from collecting import values, write
import psutil
import pytest

from iotbridge_agent.collectors.battery import Battery
from iotbridge_agent.errors import NoDataError

UNKNOWN, UNLIMITED = psutil.POWER_TIME_UNKNOWN, psutil.POWER_TIME_UNLIMITED


def has(monkeypatch: pytest.MonkeyPatch, percent: float, seconds: int, *, plugged: bool | None) -> None:
    answer = SimpleNamespace(percent=percent, secsleft=seconds, power_plugged=plugged)
    monkeypatch.setattr(psutil, "sensors_battery", lambda: answer)


@pytest.mark.parametrize(
    ("percent", "seconds", "plugged", "expected"),
    [
        (50.0, 7200, False, (50.0, False, 120.0)),
        (50.0, UNKNOWN, False, (50.0, False, None)),
        (80.0, UNLIMITED, True, (80.0, True, None)),
        (80.0, 600, None, (80.0, True, None)),  # charged up to a limit
        (101.2, UNLIMITED, True, (100.0, True, None)),  # newer than its own idea of full
    ],
)
def test_charge_power_supply_and_time_left(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    percent: float,
    seconds: int,
    plugged: bool | None,
    expected: tuple[object, ...],
) -> None:
    has(monkeypatch, percent, seconds, plugged=plugged)
    found = values(Battery(tmp_path))
    assert tuple(found.items()) == tuple(
        zip(("battery_percent", "battery_plugged", "battery_minutes"), expected, strict=True)
    )


def test_a_battery_of_a_wireless_mouse_is_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    has(monkeypatch, 5.0, UNKNOWN, plugged=False)
    write(tmp_path, {"hidpp_battery_0/scope": "Device\n", "AC/online": "1\n"})
    with pytest.raises(NoDataError):
        values(Battery(tmp_path))
    write(tmp_path, {"BAT0/capacity": "5\n"})  # preferred by psutil
    assert values(Battery(tmp_path))["battery_percent"] == 5.0


def test_without_a_battery_there_is_no_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def missing() -> None:
        raise FileNotFoundError(2, "No such file or directory", "/sys/class/power_supply")

    for answer in (missing, lambda: None):
        monkeypatch.setattr(psutil, "sensors_battery", answer)
        with pytest.raises(NoDataError):
            values(Battery(tmp_path))
