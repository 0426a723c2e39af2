"""Hosts in the real household: agents in dry run, and what is shown of them."""

from collections.abc import Iterable
from typing import Any

from lab.agent import Agent
from lab.lab import Lab

from .world_registry import Entity


class Hosts:
    """The agents, by node id."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._agents: dict[str, Agent] = {}

    def actual(self, rows: Iterable[Entity]) -> dict[str, Any]:
        """Return the section about hosts."""
        del rows
        return {"hosts": {}}

    async def do_start_agent(self, host: str) -> None:
        if host not in self._agents:
            self._agents[host] = self._lab.add_agent(host, settings={"agent": {"interval_s": 5}})
        await self._agents[host].start()

    async def do_stop_agent(self, host: str) -> None:
        await self._agents[host].stop()

    async def do_kill_agent(self, host: str) -> None:
        await self._agents[host].kill()
