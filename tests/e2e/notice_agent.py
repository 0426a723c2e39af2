"""Agent of a machine whose sessions are those of a test, in the environment variables SESSIONS and NOTICE_ADDRESS.

Runs in the agent's own environment: ``python notice_agent.py agent.toml``.
"""

import asyncio
import logging
import os
from pathlib import Path
import sys

from iotbridge_agent.agent import run
from iotbridge_agent.commands import notice
from iotbridge_agent.config import load_config
from iotbridge_agent.system import sessions
from recording_agent import RecordedPower  # type: ignore[import-not-found]

if __name__ == "__main__":
    config = load_config(Path(sys.argv[1]))
    sessions.SESSIONS = Path(os.environ["SESSIONS"])
    notice.ADDRESS = "\0" + os.environ["NOTICE_ADDRESS"]
    logging.basicConfig(level=logging.INFO)
    asyncio.run(run(config, power=RecordedPower(config.state_dir / "executed")))
