"""Runs an agent whose power backend only writes down what it was told: ``harmless_agent.py CONFIG_JSON FOLDER``.

``fake`` in the configuration: ``allowed`` (false: the system permits nothing), ``error`` (executing fails with this
sentence), ``still_here_s`` (how soon a machine counts as still there).
"""

import asyncio
import json
import logging
from pathlib import Path
import sys
from typing import Any

from iotbridge_agent import agent
from iotbridge_agent.commands import dispatcher
from iotbridge_agent.commands.base import CommandError, Permission
from iotbridge_agent.config import parse_config


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
    config = parse_config(document, source="test", environ={})
    asyncio.run(agent.run(config, power=WritesDown(folder, fake)))


if __name__ == "__main__":
    main()
