"""Random operations from a seed: those of a household in a year, as far as the model currently allows them."""

from collections.abc import Callable, Collection, Iterable, Iterator
from random import Random
from typing import Any

from .catalogue import FOREIGN, THINGS, Values
from .clock import compiler
from .model import Model
from .model_alarms import MOMENTARY
from .model_things import ALL
from .operations import Operation

HOSTS = ("tower",)
RULES: dict[str, dict[str, Any]] = {
    "Hot": {"name": "Hot", "kind": "above", "on": ["North/level"], "limit": 50, "groups": ["Family"]},
    "Dry": {"name": "Dry", "kind": "above", "on": ["Shed/humidity"], "limit": 50, "groups": ["Family"]},
    "Warm": {"name": "Warm", "kind": "template", "on": ["South/level"], "limit": 50, "groups": ["Neighbours"]},
    "Bell": {"name": "Bell", "kind": "event", "groups": ["Family"], "clear_after": 4},
    "Leak": {"name": "Leak", "kind": "message", "groups": ["Neighbours"], "clear_after": 4},
}
GROUPS = ("Family", "Neighbours")


def household() -> Iterator[Operation]:
    """Return the operations that furnish the household."""
    yield {"do": "learn", "things": list(THINGS)}
    yield {"do": "start_agent", "host": HOSTS[0]}
    for name in FOREIGN:
        yield {"do": "announce", "thing": name, "values": {"level": 20}}
    for group in GROUPS:
        yield {"do": "add_group", "group": group}
    for rule in RULES.values():
        yield {"do": "add_rule", "rule": rule}


class Chooser:
    """Endless series of operations for a model; the same for the same seed."""

    def __init__(self, seed: int, model: Model, without: Collection[str] = ()) -> None:
        """``without`` are names of excluded operations."""
        self._without = without
        self._random = Random(seed)  # noqa: S311  # to be repeated is its purpose
        self._model = model
        self._names = 0

    def __iter__(self) -> Iterator[Operation]:
        """Return the operations one by one, each chosen when it is asked for."""
        while True:
            yield self._choose(self._weights())

    def _weights(self) -> list[tuple[int, Callable[[], Operation | None]]]:
        return [
            (40, self._publish),
            (12, self._publish_foreign),
            (6, self._publish_nan),
            (3, self._clear),
            (3, self._remove),
            (5, self._learn),
            (3, self._withdraw),
            (3, self._announce),
            (3, self._rename),
            (3, self._happen),
            (3, self._wait_over),
            (2, self._edit),
            (3, self._rule),
            (2, self._agent),
            (2, self._wipe_host),
            (1, self._delete_host),
            (2, lambda: {"do": "reload"}),
            (3, lambda: {"do": "reload_mqtt"}),
            (1, self._restart),
            (2, self._restart_broker),
            (1, self._disabled),
            (2 if compiler() else 0, self._put_clock_forward),
        ]

    def _choose(self, weights: list[tuple[int, Callable[[], Operation | None]]]) -> Operation:
        makers = [make for _, make in weights]
        while True:
            (make,) = self._random.choices(makers, [weight for weight, _ in weights])
            operation = make()
            if operation is not None and operation["do"] not in self._without:
                return operation

    def _one(self, among: set[str]) -> str | None:
        return self._random.choice(sorted(among)) if among else None

    # ------------------------------------------------------------------ things

    @property
    def _learned(self) -> set[str]:
        return self._model.things.there & THINGS.keys()

    @property
    def _announced(self) -> set[str]:
        return self._model.things.there & FOREIGN.keys()

    def _value(self, key: str) -> float | str:
        if key == "motion":
            return self._random.choice(("ON", "OFF"))
        return self._random.choice((20, 49, 50, 51, 60, self._random.randrange(0, 400) / 4))

    def _values(self, thing: str) -> Values:
        return {key: self._value(key) for key in ALL[thing].first}

    def _publish(self) -> Operation | None:
        """Send messages of a thing, possibly not learned: each always retains its messages, or never."""
        thing = self._random.choice(sorted(THINGS))
        return {"do": "say", "thing": thing, "values": self._values(thing), "retain": _retains(thing)}

    def _publish_foreign(self) -> Operation | None:
        if (thing := self._one(self._announced)) is None:
            return None
        return {"do": "say", "thing": thing, "values": self._values(thing), "retain": True}

    def _publish_nan(self) -> Operation | None:
        thing = self._random.choice(("Attic", "Cellar", "Shed", "Cabin", "Loft"))
        values = {**self._values(thing), "temperature": "nan"}
        return {"do": "say", "thing": thing, "values": values, "retain": _retains(thing)}

    def _clear(self) -> Operation | None:
        return {"do": "clear", "thing": self._random.choice(sorted(THINGS))}

    def _remove(self) -> Operation | None:
        thing = self._one(self._learned)
        return _maybe("remove", thing=thing)

    def _learn(self) -> Operation | None:
        thing = self._one(THINGS.keys() - self._learned)
        return None if thing is None else {"do": "learn", "things": [thing]}

    def _paste(self) -> Operation | None:
        """Learn a thing without a broker."""
        thing = self._one({name for name in THINGS.keys() - self._learned if THINGS[name].is_pasted})
        return None if thing is None else {"do": "learn", "things": [thing]}

    def _withdraw(self) -> Operation | None:
        thing = self._one(self._announced)
        return _maybe("withdraw", thing=thing)

    def _announce(self) -> Operation | None:
        thing = self._one(FOREIGN.keys() - self._announced)
        return None if thing is None else {"do": "announce", "thing": thing, "values": self._values(thing)}

    def _rename(self) -> Operation | None:
        label = self._one(self._model.things.labels - self._model.things.disabled)
        self._names += 1
        return None if label is None else _maybe("rename", label=label, to=f"{_domain(label)}.called_{self._names}")

    # ------------------------------------------------------------------ alarms

    def _happen(self) -> Operation | None:
        rules = self._model.alarms.rules.values()
        rule = self._one({rule.name for rule in rules if rule.kind in MOMENTARY and not rule.maybe_over})
        return _maybe("happen", rule=rule)

    def _wait_over(self) -> Operation | None:
        rule = self._one({rule.name for rule in self._model.alarms.rules.values() if rule.maybe_over})
        return _maybe("wait_over", rule=rule)

    def _edit(self) -> Operation | None:
        rule = self._one({rule.name for rule in self._model.alarms.rules.values() if rule.kind == "above"})
        if rule is None:
            return None
        if self._random.random() < 0.5:
            if not self._is_certain(self._model.alarms.rules[rule].on):
                return None
            return {"do": "edit_rule", "rule": rule, "limit": self._random.choice((19, 48, 52))}
        return {"do": "edit_rule", "rule": rule, "groups": self._random.choice((["Family"], list(GROUPS)))}

    def _is_certain(self, entities: Iterable[str]) -> bool:
        """Return whether it is known what a rule's entities show: a limit may lie between the alternatives."""
        shown = (self._model.things.value(label) for label in entities)
        return all(values is None or len(values) == 1 for values in shown)

    def _rule(self) -> Operation | None:
        rules = self._model.alarms.rules
        absent = self._one(RULES.keys() - rules.keys())
        if absent is None:
            gone = self._one({rule.name for rule in rules.values() if not rule.maybe_over})
            return _maybe("remove_rule", rule=gone)
        on = RULES[absent].get("on", [])
        if not set(on) <= self._model.things.labels or not self._is_certain(on):
            return None
        return {"do": "add_rule", "rule": RULES[absent]}

    # ------------------------------------------------------------------ programs

    def _agent(self) -> Operation | None:
        host = self._random.choice(HOSTS)
        if self._model.hosts.powers.get(host) == "on":
            return {"do": self._random.choice(("kill_agent", "stop_agent")), "host": host}
        return {"do": "start_agent", "host": host}

    def _wipe_host(self) -> Operation | None:
        host = self._random.choice(HOSTS)
        if self._model.hosts.powers.get(host) != "on":
            return None
        return {"do": "wipe_host", "host": host, "what": self._random.choice(("announce", "discovery"))}

    def _delete_host(self) -> Operation | None:
        host = self._random.choice(HOSTS)
        if self._model.hosts.powers.get(host) != "on":
            return None
        ends = self._random.choice((None, "kill_agent", "stop_agent"))
        return {"do": "delete_host", "host": host, "meanwhile": [{"do": ends, "host": host}] if ends else []}

    def _put_clock_forward(self) -> Operation:
        return {"do": "put_clock_forward", "seconds": self._random.choice((90, 3600, 26 * 3600))}

    def _restart(self) -> Operation:
        """Stop or kill Home Assistant, while hosts and devices continue."""
        kill = self._random.random() < 0.5 and self._is_clear
        makers = [
            (4, self._publish),
            (2, self._publish_foreign),
            (1, self._agent),
            *([] if kill else [(1, self._clear)]),
        ]
        return {"do": "restart", "kill": kill, "meanwhile": self._meanwhile(makers)}

    @property
    def _is_clear(self) -> bool:
        """True if the broker retains all that rules watch: of other values a crash may bring back an older one."""
        watched = {label.partition("/")[0] for rule in self._model.alarms.rules.values() for label in rule.on}
        return self._model.things.retained >= watched & self._model.things.there

    def _restart_broker(self) -> Operation:
        makers = [(1, self._remove), (2, self._paste), (1, self._rename)]
        # A host that is off cannot publish again to a broker that lost its messages.
        memory = self._random.random() < 0.6 or set(self._model.hosts.powers.values()) != {"on"}
        return {"do": "restart_broker", "memory": memory, "meanwhile": self._meanwhile(makers)}

    def _disabled(self) -> Operation:
        makers = [(2, self._rename), (2, self._publish_foreign)]
        return {"do": "disabled", "meanwhile": self._meanwhile(makers)}

    def _meanwhile(self, weights: list[tuple[int, Callable[[], Operation | None]]]) -> list[Operation]:
        """Choose up to two operations; each is possible after the other."""
        chosen: list[Operation] = []
        for _ in range(self._random.randrange(3)):
            makers = [make for _, make in weights]
            (make,) = self._random.choices(makers, [weight for weight, _ in weights])
            operation = make()
            if operation is not None and operation["do"] not in {*self._without, *_kinds(chosen)}:
                chosen.append(operation)
        return chosen


def _maybe(do: str, **subjects: str | None) -> Operation | None:
    """Return an operation; None without a possible subject."""
    return None if None in subjects.values() else {"do": do, **subjects}


def _kinds(operations: list[Operation]) -> set[str]:
    return {str(operation["do"]) for operation in operations}


def _retains(thing: str) -> bool:
    # Messages that were learned while retained stay retained; those that a rule monitors stay unambiguous.
    return sorted(THINGS).index(thing) % 2 == 0 or thing == "Shed" or not THINGS[thing].is_pasted


def _domain(label: str) -> str:
    return "binary_sensor" if label == "Gate/motion" else "sensor"
