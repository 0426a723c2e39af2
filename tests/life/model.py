"""A model of the household: what every entity has to show, and who has to have been told.

It knows the messages and what a person would expect, and nothing of how Home Assistant or IoT Bridge work inside.
"""

from collections.abc import Mapping
from typing import Any

from .catalogue import THINGS, Thing, Value, Values

type Shown = frozenset[str]
"""The states that an entity may show; more than one where a person would accept either."""

GONE = "unavailable"
UNKNOWN = "unknown"


def written(value: Value) -> str:
    """Return a state in one way of writing: 40, 40.0 and "40.0" are the same number."""
    try:
        return f"{float(value):g}"
    except ValueError:
        return str(value)


def state(value: Value) -> str:
    """Return the state in which Home Assistant shows a value."""
    return {"ON": "on", "OFF": "off"}.get(str(value), written(value))


class Model:
    """The household as it has to be; one method for each operation."""

    def __init__(self) -> None:
        self.learned: set[str] = set()
        self.connected = True
        self.running = True
        self._retained: dict[str, dict[str, Shown]] = {}
        """What the broker keeps of the things' own messages: labels and states by thing."""
        self._values: dict[str, Shown] = {}

    # ------------------------------------------------------------------ what has to be

    def expected(self) -> dict[str, Any]:
        """Return the whole of it, section by section; sets of states are alternatives."""
        return {
            "values": {label: self._shown(label) for name in self.learned for label in labels(THINGS[name])},
            "devices": {device for name in self.learned for device in THINGS[name].devices},
            "announced": {device for name in self.learned for device in THINGS[name].devices}
            if self.connected
            else None,
            "repairs": set(),
            "entries": {"mqtt": "loaded", "iotbridge": "loaded"},
        }

    def _shown(self, label: str) -> Shown:
        return self._values[label] if self.connected else frozenset({GONE})

    # ------------------------------------------------------------------ things

    def do_learn(self, thing: str) -> None:
        self.learned.add(thing)
        found = THINGS[thing]
        if not found.is_pasted:
            self.do_say(thing, found.first, retain=True)
        self._take(found, found.first)

    def do_remove(self, thing: str) -> None:
        self.learned.discard(thing)
        for label in labels(THINGS[thing]):
            del self._values[label]

    def do_say(self, thing: str, values: Values, *, retain: bool = False) -> None:
        found = THINGS[thing]
        if retain:
            kept = self._retained.setdefault(thing, {})
            kept |= {label: frozenset({state(value)}) for label, value in found.shows(values).items()}
        if thing in self.learned:
            self._take(found, values)

    def do_clear(self, thing: str) -> None:
        self._retained.pop(thing, None)
        if thing in self.learned:
            self._values |= dict.fromkeys(labels(THINGS[thing]), frozenset({UNKNOWN}))

    # ------------------------------------------------------------------ programs

    def do_reload_mqtt(self) -> None:
        self._forget_direct()

    def do_reload(self) -> None:
        """Reload IoT Bridge: nothing changes."""

    def do_restart(self, *, kill: bool = False) -> None:
        del kill
        self._forget_direct()

    def do_restart_broker(self, *, memory: bool) -> None:
        if not memory:
            self._retained.clear()

    # ------------------------------------------------------------------ rules of the world

    def _take(self, thing: Thing, values: Values) -> None:
        self._values |= {label: frozenset({state(value)}) for label, value in thing.shows(values).items()}

    def _forget_direct(self) -> None:
        """Keep only what the broker keeps of the things that Home Assistant reads itself.

        To show the last value all the same would be as good.
        """
        for name in self.learned:
            if THINGS[name].direct:
                for label in labels(THINGS[name]):
                    kept = self._retained.get(name, {}).get(label)
                    self._values[label] = kept or self._values[label] | {UNKNOWN}


def labels(thing: Thing) -> set[str]:
    """Return the labels of all entities of a thing."""
    return set(thing.shows(thing.first))


def differences(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> list[str]:
    """Return a line for each difference between what has to be and what is."""
    lines = []
    for section, wanted in expected.items():
        if wanted is None:
            continue
        found = actual[section]
        if isinstance(wanted, Mapping):
            lines += [f"{section}: {key} is there" for key in found.keys() - wanted.keys()]
            lines += [f"{section}: {key} is missing" for key in wanted.keys() - found.keys()]
            lines += [
                f"{section}: {key} is {found[key]}, not {_either(wanted[key])}"
                for key in wanted.keys() & found.keys()
                if not _fits(wanted[key], found[key])
            ]
        else:
            lines += [f"{section}: {key} is there" for key in found - wanted]
            lines += [f"{section}: {key} is missing" for key in wanted - found]
    return sorted(lines)


def _fits(wanted: Any, found: Any) -> bool:
    return found in wanted if isinstance(wanted, frozenset) else bool(found == wanted)


def _either(wanted: Any) -> str:
    return " or ".join(sorted(wanted)) if isinstance(wanted, frozenset) else str(wanted)
