"""The processor: usage between two looks, hostile counters, frequency."""

from pathlib import Path

from collecting import Clock, server, values, write
import pytest

from iotbridge_agent.collectors.cpu import Cpu
from iotbridge_agent.errors import CollectorError


def test_usage_is_what_was_busy_since_the_last_look(tmp_path: Path) -> None:
    clock = Clock()
    cpu = Cpu(server(tmp_path), clock)
    assert values(cpu)["cpu_percent"] is None
    clock.now += 30
    write(tmp_path, {"proc/stat": "cpu  1100 50 550 8700 350 10 40 200 30 0\n"})
    assert values(cpu)["cpu_percent"] == pytest.approx(15.0)  # 150 of 1000; waiting for a disk is idle


def test_a_look_too_soon_repeats_the_last_value(tmp_path: Path) -> None:
    clock = Clock()
    cpu = Cpu(write(tmp_path, {"proc/stat": "cpu 0 0 0 0 0\n"}), clock)
    values(cpu)
    clock.now += 30
    write(tmp_path, {"proc/stat": "cpu 50 0 0 50 0\n"})
    assert values(cpu)["cpu_percent"] == 50.0
    clock.now += 0.1
    write(tmp_path, {"proc/stat": "cpu 150 0 0 50 0\n"})
    assert values(cpu)["cpu_percent"] == 50.0
    clock.now += 30
    assert values(cpu)["cpu_percent"] == 100.0


def test_counters_that_go_back_give_no_value(tmp_path: Path) -> None:
    clock = Clock()
    cpu = Cpu(server(tmp_path), clock)
    values(cpu)
    clock.now += 30
    write(tmp_path, {"proc/stat": "cpu 1 0 0 1 0\n"})
    assert values(cpu)["cpu_percent"] is None
    clock.now += 30
    write(tmp_path, {"proc/stat": "cpu 2 0 0 2 0\n"})
    assert values(cpu)["cpu_percent"] == 50.0


def test_usage_stays_a_percentage_when_the_wait_counter_goes_back(tmp_path: Path) -> None:
    clock = Clock()
    cpu = Cpu(write(tmp_path, {"proc/stat": "cpu 0 0 0 0 90\n"}), clock)
    values(cpu)
    clock.now += 30
    write(tmp_path, {"proc/stat": "cpu 100 0 0 0 50\n"})
    assert values(cpu)["cpu_percent"] == 100.0


@pytest.mark.parametrize("text", ["", "cpu\n", "cpu 1 2 3\n", "cpu a b c d e\n", "intr 1 2 3 4 5\n", "\0\xff\n"])
def test_garbage_is_an_error_that_names_the_file(tmp_path: Path, text: str) -> None:
    with pytest.raises(CollectorError, match="/proc/stat"):
        values(Cpu(write(tmp_path, {"proc/stat": text})))


def test_frequency_is_the_mean_of_the_cores_in_mhz(tmp_path: Path) -> None:
    folder = "sys/devices/system/cpu/cpufreq"
    server(tmp_path)
    assert "cpu_frequency" not in values(Cpu(tmp_path))
    write(
        tmp_path,
        {
            f"{folder}/policy0/scaling_cur_freq": "800000\n",
            f"{folder}/policy1/scaling_cur_freq": "2400000\n",
            f"{folder}/policy2/scaling_cur_freq": "<unknown>\n",
        },
    )
    assert values(Cpu(tmp_path))["cpu_frequency"] == 1600.0


def test_other_systems_are_read_too() -> None:
    clock = Clock()
    cpu = Cpu(None, clock)
    assert values(cpu)["cpu_percent"] is None
    sum(range(3_000_000))  # so that some time is counted
    clock.now += 30
    second = values(cpu)
    assert second["cpu_percent"] is None or 0 <= float(str(second["cpu_percent"])) <= 100
    assert isinstance(second["cpu_count"], int)
