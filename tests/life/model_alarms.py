"""Alarms in the model: active conditions, acknowledgements, and expected notifications."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .differences import ABSENT, Notified
from .model_things import Things

MOMENTARY = {"event", "message"}


@dataclass(kw_only=True)
class Rule:
    """Rule: active above a limit, or on an event. ``on`` are labels; an event has none."""

    name: str
    kind: str
    on: list[str]
    limit: float
    groups: list[str]
    label: str | None = None
    active: dict[str, set[str]] = field(default_factory=dict)
    """Groups that were notified, by the labels for which it is raised; "" for an event."""
    maybe_over: bool = False
    """True if the event may have cleared by now."""

    @property
    def is_blind(self) -> bool:
        """True if it refers to a label, or notifies a group, that no longer exists."""
        return self.label == ABSENT or ABSENT in self.groups


class Alarms:
    """Rules of the household, and the expected notifications on the phones of its groups."""

    def __init__(self, things: Things) -> None:
        self._things = things
        self.rules: dict[str, Rule] = {}
        self.labelled: dict[str, list[str]] = {}
        self._unreadable: set[str] = set()
        """Rules and groups whose settings are of a newer version."""
        self._is_unwritten = False
        self.clocks_differ = False
        self._notified: defaultdict[str, list[str]] = defaultdict(list)

    def expected(self) -> dict[str, Any]:
        """Return the sections about alarms."""
        alarms: dict[str, frozenset[str]] = {}
        for rule in self.rules.values():
            for label in rule.active:
                subject = "" if rule.kind == "template" else label
                is_certain = not rule.maybe_over and (rule.kind != "template" or self._has_number(label))
                alternatives = {"unacknowledged"} if is_certain else {"unacknowledged", ABSENT}
                alarms[f"{rule.name} {subject}".strip()] = frozenset(alternatives)
        return {
            "alarms": alarms,
            "notified": {key: Notified(news) for key, news in self._notified.items()},
        }

    def subscribed(self) -> set[str]:
        """Return the topics of rules that must be subscribed to."""
        return {message_topic(rule.name) for rule in self.rules.values() if rule.kind == "message"}

    def repairs(self) -> Iterator[str]:
        """Return the names of what needs attention; templates are optional."""
        yield from self._things.unreadable | self._unreadable
        yield from (f"{name}?" for name in self._things.orphans)
        if self.clocks_differ:
            yield "clock_differs?"
        if self._is_unwritten:
            yield "alarms_not_written"
        for rule in self.rules.values():
            if rule.is_blind or any(self._things.value(label) is None for label in self._watched(rule)):
                yield f"{rule.name}?" if rule.kind == "template" else rule.name
            elif not self._unreadable.isdisjoint(rule.groups):
                yield f"{rule.name}?"

    def _watched(self, rule: Rule) -> Sequence[str]:
        return self.labelled.get(rule.label or "", []) or rule.on

    # ------------------------------------------------------------------ operations

    def do_put_clock_forward(self, seconds: int) -> None:
        """Expect a possible issue for a host whose clock differs from Home Assistant's from now on."""
        del seconds
        self.clocks_differ = True

    def do_break_alarm_file(self) -> None:
        self._is_unwritten = True

    def do_mend_alarm_file(self) -> None:
        self._is_unwritten = False

    def do_break_subentry(self, title: str) -> None:
        if title not in self._things.there:
            self._unreadable.add(title)
            self.rules.pop(title, None)

    def do_add_group(self, group: str) -> None:
        """Expect no change: a new group has received no notifications."""

    def do_remove_group(self, group: str) -> None:
        for rule in self.rules.values():
            rule.groups = [ABSENT if name == group else name for name in rule.groups]
            for notified in rule.active.values():
                notified.discard(group)

    def do_add_rule(self, rule: Mapping[str, Any]) -> None:
        added = Rule(
            name=rule["name"],
            kind=rule["kind"],
            on=list(rule.get("on", [])),
            limit=rule.get("limit", 0),
            groups=list(rule["groups"]),
            label=rule.get("label"),
        )
        self.rules[added.name] = added

    def do_edit_rule(
        self,
        rule: str,
        *,
        limit: float | None = None,
        groups: list[str] | None = None,
        clear_after: float | None = None,
    ) -> None:
        edited = self.rules[rule]
        edited.maybe_over = clear_after is not None or edited.maybe_over
        if limit is not None:
            edited.limit = limit
        if groups is not None:
            edited.groups = groups
            for notified in edited.active.values():
                self._notify(edited, "raised", set(groups) - notified)
                notified.update(groups)

    def do_remove_rule(self, rule: str) -> None:
        self._clear(self.rules.pop(rule), set())

    def do_add_label(self, label: str, on: list[str]) -> None:
        self.labelled[label] = on

    def do_remove_label(self, label: str) -> None:
        del self.labelled[label]
        for rule in self.rules.values():
            if rule.label == label:
                rule.label = ABSENT

    def do_happen(self, rule: str) -> None:
        happened = self.rules[rule]
        happened.maybe_over = True
        happened.active[""] = set(happened.groups)
        self._notify(happened, "raised", happened.groups)
        self._notify(happened, "cleared?", happened.groups)

    def do_wait_over(self, rule: str) -> None:
        """Wait until the event has cleared."""
        ended = self.rules[rule]
        ended.active.clear()
        ended.maybe_over = False
        for group in ended.groups:
            self._notified[f"{group}: {rule}"][-1] = "cleared"

    def do_reload_mqtt(self) -> None:
        self._blink()

    def do_enable(self, label: str) -> None:
        del label
        self._blink()

    def do_restart_broker(self, *, memory: bool) -> None:
        del memory
        self._blink()

    def _blink(self) -> None:
        """Make all MQTT entities unavailable for a moment: a template may see that."""
        for rule in self.rules.values():
            if rule.kind == "template" and rule.active:
                self._notify(rule, "cleared?", rule.groups)
                self._notify(rule, "raised?", rule.groups)

    # ------------------------------------------------------------------ rules of the world

    def evaluate(self) -> None:
        """Raise and clear by what the entities show now; without the broker none is added, and none changes."""
        if not self._things.running or not self._things.connected:
            return
        for rule in self.rules.values():
            if rule.kind in MOMENTARY:
                continue
            watched = () if rule.label == ABSENT else self._watched(rule)
            bad = {label for label in watched if self._is_bad(rule, label)}
            for label in bad - rule.active.keys():
                self._notify(rule, "raised", rule.groups)
                rule.active[label] = set(rule.groups)
            self._clear(rule, bad)

    def _is_bad(self, rule: Rule, label: str) -> bool:
        if rule.kind == "rate":
            return False  # no thing of the catalogue changes that fast
        return self._is_above(rule, label)

    def _is_above(self, rule: Rule, label: str) -> bool:
        """Return whether it is active; an unknown value leaves it unchanged."""
        shown = self._things.value(label)
        if shown is None:
            return False
        numbers = [float(value) for value in shown if _is_number(value)]
        return any(number > rule.limit for number in numbers) if numbers else label in rule.active

    def _has_number(self, label: str) -> bool:
        """Return whether the value is certain to be a number; the template of a rule is false otherwise."""
        return all(_is_number(value) for value in self._things.value(label) or ())

    def _clear(self, rule: Rule, bad: set[str]) -> None:
        """Clear all alarms but the active ones; groups that were notified of an alarm are notified that it cleared."""
        for label in rule.active.keys() - bad:
            self._notify(rule, "cleared", rule.active.pop(label))

    def _notify(self, rule: Rule, news: str, groups: Collection[str]) -> None:
        for group in groups:
            if group not in {ABSENT, *self._unreadable}:
                self._notified[f"{group}: {rule.name}"].append(news)


def message_topic(rule: str) -> str:
    """Return the topic whose messages raise a rule of the kind message."""
    return f"happens/{rule.lower()}"


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
