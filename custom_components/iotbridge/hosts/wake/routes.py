"""Routes of magic packets to a host: its cards by network, and the agents that can send there. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from ...protocol.messages import WAKE
from ..inventory import Host, PowerState
from .magic_packet import PORT, mac_address

# As in the contract.
MAX_MACS = 8
# Those of homes (RFC 1918), and of machines that got no address.
_PRIVATE = [IPv4Network(network) for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")]


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeSettings:
    """Settings of the user for waking a host; what is missing is taken from its announce."""

    macs: tuple[str, ...] = ()
    broadcast: str | None = None
    port: int = PORT
    password: str | None = None
    via: str | None = None
    """Device of the host whose agent sends the packets as well."""


@dataclass(frozen=True, slots=True)
class Route:
    """Network with cards of one host."""

    macs: tuple[str, ...]
    broadcast: str | None
    """Broadcast address of the network; None where it is unknown: packets go to every network of the sender."""


def routes_to(host: Host, settings: WakeSettings, networks: Collection[str] = ()) -> list[Route]:
    """Return the routes to a host, armed cards first; none if no address of a card is known.

    ``networks`` are the broadcast addresses of Home Assistant's own networks. An announce can claim any other address:
    only private ones are used.
    """
    announce = host.announce
    cards = sorted(announce.cards, key=lambda card: card.wake is not True) if announce else []
    broadcasts = {card.mac: _trusted(card.broadcast, networks) for card in cards}
    announced = filter(mac_address, announce.mac if announce else ())
    macs = settings.macs or tuple(broadcasts) or tuple(announced)
    by_network: dict[str | None, list[str]] = {}
    for mac in macs[:MAX_MACS]:
        by_network.setdefault(settings.broadcast or broadcasts.get(mac), []).append(mac)
    return [Route(tuple(of_network), broadcast) for broadcast, of_network in by_network.items()]


def agents_in(broadcast: str | None, host: Host, hosts: Iterable[Host]) -> list[Host]:
    """Return the other hosts that are on and whose agents send magic packets into a network."""
    return [other for other in hosts if other is not host and _is_in(broadcast, other) and can_send(other)]


def can_send(host: Host) -> bool:
    """Return whether the agent of a host sends magic packets now."""
    is_on = host.power is PowerState.ON and host.is_online
    return is_on and host.announce is not None and WAKE in host.announce.commands and not host.is_dry_run


def is_unarmed(host: Host) -> bool:
    """Return whether none of the host's wired cards reacts to magic packets, by its own announce."""
    cards = host.announce.cards if host.announce else ()
    return bool(cards) and all(card.wake is False for card in cards)


def _trusted(broadcast: str | None, networks: Collection[str]) -> str | None:
    """Return a broadcast address of an announce if packets may be sent there."""
    if broadcast is None or broadcast in networks:
        return broadcast
    return broadcast if any(IPv4Address(broadcast) in network for network in _PRIVATE) else None


def _is_in(broadcast: str | None, host: Host) -> bool:
    if broadcast is None or host.announce is None:
        return False
    return any(card.broadcast == broadcast for card in host.announce.cards)
