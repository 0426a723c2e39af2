"""Programs started by the lab: one log file each, readiness with a deadline, and no orphans."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
import ctypes
import os
from pathlib import Path
import signal
import socket
import sys

from .waiting import LabError

ROOT = Path(__file__).resolve().parents[2]
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def free_port() -> int:
    """Return a free TCP port of loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Return whether a server could listen on that port of loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _die_with_parent() -> None:
    # A killed lab cannot clean up: the kernel then ends its programs.
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Program:
    """Child process with its log file."""

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.log = log
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """Process id; LabError when it does not run."""
        if self._process is None:
            raise LabError(f"{self.name} was not started")
        return self._process.pid

    @property
    def running(self) -> bool:
        """True while the process runs."""
        return self._process is not None and self._process.returncode is None

    async def start(self, argv: Sequence[str | Path], environ: Mapping[str, str] | None = None) -> None:
        """Start the program; its output is appended to the log."""
        if self.running:
            raise LabError(f"{self.name} runs already")
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                # Home Assistant without compiled modules takes twice as long to start.
                env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "", **(environ or {})},
                cwd=self.log.parent,
                # Ctrl-C in the terminal is for the lab, which then stops everything in order.
                start_new_session=True,
                preexec_fn=_die_with_parent,  # the lab has one thread
            )

    async def ready(self, check: Callable[[], Awaitable[bool]], *, timeout_s: float, what: str) -> None:
        """Evaluate ``check`` until it is true; LabError with the end of the log if the program ends or time is up."""
        try:
            async with asyncio.timeout(timeout_s):
                while not await check():
                    if not self.running:
                        raise LabError(self.obituary())
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise LabError(f"{self.name}: {what} did not happen within {timeout_s:g} s\n{self.log_tail()}") from None

    async def stop(self, *, grace_s: float = 20.0) -> int | None:
        """End it with SIGTERM, after ``grace_s`` with SIGKILL; return the exit status."""
        return await self._end(signal.SIGTERM, grace_s)

    async def kill(self) -> None:
        """End it with SIGKILL, as a crash or a power cut would."""
        await self._end(signal.SIGKILL, 5.0)

    async def wait(self) -> int:
        """Wait until it ends by itself; return the exit status."""
        if self._process is None:
            raise LabError(f"{self.name} was not started")
        return await self._process.wait()

    def rss_mb(self) -> float:
        """Resident memory now, in MB."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def cpu_s(self) -> float:
        """CPU seconds it used so far, its own and the kernel's for it."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def log_tail(self, lines: int = 15) -> str:
        """Return the last lines of the log, indented."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(f"    {line}" for line in text.splitlines()[-lines:]) or "    (its log is empty)"

    def obituary(self) -> str:
        """Return a sentence about how it ended, with the last lines of its log."""
        status = None if self._process is None else self._process.returncode
        return f"{self.name} ended by itself (exit status {status}); the end of {self.log}:\n{self.log_tail()}"

    async def _end(self, first: signal.Signals, grace_s: float) -> int | None:
        process = self._process
        if process is None or process.returncode is not None:
            return None if process is None else process.returncode
        process.send_signal(first)
        try:
            async with asyncio.timeout(grace_s):
                return await process.wait()
        except TimeoutError:
            process.kill()
            return await process.wait()
