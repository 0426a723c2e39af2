"""The sensor chips of a mainboard, as the kernel's hwmon shows them; temperature and fan read from here."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from iotbridge_agent.collectors.linux import entries, read_line, read_number


@dataclass(frozen=True)
class Probe:
    """One input of a chip."""

    chip: str
    label: str
    """What the driver calls it, or its file: ``temp1``."""
    name: str
    """For people, and the same after every restart: hwmon's own numbers are not."""
    value: float | None
    """As the kernel writes it; None when the chip does not answer now."""


def read_probes(root: Path, kind: str) -> Iterator[Probe]:
    """Read every input of a kind, ``temp`` or ``fan``."""
    for folder in entries(root / "sys/class/hwmon"):
        chip = read_line(folder / "name")
        if chip:
            place = _place(folder, chip)
            for file in entries(folder):
                number = file.name.removeprefix(kind).removesuffix("_input")
                if number.isdecimal() and file.name == f"{kind}{number}_input":
                    label = read_line(folder / f"{kind}{number}_label") or f"{kind}{number}"
                    yield Probe(chip, label, f"{place} {label}", read_number(file))


def _place(folder: Path, chip: str) -> str:
    """Name a chip by the device it sits on: ``nvme0``, ``coretemp.0``, ``k10temp 0000:00:18.3``."""
    device = (folder / "device").resolve().name
    if device == "device" or device.startswith("thermal_zone"):
        return chip
    return device if device.startswith(chip) else f"{chip} {device}"
