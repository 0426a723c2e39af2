"""Processor: usage between two readings, hostile counters, frequency."""

from collections.abc import Callable
from pathlib import Path
import threading
from types import SimpleNamespace

from collecting import Clock, read_proc, values
import psutil
import pytest

from iotbridge_agent.collectors.cpu import Cpu

Tick = Callable[[str], object]


@pytest.fixture
def tick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tick:
    """Return a function that advances the clock by 30 s, sets the counters and reads the usage."""
    clock = Clock()
    cpu = Cpu(clock)

    def turn(counters: str, seconds: float = 30) -> object:
        clock.now += seconds
        read_proc(monkeypatch, tmp_path, {"stat": f"cpu {counters}\ncpu0 {counters}\n"})
        return values(cpu)["cpu_percent"]

    return turn


def test_usage_is_the_busy_share_since_the_last_reading(tick: Tick) -> None:
    assert tick("1000 50 500 8000 200 10 40 200 30 0") is None
    assert tick("1100 50 550 8700 350 10 40 200 40 0") == pytest.approx(15.0)  # 150 of 1000; waiting for a disk is idle


def test_readings_may_come_from_different_threads(tick: Tick) -> None:
    tick("0 0 0 0 0 0 0 0 0 0")
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(tick("50 0 0 50 0 0 0 0 0 0")))
    thread.start()
    thread.join()
    assert found == [50.0]


def test_a_reading_too_soon_repeats_the_last_value(tick: Callable[..., object]) -> None:
    tick("0 0 0 0 0 0 0 0 0 0")
    assert tick("50 0 0 50 0 0 0 0 0 0") == 50.0
    assert tick("150 0 0 50 0 0 0 0 0 0", 0.1) == 50.0
    assert tick("150 0 0 50 0 0 0 0 0 0") == 100.0


def test_decreasing_counters_give_no_value(tick: Tick) -> None:
    tick("1000 0 0 1000 0 0 0 0 0 0")
    assert tick("1 0 0 1 0 0 0 0 0 0") is None
    assert tick("2 0 0 2 0 0 0 0 0 0") == 50.0


def test_usage_stays_a_percentage_if_the_wait_counter_decreases(tick: Tick) -> None:
    tick("0 0 0 0 90 0 0 0 0 0")
    assert tick("100 0 0 0 50 0 0 0 0 0") == 100.0


def test_cores_and_their_frequency(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "cpu_count", lambda: 4)
    monkeypatch.setattr(psutil, "cpu_freq", lambda: SimpleNamespace(current=1600.0))
    found = values(Cpu())
    assert (found["cpu_count"], found["cpu_frequency"]) == (4, 1600.0)


@pytest.mark.parametrize("error", [OSError, ValueError, NotImplementedError, None])
def test_an_unknown_frequency_gives_no_reading(monkeypatch: pytest.MonkeyPatch, error: type[Exception] | None) -> None:
    def ask() -> None:
        if error:
            raise error

    monkeypatch.setattr(psutil, "cpu_freq", ask)
    assert "cpu_frequency" not in values(Cpu())
