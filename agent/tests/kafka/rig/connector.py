"""Connector in a process of its own, as its users run it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
from typing import Any, Self

from conftest import wait_until

START_S = 30.0
EXIT_S = 15.0
ROUTE = {"filter": "rig/+", "topic": "numbered", "key": "{topic}"}


class RunningConnector:
    """Connector with a configuration in a folder, which also has its spool; used with ``with``."""

    def __init__(
        self, folder: Path, mqtt: str, bootstrap: str, *, own_id: str = "stock",
        routes: Sequence[Mapping[str, Any]] = (ROUTE,), environ: Mapping[str, str] | None = None,
        **tables: Mapping[str, Any],
    ) -> None:  # fmt: skip
        folder.mkdir(parents=True, exist_ok=True)
        self.config = folder / f"{own_id}.toml"
        self.spool = folder / f"{own_id}.db"
        self.log_file = folder / f"{own_id}.log"
        self.process: subprocess.Popen[bytes] | None = None
        document: dict[str, dict[str, Any]] = {
            "broker": {"url": mqtt},
            "connector": {"id": own_id},
            "kafka": {"bootstrap": bootstrap.split(",")},
            "spool": {"path": str(self.spool)},
        }
        for name, table in tables.items():
            document.setdefault(name, {}).update(table)
        lines = [line for name, table in document.items() for line in (f"[{name}]", *_toml(table))]
        lines += [line for route in routes for line in ("[[route]]", *_toml(route))]
        self.config.write_text("\n".join(lines) + "\n")
        self._environ = {**os.environ, "STATE_DIRECTORY": "", **(environ or {})}
        self._read = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def log(self) -> str:
        """Return the log of all its runs."""
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    @property
    def pid(self) -> int:
        """Return its process id."""
        assert self.process
        return self.process.pid

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another subcommand of ``kafka`` with the same configuration."""
        command = [sys.executable, "-m", "iotbridge_agent", "--config", str(self.config), "kafka", *arguments]
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=START_S, env=self._environ)

    def start(self, *, until: str = "; the session ") -> None:
        """Start it, and wait for a text in the log of this run."""
        self._read = len(self.log)
        command = [sys.executable, "-m", "iotbridge_agent", "kafka", "run", "--config", str(self.config)]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=self._environ)
        self.wait_log(until, START_S)

    def wait_log(self, text: str, deadline_s: float = START_S) -> str:
        """Wait for a text in the log of this run; return that log."""
        return wait_until(lambda: self._log_with(text), f"{text!r} in the log:\n{self.log[-3000:]}", deadline_s)

    def exit_code(self) -> int | None:
        """Return the exit code; None while it runs."""
        assert self.process
        return self.process.poll()

    def terminate(self) -> int:
        """Stop it in an orderly way; return the exit code."""
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(EXIT_S)

    def kill(self) -> None:
        """Kill it, as a crash would."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def rss_mb(self) -> float:
        """Return its resident memory."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def cpu_s(self) -> float:
        """Return the time that processors have spent on it."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _log_with(self, text: str) -> str:
        log = self.log[self._read :]
        if text in log:
            return log
        assert self.process
        assert self.process.poll() is None, f"the connector ended with {self.process.returncode}:\n{self.log[-3000:]}"
        return ""


def _toml(table: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in table.items()]


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_value(item)}" for key, item in value.items()) + " }"
    return json.dumps(value)
