"""Proof of a shutdown on real sockets: a machine behind a cable whose service ends first, and then its network."""

import os
from pathlib import Path
import subprocess
import sys

import pytest

from .test_wake import has_namespaces

REPOSITORY = Path(__file__).parents[2]
# Two network namespaces with a cable between them, as an ordinary user may have them: Home Assistant's, and that of the
# machine that shuts down.
CABLE = """
set -eu
ip link set lo up
ip link add here type veth peer name there
ip address add 10.213.8.1/24 dev here
ip link set here up
unshare --net sh -c 'echo ready; exec sleep 400' > "$1/ready" &
other=$!
trap 'kill "$other"' EXIT
until [ -s "$1/ready" ]; do sleep 0.1; done
ip link set there netns "$other"
inside="nsenter --net=/proc/$other/ns/net"
$inside ip address add 10.213.8.2/24 dev there
$inside ip link set there up
MACHINE="$inside" "$2" -c "$3"
"""
HOME = """
import asyncio, os, shlex
from custom_components.iotbridge.hosts.configured import proofs
from custom_components.iotbridge.hosts.configured.settings import HostSettings

MACHINE = shlex.split(os.environ["MACHINE"])
SERVICE = "import socket, time; service = socket.create_server(('10.213.8.2', 2222));"
SERVICE += "print('listens', flush=True); time.sleep(99)"
proofs.BUSY_S = proofs.ANSWER_WITHIN_S = 0.5

async def run(*argv):
    process = await asyncio.create_subprocess_exec(*MACHINE, *argv, stdout=asyncio.subprocess.PIPE)
    await process.stdout.readline()
    return process

async def main():
    service = await run(os.environ["PYTHON"], "-c", SERVICE)
    found = []

    def prove(is_running):
        found.append(is_running)

    async def more():
        count = len(found)
        while len(found) < count + 2:
            await asyncio.sleep(0.1)
        return found[-1]

    settings = HostSettings(address="10.213.8.2", address_port=2222)
    following = asyncio.create_task(proofs.async_follow_address(settings, prove, lambda: True, 3))
    print("service runs:", await more(), flush=True)
    service.kill()
    await service.wait()
    print("service has ended:", await more(), flush=True)
    await run("sh", "-c", "ip address flush dev there; ip link set there arp off; echo done")
    print("network is down:", await more(), flush=True)
    following.cancel()

asyncio.run(main())
"""


def test_a_machine_is_off_when_its_network_is_down_and_not_when_its_service_has_ended(tmp_path: Path) -> None:
    if not has_namespaces():
        pytest.skip("network namespaces are not permitted here; other tests close a port on loopback")
    argv = ["timeout", "120", "unshare", "--map-root-user", "--net", "sh", "-c", CABLE, "sh", str(tmp_path)]
    done = subprocess.run(
        [*argv, sys.executable, HOME],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr

    assert done.stdout.splitlines() == ["service runs: True", "service has ended: True", "network is down: False"]
