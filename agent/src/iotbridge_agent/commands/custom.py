"""Execution of the user's own commands: fixed arguments, never a shell.

They run in threads, not in asyncio's subprocesses, which Windows does not support on the MQTT library's event loop.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
import os
import signal
import subprocess
import sys
import threading
import time
from typing import IO, Any

from iotbridge_agent.commands.base import CommandError
from iotbridge_agent.config import CustomCommand

CHUNK = 4096
GRACE_S = 2.0
"""Seconds between SIGTERM and SIGKILL."""
OUTPUT_PATIENCE_S = 0.2


async def run_custom(command: CustomCommand) -> Mapping[str, Any]:
    """Run to the end; return ``exit_code``, ``output``, ``truncated``, ``duration_s``. Raises CommandError."""
    started = time.monotonic()
    loop = asyncio.get_running_loop()
    process = _start(command)
    kept = bytearray()
    try:
        timed_out = await loop.run_in_executor(None, _finish, process, kept, command)
    finally:
        if process.poll() is None:  # cancelled: the agent stops, and its child processes with it
            await loop.run_in_executor(None, _stop, process)
    data = {
        "exit_code": process.returncode,
        "output": kept[: command.max_output].decode(errors="replace"),
        "truncated": len(kept) > command.max_output,
        "duration_s": round(time.monotonic() - started, 1),
    }
    if timed_out:
        raise CommandError("timeout", f"{command.name} was stopped: it took longer than {command.timeout_s:g} s.", data)
    if process.returncode:
        raise CommandError("exit_code", f"{command.name} ended with exit code {process.returncode}.", data)
    return data


def _start(command: CustomCommand) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - words of the configuration
            command.argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise CommandError("not_found", f"{command.name}: there is no program {command.argv[0]}.") from error
    except PermissionError as error:
        raise CommandError("not_permitted", f"{command.name}: {command.argv[0]} may not be started.") from error
    except OSError as error:
        message = f"{command.name}: {command.argv[0]} cannot be started ({error.strerror})."
        raise CommandError("error", message) from error


def _finish(process: subprocess.Popen[bytes], kept: bytearray, command: CustomCommand) -> bool:
    """Read the output until the program ends or its timeout expires; return whether it had to be stopped."""
    reader = threading.Thread(target=_read, args=(process.stdout, kept, command.max_output), daemon=True)
    reader.start()
    timed_out = False
    try:
        process.wait(command.timeout_s)
    except subprocess.TimeoutExpired:
        timed_out = True
        _stop(process)
    # A process that the program left in the background may keep its output open forever: once no more output arrives,
    # the program's own output is complete.
    length = -1
    while reader.is_alive() and length < len(kept):
        length = len(kept)
        reader.join(OUTPUT_PATIENCE_S)
    return timed_out


def _read(output: IO[bytes], kept: bytearray, limit: int) -> None:
    # One byte more than the limit shows that there was more; the rest is read and dropped, or the program would block.
    with output:
        while chunk := output.read(CHUNK):
            kept += chunk[: limit + 1 - len(kept)]


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop the program and its children: they are one process group."""
    _signal(process, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_S)
    _signal(process, signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    try:
        if sys.platform == "win32":
            process.send_signal(number)
        else:
            os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return
