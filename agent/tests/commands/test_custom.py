"""Custom commands: real programs."""

from collections.abc import Callable
import os
from pathlib import Path
import sys
import time

from conftest import wait_until
import pytest

from iotbridge_agent.commands.base import CommandError
from iotbridge_agent.commands.custom import run_custom
from iotbridge_agent.config import CustomCommand


def command(*argv: str, timeout_s: float = 10.0, max_output: int = 100) -> CustomCommand:
    return CustomCommand(name="c", argv=argv, title="C", timeout_s=timeout_s, max_output=max_output)


async def test_arguments_are_never_passed_to_a_shell() -> None:
    data = await run_custom(command("echo", "$HOME; ls | cat", "*"))
    assert data["output"] == "$HOME; ls | cat *\n"
    assert (data["exit_code"], data["truncated"]) == (0, False)


async def test_output_is_truncated_and_a_flood_does_not_block() -> None:
    data = await run_custom(command(sys.executable, "-c", "print('x' * 1_000_000)"))
    assert data["output"] == "x" * 100
    assert data["truncated"] is True


async def test_no_output_is_kept_with_a_limit_of_zero() -> None:
    data = await run_custom(command("echo", "secret", max_output=0))
    assert (data["output"], data["truncated"]) == ("", True)


async def test_stderr_is_output_too_and_invalid_text_is_harmless() -> None:
    with pytest.raises(CommandError) as caught:
        await run_custom(command(sys.executable, "-c", "import os; os.write(2, b'\\xff!'); raise SystemExit(3)"))
    assert caught.value.reason == "exit_code"
    assert caught.value.data
    assert (caught.value.data["exit_code"], caught.value.data["output"]) == (3, "\ufffd!")


async def test_a_custom_command_has_no_input() -> None:
    assert (await run_custom(command("cat")))["output"] == ""


async def test_the_whole_group_is_stopped_after_the_timeout(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    # A parent that ignores the polite signal, and a child.
    script = f"trap '' TERM; sleep 60 & echo $! > {file}; wait; sleep 60"
    started = time.monotonic()
    with pytest.raises(CommandError, match=r"longer than 0\.5 s") as caught:
        await run_custom(command("sh", "-c", script, timeout_s=0.5))
    assert caught.value.reason == "timeout"
    assert time.monotonic() - started < 8
    wait_until(_gone(int(file.read_text())), "the child to be gone")


async def test_background_processes_of_a_program_are_not_waited_for() -> None:
    started = time.monotonic()
    data = await run_custom(command("sh", "-c", "sleep 12 & echo started", timeout_s=10))
    assert (data["exit_code"], data["output"]) == (0, "started\n")
    assert time.monotonic() - started < 8


async def test_the_last_output_of_a_program_is_complete() -> None:
    data = await run_custom(
        command("sh", "-c", "sleep 12 & head -c 300000 /dev/zero | tr '\\0' x; echo end", max_output=400_000)
    )
    assert data["output"] == "x" * 300_000 + "end\n"


async def test_a_program_that_cannot_be_started(tmp_path: Path) -> None:
    file = tmp_path / "program"
    file.write_text("#!/bin/sh\n")
    with pytest.raises(CommandError) as caught:
        await run_custom(command("/no/such/program"))
    assert caught.value.reason == "not_found"
    with pytest.raises(CommandError) as caught:
        await run_custom(command(str(file)))
    assert caught.value.reason == "not_permitted"
    file.chmod(0o755)
    file.write_bytes(b"\x00\x01")
    with pytest.raises(CommandError) as caught:
        await run_custom(command(str(file)))
    assert caught.value.reason == "error"


def _gone(pid: int) -> Callable[[], bool]:
    def gone() -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        # A container without an init keeps the dead as zombies.
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()

    return gone
