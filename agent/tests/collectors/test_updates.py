"""Pending updates, counted from apt's lists and dpkg's status."""

import gzip
import lzma
import os
from pathlib import Path

from collecting import values, write
import pytest

from iotbridge_agent.collectors.updates import Updates
from iotbridge_agent.errors import NoDataError

LISTS = "var/lib/apt/lists"
RELEASE = f"{LISTS}/mirror.example_debian_dists_bookworm"
MAIN = f"{RELEASE}_main_binary-amd64_Packages"
SECURITY = f"{LISTS}/mirror.example_debian-security_dists_bookworm-security_main_binary-amd64_Packages"
BACKPORTS = f"{LISTS}/mirror.example_debian_dists_bookworm-backports"


def package(name: str, version: str, *, status: str = "", arch: str = "amd64", more: str = "") -> str:
    state = f"Status: {status}\n" if status else ""
    return f"Package: {name}\n{state}Priority: optional\nArchitecture: {arch}\n{more}Version: {version}\nSize: 1\n\n"


def installed(name: str, version: str, **kwargs: str) -> str:
    return package(name, version, status="install ok installed", **kwargs)


STATUS = (
    installed("bash", "5.2-1")
    + installed("openssl", "3.0.11-1")
    + installed("current", "1.0")
    + installed("libc6", "2.36-9")
    + installed("libc6", "2.36-9", arch="i386")
    + package("kept", "1.0", status="hold ok installed")
    + package("gone", "1.0", status="deinstall ok config-files")
)
OFFERED = (
    package("bash", "5.2-2")
    + package("current", "1.0")
    + package("kept", "2.0")
    + package("gone", "2.0")
    + package("never-installed", "9")
    + package("libc6", "2.36-10")
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {
        "var/lib/dpkg/status": STATUS,
        MAIN: OFFERED,
        SECURITY: package("openssl", "3.0.11-1+deb12u2") + package("current", "0.9"),
        f"{RELEASE}_InRelease": "Origin: Debian\nSuite: oldstable\n",
    }
    return write(tmp_path, files)


def test_updates_are_those_apt_would_install(root: Path) -> None:
    # bash, libc6 of one architecture, and openssl; what is on hold or removed is not counted
    assert values(Updates(root)) == {"reboot_required": False, "updates_pending": 3, "updates_security": 1}


def test_a_required_reboot_is_seen_at_once_and_the_counts_after_an_upgrade(root: Path) -> None:
    updates = Updates(root)
    values(updates)
    status = STATUS.replace("5.2-1", "5.2-2")
    write(root, {"run/reboot-required": "*** System restart required ***\n", "var/lib/dpkg/status": status})
    os.utime(root / "var/lib/dpkg/status", ns=(1, 1))
    assert values(updates) == {"reboot_required": True, "updates_pending": 2, "updates_security": 1}


def test_lists_are_read_again_only_when_they_changed(root: Path) -> None:
    updates = Updates(root)
    values(updates)
    before = (root / MAIN).stat()
    write(root, {MAIN: OFFERED.replace("5.2-2", "5.2-1")})
    os.utime(root / MAIN, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert values(updates)["updates_pending"] == 3
    os.utime(root / MAIN, ns=(1, 1))
    assert values(updates)["updates_pending"] == 2


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".xz", lzma.compress)])
def test_compressed_lists(root: Path, suffix: str, pack: object) -> None:
    (root / MAIN).unlink()
    (root / (MAIN + suffix)).write_bytes(pack(OFFERED.encode()))  # type: ignore[operator]
    assert values(Updates(root))["updates_pending"] == 3


def test_lists_that_cannot_be_read_give_no_count_rather_than_a_wrong_one(root: Path) -> None:
    write(root, {f"{MAIN}.lz4": "\0"})
    assert values(Updates(root)) == {"reboot_required": False}


def test_without_lists_there_is_no_count(tmp_path: Path) -> None:
    write(tmp_path, {"var/lib/dpkg/status": STATUS})
    assert values(Updates(tmp_path)) == {"reboot_required": False}


def test_a_backport_is_only_upgraded_by_another_backport(root: Path) -> None:
    headers = "Origin: Debian Backports\nNotAutomatic: yes\nButAutomaticUpgrades: yes\n"
    offered = package("bash", "6.0~bpo12+1") + package("tool", "2.1~bpo12+1") + package("current", "2.0~bpo12+1")
    status = STATUS + installed("tool", "2.0~bpo12+1")
    write(
        root,
        {
            "var/lib/dpkg/status": status,
            f"{BACKPORTS}_InRelease": headers,
            f"{BACKPORTS}_main_binary-amd64_Packages": offered,
        },
    )
    assert values(Updates(root))["updates_pending"] == 4  # those of the release, and tool


def test_experimental_and_phased_updates_do_not_count(root: Path) -> None:
    experimental = f"{LISTS}/mirror.example_debian_dists_experimental"
    write(
        root,
        {
            "var/lib/dpkg/status": STATUS + installed("nightly", "8"),
            f"{experimental}_Release": "Origin: Debian\nNotAutomatic: yes\n",
            f"{experimental}_main_binary-amd64_Packages": package("current", "9") + package("nightly", "9"),
            f"{RELEASE}-updates_main_binary-amd64_Packages": package(
                "current", "8", more="Phased-Update-Percentage: 10\n"
            ),
        },
    )
    assert values(Updates(root))["updates_pending"] == 3


def test_files_larger_than_one_block(root: Path) -> None:
    names = [f"package{number}" for number in range(5000)]
    write(
        root,
        {
            "var/lib/dpkg/status": "".join(installed(name, "1.0") for name in names),
            MAIN: "".join(package(name, "1.1") for name in names),
        },
    )
    assert values(Updates(root))["updates_pending"] == 5000


def test_garbage_is_not_counted(root: Path) -> None:
    write(root, {MAIN: "\0\n\nPackage: bash\n\nVersion: 9\n\n" + OFFERED})
    assert values(Updates(root))["updates_pending"] == 3


def test_other_families_have_no_data(tmp_path: Path) -> None:
    with pytest.raises(NoDataError):
        values(Updates(tmp_path))
