"""Runs the rules: an alarm for each entity they match, kept over restarts."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange
from homeassistant.const import EVENT_HOMEASSISTANT_CLOSE, EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_call_later, async_track_time_interval
from homeassistant.helpers.storage import STORAGE_DIR

from .. import mqtt_client
from ..const import SUBENTRY_ALARM, SUBENTRY_WINDOW
from ..issues import ALARM_UNREADABLE, ALARMS_NOT_WRITTEN, Issues
from ..soon import Soon
from . import lifecycle
from .describing import async_describe, async_explain
from .flapping import DEFAULT_PER_HOUR
from .instance import Instance
from .kept import read
from .ledger import Ledger, Listener
from .message import alarm_words, test_message
from .models import Alarm, AlarmKey, By, Change, Severity, Transition
from .notifier import Notifier
from .outbox import Outbox
from .phone import async_listen_actions
from .policy import Policy
from .rule import WITHOUT_ENTITIES, Kind, Rule
from .selection import Selections
from .silencing import BY_HAND, Silencing
from .store import AlarmStore, HistoryQuery
from .topology import PRESENCE
from .units import LimitUnits
from .watch import Watch
from .window import Window

FILE = "iotbridge_alarms.db"
DAY = timedelta(days=1)


class AlarmsManager:
    """The run time of all alarms."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Prepare; nothing is watched before async_start."""
        self.hass = hass
        self._entry = entry
        self.ledger = Ledger(hass, AlarmStore(store_path(hass)))
        self.rules: dict[str, Rule] = {}
        self._watch = Watch(hass, self.ledger, LimitUnits(hass, entry, self.ledger))
        self._selections = Selections(hass)
        self.silencing = Silencing(hass, self.ledger, self._selections)
        self._tracked: dict[str, CALLBACK_TYPE] = {}
        self._kept: defaultdict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
        self._rule_listeners: defaultdict[str, list[Callable[[], None]]] = defaultdict(list)
        self._rules_listeners: list[Callable[[], None]] = []
        self.issues = Issues(hass)
        self.notifier = Notifier(hass, entry)
        self._outbox = Outbox(
            hass,
            self.notifier,
            Policy.from_options(entry.options),
            self.ledger.async_write,
            partial(async_describe, hass, self.ledger, self.silencing),
            self.issues,
        )
        self._stop: list[CALLBACK_TYPE] = []
        self._has_parents = False
        self._is_started = False
        self._following = asyncio.Lock()
        self._follow = lambda: entry.async_create_task(hass, self._async_follow(), "iotbridge alarms follow")
        self._follow_soon = Soon(hass, self._follow)
        self._unread: set[str] = set()
        self._watch_soon = Soon(hass, partial(self._watch.async_set_instances, self.ledger))
        # Since when an entity that has no id, and so nothing but its state, is not there.
        self._away: dict[AlarmKey, float] = {}

    async def async_start(self) -> None:
        """Begin where the last run ended."""
        loaded = await self.ledger.async_open()
        for key, kept in loaded.instances.items():
            self._kept[key.rule_id][key.subject] = kept
        self.silencing.async_restore(loaded.remembered)
        self.ledger.on_pending = self._async_pending
        self.ledger.explain = partial(async_explain, self.hass)
        self.ledger.flapping_per_hour = self._entry.options.get("flapping_per_hour", DEFAULT_PER_HOUR)
        self.ledger.on_unwritten = self._async_unwritten
        self.ledger.on_clock += [self.silencing.async_clock_set, self._async_clock_set]
        self.ledger.on_shown.append(lambda instance: self._async_tell_rule(instance.key.rule_id))
        self._watch.async_start()
        self._selections.async_start()
        self._stop += [
            self.ledger.async_listen(self._async_happened),
            async_dispatcher_connect(self.hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._async_entry_changed),
            self.hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, self._async_places_changed),
            self.hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._async_places_changed),
            mqtt_client.async_subscribe_connection_status(self.hass, self._async_connection_changed),
            async_track_time_interval(self.hass, self._async_minute, timedelta(minutes=1), name="iotbridge minute"),
            self.hass.bus.async_listen(EVENT_HOMEASSISTANT_FINAL_WRITE, self._async_final_write),
            self.hass.bus.async_listen(EVENT_HOMEASSISTANT_CLOSE, self._async_close),
            async_track_time_interval(self.hass, self._async_day, DAY, name="iotbridge alarms day"),
            async_call_later(self.hass, timedelta(minutes=10), self._async_day),
        ]
        self.ledger.outbox = self._outbox
        self._outbox.async_load(loaded.outbox)
        self._stop.append(async_listen_actions(self.hass, self, self.ledger.async_after))
        await self._async_follow()
        for key in loaded.instances:
            if key.rule_id not in self._entry.subentries:
                self.ledger.async_forget(key)
        self.ledger.counts.tell()
        self._is_started = True

    @callback
    def _async_unwritten(self, reason: str | None) -> None:
        self.issues.async_set(ALARMS_NOT_WRITTEN, "", reason is not None, reason=reason or "")

    @callback
    def _async_clock_set(self, by_s: float) -> None:
        self._away = {key: since + by_s for key, since in self._away.items()}

    async def _async_final_write(self, _event: Event) -> None:
        """Keep what was learned when Home Assistant stops: then entries are not unloaded."""
        await self.ledger.async_flush()

    async def _async_close(self, _event: Event) -> None:
        """Let go of the file and its thread: Home Assistant's process waits ten seconds for one that is left."""
        await self.ledger.async_close()

    async def async_stop(self) -> None:
        """Watch no more; everything is kept."""
        while self._stop:
            self._stop.pop()()
        self._follow_soon.cancel()
        self._watch_soon.cancel()
        for part in (self.silencing, self._selections, self._watch):
            part.async_stop()
        await self._outbox.async_stop()
        await self.ledger.async_close()
        self.issues.async_clear()

    @callback
    def _async_entry_changed(self, change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.entry_id == self._entry.entry_id and change is ConfigEntryChange.UPDATED:
            (self._follow_soon if self._following.locked() else self._follow)()

    async def _async_follow(self) -> None:
        """Follow the subentries: rules and windows that were added, changed or removed."""
        # Some rules have to wait for the broker, and the next change may come meanwhile.
        async with self._following:
            for subentry_id in self._unread - self._entry.subentries.keys():
                self.issues.async_clear(subentry_id)
            # First: a rule that waits for the broker must not keep the windows from being known.
            self.silencing.async_set_windows(self._async_read(SUBENTRY_WINDOW, Window.of_subentry))
            rules = self._async_read(SUBENTRY_ALARM, Rule.from_dict)
            if rules != self.rules:
                await self._async_set_rules(rules)

    @callback
    def _async_read[T](self, kind: str, reader: Callable[[str, str, Mapping[str, Any]], T]) -> dict[str, T]:
        """Return what the subentries of a kind say; one that cannot be read is left out, and a repair says so."""
        found = {}
        for subentry_id, subentry in self._entry.subentries.items():
            if subentry.subentry_type != kind:
                continue
            if said := read(subentry.title, partial(reader, subentry_id, subentry.title, subentry.data)):
                found[subentry_id] = said
            else:
                self._unread.add(subentry_id)
            self.issues.async_set(ALARM_UNREADABLE, subentry_id, said is None, name=subentry.title)
        return found

    async def _async_set_rules(self, rules: dict[str, Rule]) -> None:
        before, self.rules = self.rules, rules
        self._has_parents = any(rule.parents for rule in rules.values())
        for rule_id in before.keys() - rules.keys():
            self._async_let_go(rule_id)
            for instance in self.ledger.of_rule(rule_id):
                self.ledger.async_remove(instance)
        changed = [rule for rule_id, rule in rules.items() if before.get(rule_id) != rule]
        # What may have to wait for the broker comes last.
        for rule in sorted(changed, key=lambda rule: rule.condition.kind is Kind.MESSAGE):
            await self._async_take_up(rule, before.get(rule.rule_id))
            if self._is_started:  # an import brings hundreds; at a start half of the rules tell no truth
                self._watch_soon()
                await asyncio.sleep(0)
        self._watch.async_set_instances(self.ledger)
        for listener in list(self._rules_listeners):
            listener()

    async def _async_take_up(self, rule: Rule, before: Rule | None) -> None:
        """Begin with a rule, or go on with one that was changed."""
        self._async_let_go(rule.rule_id)
        for instance in self.ledger.of_rule(rule.rule_id):
            instance.follow(rule)
        if rule.condition.kind in WITHOUT_ENTITIES:
            instance = self.ledger.get(AlarmKey(rule.rule_id, "")) or self._async_new(rule, "")
            await self._watch.async_watch_rule(rule, instance)
            return

        @callback
        def matched(entities: frozenset[str]) -> None:
            self._async_matched(rule, entities | self._async_away(rule, entities))
            self._watch_soon()

        entities, self._tracked[rule.rule_id] = self._selections.async_track(rule.selection, matched)
        if before is None:
            for subject in self._kept[rule.rule_id].keys() - entities:
                self._async_new(rule, subject)
        is_same = before is None or before.selection == rule.selection
        self._async_matched(rule, entities | self._async_away(rule, entities) if is_same else entities)

    @callback
    def _async_away(self, rule: Rule, entities: frozenset[str]) -> frozenset[str]:
        """Return the entities that are not there for a moment, as while their integration reloads.

        What has no unique id is nothing without its state. As long as there is something to say of its alarm it is
        waited for, but not for ever.
        """
        away = set()
        for instance in self.ledger.of_rule(rule.rule_id):
            subject = instance.key.subject
            is_known = subject in entities or er.async_get(self.hass).async_get(subject) is not None
            if is_known or self.hass.states.get(subject) is not None or instance.alarm.is_idle:
                self._away.pop(instance.key, None)
                continue
            if self.ledger.now() < self._away.setdefault(instance.key, self.ledger.now()) + DAY.total_seconds():
                away.add(subject)
        return frozenset(away)

    @callback
    def _async_let_go(self, rule_id: str) -> None:
        self._watch.async_unwatch_rule(rule_id)
        if end := self._tracked.pop(rule_id, None):
            end()

    @callback
    def _async_matched(self, rule: Rule, entities: frozenset[str]) -> None:
        """Have an alarm for each entity that a rule matches now."""
        known = {instance.key.subject: instance for instance in self.ledger.of_rule(rule.rule_id)}
        for subject in known.keys() - entities:
            self.ledger.async_remove(known[subject])
        for subject in sorted(entities):
            self._watch.async_look(known.get(subject) or self._async_new(rule, subject))
        self.silencing.async_soon()

    @callback
    def _async_new(self, rule: Rule, subject: str) -> Instance:
        kept = self._kept[rule.rule_id].pop(subject, None)
        restored = read(f"An alarm of {rule.name}", partial(Instance.from_dict, rule, kept)) if kept else None
        instance = restored or Instance.blank(rule, subject)
        self.ledger.async_add(instance)
        return instance

    @callback
    def _async_happened(self, rule: Rule, transition: Transition) -> None:
        self._async_tell_rule(rule.rule_id)
        if transition.change in {Change.RAISED, Change.CLEARED} and self._may_explain(rule, transition.key.subject):
            self.silencing.async_soon()

    def _may_explain(self, rule: Rule, subject: str) -> bool:
        return self._has_parents or rule.condition.kind in PRESENCE or self.silencing.is_broker(subject)

    @callback
    def _async_tell_rule(self, rule_id: str) -> None:
        for listener in list(self._rule_listeners[rule_id]):
            listener()

    @callback
    def _async_pending(self, instance: Instance) -> None:
        if self._may_explain(instance.rule, instance.key.subject):
            self.silencing.async_soon()

    @callback
    def _async_connection_changed(self, _is_connected: bool) -> None:
        self.silencing.async_soon()

    @callback
    def _async_places_changed(self, _event: Event[Any]) -> None:
        self.silencing.async_forget_places()

    @callback
    def _async_minute(self, _now: datetime) -> None:
        self.ledger.async_set_clock()
        self.silencing.async_minute()

    async def _async_day(self, _now: datetime) -> None:
        now = self.ledger.now()
        for key in [key for key, since in self._away.items() if now >= since + DAY.total_seconds()]:
            del self._away[key]
            if (instance := self.ledger.get(key)) is not None and self.hass.states.get(key.subject) is None:
                self.ledger.async_remove(instance)
        await self.ledger.async_purge()

    def children(self, key: AlarmKey) -> list[Alarm]:
        """Return the alarms that this one explains."""
        return [instance.alarm for instance in self.silencing.children(key)]

    @callback
    def async_acknowledge(self, keys: Iterable[AlarmKey], by: By) -> list[AlarmKey]:
        """Note that somebody knows of these alarms; return those that were waiting for that."""
        return self._changed(keys, lambda alarm, now: lifecycle.acknowledge(alarm, by, now))

    @callback
    def async_shelve(self, keys: Iterable[AlarmKey], until: float, by: By) -> list[AlarmKey]:
        """Put alarms aside until a time."""
        return self._changed(keys, lambda alarm, now: lifecycle.shelve(alarm, until, by, now))

    @callback
    def async_unshelve(self, keys: Iterable[AlarmKey], by: By) -> list[AlarmKey]:
        """Take alarms back before their time."""
        return self._changed(keys, lambda alarm, now: lifecycle.unshelve(alarm, now, by))

    @callback
    def async_suppress(self, keys: Iterable[AlarmKey], by: By) -> list[AlarmKey]:
        """Silence alarms by hand."""
        return self._changed(keys, lambda alarm, now: lifecycle.suppress(alarm, BY_HAND, now, by))

    @callback
    def async_unsuppress(self, keys: Iterable[AlarmKey], by: By) -> list[AlarmKey]:
        """End the silence by hand."""
        return self._changed(keys, lambda alarm, now: lifecycle.unsuppress(alarm, BY_HAND, now, by))

    @callback
    def async_take_out_of_service(self, keys: Iterable[AlarmKey], by: By) -> list[AlarmKey]:
        """Switch alarms off until somebody switches them on."""
        return self._changed(keys, lambda alarm, now: lifecycle.take_out_of_service(alarm, by, now))

    @callback
    def async_return_to_service(self, keys: Iterable[AlarmKey], by: By) -> list[AlarmKey]:
        """Switch alarms on again."""
        return self._changed(keys, lambda alarm, now: lifecycle.return_to_service(alarm, by, now))

    def _changed(self, keys: Iterable[AlarmKey], act: Callable[[Alarm, float], Sequence[Transition]]) -> list[AlarmKey]:
        """Do something to alarms; return those that it changed."""
        now = self.ledger.now()
        done = []
        for key in keys:
            instance = self.ledger.get(key)
            if instance is not None and (happened := act(instance.alarm, now)):
                self.ledger.async_happened(instance, happened)
                done.append(key)
        return done

    async def async_test(self, rule_id: str) -> None:
        """Send a test message to all groups that a rule tells. Raises TellError for the first that does not work."""
        rule = self.rules[rule_id]
        message = test_message(alarm_words(self.hass), rule_id, rule.name, rule.severity, self.ledger.now())
        for group in dict.fromkeys(group for step in rule.plan.steps for group in step.groups):
            await self.notifier.async_send(group, [message])

    def alarms(self, rule_id: str | None = None) -> list[Alarm]:
        """Return all alarms, or those of one rule."""
        return [i.alarm for i in (self.ledger if rule_id is None else self.ledger.of_rule(rule_id))]

    def alarm(self, key: AlarmKey) -> Alarm | None:
        """Return one alarm."""
        return instance.alarm if (instance := self.ledger.get(key)) else None

    def count(self, severity: Severity, *, unacknowledged: bool) -> int:
        """Return how many alarms of a severity are active, or of these nobody has acknowledged."""
        return self.ledger.counts.count(severity, unacknowledged=unacknowledged)

    async def async_history(self, query: HistoryQuery) -> list[dict[str, Any]]:
        """Return what happened, newest first."""
        return await self.ledger.async_history(query)

    @callback
    def async_listen(self, listener: Listener) -> CALLBACK_TYPE:
        """Call the listener with everything that happens."""
        return self.ledger.async_listen(listener)

    @callback
    def async_listen_rule(self, rule_id: str, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call the listener when something of a rule changed."""
        self._rule_listeners[rule_id].append(listener)
        return partial(self._rule_listeners[rule_id].remove, listener)

    @callback
    def async_listen_counts(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call the listener when a count is another, or maintenance began or ended."""
        return self.ledger.counts.listen(listener)

    @callback
    def async_listen_rules(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call the listener when rules were added, changed or removed."""
        self._rules_listeners.append(listener)
        return partial(self._rules_listeners.remove, listener)


def store_path(hass: HomeAssistant) -> Path:
    """Return where alarms are kept: among what Home Assistant backs up."""
    return Path(hass.config.path(STORAGE_DIR, FILE))
