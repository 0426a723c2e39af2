"""Things in the model: learned, self-announced, silent, removed."""

from collections.abc import Mapping
from typing import Any

from .catalogue import FOREIGN, THINGS, Thing, Value, Values
from .differences import ANY

type Shown = frozenset[str]
"""Possible states of an entity; more than one if a person would accept either."""

GONE = "unavailable"
UNKNOWN = "unknown"
DAY_S = 24 * 3600
ALL = THINGS | FOREIGN


def written(value: Value) -> str:
    """Return a state in a normal form: 40, 40.0 and "40.0" are the same number."""
    try:
        return f"{float(value):g}"
    except ValueError:
        return str(value)


def state(value: Value) -> str:
    """Return the state that Home Assistant shows for a value."""
    return {"ON": "on", "OFF": "off", "nan": UNKNOWN}.get(str(value), written(value))


class Things:
    """The things of the household."""

    def __init__(self) -> None:
        self.there: set[str] = set()
        self.disabled: set[str] = set()
        self.unreadable: set[str] = set()
        """Things whose settings are of a newer version."""
        self.orphans: set[str] = set()
        """Things that were learned after the backup that was restored."""
        self.connected = True
        self.running = True
        self._retained: dict[str, dict[str, Shown]] = {}
        """Labels and states by thing, of the things' own messages that the broker retains."""
        self._values: dict[str, Shown] = {}
        self._before: dict[str, Shown] = {}
        """All states that each entity has shown since it exists."""
        self._fahrenheit: set[str] = set()
        self._ahead_s = 0

    def expected(self) -> dict[str, Any]:
        """Return the sections about things."""
        devices = {device for name in self.there - self.unreadable for device in ALL[name].devices}
        devices |= {f"{device}?" for name in self.unreadable | self.orphans for device in ALL[name].devices}
        uncertain = {label for name in self.unreadable | self.orphans for label in labels(ALL[name])}
        return {
            "values": {
                **{label: self.shown(label) for label in self.labels - self.disabled},
                **dict.fromkeys(uncertain, ANY),
            },
            "orphans": dict.fromkeys(self.orphans, frozenset({"gone", "offered"})),
            "devices": devices,
            "announced": devices if self.connected else None,
        }

    def subscribed(self) -> set[str]:
        """Return the topics of things that must be subscribed to."""
        listening = (ALL[name] for name in self.there - self.unreadable if not labels(ALL[name]) <= self.disabled)
        return {topic for thing in listening for topic in thing.messages(thing.first)}

    @property
    def labels(self) -> set[str]:
        """The labels of all entities, the disabled ones too."""
        return {label for name in self.there for label in labels(ALL[name])}

    @property
    def retained(self) -> set[str]:
        """The things whose messages the broker retains."""
        return set(self._retained)

    def shown(self, label: str) -> Shown:
        """Return the possible states of an entity."""
        if not self.connected:
            return frozenset({GONE})
        shown = self._values[label]
        return frozenset(map(_fahrenheit, shown)) if label in self._fahrenheit else shown

    def value(self, label: str) -> Shown | None:
        """Return the last value of an entity, also while the broker is away; None without an entity."""
        return None if label in self.disabled else self._values.get(label)

    # ------------------------------------------------------------------ operations

    def do_learn(self, things: list[str]) -> None:
        for name in things:
            self.there.add(name)
            found = THINGS[name]
            if not found.is_pasted:
                self.do_say(name, found.first, retain=True)
            self._take(found, found.first)
            if self.connected:
                self._take_retained(name)
            elif found.direct:
                # Nothing can be published before the broker is back, and then the thing sends again on its own.
                self._or_unknown(found)

    def do_remove(self, thing: str) -> None:
        self.there.discard(thing)
        gone = labels(ALL[thing])
        self.disabled -= gone
        for label in gone:
            self._values.pop(label, None)
            self._before.pop(label, None)

    def do_announce(self, thing: str, values: Values) -> None:
        self.there.add(thing)
        self.do_say(thing, values, retain=True)

    def do_withdraw(self, thing: str) -> None:
        self.do_remove(thing)

    def do_say(self, thing: str, values: Values, *, retain: bool = False) -> None:
        found = ALL[thing]
        if retain:
            self._retained[thing] = self._retained.get(thing, {}) | _states(found, values)
        if thing in self.there and self.running:
            self._take(found, values)

    def do_clear(self, thing: str) -> None:
        self._retained.pop(thing, None)
        if thing in self.there and self.running:
            self._values |= dict.fromkeys(labels(ALL[thing]), frozenset({UNKNOWN}))

    def do_disable(self, label: str) -> None:
        self.disabled.add(label)

    def do_enable(self, label: str) -> None:
        self.disabled.discard(label)
        self._start()

    def do_unit(self, label: str, unit: str) -> None:
        if unit == "°F":
            self._fahrenheit.add(label)
        else:
            self._fahrenheit.discard(label)

    def do_reload_mqtt(self) -> None:
        self._start()

    def do_wait_reload(self) -> None:
        self._start()

    def do_reload(self) -> None:
        self._age()

    def do_disabled(self) -> None:
        self._age()

    def do_put_clock_forward(self, seconds: int) -> None:
        self._ahead_s += seconds

    def before_restart(self) -> None:
        self.running = False

    def do_restart(self, *, kill: bool = False) -> None:
        self.running = True
        if kill:
            self._recall()
        self._age()
        self._start()

    def before_restart_broker(self) -> None:
        self.connected = False

    def do_restart_broker(self, *, memory: bool) -> None:
        self.connected = True
        if not memory:
            self._retained.clear()
        for name in self.there:
            self._take_retained(name)

    def do_break_subentry(self, title: str) -> None:
        if title in self.there:
            self.unreadable.add(title)

    def do_learn_in_two_tabs(self, thing: str, messages: Mapping[str, str]) -> None:
        """Learn the thing; the wildcard over it is rejected then."""
        del messages
        self.do_learn([thing])

    def restore(self, backup: Things) -> None:
        """Restore the things learned until then; values come from the backup, or from the broker."""
        self.orphans = self.there - backup.there
        self.there = set(backup.there)
        self.disabled = set(backup.disabled)
        now, self._values = self._values, dict(backup._values)
        for label in self._values:
            self._values[label] |= now.get(label, frozenset()) | {UNKNOWN}

    # ------------------------------------------------------------------ rules of the world

    def _take(self, thing: Thing, values: Values) -> None:
        self._show(_states(thing, values))

    def _take_retained(self, name: str) -> None:
        """Show the retained messages of a thing, which the broker sends to each subscriber."""
        self._show(self._retained.get(name, {}))

    def _show(self, states: Mapping[str, Shown]) -> None:
        self._values |= states
        for label, shown in states.items():
            self._before[label] = self._before.get(label, frozenset()) | shown

    def _start(self) -> None:
        """Show the retained messages; without one, a value stays only if IoT Bridge publishes it.

        The last value of what Home Assistant reads itself would be accepted as well.
        """
        for name in self.there:
            self._take_retained(name)
            if ALL[name].direct and name not in self._retained:
                self._or_unknown(ALL[name])

    def _recall(self) -> None:
        """Accept any earlier value of a decoded thing: a crash may lose the last minute."""
        for name in self.there:
            if name not in self._retained:
                for label in labels(ALL[name]):
                    self._values[label] |= self._before.get(label, frozenset())

    def _age(self) -> None:
        """Accept unknown after a start for a value that is a day old."""
        if self._ahead_s >= DAY_S:
            for name in self.there - self._retained.keys():
                self._or_unknown(ALL[name])

    def _or_unknown(self, thing: Thing) -> None:
        for label in labels(thing):
            self._values[label] = self._values[label] | {UNKNOWN}


def labels(thing: Thing) -> set[str]:
    """Return the labels of all entities of a thing."""
    return set(thing.shows(thing.first))


def _fahrenheit(celsius: str) -> str:
    return celsius if celsius in (UNKNOWN, GONE) else written(round(float(celsius) * 9 / 5 + 32, 2))


def _states(thing: Thing, values: Values) -> dict[str, Shown]:
    return {label: frozenset({state(value)}) for label, value in thing.shows(values).items()}
