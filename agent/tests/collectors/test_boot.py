"""The time of boot stays the same while the clock is corrected."""

from pathlib import Path

from collecting import server, values, write
import pytest

from iotbridge_agent.collectors.boot import Boot
from iotbridge_agent.errors import CollectorError


def test_the_wobble_of_a_corrected_clock_is_not_shown(tmp_path: Path) -> None:
    boot = Boot(server(tmp_path))
    assert values(boot) == {"boot_time": "2026-11-21T13:52:45Z"}
    for wobble in ("1795269166", "1795269164", "1795269200"):
        write(tmp_path, {"proc/stat": f"btime {wobble}\n"})
        assert values(boot) == {"boot_time": "2026-11-21T13:52:45Z"}


def test_a_clock_that_was_wrong_at_start_is_corrected(tmp_path: Path) -> None:
    boot = Boot(write(tmp_path, {"proc/stat": "btime 3600\n"}))
    assert values(boot) == {"boot_time": "1970-01-01T01:00:00Z"}
    write(tmp_path, {"proc/stat": "btime 1795269165\n"})
    assert values(boot) == {"boot_time": "2026-11-21T13:52:45Z"}


@pytest.mark.parametrize("text", ["", "btime\n", "btime soon\n", "btime 999999999999999\n"])
def test_garbage_is_an_error_that_names_the_file(tmp_path: Path, text: str) -> None:
    with pytest.raises(CollectorError, match="/proc/stat"):
        values(Boot(write(tmp_path, {"proc/stat": text})))


def test_other_systems_are_read_too() -> None:
    assert str(values(Boot(None))["boot_time"]).endswith("Z")
