"""The load average."""

import os
from pathlib import Path

from collecting import readings, server, values, write
import pytest

from iotbridge_agent.collectors.load import Load
from iotbridge_agent.errors import CollectorError, NoDataError


def test_the_first_of_three_is_on(tmp_path: Path) -> None:
    found = readings(Load(server(tmp_path)))
    assert {key: reading.value for key, reading in found.items()} == {"load_1m": 1.25, "load_5m": 0.5, "load_15m": 0.1}
    assert [key for key, reading in found.items() if reading.description.enabled] == ["load_1m"]


@pytest.mark.parametrize("text", ["", "1.0 2.0", "a b c"])
def test_garbage_is_an_error_that_names_the_file(tmp_path: Path, text: str) -> None:
    with pytest.raises(CollectorError, match="/proc/loadavg"):
        values(Load(write(tmp_path, {"proc/loadavg": text})))


def test_other_systems_are_read_too() -> None:
    assert set(values(Load(None))) == {"load_1m", "load_5m", "load_15m"}


def test_windows_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "getloadavg")
    with pytest.raises(NoDataError):
        values(Load(None))
