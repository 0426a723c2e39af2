"""Usage of the real disks, one sensor per file system."""

from collections.abc import Iterator
import os
from pathlib import Path
import re
from typing import TYPE_CHECKING

import psutil

from iotbridge_agent.collector import Collector, Reading, SensorDescription
from iotbridge_agent.config import CollectorConfig, Config
from iotbridge_agent.sensor_keys import is_wanted, unique_slugs

if TYPE_CHECKING:
    from psutil._ntuples import sdiskpart

GIB = 1024**3
# Number, parent, device; path inside the file system and mount point.
MOUNT = re.compile(r"^\d+ \d+ \d+:\d+ (\S+) (\S+) ", re.MULTILINE)

# File systems on disks of this machine. Network file systems are excluded: a request hangs if their server is away.
DISK_TYPES = re.compile(
    r"apfs|bcachefs|btrfs|exfat|ext[234]|f2fs|fat|fat32|fuseblk|hfs|hfsplus|jfs|msdos|nilfs2|ntfs|ntfs3|refs|reiserfs"
    r"|ufs|vfat|xfs|zfs"
)
# Rarely written, and full by design: disabled by default.
QUIET = ("/boot", "/efi")
# Nested and private copies of the same disks, made by container engines, snap and macOS.
NOT_FOR_PEOPLE = ("/var/lib/docker/", "/var/lib/containers/", "/var/lib/kubelet/", "/snap/", "/System/Volumes/")


class Disk:
    """Collector of the used share and free space of each file system."""

    def __init__(self, settings: CollectorConfig) -> None:
        self._settings = settings

    def collect(self) -> Iterator[Reading]:
        """Yield the readings; None for a file system that is mounted and cannot be read."""
        points = self._choose()
        main = "/" if "/" in points or os.name != "nt" else os.environ.get("SYSTEMDRIVE", "C:") + "\\"
        slugs = unique_slugs(point for point in points if point != main)
        for point in points:
            for description, value in zip(_describe(point, slugs.get(point)), _usage(point), strict=True):
                yield Reading(description, value)

    def _choose(self) -> list[str]:
        """Return one mount point per file system: the root if possible, else that of the whole rather than a folder."""
        folders = _bind_mounts()

        def rank(mount: "sdiskpart") -> tuple[bool, bool, int, str]:
            point = mount.mountpoint
            return point != "/", point in folders, len(point), point

        chosen: dict[str, str] = {}
        # Without `all`, psutil omits the root of a container, and network shares that the user may include.
        for mount in sorted(psutil.disk_partitions(all=True), key=rank):
            point = mount.mountpoint
            if (
                is_wanted(point, self._settings.include, self._settings.exclude, default=_is_real(mount))
                and not os.path.isfile(point)  # noqa: PTH113 - Path.is_file raises where it is not let in
            ):  # engines mount single files into containers
                chosen.setdefault(_disk(mount), point)
        return sorted(set(chosen.values()))


def _is_real(mount: "sdiskpart") -> bool:
    # The root is always included: in a container and on a read-only system it is an overlay over a real disk. A loop
    # device is a file on another disk: a snap, an image.
    return mount.mountpoint == "/" or (
        DISK_TYPES.fullmatch(mount.fstype.lower()) is not None
        and not mount.device.startswith("/dev/loop")
        and not mount.mountpoint.startswith(NOT_FOR_PEOPLE)
    )


def _disk(mount: "sdiskpart") -> str:
    """Return an identifier of the file system, the same for each of its mounts."""
    if mount.fstype == "zfs":  # all datasets share the space of the pool
        return f"zfs {mount.device.split('/')[0]}"
    return mount.device if DISK_TYPES.fullmatch(mount.fstype.lower()) else mount.mountpoint


def _bind_mounts() -> set[str]:
    """Return the mount points of folders of a file system, which psutil does not mark; empty outside Linux."""
    table = Path(getattr(psutil, "PROCFS_PATH", "/proc"), "self/mountinfo")
    try:
        text = table.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return set()
    found = {point for inside, point in MOUNT.findall(text) if inside != "/"}
    # The kernel escapes blanks and similar characters as octal numbers.
    return {re.sub(r"\\([0-3][0-7]{2})", lambda match: chr(int(match[1], 8)), point) for point in found}


def _usage(point: str) -> tuple[float | None, float | None]:
    """Return the used share in per cent, as `df` counts it, and the free space in GiB."""
    try:
        usage = psutil.disk_usage(point)
    except OSError:
        return None, None
    return usage.percent, usage.free / GIB


def _describe(point: str, slug: str | None) -> tuple[SensorDescription, SensorDescription]:
    """Return the descriptions of used share and free space of a mount; without a slug, of the main one."""
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


def create(config: Config) -> Collector:
    """Create the collector."""
    return Disk(config.collector("disk"))
