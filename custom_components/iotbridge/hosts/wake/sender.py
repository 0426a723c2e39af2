"""Sender of magic packets from Home Assistant itself, and the networks that it is in."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Interface
from socket import AF_INET, SO_BROADCAST, SOCK_DGRAM, SOL_SOCKET, socket

from homeassistant.components.network.util import async_load_adapters

from ...const import LOGGER

LIMITED_BROADCAST = "255.255.255.255"
# A packet may get lost on its way, and nothing acknowledges it.
_COPIES = 3
# A longer prefix is that of a tunnel, which has no broadcast address.
_LONGEST_PREFIX = 30


async def async_networks() -> list[str]:
    """Return the broadcast addresses of the networks that Home Assistant is in now.

    The adapters that it read at its start may have had no addresses yet.
    """
    interfaces = [
        IPv4Interface(f"{ip['address']}/{ip['network_prefix']}")
        for adapter in await async_load_adapters()
        for ip in adapter["ipv4"]
    ]
    return [
        str(interface.network.broadcast_address)
        for interface in interfaces
        if not interface.is_loopback and interface.network.prefixlen <= _LONGEST_PREFIX
    ]


def send(packets: Sequence[bytes], addresses: Iterable[str], port: int) -> list[str]:
    """Send packets to each address; return those addresses that the system accepted."""
    accepted = []
    with socket(AF_INET, SOCK_DGRAM) as sender:
        sender.setsockopt(SOL_SOCKET, SO_BROADCAST, 1)
        sender.setblocking(False)
        for address in addresses:
            try:
                for packet in [*packets] * _COPIES:
                    sender.sendto(packet, (address, port))
            except OSError as error:
                LOGGER.debug("Could not send a magic packet to %s: %s", address, error)
            else:
                accepted.append(address)
    return accepted
