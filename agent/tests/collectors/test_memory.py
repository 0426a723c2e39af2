"""Main memory."""

from pathlib import Path

from collecting import readings, server, values, write
import pytest

from iotbridge_agent.collectors.memory import Memory
from iotbridge_agent.errors import CollectorError


def test_the_page_cache_is_not_in_use(tmp_path: Path) -> None:
    found = readings(Memory(server(tmp_path)))
    assert found["memory_percent"].value == 25.0
    assert found["memory_used"].value == pytest.approx(4_000_000 / 1024**2)
    assert found["memory_available"].value == pytest.approx(12_000_000 / 1024**2)
    assert [key for key, reading in found.items() if reading.description.enabled] == ["memory_percent"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "MemTotal: 0 kB\nMemAvailable: 0 kB\n",
        "MemTotal: 5 kB\n",
        "MemTotal: 5 kB\nMemAvailable: 6 kB\n",
        "\xff:::\n",
    ],
)
def test_garbage_is_an_error_that_names_the_file(tmp_path: Path, text: str) -> None:
    with pytest.raises(CollectorError, match="/proc/meminfo"):
        values(Memory(write(tmp_path, {"proc/meminfo": text})))


def test_other_systems_are_read_too() -> None:
    assert 0 < float(str(values(Memory(None))["memory_percent"])) < 100
