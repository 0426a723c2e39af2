"""The number of processes."""

from pathlib import Path

from collecting import values, write

from iotbridge_agent.collectors.processes import Processes


def test_folders_with_a_number_count(tmp_path: Path) -> None:
    write(tmp_path, {"proc/1/comm": "init", "proc/42/comm": "sh", "proc/self/comm": "sh", "proc/stat": ""})
    assert values(Processes(tmp_path)) == {"process_count": 2}


def test_other_systems_are_read_too() -> None:
    assert int(str(values(Processes(None))["process_count"])) > 0
