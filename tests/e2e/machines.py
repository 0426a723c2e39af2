"""Machines that stop by a command and start by a magic packet, which is read on loopback."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lab.client import Json
from lab.lab import Lab

from .host import Host

MACHINE_AGENT = Path(__file__).with_name("machine_agent.py")
SETTINGS = {"agent": {"interval_s": 5, "dry_run": False}}


class Machines(asyncio.DatagramProtocol):
    """Machines by their names, and the network that their cards listen in."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.hosts: dict[str, Host] = {}
        self.wakes: list[str] = []
        """Names of those that were woken, in this order."""
        self.deaf: set[str] = set()
        """Names of those whose cards ignore packets."""
        self.port = 0
        self._macs: dict[bytes, str] = {}
        self._boots: dict[str, asyncio.Task[None]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the port."""
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, _address: object) -> None:
        """Start the machine that a magic packet is for, unless it is on or starts already."""
        name = self._macs.get(data[6:12])
        if name is None or name in self.deaf or name in self._boots or self.hosts[name].agent.program.running:
            return
        self.wakes.append(name)
        self._boots[name] = boot = asyncio.create_task(self.hosts[name].agent.start())
        boot.add_done_callback(lambda _: self._boots.pop(name))

    async def add(self, *names: str, settings: Mapping[str, Any] | None = None) -> None:
        """Start machines, and tell Home Assistant how they are woken."""
        (entry,) = await self.lab.client.entries("iotbridge")
        for number, name in enumerate(names):
            mac = f"a8:a1:59:00:01:{number:02x}"
            host = Host(
                self.lab, self.lab.add_agent(name, settings={**SETTINGS, **(settings or {})}, script=MACHINE_AGENT)
            )
            await host.agent.start()
            await host.wait_power("on")
            network = {"broadcast": "127.0.0.1", "port": self.port}
            device = await host.device_id()
            answers: list[Json] = [{"device_id": device, "macs": [mac], "shutdown": {}, "network": network}]
            menu = {"next_step_id": "known_host"}
            await self.lab.client.subentry_flow(entry["entry_id"], "host", menu, *answers, {"next_step_id": "save"})
            self.hosts[name] = host
            self._macs[bytes.fromhex(mac.replace(":", ""))] = name

    async def close(self) -> None:
        """Stop all machines."""
        await asyncio.gather(*self._boots.values())
        for host in self.hosts.values():
            await host.agent.stop()
            self.lab.agents.remove(host.agent)


@asynccontextmanager
async def machines_in(lab: Lab) -> AsyncIterator[Machines]:
    """Return machines that are stopped at the end."""
    loop = asyncio.get_running_loop()
    transport, machines = await loop.create_datagram_endpoint(lambda: Machines(lab), ("127.0.0.1", 0))
    try:
        yield machines
    finally:
        transport.close()
        await machines.close()
