"""Boot time, which stays the same while the clock is corrected."""

from pathlib import Path

from collecting import read_proc, values, write
import pytest

from iotbridge_agent.collectors.boot import Boot


def test_small_clock_corrections_do_not_change_the_boot_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    boot = Boot()
    read_proc(monkeypatch, tmp_path)
    assert values(boot) == {"boot_time": "2026-11-21T13:52:45Z"}
    for wobble in ("1795269166", "1795269164", "1795269200"):
        write(tmp_path, {"proc/stat": f"btime {wobble}\n"})
        assert values(boot) == {"boot_time": "2026-11-21T13:52:45Z"}


def test_a_clock_that_was_wrong_at_start_is_corrected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    boot = Boot()
    read_proc(monkeypatch, tmp_path, {"stat": "btime 3600\n"})
    assert values(boot) == {"boot_time": "1970-01-01T01:00:00Z"}
    write(tmp_path, {"proc/stat": "btime 1795269165\n"})
    assert values(boot) == {"boot_time": "2026-11-21T13:52:45Z"}
