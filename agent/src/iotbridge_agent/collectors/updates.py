"""Pending updates of the Debian family's package manager, and a pending reboot.

Read from the lists of the last `apt update`, without running apt: the number `apt list --upgradable` would show, unless
versions are pinned by hand. It needs lists that Python can read: plain, gz or xz, not the lz4 of container images.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
import re
from typing import IO, TYPE_CHECKING, TypeAlias

from iotbridge_agent.collector import Collector, Reading, SensorDescription
from iotbridge_agent.config import Config
from iotbridge_agent.errors import NoDataError
from iotbridge_agent.system.debian_version import VersionKey, version_key

if TYPE_CHECKING:
    from gzip import GzipFile

CHUNK = 1 << 16
PACKAGE_LIST = re.compile(r".+_Packages(\.[a-z0-9]+)?")

PENDING = SensorDescription(
    key="updates_pending", name="Pending updates", state_class="measurement", icon="mdi:package-up", decimals=0
)
SECURITY = SensorDescription(
    key="updates_security",
    name="Pending security updates",
    state_class="measurement",
    icon="mdi:shield-alert",
    decimals=0,
)
REBOOT = SensorDescription(
    key="reboot_required", name="Reboot required", platform="binary_sensor", icon="mdi:restart-alert"
)

Stamp: TypeAlias = tuple[tuple[str, int, int], ...]


@dataclass
class Package:
    """Installed package and the newest versions the lists offer of it."""

    installed: VersionKey
    offered: VersionKey | None = None
    backport: VersionKey | None = None
    security: bool = False

    @property
    def upgradable(self) -> bool:
        """Return whether apt would upgrade it. A backport only upgrades another one, above the release's version."""
        if self.offered is not None and self.offered > self.installed:
            return True
        is_backport = self.offered is None or self.offered < self.installed
        return is_backport and self.backport is not None and self.backport > self.installed


class Updates:
    """Collector of the number of pending updates; counts again only after apt or dpkg wrote a file."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root
        self._lists = root / "var/lib/apt/lists"
        self._stamp: Stamp | None = None
        self._counts: tuple[int, int] | None = None

    def collect(self) -> Iterator[Reading]:
        """Yield the readings, without counts if no list can be read; raises NoDataError outside the Debian family."""
        if not (self._root / "var/lib/dpkg/status").is_file():
            raise NoDataError("this system does not use dpkg")
        yield Reading(REBOOT, (self._root / "run/reboot-required").exists())
        lists = sorted(path for path in self._lists.glob("*") if PACKAGE_LIST.fullmatch(path.name))
        stamp = _stamp([self._root / "var/lib/dpkg/status", *lists])
        if stamp != self._stamp:
            self._counts = _count(self._root, lists)
            self._stamp = stamp
        if self._counts is not None:
            yield Reading(PENDING, self._counts[0])
            yield Reading(SECURITY, self._counts[1])


def _stamp(files: list[Path]) -> Stamp:
    states = [(path.name, path.stat()) for path in files]
    return tuple((name, state.st_mtime_ns, state.st_size) for name, state in states)


def _count(root: Path, lists: list[Path]) -> tuple[int, int] | None:
    """Return the number of upgradable packages, and of those for security; None without readable lists."""
    if not lists or not all(path.name.endswith(("_Packages", ".gz", ".xz")) for path in lists):
        return None
    packages = _installed(root / "var/lib/dpkg/status")
    for path in lists:
        _offer(packages, path)
    pending = [package for package in packages.values() if package.upgradable]
    return len(pending), sum(package.security for package in pending)


def _installed(status: Path) -> dict[bytes, Package]:
    """Return the installed packages that are not on hold, by name and architecture."""
    return {
        _identity(stanza): Package(version_key(_field(stanza, b"Version")))
        for stanza in _stanzas(status)
        if b"\nStatus: install ok installed\n" in stanza
    }


def _offer(packages: dict[bytes, Package], path: Path) -> None:
    """Add the newer versions that a list offers to the installed packages."""
    automatic, upgrades = _policy(path)
    if not automatic and not upgrades:  # experimental: apt installs from it on request only
        return
    security = "security" in path.name
    names = {identity.partition(b":")[0] for identity in packages}
    for stanza in _stanzas(path):
        if stanza[9 : stanza.find(b"\n")] not in names or not stanza.startswith(b"Package: "):
            continue
        package = packages.get(_identity(stanza))
        # Ubuntu phases updates: only apt knows whether this machine is in the current share of all machines.
        if package is None or b"\nPhased-Update-Percentage: " in stanza:
            continue
        version = version_key(_field(stanza, b"Version"))
        if automatic:
            package.offered = version if package.offered is None else max(package.offered, version)
            package.security |= security and version > package.installed
        else:
            package.backport = version if package.backport is None else max(package.backport, version)


def _policy(path: Path) -> tuple[bool, bool]:
    """Return whether apt installs, and whether it upgrades, automatically from this list, by its release file."""
    head = b""
    for release in path.parent.glob("*Release"):
        if path.name.startswith(release.name.removesuffix("Release").removesuffix("In")):
            with release.open("rb") as file:
                head = file.read(4096)
    return b"\nNotAutomatic: yes" not in head, b"\nButAutomaticUpgrades: yes" in head


def _identity(stanza: bytes) -> bytes:
    return _field(stanza, b"Package").encode() + b":" + _field(stanza, b"Architecture").encode()


def _field(stanza: bytes, name: bytes) -> str:
    match = re.search(rb"^" + name + rb": *(\S+)", stanza, re.MULTILINE)
    return match[1].decode(errors="replace") if match else ""


def _stanzas(path: Path) -> Iterator[bytes]:
    """Yield a file's paragraphs with only a part of it in memory: a list of Debian's has 50 MB."""
    rest = b""
    with _open(path) as file:
        while chunk := file.read(CHUNK):
            *whole, rest = (rest + chunk).split(b"\n\n")
            yield from whole
    yield rest


def _open(path: Path) -> "IO[bytes] | GzipFile":
    if path.suffix == ".gz":
        import gzip  # noqa: PLC0415 (most machines keep their lists as plain text)

        return gzip.open(path)
    if path.suffix == ".xz":
        import lzma  # noqa: PLC0415 (the same)

        return lzma.open(path)
    return path.open("rb")


def create(_config: Config) -> Collector:
    """Create the collector."""
    return Updates()
