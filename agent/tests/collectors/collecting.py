"""Helpers of the collectors' tests: a Linux made of text files, a manual clock, and readings by key."""

from collections.abc import Mapping
from pathlib import Path
import shutil

import psutil
import pytest

from iotbridge_agent.collector import Collector, Reading

SERVER = Path(__file__).parent.parent / "fixtures" / "server"


class Clock:
    """Monotonic clock that the test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Return the seconds set by the test."""
        return self.now


def write(root: Path, files: Mapping[str, str]) -> Path:
    """Write files below the root of a machine; return the root."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def read_proc(monkeypatch: pytest.MonkeyPatch, root: Path, files: Mapping[str, str] | None = None) -> Path:
    """Make psutil read a typical server's /proc below a folder, with some files replaced; return the folder."""
    shutil.copytree(SERVER, root, dirs_exist_ok=True)
    monkeypatch.setattr(psutil, "PROCFS_PATH", str(root / "proc"))
    return write(root, {f"proc/{name}": text for name, text in (files or {}).items()})


def readings(collector: Collector) -> dict[str, Reading]:
    """Collect once; return the readings by key, which must be unique."""
    listed = list(collector.collect())
    by_key = {reading.description.key: reading for reading in listed}
    assert len(by_key) == len(listed)
    return by_key


def values(collector: Collector) -> dict[str, object]:
    """Collect once; return the values by key."""
    return {key: reading.value for key, reading in readings(collector).items()}
