"""Selection of the mounts that are disks, and their usage."""

from collections.abc import Mapping
import itertools
import os
from pathlib import Path
from types import SimpleNamespace

from collecting import read_proc, readings, values, write
import psutil
import pytest

from iotbridge_agent.collectors.disk import Disk
from iotbridge_agent.config import CollectorConfig

GIB = 1024**3
KIB = 1024


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a server whose file systems can all be read, except /boot."""
    set_free(monkeypatch, {})
    return read_proc(monkeypatch, tmp_path)


def set_free(monkeypatch: pytest.MonkeyPatch, free: Mapping[str, float]) -> None:
    """Set the free space of mounts in GiB, 3 for all others; /boot cannot be read."""

    def usage(point: str) -> SimpleNamespace:
        if point == "/boot":
            raise OSError(5, "Input/output error")
        return SimpleNamespace(percent=25.0, free=free.get(point, 3.0) * GIB)

    monkeypatch.setattr(psutil, "disk_usage", usage)


def points(settings: CollectorConfig | None = None, *, disk: Disk | None = None) -> dict[str, bool]:
    """Return by mount point whether the sensor is enabled by default; the main one is called /."""
    found = readings(disk or Disk(settings or CollectorConfig())).values()
    return {
        reading.description.placeholders.get("mount", "/"): reading.description.enabled
        for reading in found
        if reading.description.key.startswith("disk_percent")
    }


def mount(root: Path, *lines: str, mountinfo: str = "") -> None:
    write(root, {"proc/self/mounts": "\n".join(lines), "proc/self/mountinfo": mountinfo})


def test_one_per_real_disk() -> None:
    assert points() == {"/": True, "/boot": False, "/boot/efi": False, "/srv/media library": True, "/tank": True}


def test_keys_names_and_values() -> None:
    found = readings(Disk(CollectorConfig()))
    assert set(found) >= {"disk_percent", "disk_free", "disk_percent_srv_media_library", "disk_free_srv_media_library"}
    assert found["disk_percent"].description.name == "Disk usage"
    assert found["disk_percent_tank"].description.name == "Disk usage {mount}"
    assert (found["disk_percent"].value, found["disk_free"].value) == (25.0, 3.0)
    assert not any(reading.description.enabled for key, reading in found.items() if key.startswith("disk_free"))


def test_this_machine_is_as_full_as_df_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    stat = os.statvfs("/")
    used = stat.f_blocks - stat.f_bfree
    percent = values(Disk(CollectorConfig()))["disk_percent"]
    assert percent == pytest.approx(100 * used / (used + stat.f_bavail), abs=1)


def test_include_adds_a_network_share_and_exclude_removes_it() -> None:
    settings = CollectorConfig(include=("/mnt/*",), exclude=("/boot*", "/mnt/image"))
    assert set(points(settings)) == {"/", "/srv/media library", "/tank", "/mnt/nas", "/mnt/image"}
    assert set(points(CollectorConfig(include=("/tank",), exclude=("*",)))) == {"/tank"}


def test_two_file_systems_in_memory_are_two(root: Path) -> None:
    mount(root, "tmpfs /ram/a tmpfs rw 0 0", "tmpfs /ram/b tmpfs rw 0 0")
    assert set(points(CollectorConfig(include=("/ram/*",)))) == {"/ram/a", "/ram/b"}


def test_the_root_wins_over_the_whole_of_its_disk_and_volumes_of_pods_are_left_out(root: Path) -> None:
    mount(
        root,
        "/dev/sda2 /mnt/all btrfs rw 0 0",
        "/dev/sda2 / btrfs rw 0 0",
        "/dev/rbd0 /var/lib/kubelet/pods/1/volume ext4 rw 0 0",
        mountinfo="28 1 0:30 /@ / rw - btrfs /dev/sda2 rw\n29 28 0:30 / /mnt/all rw - btrfs /dev/sda2 rw\n",
    )
    assert points() == {"/": True}


def test_of_the_parts_of_one_disk_the_shortest_name_is_shown_in_any_order(root: Path) -> None:
    parts = ("/dev/sdb1 /data/photos btrfs rw 0 0", "/dev/sdb1 /data/films btrfs rw 0 0")
    for lines in (parts, parts[::-1]):
        mount(root, *lines)
        assert points() == {"/data/films": True}


def test_a_container_has_the_disk_below_its_overlay_without_mounted_folders(root: Path) -> None:
    mount(
        root,
        "overlay / overlay rw 0 0",
        "/dev/sda1 /etc/hosts ext4 rw 0 0",
        "/dev/sda1 /config ext4 rw 0 0",
        "/dev/sdb1 /data btrfs rw 0 0",
        "/dev/sdc1 /whole xfs rw 0 0",
        mountinfo="1 0 8:1 /opt/agent/config /config rw\n"
        "2 0 8:1 /var/lib/docker/containers/x/hosts /etc/hosts rw\n"
        "3 0 0:30 /@srv/films /data rw - btrfs /dev/sdb1 rw,subvolid=257,subvol=/@srv\n"
        "4 0 8:3 / /whole rw - xfs /dev/sdc1 rw\n",
    )
    assert points() == {"/": True, "/whole": True}
    assert set(points(CollectorConfig(include=("/config",)))) == {"/", "/whole", "/config"}


def test_a_subvolume_without_its_whole_is_a_disk(root: Path) -> None:
    mount(
        root,
        "/dev/sda2 / ext4 rw 0 0",
        "/dev/sdb1 /home btrfs rw 0 0",
        "/dev/sdb1 /srv btrfs rw 0 0",
        mountinfo="1 0 0:30 /@home\\040x /home rw - btrfs /dev/sdb1 rw,subvolid=256,subvol=/@home\\040x\n"
        "2 0 0:30 /@srv /srv rw - btrfs /dev/sdb1 rw,subvolid=257,subvol=/@srv\n",
    )
    assert points() == {"/": True, "/srv": True}


DATASETS = (
    "rpool/data/subvol-101-disk-0 / zfs rw 0 0",
    "rpool/data/subvol-101-disk-1 /srv zfs rw 0 0",
    "rpool/data/subvol-101-disk-1/films /srv/films zfs rw 0 0",
)


def test_datasets_with_a_size_of_their_own_are_disks(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mount(root, *DATASETS)
    set_free(monkeypatch, {"/": 1.8, "/srv": 14344.0, "/srv/films": 14344.0})
    disk = Disk(CollectorConfig())
    assert points(disk=disk) == {"/": True, "/srv": True}

    set_free(monkeypatch, {"/": 0.0, "/srv": 0.0, "/srv/films": 0.0})
    assert points(disk=disk) == {"/": True, "/srv": True}, "full disks are not the same disk"


def test_datasets_that_share_the_space_of_their_pool_are_one_while_they_are_written(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mount(root, *DATASETS, "tank/data /tank zfs rw 0 0")
    free = itertools.count(500 * GIB, -1024)
    monkeypatch.setattr(psutil, "disk_usage", lambda _point: SimpleNamespace(percent=25.0, free=next(free)))
    assert set(points()) == {"/", "/tank"}


def test_datasets_of_one_pool_are_one_whatever_their_record_sizes(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mount(root, *DATASETS)
    block, space = 128 * KIB, 500 * GIB + 900 * KIB
    for record_size in (4 * KIB, 1024 * KIB, 16384 * KIB):
        free = {"/": space // block * block, "/srv": space // record_size * record_size}
        set_free(monkeypatch, {point: size / GIB for point, size in free.items()} | {"/srv/films": free["/"] / GIB})
        assert points() == {"/": True}


def test_include_brings_what_it_names_and_takes_nothing_away(root: Path) -> None:
    mount(root, *DATASETS, "tank /tank/all zfs rw 0 0", "tank/photos /tank/p zfs rw 0 0")
    assert set(points()) == {"/", "/tank/p"}
    assert set(points(CollectorConfig(include=("/srv", "/tank/a*")))) == {"/", "/srv", "/tank/p", "/tank/all"}


def test_a_container_on_a_loop_device_has_disks_on_loop_devices(root: Path) -> None:
    mount(root, "/dev/loop0 / ext4 rw 0 0", "/dev/loop1 /srv ext4 rw 0 0", "/dev/loop2 /snap/core/1 squashfs ro 0 0")
    assert points() == {"/": True, "/srv": True}


def test_a_mount_point_mounted_over_is_listed_once(root: Path) -> None:
    table = "1 0 8:1 /folder /data rw - ext4 /dev/sda1 rw\n2 0 8:2 / /data rw - ext4 /dev/sdb1 rw\n"
    mount(root, "/dev/sda1 /data ext4 rw 0 0", "/dev/sdb1 /data ext4 rw 0 0", mountinfo=table)
    assert points() == {"/data": True}


def test_an_unplugged_disk_vanishes(root: Path) -> None:
    disk = Disk(CollectorConfig())
    assert "disk_percent_tank" in values(disk)
    table = root / "proc/self/mounts"
    table.write_text("\n".join(line for line in table.read_text().splitlines() if "/tank" not in line))
    found = values(disk)
    assert "disk_percent_tank" not in found
    assert "disk_percent" in found


def test_an_unreadable_disk_has_no_value() -> None:
    found = values(Disk(CollectorConfig()))
    assert (found["disk_percent_boot"], found["disk_free_boot"]) == (None, None)


def test_a_mount_point_that_is_not_text_has_a_key(root: Path) -> None:
    (root / "proc/self/mounts").write_bytes(b"/dev/sdc1 /\xff ext4 rw 0 0\n")
    assert len(points()) == 1


def test_on_other_systems_there_is_no_table_of_folders(root: Path) -> None:
    (root / "proc/self/mountinfo").unlink()
    assert "/tank" in points()
