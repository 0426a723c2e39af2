"""How full the real disks are, one sensor per file system."""

from collections.abc import Iterator
from dataclasses import dataclass
import os
from pathlib import Path
import re

from iotbridge_agent.collectors.base import Collector, Reading, SensorDescription
from iotbridge_agent.collectors.keys import is_wanted, unique_slugs
from iotbridge_agent.collectors.linux import ROOT
from iotbridge_agent.config import CollectorConfig, Config

GIB = 1024**3

# What lies on a disk of this machine. Network file systems are not here: asking one whose server is away hangs.
DISK_TYPES = re.compile(
    r"apfs|bcachefs|btrfs|exfat|ext[234]|f2fs|fat|fat32|fuseblk|hfs|hfsplus|jfs|msdos|nilfs2|ntfs|ntfs3|refs|reiserfs"
    r"|ufs|vfat|xfs|zfs"
)
# Hardly ever written, and full by design: there, and off by default.
QUIET = ("/boot", "/efi")
# Nested and private copies of the same disks, made by container engines, snap and macOS.
NOT_FOR_PEOPLE = ("/var/lib/docker/", "/var/lib/containers/", "/var/lib/kubelet/", "/snap/", "/System/Volumes/")

# Number, parent, device, path inside the file system, mount point, options and fields up to a dash; type, source.
MOUNT = re.compile(r"\d+ \d+ (\d+:\d+) (\S+) (\S+) .*?- (\S+) (\S+)")


@dataclass(frozen=True)
class Mount:
    """A mounted file system."""

    point: str
    type: str
    disk: str
    """The same for every mount of one file system."""
    inside: str = "/"
    """What of the file system is mounted: a folder, when it is a bind mount."""


class Disk:
    """Reads used share and free space of each file system."""

    def __init__(self, settings: CollectorConfig, root: Path | None = ROOT) -> None:
        self._settings = settings
        self._root = root

    def collect(self) -> Iterator[Reading]:
        """Read; None for a file system that is mounted and cannot be asked."""
        mounts = _portable_mounts() if self._root is None else linux_mounts(self._root)
        points = self._choose(mounts)
        main = "/" if "/" in points or os.name != "nt" else os.environ.get("SYSTEMDRIVE", "C:") + "\\"
        slugs = unique_slugs(point for point in points if point != main)
        for point in points:
            used, free = self._usage(point)
            for description, value in zip(_describe(point, slugs.get(point)), (used, free), strict=True):
                yield Reading(description, value)

    def _choose(self, mounts: list[Mount]) -> list[str]:
        """Return one mount point per file system: the root, or the whole one rather than a folder of it."""
        chosen: dict[str, str] = {}
        for mount in sorted(mounts, key=_rank):
            if (
                is_wanted(mount.point, self._settings.include, self._settings.exclude, default=_is_real(mount))
                and self._path(mount.point).is_dir()
            ):  # engines mount single files into containers
                chosen.setdefault(mount.disk, mount.point)
        return sorted(chosen.values())

    def _usage(self, point: str) -> tuple[float | None, float | None]:
        try:
            return _portable_usage(point) if self._root is None else _linux_usage(self._path(point))
        except OSError:
            return None, None

    def _path(self, point: str) -> Path:
        return Path(point) if self._root is None else self._root / point.lstrip("/")


def _rank(mount: Mount) -> tuple[bool, bool, int, str]:
    return mount.point != "/", mount.inside != "/", len(mount.point), mount.point


def _is_real(mount: Mount) -> bool:
    # The root is always wanted: in a container and on a read-only system it is an overlay, over a real disk.
    return mount.point == "/" or (
        DISK_TYPES.fullmatch(mount.type) is not None and not mount.point.startswith(NOT_FOR_PEOPLE)
    )


def _linux_usage(point: Path) -> tuple[float | None, float]:
    """Return per cent and GiB free as `df` counts them: what is kept for root is neither used nor free."""
    stat = os.statvfs(point)
    used = stat.f_blocks - stat.f_bfree
    reachable = used + stat.f_bavail
    return 100.0 * used / reachable if reachable else None, stat.f_bavail * stat.f_frsize / GIB


def _portable_usage(point: str) -> tuple[float, float]:
    import psutil  # noqa: PLC0415 (6 MB that Linux does not need)

    usage = psutil.disk_usage(point)
    return usage.percent, usage.free / GIB


def _describe(point: str, slug: str | None) -> tuple[SensorDescription, SensorDescription]:
    """Describe share and free space of a mount; without a slug, of the main one."""
    suffix = f"_{slug}" if slug else ""
    placeholders = {"mount": point} if slug else {}
    used = SensorDescription(
        key=f"disk_percent{suffix}",
        name="Disk usage {mount}" if slug else "Disk usage",
        placeholders=placeholders,
        unit="%",
        state_class="measurement",
        icon="mdi:harddisk",
        enabled=not point.startswith(QUIET),
        display_precision=1,
        decimals=1,
        dead_band=0.5,
    )
    free = SensorDescription(
        key=f"disk_free{suffix}",
        name="Disk free {mount}" if slug else "Disk free",
        placeholders=placeholders,
        unit="GiB",
        device_class="data_size",
        state_class="measurement",
        icon="mdi:harddisk",
        enabled=False,
        display_precision=1,
        decimals=1,
        dead_band=0.5,
    )
    return used, free


def linux_mounts(root: Path) -> list[Mount]:
    """Return the mounts of /proc/self/mountinfo; lines that are no such thing are left out."""
    mounts = []
    for line in (root / "proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        match = MOUNT.match(line)
        if not match:
            continue
        device, inside, point, kind, source = match.groups()
        # Each dataset of a ZFS pool has a device number of its own, and all share the space of the pool.
        disk = f"zfs {source.split('/')[0]}" if kind == "zfs" else device
        # A loop device is a file of another disk: a snap, an image.
        mounts.append(Mount(_unescape(point), "loop" if source.startswith("/dev/loop") else kind, disk, inside))
    return mounts


def _unescape(text: str) -> str:
    """Turn the kernel's octal numbers for blanks and the like back into what they stand for."""
    return re.sub(r"\\([0-3][0-7]{2})", lambda match: chr(int(match[1], 8)), text)


def _portable_mounts() -> list[Mount]:
    import psutil  # noqa: PLC0415 (6 MB that Linux does not need)

    return [
        Mount(part.mountpoint, part.fstype.lower(), part.device)
        for part in psutil.disk_partitions(all=False)
        if "cdrom" not in part.opts
    ]


def create(config: Config) -> Collector:
    """Make the collector."""
    return Disk(config.collector("disk"))
