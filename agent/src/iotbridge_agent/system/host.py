"""Description of this machine: name, addresses, operating system, manufacturer."""

from pathlib import Path
import platform
import re
import socket
import sys
import time
from typing import NamedTuple

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_NO_MAC = "00:00:00:00:00:00"
_DMI = Path("/sys/class/dmi/id")
_NETWORK = Path("/sys/class/net")
# Placeholders that board manufacturers leave in fields.
_PLACEHOLDERS = {"", "default string", "to be filled by o.e.m.", "system manufacturer", "system product name", "none"}

ANYWHERE = "192.0.2.1"
"""Address of a network reserved for documentation: the route to it is the default route."""


class Host(NamedTuple):
    """Facts about the machine that do not change while it runs."""

    hostname: str
    platform: str
    platform_version: str
    mac: tuple[str, ...] = ()
    manufacturer: str | None = None
    model: str | None = None


def read_host() -> Host:
    """Return the facts; never raises for a fact that the system does not provide."""
    return Host(
        hostname=socket.gethostname() or "host",
        platform=platform.system() or sys.platform,
        platform_version=_platform_version(),
        mac=_mac_addresses(),
        manufacturer=read_dmi("sys_vendor"),
        model=read_dmi("product_name"),
    )


def address_towards(host: str, port: int) -> str | None:
    """Return this machine's IP address on the route to ``host``; sends nothing.

    If ``host`` is this machine, return the address that others see.
    """
    address = _source_address(host, port)
    if address in ("127.0.0.1", "::1"):
        return _source_address(ANYWHERE, port) or address
    return address


def _source_address(host: str, port: int) -> str | None:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((host, port))
                return str(probe.getsockname()[0])
        except OSError:
            continue
    return None


def uptime_s() -> int:
    """Return the seconds since the machine was started."""
    import psutil  # noqa: PLC0415 - the collectors loaded it by now, and the announce does not wait for it

    return max(0, int(time.time() - psutil.boot_time()))


def _platform_version() -> str:
    if sys.platform == "linux":
        try:
            release = platform.freedesktop_os_release()
        except OSError:
            return platform.release()
        # The code name in the pretty name adds nothing, and this is part of every status.
        return f"{release['NAME']} {release.get('VERSION_ID', '')}".strip()[:255]
    if sys.platform == "darwin":
        return platform.mac_ver()[0]
    return platform.version()


def _mac_addresses() -> tuple[str, ...]:
    if sys.platform != "linux":
        return _portable_mac_addresses()
    # Bridges, virtual interfaces of containers and tunnels have no device, and none of them can wake the machine.
    return _usable([card_address(path.parent) for path in sorted(_NETWORK.glob("*/device"))])


def card_address(interface: Path) -> str | None:
    """Return the MAC address of a network card; in a bond its own, which wakes it, and not the common one."""
    address = read_text(interface / "bonding_slave" / "perm_hwaddr") or read_text(interface / "address")
    return next(iter(_usable([address])), None)


def _portable_mac_addresses() -> tuple[str, ...]:
    import psutil  # noqa: PLC0415 - Linux announces itself before psutil is loaded

    addresses = (address for found in psutil.net_if_addrs().values() for address in found)
    return _usable([address.address for address in addresses if address.family == psutil.AF_LINK])


def _usable(addresses: list[str | None]) -> tuple[str, ...]:
    lower = (address.lower().replace("-", ":") for address in addresses if address)
    return tuple(dict.fromkeys(mac for mac in lower if _MAC.fullmatch(mac) and mac != _NO_MAC))[:32]


def read_dmi(name: str) -> str | None:
    """Return a DMI field as the board's manufacturer wrote it, or None."""
    text = read_text(_DMI / name)
    return None if text is None or text.lower() in _PLACEHOLDERS else text


def read_text(path: Path) -> str | None:
    """Return the text of a file of the system, or None where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None
