"""The part of the model that knows hosts: whether their agents run, were stopped, or vanished."""

from typing import Any

from .model_things import Things


class Hosts:
    """The hosts of the household: what each of them does, by node id."""

    def __init__(self, things: Things) -> None:
        self._things = things
        self.powers: dict[str, str] = {}

    def expected(self) -> dict[str, Any]:
        """Return the section about hosts: power, and whether all that the host once showed is there."""
        shown = {node_id: f"{power}, complete" for node_id, power in self.powers.items()}
        return {"hosts": shown if self._things.connected else None}

    def do_start_agent(self, host: str) -> None:
        self.powers[host] = "on"

    def do_stop_agent(self, host: str) -> None:
        self.powers[host] = "off"

    def do_kill_agent(self, host: str) -> None:
        self.powers[host] = "lost"
