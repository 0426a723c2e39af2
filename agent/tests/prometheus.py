"""Prometheus server and promtool of the tests: Debian's packages, installed or unpacked by scripts/setup."""

from collections.abc import Iterator
from contextlib import contextmanager
import json
import os
from pathlib import Path
import shutil
import subprocess
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from conftest import free_port, wait_until
import pytest


def find(name: str) -> str:
    """Return the path of a program; skips the test without it."""
    cache = os.environ.get("IOTBRIDGE_CACHE")
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    unpacked = (Path(cache) if cache else user / "iotbridge-dev") / "prometheus" / "usr" / "bin"
    program = shutil.which(name, path=os.pathsep.join((str(unpacked), os.environ["PATH"])))
    if program is None:
        pytest.skip(f"{name} is not there (package prometheus)")
    return program


def check(text: str) -> str:
    """Return the objections of `promtool check metrics` to a text; empty for none."""
    command = (find("promtool"), "check", "metrics")
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def scrape(port: int) -> str:
    """Return the metrics of an endpoint, or an empty text as long as nothing answers."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as response:
            return str(response.read().decode())
    except OSError:
        return ""


class Server:
    """Prometheus server that runs on the loopback."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"

    def get(self, path: str, **parameters: str) -> Any:
        """Return the data of a response of its API."""
        with urlopen(f"{self._url}/api/v1/{path}?{urlencode(parameters)}", timeout=10) as response:  # noqa: S310
            return json.load(response)["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the series of an expression, now."""
        found: list[dict[str, Any]] = self.get("query", query=expression)["result"]
        return found

    def is_ready(self) -> bool:
        """Return whether it answers."""
        try:
            with urlopen(f"{self._url}/-/ready", timeout=1):  # noqa: S310
                return True
        except (URLError, OSError):
            return False


@contextmanager
def server(folder: Path, configuration: str) -> Iterator[Server]:
    """Run a server with a configuration, whose relative paths are below ``folder``."""
    program, port = find("prometheus"), free_port()
    file = folder / "prometheus.yml"
    file.write_text(configuration, encoding="utf-8")
    options = (
        f"--config.file={file}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    )
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen([program, *options], stdout=log, stderr=log)
    try:
        running = Server(port)
        wait_until(lambda: running.is_ready() or process.poll() is not None, "Prometheus to be ready", 60)
        assert process.poll() is None, (folder / "prometheus.log").read_text()
        yield running
    finally:
        process.kill()
        process.wait()
