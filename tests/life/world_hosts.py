"""Hosts in the real household: agents in dry run, and their entities."""

from collections.abc import Iterable
import json
from typing import Any

from lab.agent import Agent
from lab.client import Json
from lab.lab import Lab
from lab.waiting import until

from .kept import OWN, Kept
from .model_hosts import BASICS
from .world_registry import Entity

HOSTS_LOST = "IoT Bridge/hosts lost"


class Hosts:
    """Agents, by node id."""

    def __init__(self, lab: Lab, kept: Kept) -> None:
        self._lab = lab
        self._kept = kept
        self.agents: dict[str, Agent] = {}

    def actual(self, rows: Iterable[Entity]) -> dict[str, Any]:
        """Return the sections about hosts."""
        by_host: dict[str, dict[str, str | None]] = {name: {} for name in self.agents}
        lost = None
        for row in rows:
            if row.device in by_host:
                by_host[row.device][row.label.partition("/")[2]] = row.state
            elif row.label == HOSTS_LOST:
                lost = row.state
        return {
            "hosts": {name: _shown(states) for name, states in by_host.items() if states},
            "lost hosts": {"number": lost},
            "announced hosts": {name for name in self.agents if _announce(name) in self._kept.messages},
            "discovered hosts": self._kept.announced() & self.agents.keys(),
        }

    async def empty(self) -> None:
        """Stop all agents and clear their messages at the broker."""
        for name, agent in self.agents.items():
            await agent.stop()
            self._lab.agents.remove(agent)
            if _announce(name) in self._kept.messages:
                for what in ("discovery", "availability", "announce"):
                    await self.do_wipe_host(name, what)
        self.agents.clear()

    async def do_start_agent(self, host: str) -> None:
        if host not in self.agents:
            settings = {"agent": {"interval_s": 5}}
            self.agents[host] = self._lab.add_agent(host, settings=settings)
        await self.agents[host].start()

    async def do_stop_agent(self, host: str) -> None:
        await self.agents[host].stop()

    async def do_kill_agent(self, host: str) -> None:
        await self.agents[host].kill()

    async def delete(self, host: str) -> None:
        """Delete the device of a host on its page."""
        (device,) = [row for row in await self._lab.client.devices() if row["name"] == host]
        await self._lab.client.command("config/device_registry/remove", device_id=device["id"])

    async def do_forget_host(self, host: str) -> None:
        """Wait for the repair about a host without a device, and confirm it."""

        async def repair() -> Json | None:
            issues = await self._lab.client.repairs("iotbridge")
            return next((row for row in issues if row["translation_key"] == "stale_host"), None)

        issue = await until(repair, timeout_s=90, what=f"the repair about {host}")
        start = {"handler": "iotbridge", "issue_id": issue["issue_id"]}
        shown = await self._lab.client.rest("POST", "repairs/issues/fix", start)
        await self._lab.client.rest("POST", f"repairs/issues/fix/{shown['flow_id']}", {})

    async def do_wipe_host(self, host: str, what: str) -> None:
        uid = json.loads(self._kept.messages[_announce(host)])["uid"]
        topic = f"homeassistant/device/{uid}/config" if what == "discovery" else f"iotbridge/device/{host}/{what}"
        self._kept.lost(topic)
        async with self._lab.broker.client(f"{OWN}voice") as mqtt:
            await mqtt.publish(topic, b"", qos=1, retain=True)

        async def is_lost() -> bool:
            return self._kept.lost(topic)

        await until(is_lost, timeout_s=10, what=f"the end of what the broker keeps for {topic}")


def _announce(host: str) -> str:
    return f"iotbridge/device/{host}/announce"


def _shown(states: dict[str, str | None]) -> dict[str, str]:
    usage = states.get("cpu usage")
    is_there = usage not in (None, "unavailable", "unknown")
    return {
        "power": states.get("availability") or "missing",
        "missing": ", ".join(sorted(BASICS - states.keys())),
        "usage": "there" if is_there else str(usage),
    }
