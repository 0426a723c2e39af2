"""Agent of a machine that stops by its commands: its process ends, and nothing else is executed.

Runs in the agent's own environment: ``python machine_agent.py agent.toml``.
"""

import asyncio
import logging
import os
from pathlib import Path
import sys

from iotbridge_agent.agent import run
from iotbridge_agent.config import load_config
from recording_agent import RecordedPower  # type: ignore[import-not-found]


class EndingPower(RecordedPower):  # type: ignore[misc]
    """Power backend that records a command and ends this process, as the machine would."""

    def execute(self, command: str) -> None:
        """Record the command and end at once; the agent has left before."""
        super().execute(command)
        os._exit(0)


if __name__ == "__main__":
    config = load_config(Path(sys.argv[1]))
    logging.basicConfig(level=logging.INFO)
    asyncio.run(run(config, power=EndingPower(config.state_dir / "executed")))
