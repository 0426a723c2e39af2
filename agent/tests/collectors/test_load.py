"""The load average."""

from collecting import readings
import psutil
import pytest

from iotbridge_agent.collectors.load import Load


def test_the_first_of_three_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "getloadavg", lambda: (1.25, 0.5, 0.1))
    found = readings(Load())
    assert {key: reading.value for key, reading in found.items()} == {"load_1m": 1.25, "load_5m": 0.5, "load_15m": 0.1}
    assert [key for key, reading in found.items() if reading.description.enabled] == ["load_1m"]
