"""Hosts in the model: whether their agents run, were stopped, or vanished."""

from collections.abc import Iterator
from typing import Any

from .model_things import GONE, Things

BASICS = {"cpu usage", "memory usage", "connection", "refresh", "reboot", "shut down", "suspend"}
"""Entities that every host has, by their names."""


class Hosts:
    """Hosts of the household: the state of each, by node id."""

    def __init__(self, things: Things) -> None:
        self._things = things
        self.powers: dict[str, str] = {}
        self.stale: set[str] = set()
        """Hosts without a device, which only a repair can remove."""
        self._unseen: set[str] = set()
        """Hosts that went away while Home Assistant did not run."""

    def expected(self) -> dict[str, Any]:
        """Return the sections about hosts."""
        if not self._things.connected:
            return dict.fromkeys(("hosts", "lost hosts", "announced hosts", "discovered hosts"))
        return {
            "hosts": {
                name: {"power": power, "missing": "", "usage": "there" if power == "on" else GONE}
                for name, power in self.powers.items()
            },
            "lost hosts": {"number": str(list(self.powers.values()).count("lost") + len(self.stale))},
            "announced hosts": self.stale | self.powers.keys(),
            "discovered hosts": set(self.powers),
        }

    def repairs(self) -> Iterator[str]:
        """Return the names of repairs; a host without a device has a minute to come back before there is one."""
        if self.stale:
            yield "stale_host?"

    def do_start_agent(self, host: str) -> None:
        self.powers[host] = "on"
        self.stale.discard(host)
        self._unseen.discard(host)

    def do_stop_agent(self, host: str) -> None:
        self._went(host, "off")

    def do_kill_agent(self, host: str) -> None:
        self._went(host, "lost")

    def _went(self, host: str, power: str) -> None:
        if self.powers[host] != "on":
            return  # a host that is off already publishes no further state
        self.powers[host] = power
        if not self._things.running:
            self._unseen.add(host)

    def do_delete_host(self, host: str) -> None:
        """Delete a host's device: it comes back if it is there, is removed if it went, else there is a repair."""
        if self.powers[host] == "on":
            return
        del self.powers[host]
        if host in self._unseen:
            self.stale.add(host)

    def do_forget_host(self, host: str) -> None:
        self.stale.discard(host)

    def do_wipe_host(self, host: str, what: str) -> None:
        """Lose the retained messages of a live host: it publishes them again."""
