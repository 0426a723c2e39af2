"""Real NUT server on loopback, with a UPS that its own driver simulates."""

import asyncio
import getpass
import os
from pathlib import Path
import shutil

from .processes import Program, free_port
from .waiting import LabError, until

UPS = "lab"
DEVICE = f"{UPS}.dev"
FULL = {"ups.status": "OL", "battery.charge": "100", "battery.runtime": "3600", "ups.mfr": "Lab", "ups.model": "UPS"}


def _unpacked() -> Path:
    cache = os.environ.get("IOTBRIDGE_CACHE")
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return (Path(cache) if cache else user / "iotbridge-dev") / "nut"


def _program(name: str) -> str | None:
    folders = [root / folder for root in (_unpacked(), Path("/")) for folder in ("lib/nut", "usr/lib/nut", "sbin")]
    return shutil.which(name, path=os.pathsep.join(map(str, folders)))


def is_nut_installed() -> bool:
    """Return whether the server and the driver are there."""
    return all(map(_program, ("upsd", "dummy-ups")))


class NutServer:
    """Server and driver of one UPS."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.server = Program("upsd", folder / "upsd.log")
        self.driver = Program("dummy-ups", folder / "dummy-ups.log")
        self._variables = dict(FULL)
        self._writes = 0

    async def start(self) -> None:
        """Start both and wait until the server answers for the UPS."""
        self.folder.mkdir(parents=True, exist_ok=True)
        # The driver reads its file again when it is newer.
        driver = f"[{UPS}]\ndriver = dummy-ups\nport = {DEVICE}\nmode = dummy-once\npollinterval = 1\n"
        files = {"ups.conf": driver, "upsd.conf": f"LISTEN 127.0.0.1 {self.port}\n", "upsd.users": ""}
        for name, text in files.items():
            path = self.folder / name
            path.touch(mode=0o600)
            path.write_text(text, encoding="ascii")
        self._write()
        libraries = sorted(map(str, _unpacked().glob("**/lib/*-linux-gnu*/")))
        environ = dict.fromkeys(("NUT_CONFPATH", "NUT_STATEPATH", "NUT_ALTPIDPATH"), str(self.folder))
        if libraries:
            environ["LD_LIBRARY_PATH"] = os.pathsep.join(libraries)
        # Started by root they would switch to a user that does not exist.
        for program, *arguments in ((self.driver, "-a", UPS), (self.server,)):
            found = _program(program.name)
            if found is None:
                raise LabError(f"{program.name} is not installed; scripts/setup test brings it")
            await program.start([found, *arguments, "-F", "-u", getpass.getuser()], environ)
        await self._reached()

    async def set(self, **variables: object) -> None:
        """Change variables, ``ups_status="OB DISCHRG"``, and wait until the server reports them."""
        self._variables |= {name.replace("_", "."): str(value) for name, value in variables.items()}
        self._write()
        await self._reached()

    async def stop(self) -> None:
        """Stop both."""
        await self.server.stop()
        await self.driver.stop()

    def _write(self) -> None:
        # It compares times of whole seconds.
        self._writes += 1
        new = self.folder / f"{DEVICE}.new"
        new.write_text("".join(f"{name}: {value}\n" for name, value in self._variables.items()), encoding="ascii")
        os.utime(new, (self._writes, self._writes))
        new.replace(self.folder / DEVICE)

    async def _reached(self) -> None:
        async def is_reached() -> bool:
            for program in (self.driver, self.server):
                if not program.running:
                    raise LabError(program.obituary())
            return await self._read() == self._variables

        await until(is_reached, timeout_s=30, what=f"{self._variables} of the UPS")

    async def _read(self) -> dict[str, str]:
        """Return the variables as the server reports them."""
        values: dict[str, str] = {}
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return values
        for name in self._variables:
            writer.write(f"GET VAR {UPS} {name}\n".encode())
            answer = (await reader.readline()).decode().split(" ", 3)
            if answer[0] == "VAR":
                values[name] = answer[3].strip().strip('"')
        writer.close()
        await writer.wait_closed()
        return values
