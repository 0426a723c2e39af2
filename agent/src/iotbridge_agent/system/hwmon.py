"""Sensor chips of Linux' hwmon, for the collectors of temperatures and fans.

psutil is not used: it provides only the name of a chip's driver, in an order that changes with a restart, and omits
chips that do not answer, so that two disks would be confused.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/")


@dataclass(frozen=True)
class Probe:
    """Input of a sensor chip."""

    chip: str
    label: str
    """Label of the driver, or the name of its file: ``temp1``."""
    name: str
    """Display name, the same after every restart, unlike hwmon's own numbers."""
    value: float | None
    """Value in the kernel's unit; None when the chip does not answer."""


def read_probes(root: Path, kind: str) -> Iterator[Probe]:
    """Yield every input of a kind, ``temp`` or ``fan``."""
    for folder in entries(root / "sys/class/hwmon"):
        chip = read_line(folder / "name")
        if chip:
            device_name = _device_name(folder, chip)
            for file in entries(folder):
                number = file.name.removeprefix(kind).removesuffix("_input")
                if number.isdecimal() and file.name == f"{kind}{number}_input":
                    label = read_line(folder / f"{kind}{number}_label") or f"{kind}{number}"
                    yield Probe(chip, label, f"{device_name} {label}", read_number(file))


def _device_name(folder: Path, chip: str) -> str:
    """Return a name for a chip from its device: ``nvme0``, ``coretemp.0``, ``k10temp 0000:00:18.3``."""
    device = (folder / "device").resolve().name
    if device == "device" or device.startswith("thermal_zone"):
        return chip
    return device if device.startswith(chip) else f"{chip} {device}"


def read_line(path: Path) -> str | None:
    """Return the first line of a file, or None if it is missing, unreadable or empty.

    Drivers return EIO, ENODATA or EAGAIN while the hardware sleeps, so every OSError means: no value now.
    """
    try:
        return path.read_text(encoding="utf-8", errors="replace").split("\n", 1)[0].strip() or None
    except OSError:
        return None


def read_number(path: Path) -> float | None:
    """Return the number in a file, or None when there is none."""
    line = read_line(path)
    try:
        return None if line is None else float(line)
    except ValueError:
        return None


def entries(folder: Path) -> list[Path]:
    """Return the entries of a folder in a stable order; none without such a folder."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
