"""Wired network cards of this machine: their addresses, their networks, and whether they can wake it."""

import array
from collections.abc import Iterator
import errno
from pathlib import Path
import socket
import struct
import sys
from typing import NamedTuple

from iotbridge_agent.protocol.messages import MAX_CARDS, Card
from iotbridge_agent.system.host import card_address, read_text

NETWORK = Path("/sys/class/net")
SIOCGIFADDR, SIOCGIFNETMASK, SIOCETHTOOL = 0x8915, 0x891B, 0x8946
INTERFACE_REQUEST = struct.Struct("16s24x")
"""Struct ifreq: the name of an interface, and room for the answer."""
FAMILY_SIZE = 20
"""Bytes of a struct ifreq before an IPv4 address: name, family, port."""
ETHTOOL_GWOL = 5
WAKE_ON_LAN = struct.Struct("III6s2x")
"""Struct ethtool_wolinfo: command, supported, enabled, SecureOn password."""
WAKE_MAGIC = 0x60
"""By magic packet, without and with a password."""
ETHERNET = "1"


class WiredNetwork(NamedTuple):
    """IPv4 network of this machine: its own address there, and the broadcast address."""

    address: str
    broadcast: str


def read_cards() -> tuple[Card, ...]:
    """Return the wired cards, those first that are armed for magic packets; none on other systems than Linux.

    It blocks while the kernel changes network settings, and raises OSError where there are no descriptors left.
    """
    cards = {}
    for interface in _wired():
        mac = card_address(interface)
        if mac and mac not in cards:
            networks = _networks(interface)
            cards[mac] = Card(mac, interface.name, networks[0].broadcast if networks else None, _is_armed(interface))
    return tuple(sorted(cards.values(), key=lambda card: (True, None, False).index(card.wake))[:MAX_CARDS])


def wired_networks() -> tuple[WiredNetwork, ...]:
    """Return the networks that this machine reaches through wired cards, each once; as ``read_cards``."""
    found = [network for interface in _wired() for network in _networks(interface)]
    return tuple({network.broadcast: network for network in reversed(found)}.values())[::-1]


def _wired() -> list[Path]:
    if sys.platform != "linux":
        return []
    return [path.parent for path in sorted(NETWORK.glob("*/device")) if _is_wired(path.parent)]


def _is_wired(interface: Path) -> bool:
    """Return whether this is an Ethernet card; one of Wi-Fi or a modem names its type, a virtual function its card."""
    return (
        read_text(interface / "type") == ETHERNET
        and "DEVTYPE=" not in (read_text(interface / "uevent") or "")
        and not any((interface / name).exists() for name in ("wireless", "phy80211", "device/physfn"))
    )


def _networks(interface: Path) -> list[WiredNetwork]:
    """Return the networks of a card: its own, and those of the bridges, bonds and VLANs above it."""
    stacked = (_network(name) for name in dict.fromkeys(_stack(interface)))
    return [network for network in stacked if network]


def _stack(interface: Path) -> Iterator[str]:
    yield interface.name
    for upper in sorted(interface.glob("upper_*")):
        yield from _stack(NETWORK / upper.name.removeprefix("upper_"))


def _network(name: str) -> WiredNetwork | None:
    """Return the network of an interface's main IPv4 address; None for none, or one without a broadcast address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        address, mask = (_ask_ipv4(control, request, name) for request in (SIOCGIFADDR, SIOCGIFNETMASK))
    if not address or not mask or ~mask & 0xFFFFFFFF < 3:  # noqa: PLR2004 - links of two, and single addresses
        return None
    return WiredNetwork(_dotted(address), _dotted(address | ~mask & 0xFFFFFFFF))


def _ask_ipv4(control: socket.socket, request: int, name: str) -> int:
    import fcntl  # noqa: PLC0415 - Windows has none

    try:
        answer = fcntl.ioctl(control, request, INTERFACE_REQUEST.pack(name.encode()))
    except OSError:
        return 0
    return int.from_bytes(answer[FAMILY_SIZE : FAMILY_SIZE + 4], "big")


def _dotted(address: int) -> str:
    return socket.inet_ntoa(address.to_bytes(4, "big"))


def _is_armed(interface: Path) -> bool | None:
    """Return whether magic packets wake the machine through this card; None where the system does not tell."""
    if (exact := _ask_driver(interface.name)) is not None:
        return exact
    device = (interface / "device").resolve()
    if (device / "subsystem").resolve().name == "usb":
        device = device.parent  # the interface of the adapter; the adapter itself wakes
    return {"enabled": True, "disabled": False}.get(read_text(device / "power" / "wakeup") or "")


def _ask_driver(name: str) -> bool | None:
    """Return the setting that ethtool shows as "Wake-on"; None without CAP_NET_ADMIN, which the service has not."""
    import fcntl  # noqa: PLC0415 - Windows has none

    setting = array.array("B", WAKE_ON_LAN.pack(ETHTOOL_GWOL, 0, 0, b""))
    request = struct.pack("16sP16x", name.encode(), setting.buffer_info()[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        try:
            fcntl.ioctl(control, SIOCETHTOOL, request)
        except OSError as error:
            return False if error.errno == errno.EOPNOTSUPP else None
    return bool(WAKE_ON_LAN.unpack(setting)[2] & WAKE_MAGIC)
