"""Laptop whose lid is closed: a stub of logind announces it, and nothing is suspended."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
import os
from pathlib import Path
import shutil
import signal

from lab.agent import AGENT_BIN
from lab.alarms import add_rule, alarms, history, remove
from lab.lab import Lab
from lab.processes import ROOT
from lab.waiting import until
import pytest

from .conftest import NewHost
from .host import Host

STUB = ROOT / "agent" / "tests" / "logind_stub.py"
SETTINGS = {"agent": {"interval_s": 5}, "broker": {"keepalive_s": 5}}


class Logind:
    """Stub of logind on a bus of its own, in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process, self._input, self._output = process, process.stdin, process.stdout

    async def read_line(self) -> str:
        """Return its next line: the address of its bus at first, then ``unlocked`` when no agent delays the sleep."""
        async with asyncio.timeout(30):
            return (await self._output.readline()).decode().strip()

    def emit(self, signal_name: str) -> None:
        """Emit a signal."""
        self._input.write(f"{signal_name}\n".encode())

    async def close(self) -> None:
        """End it."""
        self._input.close()
        await self._process.wait()


@pytest.fixture
async def logind(tmp_path: Path) -> AsyncGenerator[Logind]:
    """Start the stub."""
    if shutil.which("dbus-daemon") is None:
        pytest.skip("dbus-daemon is not installed (package dbus-daemon)")
    process = await asyncio.create_subprocess_exec(
        AGENT_BIN / "python", STUB, tmp_path, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    stub = Logind(process)
    yield stub
    await stub.close()


@asynccontextmanager
async def frozen(host: Host) -> AsyncIterator[None]:
    """Stop the agent's process, as a sleeping machine does."""
    os.kill(host.agent.program.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(host.agent.program.pid, signal.SIGCONT)


async def test_laptop_whose_lid_is_closed_is_suspended_and_not_lost(
    lab: Lab, new_host: NewHost, logind: Logind
) -> None:
    address = await logind.read_line()
    laptop = await new_host("-laptop", settings=SETTINGS, environ={"DBUS_SYSTEM_BUS_ADDRESS": address})
    other = await new_host("-other", settings=SETTINGS, environ={"DBUS_SYSTEM_BUS_ADDRESS": f"{address}-none"})
    rules = [
        await add_rule(lab.client, "host_lost", host.node_id, entities=[await host.entity_id("power_state")])
        for host in (laptop, other)
    ]
    process_id = laptop.agent.program.pid

    logind.emit("PrepareForSleep true")
    assert await logind.read_line() == "unlocked"
    async with frozen(laptop), frozen(other):
        await laptop.wait_power("suspended")
        # Without logind the same sleep is an outage: when its alarm is raised, the laptop's would be, too.
        await other.wait_power("lost", timeout_s=120)
        await until(lambda: alarms(lab.client, other.node_id), timeout_s=60, what="the alarm of the other one")
        assert (await lab.client.state(await laptop.entity_id("power_state")))["state"] == "suspended"
    logind.emit("PrepareForSleep false")

    await laptop.wait_power("on")
    assert laptop.agent.program.pid == process_id
    assert laptop.agent.program.running
    assert (await laptop.send("ping"))["status"] == "done"
    assert await history(lab.client, laptop.node_id) == []
    for rule in rules:
        await remove(lab.client, rule)
