"""Notice of Home Assistant on the terminal of a person who is logged in to a host."""

import asyncio
from collections.abc import AsyncGenerator
import os
from pathlib import Path

from lab.agent import AGENT_BIN
from lab.processes import ROOT
import pytest

from .conftest import NewHost

STUB = ROOT / "agent" / "tests" / "notice_stub.py"
SCRIPT = Path(__file__).parent / "notice_agent.py"
ADDRESS = f"iotbridge-e2e-{os.getpid()}-{os.getuid()}"


class Session:
    """Session with a terminal, in a process of its own."""

    def __init__(self, output: asyncio.StreamReader) -> None:
        self._output = output

    async def read_line(self) -> str:
        """Return its next line: ``ready`` at first, then what the terminal shows."""
        async with asyncio.timeout(60):
            return (await self._output.readline()).decode().strip()


@pytest.fixture
async def session(tmp_path: Path) -> AsyncGenerator[Session]:
    """Log this user in on a terminal."""
    process = await asyncio.create_subprocess_exec(
        AGENT_BIN / "python", STUB, tmp_path, ADDRESS, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    session = Session(process.stdout)
    assert await session.read_line() == "ready"
    yield session
    process.stdin.close()
    await process.wait()


async def test_a_message_to_the_screen_of_a_host_is_on_the_terminal(
    new_host: NewHost, session: Session, tmp_path: Path
) -> None:
    host = await new_host(
        "-screen",
        script=SCRIPT,
        settings={"commands": {"notice": True}},
        environ={"SESSIONS": str(tmp_path), "NOTICE_ADDRESS": ADDRESS},
    )
    screen = await host.entity_id("notice")
    await host.lab.client.wait_state(screen, "unknown")
    data = {"entity_id": screen, "title": "Notte", "message": "Spento alle 22:30.\n\x1b[2JCiao"}
    await host.lab.client.call("notify.send_message", data)

    line = await session.read_line()
    assert line.startswith("Notte (")
    assert line.endswith("): Spento alle 22:30. [2JCiao")
    event = await host.wait_command_event("notice", "done")
    assert event["message"] == "The notice was shown to 1 of 1 people who are logged in."
    assert host.executed == []
