"""Model of the household: the expected state of every entity, and the expected notifications.

It knows the messages and the expectations of a person, but not the internals of Home Assistant or IoT Bridge.
"""

from collections.abc import Mapping
import copy
from itertools import chain
from typing import Any

from .differences import About
from .model_alarms import Alarms
from .model_hosts import Hosts
from .model_things import Things
from .operations import Operation, arguments


class Model:
    """Expected state of the household."""

    def __init__(self) -> None:
        self.things = Things()
        self._backup = self.things
        self.hosts = Hosts(self.things)
        self.alarms = Alarms(self.things)

    def do(self, operation: Operation) -> None:
        """Apply an operation: each part has methods for its operations, by name."""
        name, parameters = operation["do"], arguments(operation)
        meanwhile = parameters.pop("meanwhile", ())
        if meanwhile:
            self._each(f"before_{name}", {})
            for inner in meanwhile:
                self.do(inner)
        self._each(f"do_{name}", parameters)
        if name == "back_up":
            self._backup = copy.deepcopy(self.things)
        elif name == "restore":
            self.things.restore(self._backup)
        self.alarms.evaluate()

    def _each(self, method: str, parameters: Mapping[str, Any]) -> None:
        for part in (self.things, self.hosts, self.alarms):
            if (found := getattr(part, method, None)) is not None:
                found(**parameters)

    def expected(self) -> dict[str, Any]:
        """Return the whole state, section by section; sets of states are alternatives."""
        return {
            "entries": {"mqtt": "loaded", "iotbridge": "loaded"},
            "subscribed": self.things.subscribed() | self.alarms.subscribed() if self.things.connected else None,
            **self.things.expected(),
            **self.hosts.expected(),
            **self.alarms.expected(),
            "repairs": About(chain(self.alarms.repairs(), self.hosts.repairs())),
        }
