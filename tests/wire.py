"""Network that Home Assistant is in, as a test sees it: every datagram is written down and none is sent."""

from dataclasses import dataclass, field
import socket
from typing import Any, Self

import pytest

# As the test kit has it: Home Assistant is 10.10.10.10/24.
NETWORK = "10.10.10.255"
SENDER = "custom_components.iotbridge.hosts.wake.sender.socket"


@dataclass
class Wire:
    """Datagrams that were sent, each with its address and port."""

    sent: list[tuple[bytes, tuple[str, int]]] = field(default_factory=list)
    is_down: bool = False
    options: dict[tuple[int, int], int] = field(default_factory=dict)

    def __call__(self, family: int, kind: int) -> Self:
        """Open a socket."""
        assert (family, kind) == (socket.AF_INET, socket.SOCK_DGRAM)
        return self

    def __enter__(self) -> Self:
        """Use the socket."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the socket."""

    def setsockopt(self, level: int, option: int, value: int) -> None:
        """Set an option."""
        self.options[level, option] = value

    def setblocking(self, is_blocking: bool) -> None:
        """Switch waiting on or off."""
        assert not is_blocking

    def sendto(self, data: bytes, address: tuple[str, int]) -> int:
        """Send a datagram, which needs permission to broadcast."""
        assert self.options[socket.SOL_SOCKET, socket.SO_BROADCAST] == 1
        if self.is_down:
            raise OSError(101, "Network is unreachable")
        self.sent.append((data, address))
        return len(data)

    def take(self) -> list[tuple[str, str]]:
        """Return the woken cards and the addresses since the last call, without repetitions."""
        found = [(data[6:12].hex(":"), address) for data, (address, _port) in self.sent]
        self.sent.clear()
        return [*dict.fromkeys(found)]


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    """Return the network in place of the system's."""
    wire = Wire()
    monkeypatch.setattr(SENDER, wire)
    return wire


def card(mac: str, broadcast: str | None = NETWORK, *, wake: bool | None = True) -> dict[str, Any]:
    """Return a card as an announce has it."""
    found = {"mac": mac, "name": "enp3s0", "broadcast": broadcast, "wake": wake}
    return {key: value for key, value in found.items() if value is not None}
