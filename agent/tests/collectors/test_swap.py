"""Swap space."""

from pathlib import Path

from collecting import server, values, write
import psutil
import pytest

from iotbridge_agent.collectors.swap import Swap
from iotbridge_agent.errors import CollectorError, NoDataError


def test_the_share_in_use(tmp_path: Path) -> None:
    assert values(Swap(server(tmp_path))) == {"swap_percent": 25.0}


def test_a_machine_without_swap_has_no_data(tmp_path: Path) -> None:
    write(tmp_path, {"proc/meminfo": "SwapTotal: 0 kB\nSwapFree: 0 kB\n"})
    with pytest.raises(NoDataError):
        values(Swap(tmp_path))


@pytest.mark.parametrize("text", ["", "SwapTotal: many kB\nSwapFree: 1 kB\n", "SwapTotal: 1 kB\nSwapFree: 2 kB\n"])
def test_garbage_is_an_error_that_names_the_file(tmp_path: Path, text: str) -> None:
    with pytest.raises(CollectorError, match="/proc/meminfo"):
        values(Swap(write(tmp_path, {"proc/meminfo": text})))


def test_other_systems_are_read_too() -> None:
    if psutil.swap_memory().total:
        assert 0 <= float(str(values(Swap(None))["swap_percent"])) <= 100
    else:
        with pytest.raises(NoDataError):
            values(Swap(None))
