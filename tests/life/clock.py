"""Clock of Home Assistant's process alone, set forward; that of the machine is never changed."""

from pathlib import Path
import shutil
import subprocess
import sys

from lab.client import Client
from lab.waiting import until

SOURCE = Path(__file__).with_name("clock.c")


def compiler() -> str | None:
    """Return the C compiler; None if this clock is not available."""
    return shutil.which("cc") if sys.platform == "linux" else None


class Clock:
    """Library that is loaded before the C library, and a file with the offset of the clock.

    libfaketime does the same and more: it also changes how threads wait, and Home Assistant took minutes to start.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "clock"
        self._library = folder / "clock.so"
        self._ahead_s = 0
        self._write()

    @property
    def environ(self) -> dict[str, str]:
        """Environment variables that give a process this clock; empty without a compiler.

        Only the time of day changes: waiting takes as long as ever, as after a real change of the clock.
        """
        if (found := compiler()) is None:
            return {}
        command = [found, "-shared", "-fPIC", "-O2", "-o", str(self._library), str(SOURCE), "-ldl"]
        subprocess.run(command, check=True)
        return {"LD_PRELOAD": str(self._library), "LIFE_CLOCK": str(self._file)}

    async def put_forward(self, seconds: int, client: Client) -> None:
        """Set it forward, and wait until Home Assistant has noticed."""
        before = await _now(client)
        self._ahead_s += seconds
        self._write()

        async def is_set() -> bool:
            return await _now(client) >= before + seconds

        await until(is_set, timeout_s=30, what="another time in Home Assistant")

    def _write(self) -> None:
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(self._ahead_s.to_bytes(8, sys.byteorder))


async def _now(client: Client) -> float:
    return float(await client.rest("POST", "template", {"template": "{{ now().timestamp() }}"}))
