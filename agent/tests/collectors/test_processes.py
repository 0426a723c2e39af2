"""The number of processes."""

from pathlib import Path

from collecting import read_proc, values
import pytest

from iotbridge_agent.collectors.processes import Processes


def test_processes_count_and_their_threads_do_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_proc(monkeypatch, tmp_path, {"1/comm": "init", "42/comm": "sh", "42/task/43/comm": "sh"})
    assert values(Processes()) == {"process_count": 2}
