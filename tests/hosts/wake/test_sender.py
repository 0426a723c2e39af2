"""Sender of magic packets, on loopback and on a network that is written down."""

from contextlib import closing
import socket
from unittest.mock import patch

import pytest

from custom_components.iotbridge.hosts.wake.magic_packet import magic_packet
from custom_components.iotbridge.hosts.wake.sender import async_networks, send
from tests.wire import NETWORK, Wire

PACKET = magic_packet("a8:a1:59:00:00:01")


@pytest.mark.usefixtures("socket_enabled")
def test_packets_arrive_three_times() -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        accepted = send([PACKET], ["127.0.0.1"], receiver.getsockname()[1])

        assert accepted == ["127.0.0.1"]
        assert [receiver.recv(1024) for _ in range(3)] == [PACKET] * 3


def test_an_address_that_is_refused_does_not_keep_others(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    sendto = wire.sendto

    def refuse(data: bytes, address: tuple[str, int]) -> int:
        if address[0] == "10.0.0.255":
            raise PermissionError(13, "Permission denied")
        return sendto(data, address)

    monkeypatch.setattr(wire, "sendto", refuse)

    assert send([PACKET], ["10.0.0.255", "10.1.0.255"], 9) == ["10.1.0.255"]
    assert {address for _, address in wire.sent} == {("10.1.0.255", 9)}


async def test_the_networks_of_home_assistant() -> None:
    assert await async_networks() == [NETWORK]


async def test_loopback_and_tunnels_are_no_networks() -> None:
    addresses = [("127.0.0.1", 8), ("10.8.0.2", 32), ("10.9.0.2", 31), ("192.168.1.7", 24), ("172.20.0.1", 16)]
    adapters = [{"ipv4": [{"address": address, "network_prefix": prefix}]} for address, prefix in addresses]
    with patch("custom_components.iotbridge.hosts.wake.sender.async_load_adapters", return_value=adapters):
        assert await async_networks() == ["192.168.1.255", "172.20.255.255"]
