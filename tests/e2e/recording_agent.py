"""Agent with one replacement: actions on the machine are written to a file instead.

Runs in the agent's own environment: ``python recording_agent.py agent.toml``.
"""

import asyncio
import logging
from pathlib import Path
import sys

from iotbridge_agent.agent import run
from iotbridge_agent.commands.base import Permission
from iotbridge_agent.config import load_config


class RecordedPower:
    """Power backend that permits every power command and executes none."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def permission(self, command: str) -> Permission:
        """Allow everything."""
        return Permission(allowed=True, detail=f"{command} is only written down.")

    def execute(self, command: str) -> None:
        """Record the command."""
        with self.path.open("a", encoding="ascii") as record:
            record.write(f"{command}\n")


if __name__ == "__main__":
    config = load_config(Path(sys.argv[1]))
    logging.basicConfig(level=logging.INFO)
    asyncio.run(run(config, power=RecordedPower(config.state_dir / "executed")))
