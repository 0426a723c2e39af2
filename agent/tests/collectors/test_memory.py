"""Main memory."""

from pathlib import Path

from collecting import read_proc, readings
import pytest

from iotbridge_agent.collectors.memory import Memory


def test_the_page_cache_is_not_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_proc(monkeypatch, tmp_path)
    found = readings(Memory())
    assert found["memory_percent"].value == 25.0
    assert found["memory_used"].value == pytest.approx(4_000_000 / 1024**2)
    assert found["memory_available"].value == pytest.approx(12_000_000 / 1024**2)
    assert [key for key, reading in found.items() if reading.description.enabled] == ["memory_percent"]
