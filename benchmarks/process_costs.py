"""Costs of a process, from the kernel."""

from dataclasses import dataclass
import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Costs:
    """Memory in MB (10^6 bytes), processor time in seconds, so far."""

    rss_mb: float
    pss_mb: float
    uss_mb: float
    own_cpu_s: float
    children_cpu_s: float
    """Of children that ended."""
    had_children: bool

    @property
    def cpu_s(self) -> float:
        """Total of both."""
        return self.own_cpu_s + self.children_cpu_s


def costs(pid: int) -> Costs:
    """Read the costs of a running process."""
    kilobytes = _memory(pid)
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    # Numbered as in proc(5), which counts from one and has two fields before these: 11 is cminflt, the page faults of
    # children that were waited for. Every child has at least one, however short its life is.
    utime, stime, cutime, cstime = (int(fields[number - 3]) / TICKS for number in (14, 15, 16, 17))
    return Costs(
        rss_mb=kilobytes["Rss"] * 1024 / 1e6,
        pss_mb=kilobytes["Pss"] * 1024 / 1e6,
        uss_mb=(kilobytes["Private_Clean"] + kilobytes["Private_Dirty"]) * 1024 / 1e6,
        own_cpu_s=utime + stime,
        children_cpu_s=cutime + cstime,
        had_children=int(fields[11 - 3]) > 0 or bool(_living_children(pid)),
    )


def _memory(pid: int) -> dict[str, int]:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    rows = (line.split() for line in text.splitlines()[1:])
    return {row[0].rstrip(":"): int(row[1]) for row in rows}


def _living_children(pid: int) -> list[str]:
    return [
        child
        for thread in Path(f"/proc/{pid}/task").iterdir()
        for child in (thread / "children").read_text(encoding="ascii").split()
    ]
