"""Magic packets: where they go, and what is on the wire."""

import json
import os
from pathlib import Path
import shutil
import socket
import subprocess
import sys
from typing import Any

import pytest

from iotbridge_agent.commands import wake as module
from iotbridge_agent.commands.base import CommandError, RefusedError
from iotbridge_agent.commands.wake import magic_packet, send, targets
from iotbridge_agent.protocol.messages import Wake
from iotbridge_agent.system.network_cards import WiredNetwork

MAC = "00:11:22:33:44:55"
HOME = WiredNetwork("192.168.1.10", "192.168.1.255")
LAB = WiredNetwork("10.0.0.10", "10.0.0.255")


def test_the_packet_has_the_address_sixteen_times_and_then_the_password() -> None:
    packet = magic_packet("00:11:22:33:44:55")
    assert packet == bytes.fromhex("ffffffffffff" + "001122334455" * 16)
    assert magic_packet(MAC, "01:02:03:04:05:06") == packet + bytes([1, 2, 3, 4, 5, 6])


@pytest.mark.parametrize(
    ("broadcast", "expected"),
    [
        (None, [HOME, LAB]),
        ("10.0.0.255", [LAB]),
        (
            "255.255.255.255",
            [WiredNetwork("192.168.1.10", "255.255.255.255"), WiredNetwork("10.0.0.10", "255.255.255.255")],
        ),
    ],
)
def test_packets_go_to_own_networks(broadcast: str | None, expected: list[WiredNetwork]) -> None:
    assert targets(Wake((MAC,), broadcast), [HOME, LAB]) == expected


@pytest.mark.parametrize("broadcast", ["192.168.1.20", "192.168.2.255", "8.8.8.8", "127.0.0.1", "224.0.0.1"])
def test_no_other_address_is_ever_sent_to(broadcast: str) -> None:
    with pytest.raises(RefusedError, match=r"192\.168\.1\.255") as refused:
        targets(Wake((MAC,), broadcast), [HOME])
    assert refused.value.reason == "invalid_args"


@pytest.mark.parametrize("broadcast", [None, "192.168.1.255", "255.255.255.255"])
def test_a_machine_without_a_wired_network_wakes_nobody(broadcast: str | None) -> None:
    with pytest.raises(RefusedError) as refused:
        targets(Wake((MAC,), broadcast), [])
    assert refused.value.reason == "not_permitted"


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> socket.socket:
    """Listen on the loopback's network, in place of the privileged port 9."""
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.255.255.255", 0))
    receiver.settimeout(5)
    monkeypatch.setattr(module, "PORT", receiver.getsockname()[1])
    return receiver


def test_packets_arrive_on_loopback(receiver: socket.socket) -> None:
    with receiver:
        wake = Wake((MAC, "00:11:22:33:44:66"), password="01:02:03:04:05:06")
        assert send(wake, [WiredNetwork("127.0.0.1", "127.255.255.255")]) == ["127.255.255.255"]
        received = [receiver.recv(1024) for _ in wake.mac]
    assert received == [magic_packet(mac, wake.password) for mac in wake.mac]


def test_a_network_that_is_down_does_not_stop_the_others(receiver: socket.socket) -> None:
    gone = WiredNetwork("192.0.2.1", "192.0.2.255")
    with receiver:
        assert send(Wake((MAC,)), [gone, WiredNetwork("127.0.0.1", "127.255.255.255")]) == ["127.255.255.255"]
        assert receiver.recv(1024) == magic_packet(MAC)
    with pytest.raises(CommandError, match=r"192\.0\.2\.255: ") as error:
        send(Wake((MAC,)), [gone])
    assert error.value.reason == "error"


# Cables in a namespace of the test's own. What comes out at their far ends is read below IP, as a sleeping card does.
WIRE = """
import json, socket, subprocess, sys
from pathlib import Path
from iotbridge_agent.commands.wake import send, targets
from iotbridge_agent.protocol.messages import Wake
from iotbridge_agent.system import network_cards

network_cards.NETWORK = Path(sys.argv[1])
wake = Wake(**json.loads(sys.argv[2]))
for line in '''
link add wired0 type veth peer name far0
link add wired1 type veth peer name far1
link add air0 type veth peer name far2
address add 192.168.77.5/24 dev wired0
address add 10.7.0.5/16 dev wired1
address add 10.8.0.5/16 dev air0
link set wired0 up
link set wired1 up
link set air0 up
link set far0 up
link set far1 up
link set far2 up
route add default via 10.7.0.1
'''.strip().splitlines():
    if subprocess.run(["ip", *line.split()], check=False, capture_output=True).returncode:
        sys.exit(77)
ends = {}
for name in ("far0", "far1", "far2"):
    ends[name] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
    ends[name].bind((name, 0))
addresses = send(wake, targets(wake, network_cards.wired_networks()))
seen = {}
for name, end in ends.items():
    end.setblocking(False)
    seen[name] = []
    while True:
        try:
            frame = end.recv(2048)
        except BlockingIOError:
            break
        if frame[23] == 17:  # UDP
            seen[name].append([frame[:6].hex(":"), socket.inet_ntoa(frame[30:34]), int.from_bytes(frame[36:38], "big"),
                               frame[42:].hex()])
print(json.dumps([addresses, seen]))
"""
NOT_ALLOWED = 77


def wire(tmp_path: Path, **args: Any) -> tuple[list[str], dict[str, list[list[Any]]]]:
    """Send packets in a namespace with two wired networks and one of Wi-Fi; return the addresses, and what was seen."""
    unshare = shutil.which("unshare")
    command = [str(unshare), "--net", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    if unshare is None or subprocess.run([*command, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine does not allow network namespaces; the tests above read packets on loopback")
    for name, uevent in (("wired0", ""), ("wired1", ""), ("air0", "DEVTYPE=wlan")):
        (tmp_path / name / "device").mkdir(parents=True)
        (tmp_path / name / "type").write_text("1\n")
        (tmp_path / name / "uevent").write_text(f"{uevent}\nINTERFACE={name}\n")
    run = subprocess.run(
        [*command, sys.executable, "-c", WIRE, str(tmp_path), json.dumps(args)],
        check=False,
        capture_output=True,
        text=True,
    )
    if run.returncode == NOT_ALLOWED:
        pytest.skip("this machine does not allow these interfaces; the tests above read packets on loopback")
    assert run.returncode == 0, run.stderr
    addresses, seen = json.loads(run.stdout)
    return addresses, seen


def test_packets_are_on_each_wire_and_not_in_the_air(tmp_path: Path) -> None:
    addresses, seen = wire(tmp_path, mac=[MAC])

    payload = magic_packet(MAC).hex()
    assert addresses == ["192.168.77.255", "10.7.255.255"]
    assert seen == {
        "far0": [["ff:ff:ff:ff:ff:ff", "192.168.77.255", 9, payload]],
        "far1": [["ff:ff:ff:ff:ff:ff", "10.7.255.255", 9, payload]],
        "far2": [],
    }


def test_packets_are_on_one_wire_only_if_asked(tmp_path: Path) -> None:
    addresses, seen = wire(tmp_path, mac=[MAC], broadcast="192.168.77.255", password="01:02:03:04:05:06")

    payload = magic_packet(MAC, "01:02:03:04:05:06").hex()
    assert addresses == ["192.168.77.255"]
    assert seen == {"far0": [["ff:ff:ff:ff:ff:ff", "192.168.77.255", 9, payload]], "far1": [], "far2": []}


def test_packets_to_everybody_leave_through_each_card_whatever_the_default_route(tmp_path: Path) -> None:
    addresses, seen = wire(tmp_path, mac=[MAC], broadcast="255.255.255.255")

    frame = ["ff:ff:ff:ff:ff:ff", "255.255.255.255", 9, magic_packet(MAC).hex()]
    assert addresses == ["255.255.255.255"]
    assert seen == {"far0": [frame], "far1": [frame], "far2": []}
