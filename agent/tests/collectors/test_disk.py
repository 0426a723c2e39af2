"""Which mounts are disks, and how full they are."""

from pathlib import Path

from collecting import readings, server, values, write
import pytest

from iotbridge_agent.collectors.disk import Disk
from iotbridge_agent.config import CollectorConfig

FOLDERS = (
    "boot/efi",
    "srv/media library",
    "home/anna/films",
    "tank/photos",
    "mnt/nas",
    "mnt/image",
    "snap/core22/1",
    "var/lib/docker/overlay2/abc/merged",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a server whose mount points are there; /etc/hosts and /etc/hostname are files."""
    for folder in FOLDERS:
        (tmp_path / folder).mkdir(parents=True)
    return write(server(tmp_path), {"etc/hosts": "", "etc/hostname": ""})


def points(root: Path, settings: CollectorConfig | None = None) -> dict[str, bool]:
    """Return whether it is on by default, by mount point; the main one is called /."""
    found = readings(Disk(settings or CollectorConfig(), root)).values()
    return {
        reading.description.placeholders.get("mount", "/"): reading.description.enabled
        for reading in found
        if reading.description.key.startswith("disk_percent")
    }


def test_one_per_real_disk(root: Path) -> None:
    assert points(root) == {"/": True, "/boot": False, "/boot/efi": False, "/srv/media library": True, "/tank": True}


def test_keys_names_and_values(root: Path) -> None:
    found = readings(Disk(CollectorConfig(), root))
    assert set(found) >= {"disk_percent", "disk_free", "disk_percent_srv_media_library", "disk_free_srv_media_library"}
    assert found["disk_percent"].description.name == "Disk usage"
    assert found["disk_percent_tank"].description.name == "Disk usage {mount}"
    assert 0 <= float(str(found["disk_percent"].value)) <= 100
    assert float(str(found["disk_free"].value)) > 0
    assert not any(reading.description.enabled for key, reading in found.items() if key.startswith("disk_free"))


def test_include_adds_a_network_share_and_exclude_takes_away(root: Path) -> None:
    settings = CollectorConfig(include=("/mnt/*",), exclude=("/boot*", "/mnt/image"))
    assert set(points(root, settings)) == {"/", "/srv/media library", "/tank", "/mnt/nas", "/mnt/image"}
    assert set(points(root, CollectorConfig(include=("/tank",), exclude=("*",)))) == {"/tank"}


def test_the_root_wins_over_the_whole_of_its_disk_and_volumes_of_pods_are_left_out(tmp_path: Path) -> None:
    lines = (
        "28 1 0:30 /@ / rw - btrfs /dev/sda2 rw",
        "29 28 0:30 / /mnt/all rw - btrfs /dev/sda2 rw",
        "30 28 252:0 / /var/lib/kubelet/pods/1/volume rw - ext4 /dev/rbd0 rw",
    )
    for folder in ("mnt/all", "var/lib/kubelet/pods/1/volume"):
        (tmp_path / folder).mkdir(parents=True)
    write(tmp_path, {"proc/self/mountinfo": "\n".join(lines)})
    assert points(tmp_path) == {"/": True}


def test_a_disk_that_is_pulled_out_vanishes(root: Path) -> None:
    disk = Disk(CollectorConfig(), root)
    assert "disk_percent_tank" in values(disk)
    table = root / "proc/self/mountinfo"
    table.write_text("\n".join(line for line in table.read_text().splitlines() if "/tank" not in line))
    found = values(disk)
    assert "disk_percent_tank" not in found
    assert "disk_percent" in found


def test_a_disk_that_cannot_be_asked_has_no_value(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_path: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.statvfs", fail)
    found = values(Disk(CollectorConfig(), root))
    assert found["disk_percent_tank"] is None
    assert found["disk_free_tank"] is None


def test_a_table_of_nonsense_has_no_disk(tmp_path: Path) -> None:
    write(tmp_path, {"proc/self/mountinfo": "\0\n1 2 3\n - - -\n1 1 x:y / / rw - ext4 sda\n"})
    assert values(Disk(CollectorConfig(), tmp_path)) == {}


def test_other_systems_are_read_too() -> None:
    found = values(Disk(CollectorConfig(), None))
    assert all(value is None or float(str(value)) >= 0 for value in found.values())
