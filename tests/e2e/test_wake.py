"""Wake on LAN on real sockets: packets in a network of their own, and hosts that are woken from Home Assistant."""

import asyncio
from contextlib import closing
import os
from pathlib import Path
import socket
import subprocess
import sys

from lab.client import Json
from lab.lab import Lab
from lab.waiting import until
import pytest

from .conftest import NewHost

REPOSITORY = Path(__file__).parents[2]
MAC = "a8:a1:59:00:00:09"
PACKET = bytes([255] * 6) + bytes.fromhex(MAC.replace(":", "")) * 16
LOOPBACK = "127.255.255.255"
WAKING_AGENT = Path(__file__).with_name("waking_agent.py")
PROOF = "binary_sensor.backup_nas_ping"
# Two network namespaces with a cable between them, as an ordinary user may have them. The card that is to be woken has
# no address: it reads the packets off the wire, like one whose machine is off.
WIRE = """
set -eu
ip link set lo up
ip link add here type veth peer name there
ip address add 10.213.7.1/24 broadcast + dev here
unshare --net sh -c 'echo ready; exec sleep 400' > "$1/ready" &
other=$!
trap 'kill "$other"' EXIT
until [ -s "$1/ready" ]; do sleep 0.1; done
ip link set there netns "$other"
ip link set here up
ip route add default dev here
nsenter --net="/proc/$other/ns/net" sh -c 'ip link set there up; exec "$1" -c "$2"' sh "$2" "$3" > "$1/seen" &
reader=$!
until [ -s "$1/seen" ]; do sleep 0.1; done
"$2" -c "$4"
wait "$reader"
"""
# UDP packets as frames: link header, IP header, UDP header, content.
READER = """
import socket
card = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
card.bind(("there", 0))
print("listens", flush=True)
seen = {}
while len(seen) < 2:
    frame = card.recv(2048)
    if frame[23] == 17:
        target = socket.inet_ntoa(frame[30:34]), int.from_bytes(frame[36:38])
        seen[target] = frame[:6].hex(), frame[42:].hex()
for (address, port), (mac, content) in sorted(seen.items()):
    print(address, port, mac, content, flush=True)
"""
SENDER = f"""
from custom_components.iotbridge.hosts.wake.magic_packet import magic_packet
from custom_components.iotbridge.hosts.wake.sender import send
addresses = ["10.213.7.255", "255.255.255.255"]
assert send([magic_packet("{MAC}")], addresses, 9) == addresses
"""


def has_namespaces() -> bool:
    """Return whether this user may have networks of their own."""
    add_cable = ["ip", "link", "add", "name", "here", "type", "veth", "peer", "name", "there"]
    try:
        done = subprocess.run(["unshare", "--map-root-user", "--net", *add_cable], capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return done.returncode == 0


def test_packets_are_on_the_wire(tmp_path: Path) -> None:
    if not has_namespaces():
        pytest.skip("network namespaces are not permitted here; the other test reads the packet on loopback")
    done = subprocess.run(
        [
            "timeout",
            "300",
            "unshare",
            "--map-root-user",
            "--net",
            "sh",
            "-c",
            WIRE,
            "sh",
            tmp_path,
            sys.executable,
            READER,
            SENDER,
        ],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, *seen = (tmp_path / "seen").read_text("ascii").splitlines()

    assert first == "listens"
    assert seen == [
        f"10.213.7.255 9 ffffffffffff {PACKET.hex()}",
        f"255.255.255.255 9 ffffffffffff {PACKET.hex()}",
    ]


@pytest.mark.usefixtures("host")
async def test_a_host_without_an_agent_is_woken_and_stopped(lab: Lab) -> None:
    """The packet is read on loopback, and only what it wakes proves that the host is on."""
    client = lab.client
    await client.rest("POST", f"states/{PROOF}", {"state": "off"})
    (entry,) = await client.entries("iotbridge")
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as card:
        card.bind(("127.0.0.1", 0))
        card.setblocking(False)
        answers = {
            "name": "Backup NAS",
            "macs": [MAC],
            "entity_id": PROOF,
            "on_states": ["on"],
            "stop_actions": [{"action": "persistent_notification.create", "data": {"message": "Good night, NAS"}}],
            "network": {"broadcast": "127.0.0.1", "port": card.getsockname()[1]},
        }
        menu: list[Json] = [{"next_step_id": "without_agent"}, answers, {"next_step_id": "save"}]
        await client.subentry_flow(entry["entry_id"], "host", *menu)
        device = await until(lambda: device_of("Backup NAS", lab), timeout_s=60, what="the device of the NAS")

        waking = asyncio.create_task(client.call("iotbridge.wake", {"device_id": device}, response=True))
        assert await asyncio.wait_for(asyncio.get_running_loop().sock_recv(card, 2048), 30) == PACKET
        assert not waking.done()
        await client.rest("POST", f"states/{PROOF}", {"state": "on"})
        (result,) = (await asyncio.wait_for(waking, 30))["results"]
    assert (result["success"], result["data"]["addresses"]) == (True, ["127.0.0.1"])

    stop = {"device_id": device, "command": "shutdown"}
    (result,) = (await client.call("iotbridge.send_command", stop, response=True))["results"]
    assert result["status"] == "accepted"
    power = next(
        row
        for row in await client.entities()
        if row["unique_id"].endswith("_power_state") and row["device_id"] == device
    )
    await client.wait_state(power["entity_id"], "shutting_down")
    await client.rest("POST", f"states/{PROOF}", {"state": "off"})
    await client.wait_state(power["entity_id"], "off")


async def test_a_host_is_woken_through_the_agent_of_another(lab: Lab, new_host: NewHost) -> None:
    """The agent sends to the network of its wired card, here loopback, where its packet is read."""
    sleeper = await new_host("-b")
    waker = await new_host(
        "-a",
        script=WAKING_AGENT,
        settings={"agent": {"interval_s": 5, "dry_run": False}, "commands": {"wake": True}},
    )
    client = lab.client
    (entry,) = await client.entries("iotbridge")
    with (
        closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as card,
        closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as other,
    ):
        try:
            card.bind((LOOPBACK, 9))
        except PermissionError:
            pytest.skip("this user may not listen at port 9, to which agents send")
        card.setblocking(False)
        # Home Assistant itself sends to another port: what arrives at port 9 is from the agent.
        other.bind((LOOPBACK, 0))
        answers = {
            "device_id": await sleeper.device_id(),
            "macs": [MAC],
            "shutdown": {},
            "network": {"broadcast": LOOPBACK, "port": other.getsockname()[1], "via": await waker.device_id()},
        }
        menu: list[Json] = [{"next_step_id": "known_host"}, answers, {"next_step_id": "save"}]
        await client.subentry_flow(entry["entry_id"], "host", *menu)
        await sleeper.agent.stop()
        await sleeper.wait_power("off")

        device = await sleeper.device_id()
        waking = asyncio.create_task(client.call("iotbridge.wake", {"device_id": device}, response=True))
        packet, (sender, _) = await asyncio.wait_for(asyncio.get_running_loop().sock_recvfrom(card, 2048), 30)
        assert (packet, sender) == (PACKET, "127.0.0.1")
        assert not waking.done()
        await sleeper.agent.start()
        (result,) = (await asyncio.wait_for(waking, 60))["results"]

    assert result["success"]
    assert (len(result["data"]["via"]), result["data"]["addresses"]) == (1, [LOOPBACK])
    assert waker.executed == []


async def device_of(name: str, lab: Lab) -> str | None:
    """Return the device with a name."""
    return next((device["id"] for device in await lab.client.devices() if device["name"] == name), None)
