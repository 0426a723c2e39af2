"""Runs an agent whose power backend only writes down what it was told: ``harmless_agent.py CONFIG_JSON FOLDER``.

``fake`` in the configuration: ``allowed`` (false: the system permits nothing), ``error`` (executing fails with this
sentence), ``still_here_s`` (how soon a machine counts as still there); ``interval_s``, ``keepalive_s`` and
``longest_retry_s``: shorter than the configuration allows, to save the tests' time.
"""

from dataclasses import replace
import json
import logging
from pathlib import Path
import sys
from typing import Any

from iotbridge_agent import agent, connection
from iotbridge_agent.commands import dispatcher
from iotbridge_agent.commands.base import CommandError, Permission
from iotbridge_agent.config import parse_config
from iotbridge_agent.event_loop import run_loop


class WritesDown:
    """The backend."""

    def __init__(self, folder: Path, fake: dict[str, Any]) -> None:
        self._file = folder / "executed"
        self._fake = fake

    def permission(self, command: str) -> Permission:
        """Permit, unless told otherwise."""
        return Permission(self._fake.get("allowed", True), f"{command} is forbidden by the test.")

    def execute(self, command: str) -> None:
        """Write it down."""
        with self._file.open("a") as file:
            file.write(f"{command}\n")
        if error := self._fake.get("error"):
            raise CommandError("not_permitted", error)


def main() -> None:
    """Run until a signal comes."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    document, folder = json.loads(sys.argv[1]), Path(sys.argv[2])
    fake = document.pop("fake")
    dispatcher.STILL_HERE_S = fake.get("still_here_s", dispatcher.STILL_HERE_S)
    connection.LONGEST_RETRY_S = fake.get("longest_retry_s", connection.LONGEST_RETRY_S)
    config = parse_config(document, source="test", environ={})
    broker = replace(config.broker, keepalive_s=fake.get("keepalive_s", config.broker.keepalive_s))
    config = replace(config, broker=broker, interval_s=fake.get("interval_s", config.interval_s))
    run_loop(agent.run(config, power=WritesDown(folder, fake)))


if __name__ == "__main__":
    main()
