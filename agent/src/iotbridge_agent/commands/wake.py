"""Magic packets for other machines, sent to this machine's own wired networks and nowhere else."""

from collections.abc import Sequence
import socket

from iotbridge_agent.commands.base import CommandError, RefusedError
from iotbridge_agent.protocol.messages import Wake
from iotbridge_agent.system.network_cards import WiredNetwork

PORT = 9
"""UDP port "discard", the usual one of magic packets."""
EVERYWHERE = "255.255.255.255"


def targets(wake: Wake, networks: Sequence[WiredNetwork]) -> list[WiredNetwork]:
    """Return where to send from and to; raises RefusedError for an address outside of these networks."""
    if not networks:
        raise RefusedError("not_permitted", "This machine has no wired network to send to.")
    if wake.broadcast is None:
        return list(networks)
    if wake.broadcast == EVERYWHERE:
        return [network._replace(broadcast=EVERYWHERE) for network in networks]
    if not (found := [network for network in networks if network.broadcast == wake.broadcast]):
        known = ", ".join(network.broadcast for network in networks)
        raise RefusedError(
            "invalid_args",
            f"{wake.broadcast} is not the broadcast address of a wired network of this machine ({known}).",
        )
    return found


def send(wake: Wake, networks: Sequence[WiredNetwork]) -> list[str]:
    """Send a magic packet for each card to each network; return the addresses. Raises CommandError if none was sent."""
    packets = [magic_packet(mac, wake.password) for mac in wake.mac]
    sent, failures = [], []
    for address, broadcast in networks:
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                # Packets to 255.255.255.255 leave through the card of this address, not that of the default route.
                sender.bind((address, 0))
                for packet in packets:
                    sender.sendto(packet, (broadcast, PORT))
        except OSError as error:
            failures.append(f"{broadcast}: {error.strerror or error}")
        else:
            sent.append(broadcast)
    if not sent:
        raise CommandError("error", f"No magic packet could be sent ({'; '.join(failures)}).")
    return list(dict.fromkeys(sent))


def magic_packet(mac: str, password: str | None = None) -> bytes:
    """Return six bytes of ones, the address sixteen times, and the SecureOn password."""
    return b"\xff" * 6 + _bytes_of(mac) * 16 + _bytes_of(password or "")


def _bytes_of(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))
