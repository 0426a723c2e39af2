"""The part of the model that knows hosts: whether their agents run, were stopped, or vanished."""

from typing import Any

from .model_things import GONE, Things

BASICS = {"cpu usage", "memory usage", "connection", "refresh", "reboot", "shut down", "suspend"}
"""Entities that every host has, by their names."""


class Hosts:
    """The hosts of the household: what each of them does, by node id."""

    def __init__(self, things: Things) -> None:
        self._things = things
        self.powers: dict[str, str] = {}

    def expected(self) -> dict[str, Any]:
        """Return the sections about hosts."""
        if not self._things.connected:
            return {"hosts": None, "announced hosts": None}
        return {
            "hosts": {
                name: {"power": power, "missing": "", "usage": "there" if power == "on" else GONE}
                for name, power in self.powers.items()
            },
            "announced hosts": set(self.powers),
        }

    def do_start_agent(self, host: str) -> None:
        self.powers[host] = "on"

    def do_stop_agent(self, host: str) -> None:
        self.powers[host] = "off"

    def do_kill_agent(self, host: str) -> None:
        self.powers[host] = "lost"

    def do_wipe_host(self, host: str, what: str) -> None:
        """Lose what the broker keeps of a live host: it says it again."""
