"""A machine woken through a real agent: command over the broker, packet on the loopback's network, response."""

from collections.abc import Iterator
from pathlib import Path
import socket

from conftest import Broker, StartAgent, Watcher
import pytest

from iotbridge_agent.commands.wake import PORT, magic_packet

MAC = "00:11:22:33:44:55"
PASSWORD = "0a:0b:0c:0d:0e:0f"


@pytest.fixture
def network(tmp_path: Path) -> str:
    """Describe the loopback as a wired card that is armed, beside one of Wi-Fi."""
    for name, uevent in (("lo", ""), ("wlan0", "DEVTYPE=wlan")):
        (tmp_path / "net" / name / "device" / "power").mkdir(parents=True)
        (tmp_path / "net" / name / "type").write_text("1\n")
        (tmp_path / "net" / name / "uevent").write_text(f"{uevent}\n")
        (tmp_path / "net" / name / "device" / "power" / "wakeup").write_text("enabled\n")
    (tmp_path / "net" / "lo" / "address").write_text("00:11:22:33:44:01\n")
    return str(tmp_path / "net")


@pytest.fixture
def sleeper() -> Iterator[socket.socket]:
    """Listen where a magic packet arrives."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        try:
            listener.bind(("127.255.255.255", PORT))
        except PermissionError:
            pytest.skip(
                "this user may not listen on port 9; test_wake.py of the commands reads packets on another port"
            )
        listener.settimeout(10)
        yield listener


def test_a_machine_is_woken_over_the_broker(
    broker: Broker, watcher: Watcher, start_agent: StartAgent, network: str, sleeper: socket.socket
) -> None:
    agent = start_agent(
        broker.url,
        commands={"wake": True},
        fake={"network": network, "mac": ["00:11:22:33:44:09", "00:11:22:33:44:01"]},
    )
    announce = watcher.wait("announce").json()
    assert announce["commands"] == ["ping", "status", "wake"]
    assert [(card["name"], card["broadcast"]) for card in announce["cards"]] == [("lo", "127.255.255.255")]
    assert announce["mac"] == ["00:11:22:33:44:01", "00:11:22:33:44:09"]

    args = {"mac": [MAC], "password": PASSWORD}
    watcher.publish(agent.command_topic, {"command": "wake", "id": "w1", "args": args})

    assert sleeper.recv(1024) == magic_packet(MAC, PASSWORD)
    assert watcher.response("w1", "done")["data"] == {"addresses": ["127.255.255.255"]}
    watcher.publish(
        agent.command_topic, {"command": "wake", "id": "w2", "args": {"mac": [MAC], "broadcast": "8.8.8.8"}}
    )
    assert watcher.response("w2", "refused")["reason"] == "invalid_args"
    assert PASSWORD not in agent.log
