"""Usage of the real disks, one sensor per file system."""

from collections.abc import Iterator
from dataclasses import dataclass
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
# Each ZFS dataset rounds its free space to blocks of its own record size, of 16 MiB at most.
LARGEST_BLOCK = 16 / 1024
# Number, parent, device; path inside the file system, mount point and options.
MOUNT = re.compile(r"^\d+ \d+ \d+:\d+ (\S+) (\S+) (.*)$", re.MULTILINE)
# Btrfs names the subvolume that a mount is in.
SUBVOLUME = re.compile(r"\bsubvol=([^,\s]+)")

# File systems on disks of this machine. Network file systems are excluded: a request hangs if their server is away.
DISK_TYPES = re.compile(
    r"apfs|bcachefs|btrfs|exfat|ext[234]|f2fs|fat|fat32|fuseblk|hfs|hfsplus|jfs|msdos|nilfs2|ntfs|ntfs3|refs|reiserfs"
    r"|ufs|vfat|xfs|zfs"
)
LOOP = "/dev/loop"
# Rarely written, and full by design: disabled by default.
QUIET = ("/boot", "/efi")
# Nested and private copies of the same disks, made by container engines, snap and macOS.
NOT_FOR_PEOPLE = ("/var/lib/docker/", "/var/lib/containers/", "/var/lib/kubelet/", "/snap/", "/System/Volumes/")


@dataclass(frozen=True, slots=True)
class Part:
    """Part of a file system that is mounted instead of the whole: a subvolume or a folder."""

    path: str
    options: str

    def is_folder(self, fstype: str) -> bool:
        """Return whether it is a folder, as they are mounted into containers."""
        subvolume = SUBVOLUME.search(self.options)
        return fstype != "btrfs" or (subvolume is not None and subvolume[1] != self.path)


class Disk:
    """Collector of the used share and free space of each file system."""

    def __init__(self, settings: CollectorConfig) -> None:
        self._settings = settings
        # Datasets of one pool, each with a space of its own. They are kept: two that are full have the same space left.
        self._limited: set[tuple[str, str]] = set()

    def collect(self) -> Iterator[Reading]:
        """Yield the readings; None for a file system that is mounted and cannot be read."""
        points = self._choose()
        main = "/" if "/" in points or os.name != "nt" else os.environ.get("SYSTEMDRIVE", "C:") + "\\"
        slugs = unique_slugs(point for point in points if point != main)
        for point in points:
            for description, value in zip(_describe(point, slugs.get(point)), _usage(point), strict=True):
                yield Reading(description, value)

    def _choose(self) -> list[str]:
        """Return the mount points that the user includes, and of each further disk one: the root if possible."""
        # Without `all`, psutil omits the root of a container, and network shares that the user may include.
        mounts = psutil.disk_partitions(all=True)
        parts = _parts()
        on_loop = any(mount.mountpoint == "/" and mount.device.startswith(LOOP) for mount in mounts)
        included: set[str] = set()
        disks: list[sdiskpart] = []

        def rank(mount: "sdiskpart") -> tuple[bool, bool, int, str]:
            """Order the mounts: the root, then the whole before its parts."""
            point = mount.mountpoint
            return point != "/", point in parts, len(point), point

        for mount in sorted(mounts, key=rank):
            point = mount.mountpoint
            if os.path.isfile(point):  # noqa: PTH113 - Path.is_file raises where it is not let in
                continue  # engines mount single files into containers
            if is_wanted(point, self._settings.include, (), default=False):
                included.add(point)
            is_disk = _is_real(mount, parts.get(point), on_loop=on_loop)
            if is_wanted(point, (), self._settings.exclude, default=is_disk) and not any(
                self._is_same_space(disk, mount) for disk in disks
            ):
                disks.append(mount)
        return sorted(included.union(disk.mountpoint for disk in disks))

    def _is_same_space(self, disk: "sdiskpart", mount: "sdiskpart") -> bool:
        """Return whether a mount has the space of a disk: that of its file system, or of its pool without a limit."""
        if disk.device == mount.device or disk.mountpoint == mount.mountpoint:
            return True
        if {disk.fstype, mount.fstype} != {"zfs"} or disk.device.split("/")[0] != mount.device.split("/")[0]:
            return False
        # The free space of a dataset is that of its pool, unless a quota or a reservation limits it. That of the disk
        # is read twice, because all may be written meanwhile.
        before, free, after = (_usage(each.mountpoint)[1] for each in (disk, mount, disk))
        if before is None or free is None or after is None:
            return True
        if not min(before, after) - LARGEST_BLOCK < free < max(before, after) + LARGEST_BLOCK:
            self._limited.add((disk.device, mount.device))
        return (disk.device, mount.device) not in self._limited


def _is_real(mount: "sdiskpart", part: Part | None, *, on_loop: bool) -> bool:
    # The root is always included: in a container and on a read-only system it is an overlay over a real disk. A loop
    # device is a file on another disk: a snap, an image; but in a container whose root is one, they are all its disks.
    return mount.mountpoint == "/" or (
        DISK_TYPES.fullmatch(mount.fstype.lower()) is not None
        and (on_loop or not mount.device.startswith(LOOP))
        and not mount.mountpoint.startswith(NOT_FOR_PEOPLE)
        and not (part and part.is_folder(mount.fstype))
    )


def _parts() -> dict[str, Part]:
    """Return by mount point what is only a part of its file system, which psutil does not mark; empty outside Linux."""
    table = Path(getattr(psutil, "PROCFS_PATH", "/proc"), "self/mountinfo")
    try:
        text = table.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return {}
    parts: dict[str, Part] = {}
    for inside, escaped, options in MOUNT.findall(text):
        # The kernel escapes blanks and similar characters as octal numbers.
        point = re.sub(r"\\([0-3][0-7]{2})", lambda match: chr(int(match[1], 8)), escaped)
        parts.pop(point, None)  # the last of the mounts at one point hides the others
        if inside != "/":
            parts[point] = Part(inside, options)
    return parts


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
