"""Carries out the user's own commands: fixed words, never a shell."""

import asyncio
from collections.abc import Mapping
import os
import signal
import subprocess
import sys
import time
from typing import Any

from iotbridge_agent.commands.base import CommandError
from iotbridge_agent.config import CustomCommand

CHUNK = 4096
GRACE_S = 2.0
"""Between the polite signal and the one nobody can ignore."""


async def run_custom(command: CustomCommand) -> Mapping[str, Any]:
    """Run to the end; return ``exit_code``, ``output``, ``truncated``, ``duration_s``. Raises CommandError."""
    started = time.monotonic()
    process = await _start(command)
    kept = bytearray()
    reader = asyncio.create_task(_read(process, kept, command.max_output), name=f"output of {command.name}")
    try:
        async with asyncio.timeout(command.timeout_s):
            await asyncio.gather(process.wait(), asyncio.shield(reader))
    except TimeoutError:
        # Ended in time, and something it left in the background still holds its output: that is not a timeout.
        timed_out = process.returncode is None
    else:
        timed_out = False
    finally:
        if process.returncode is None:
            await _stop(process)
        reader.cancel()
        # asyncio has no public way to close a pipe that something in the background still holds.
        process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001
    truncated = len(kept) > command.max_output
    data = {
        "exit_code": process.returncode,
        "output": kept[: command.max_output].decode(errors="replace"),
        "truncated": truncated,
        "duration_s": round(time.monotonic() - started, 1),
    }
    if timed_out:
        raise CommandError("timeout", f"{command.name} was stopped: it took longer than {command.timeout_s:g} s.", data)
    if process.returncode:
        raise CommandError("exit_code", f"{command.name} ended with exit code {process.returncode}.", data)
    return data


async def _start(command: CustomCommand) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *command.argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise CommandError("not_found", f"{command.name}: there is no program {command.argv[0]}.") from error
    except PermissionError as error:
        raise CommandError("not_permitted", f"{command.name}: {command.argv[0]} may not be started.") from error
    except OSError as error:
        message = f"{command.name}: {command.argv[0]} cannot be started ({error.strerror})."
        raise CommandError("error", message) from error


async def _read(process: asyncio.subprocess.Process, kept: bytearray, limit: int) -> None:
    # One byte more than the limit tells that there was more; the rest is read and dropped, or the program would block.
    while process.stdout and (chunk := await process.stdout.read(CHUNK)):
        kept += chunk[: limit + 1 - len(kept)]


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Stop the program and its children: they are one process group."""
    _signal(process, signal.SIGTERM)
    try:
        async with asyncio.timeout(GRACE_S):
            await process.wait()
    except TimeoutError:
        pass
    _signal(process, signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
    await process.wait()


def _signal(process: asyncio.subprocess.Process, number: int) -> None:
    try:
        if sys.platform == "win32":
            process.send_signal(number)
        else:
            os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return
