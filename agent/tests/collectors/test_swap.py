"""Swap space."""

from pathlib import Path

from collecting import read_proc, values
import pytest

from iotbridge_agent.collectors.swap import Swap
from iotbridge_agent.errors import NoDataError


def test_the_share_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_proc(monkeypatch, tmp_path)
    assert values(Swap()) == {"swap_percent": 25.0}


def test_a_machine_without_swap_has_no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_proc(monkeypatch, tmp_path, {"meminfo": "SwapTotal: 0 kB\nSwapFree: 0 kB\n"})
    with pytest.raises(NoDataError):
        values(Swap())
