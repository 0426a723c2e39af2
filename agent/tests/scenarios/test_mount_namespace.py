"""Disks of a container, made of real mounts in a mount namespace of its own: overlay, folders, memory."""

import json
import os
from pathlib import Path
import shutil
import subprocess
import sys

import psutil
import pytest

# The process is the only one in its namespace: its mounts vanish with it, and the machine never sees them.
CONTAINER = """
import json, os, subprocess, sys
from iotbridge_agent.collectors.disk import Disk
from iotbridge_agent.config import CollectorConfig

work, include = sys.argv[1], tuple(sys.argv[2:])
root = work + "/root"


def mount(*arguments):
    if subprocess.run(["mount", *arguments], check=False).returncode:
        sys.exit(77)


mount("-t", "tmpfs", "-o", "size=10m", "layers", work + "/layers")
for folder in ("upper", "work"):
    os.mkdir(f"{work}/layers/{folder}")
layers = f"lowerdir=/,upperdir={work}/layers/upper,workdir={work}/layers/work"
mount("-t", "overlay", "-o", layers, "overlay", root)
for folder in ("config", "whole", "ram"):
    os.makedirs(f"{root}/{folder}", exist_ok=True)
mount("--bind", work + "/config", root + "/config")
if os.path.isdir(work + "/whole"):
    mount("--bind", "/", root + "/whole")
mount("-t", "tmpfs", "-o", "size=4m", "memory", root + "/ram")
for file, mib in (("full", 5), ("ram/full", 1)):
    with open(f"{root}/{file}", "wb") as written:
        written.write(bytes(mib * 2**20))
mount("--bind", work + "/hosts", root + "/etc/hosts")
mount("--rbind", "/proc", root + "/proc")
os.chroot(root)
os.chdir("/")
found = Disk(CollectorConfig(include=include)).collect()
print(json.dumps({r.description.placeholders.get("mount", "/"): r.value for r in found if r.description.unit == "%"}))
"""
NO_MOUNTS = 77


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Return a folder with what is mounted into the container."""
    for folder in ("config", "layers", "root"):
        (tmp_path / folder).mkdir()
    (tmp_path / "hosts").write_text("127.0.0.1 localhost\n")
    return tmp_path


def disks(work: Path, *include: str) -> dict[str, float]:
    """Return the usage of each disk of the container."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("there is no unshare on this machine")
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    command = [unshare, "--mount", "--propagation", "private", *as_root]
    if subprocess.run([*command, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine does not allow mount namespaces")
    run = subprocess.run(
        [*command, sys.executable, "-c", CONTAINER, str(work), *include], check=False, capture_output=True, text=True
    )
    if run.returncode == NO_MOUNTS:
        pytest.skip(f"this machine does not allow these mounts: {run.stderr.strip()}")
    assert run.returncode == 0, run.stderr
    found: dict[str, float] = json.loads(run.stdout)
    return found


def test_mounted_folders_files_and_memory_are_no_disks(work: Path) -> None:
    usage = disks(work)

    assert set(usage) == {"/"}
    assert usage["/"] == pytest.approx(50, abs=5)


def test_include_brings_a_folder_and_memory(work: Path) -> None:
    usage = disks(work, "/config", "/ram", "/etc/*")

    assert set(usage) == {"/", "/config", "/ram"}
    assert usage["/ram"] == pytest.approx(25, abs=5)
    assert 0 < usage["/config"] < 100


def test_a_whole_file_system_is_a_disk_and_its_folder_none(work: Path) -> None:
    of_machine = {mount.mountpoint: mount.fstype for mount in psutil.disk_partitions(all=True)}
    if of_machine["/"] not in {"btrfs", "ext4", "xfs", "zfs"}:
        pytest.skip(f"the root of this machine is no disk, but {of_machine['/']}")
    (work / "whole").mkdir()

    usage = disks(work)

    assert set(usage) == {"/", "/whole"}
    assert usage["/whole"] == pytest.approx(psutil.disk_usage("/").percent, abs=1)
