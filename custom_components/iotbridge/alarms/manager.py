"""Runs the rules: an alarm for each entity they match, kept over restarts."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange
from homeassistant.const import EVENT_HOMEASSISTANT_CLOSE, EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect, async_dispatcher_send
from homeassistant.helpers.event import async_call_later, async_track_time_interval

from .. import mqtt_client
from ..coalescing import CoalescedCall
from ..const import LOGGER, SUBENTRY_ALARM, SUBENTRY_NOTIFIER, SUBENTRY_WINDOW
from ..issues import ALARM_UNREADABLE, Issues
from ..subentries import Reader
from .engine.advance import AlarmOutcome, Settings
from .engine.flapping import DEFAULT_PER_HOUR
from .engine.instance import Instance
from .engine.maintenance_window import MaintenanceWindow
from .engine.models import AlarmKey, Change
from .engine.references import Moves, moved_rule
from .engine.root_cause import PRESENCE
from .engine.rule import WITHOUT_ENTITIES, Rule
from .missing_references import MissingReferences
from .notifications.channels import REFERENCE_KEYS
from .notifications.delivery_policy import DeliveryPolicy
from .notifications.group_changes import GroupChanges
from .notifications.message import alarm_texts, test_message
from .notifications.notifier import Group, Notifier
from .notifications.outbox import Outbox
from .notifications.phone_buttons import async_listen_buttons
from .notifications.rendering import async_reason_text, async_render
from .recovery import Recovery
from .runtime.absence_tracker import AbsenceTracker
from .runtime.alarm_access import AlarmAccess
from .runtime.entity_selector import EntitySelector
from .runtime.events import SIGNAL_COUNTS, SIGNAL_RULES, async_publish, signal_of_rule
from .runtime.limit_units import LimitUnits
from .runtime.orphaned_alarms import async_end_orphans
from .runtime.processor import AlarmProcessor
from .runtime.registry_ids import RegistryIds
from .runtime.restored_alarms import RestoredAlarms
from .runtime.state_watcher import StateWatcher
from .runtime.store import AlarmStore, Batch, store_path
from .runtime.suppressor import Suppressor
from .runtime.writer import Writer

DAY = timedelta(days=1)
# After these, other alarms may have another root cause.
_TURNS = frozenset({Change.RAISED, Change.CLEARED})


class AlarmsManager(AlarmAccess):
    """The run time of all alarms."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Prepare; nothing is watched before async_start."""
        self.hass = hass
        self._entry = entry
        self.processor = AlarmProcessor(
            hass,
            Writer(hass, AlarmStore(store_path(hass)), self._async_deliver),
            Settings(
                flapping_per_hour=entry.options.get("flapping_per_hour", DEFAULT_PER_HOUR),
                explain=partial(async_reason_text, hass),
            ),
            self._async_dispatch,
            self._async_clock_changed,
        )
        self.rules: dict[str, Rule] = {}
        self._registry_ids = RegistryIds(
            hass,
            entry,
            reference_keys=REFERENCE_KEYS,
            remember=self.processor.async_remember,
            move=self._async_move,
            replace=self._async_replace,
            follow=self._async_follow_later,
        )
        units = LimitUnits(hass, self.processor, self._registry_ids.async_rewrite)
        self._watch = StateWatcher(hass, self.processor, units, self._registry_ids.is_moving, self._is_gone)
        self._selections = EntitySelector(hass, self._registry_ids.is_gone)
        self.suppressor = Suppressor(hass, self.processor, self._selections)
        self._tracked: dict[str, CALLBACK_TYPE] = {}
        self._restored = RestoredAlarms(self.processor.async_write)
        self.issues = Issues(hass)
        self.notifier = Notifier(hass, entry)
        self._outbox = Outbox(
            hass,
            self.notifier,
            DeliveryPolicy.from_options(entry.options),
            self.processor.async_write,
            partial(async_render, hass, self.processor, self.suppressor),
            self.issues,
        )
        self._group_edits = GroupChanges(entry, self.notifier, self.processor, self._outbox.async_introduce)
        self._reader = Reader(self.issues, ALARM_UNREADABLE)
        self._gone = MissingReferences(
            hass, entry, self.issues, self._is_gone, self._reader.is_read, self._registry_ids.names
        )
        self._recovery = Recovery(
            hass,
            self.processor,
            self.suppressor,
            self._outbox,
            self.issues,
            self._restored,
            self._registry_ids.async_learn,
            self._async_take_up_restored,
        )
        self._stop: list[CALLBACK_TYPE] = []
        self._has_parents = False
        self._is_started = False
        self._following, self._is_follow_due = asyncio.Lock(), False
        self._follow = lambda: entry.async_create_task(hass, self._async_follow(), "iotbridge alarms follow")
        self._follow_soon = CoalescedCall(hass, self._follow)
        self._watch_soon = CoalescedCall(hass, partial(self._watch.async_set_instances, self.processor))
        self._moved_soon = CoalescedCall(hass, self._async_show_moved)
        self._absences = AbsenceTracker(hass, self.processor, self._registry_ids.is_gone)
        # Entities that another registry entry has replaced since the last run, and the registry ids of the former ones.
        self._replaced: Mapping[str, str] = {}

    async def async_start(self) -> None:
        """Begin where the last run ended."""
        loaded = await self.processor.writer.async_open()
        self._restored.load(loaded.instances)
        self.suppressor.async_restore(loaded.remembered)
        self._absences.async_restore(loaded.remembered)
        self._watch.async_start()
        self._selections.async_start()
        self._stop += [
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
        self._outbox.async_load(loaded.outbox)
        self._stop.append(self._registry_ids.async_start(loaded.remembered))
        self._stop.append(async_listen_buttons(self.hass, self, self.processor.async_after))
        await self._async_follow()
        self._stop.append(self._gone.async_start())
        await self._async_take_up_restored()
        async_dispatcher_send(self.hass, SIGNAL_COUNTS)
        self._is_started = True

    async def _async_final_write(self, _event: Event) -> None:
        """Keep what was learned when Home Assistant stops: then entries are not unloaded."""
        await self.processor.async_flush()

    async def _async_close(self, _event: Event) -> None:
        """Let go of the file and its thread: Home Assistant's process waits ten seconds for one that is left."""
        await self.processor.async_close()

    async def async_stop(self) -> None:
        """Watch no more; everything is kept."""
        while self._stop:
            self._stop.pop()()
        for soon in (self._follow_soon, self._watch_soon, self._moved_soon):
            soon.cancel()
        for part in (self.suppressor, self._selections, self._watch):
            part.async_stop()
        await self._outbox.async_stop()
        await self.processor.async_close()
        self.issues.async_clear()

    @callback
    def _async_entry_changed(self, change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry is self._entry and change is ConfigEntryChange.UPDATED and not self._registry_ids.is_writing:
            self._async_follow_later()

    @callback
    def _async_follow_later(self) -> None:
        (self._follow_soon if self._following.locked() else self._follow)()

    async def _async_follow(self) -> None:
        """Follow the subentries: rules and windows that were added, changed or removed."""
        if self._is_follow_due:
            return
        # Some rules have to wait for the broker, and the next changes may come meanwhile: one more turn follows them.
        self._is_follow_due = True
        async with self._following:
            self._is_follow_due = False
            self._reader.async_keep(self._entry.subentries)
            self._registry_ids.async_note_subentries()
            read = self._reader.async_read_all
            # First: a rule that waits for the broker must not keep the windows from being known.
            self.suppressor.async_set_windows(read(self._entry, SUBENTRY_WINDOW, MaintenanceWindow.of_subentry))
            read(self._entry, SUBENTRY_NOTIFIER, Group.of_subentry)
            rules = read(self._entry, SUBENTRY_ALARM, Rule.from_dict)
            if rules != self.rules:
                await self._async_set_rules(rules)
            self._group_edits.async_follow()
            self._gone.async_look()

    async def _async_set_rules(self, rules: dict[str, Rule]) -> None:
        before, self.rules = self.rules, rules
        replaced, self._replaced = self._replaced, {}
        self._async_replace(replaced)
        self._has_parents = any(rule.parents for rule in rules.values())
        for rule_id in before.keys() - rules.keys():
            self._async_let_go(rule_id)
            for instance in self.processor.of_rule(rule_id):
                self.processor.async_remove(instance)
        changed = [rule_id for rule_id, rule in rules.items() if before.get(rule_id) != rule]
        for rule_id in changed:
            self._async_try(self.rules[rule_id], before.get(rule_id))  # a rename meanwhile has made another of it
            if self._is_started:  # an import brings hundreds; at a start half of the rules tell no truth
                self._watch_soon()
                await asyncio.sleep(0)
        self._watch.async_set_instances(self.processor)
        async_dispatcher_send(self.hass, SIGNAL_RULES)
        taken_up = [self.rules[rule_id] for rule_id in changed if rule_id in self.rules]
        await self._watch.async_watch_messages(taken_up)  # last: this may have to wait for the broker

    @callback
    def _async_try(self, rule: Rule, before: Rule | None) -> None:
        """Take up a rule; where that fails, a repair says so, and it is tried again when the rule is changed."""
        try:
            self._async_take_up(rule, before)
        except Exception:  # noqa: BLE001 - logged, with a repair
            # A rule that shows a fault of ours must not cost all others.
            LOGGER.exception("%s could not be taken up", rule.name)
            self._async_let_go(rule.rule_id)
            del self.rules[rule.rule_id]
            if subentry := self._entry.subentries.get(rule.rule_id):
                self._reader.async_mark_unreadable(subentry)

    @callback
    def _async_take_up(self, rule: Rule, before: Rule | None) -> None:
        """Begin with a rule, or go on with one that was changed."""
        self._async_let_go(rule.rule_id)
        for instance in self.processor.of_rule(rule.rule_id):
            self.processor.async_follow(instance, rule)
        if rule.condition.kind in WITHOUT_ENTITIES:
            instance = self.processor.get(AlarmKey(rule.rule_id, "")) or self._async_new(rule, "")
            self._watch.async_watch_rule(rule, instance)
            return

        @callback
        def matched(entities: frozenset[str]) -> None:
            waited_for = self._absences.async_waited_for(rule.rule_id, entities)
            self._async_matched(self.rules[rule.rule_id], entities | waited_for)
            self._watch_soon()

        entities, self._tracked[rule.rule_id] = self._selections.async_track(rule.selection, matched)
        if before is None:
            for subject in self._restored.subjects(rule.rule_id) - entities:
                self._async_new(rule, subject)
        is_same = before is None or before.selection == rule.selection
        waited_for = self._absences.async_waited_for(rule.rule_id, entities) if is_same else frozenset()
        self._async_matched(rule, entities | waited_for)

    async def _async_take_up_restored(self) -> None:
        """Let running rules go on with alarms of the store, and end those that no rule has any more."""
        for rule_id in self._restored.rule_ids() & self.rules.keys():
            self._async_try(self.rules[rule_id], None)
        await async_end_orphans(self.processor, self._restored, self._entry.subentries)

    def _is_gone(self, entity_id: str) -> bool:
        return self._registry_ids.is_gone(entity_id) or self._absences.is_over(entity_id)

    @callback
    def _async_move(self, moves: Moves) -> None:
        """Follow a rename of entities: their alarms go on under the new ids."""
        self._async_set_aside({after: f"{after} (replaced)" for after in moves.values() if after not in moves})
        self._restored.async_move(moves)
        self.processor.async_move(moves)
        self._outbox.async_move(moves)
        self._group_edits.move(moves)
        for part in (self.suppressor, self._selections, self._watch):
            part.async_move(moves)
        for rule_id, rule in self.rules.items():
            if rule.condition.kind in WITHOUT_ENTITIES or not self._registry_ids.is_named(rule_id, moves):
                continue
            if (moved := moved_rule(rule, moves)) != rule:
                self.rules[rule_id] = moved
                for instance in self.processor.of_rule(rule_id):
                    instance.follow(moved)
        self._moved_soon()

    @callback
    def _async_show_moved(self) -> None:
        self._watch.async_set_instances(self.processor)
        for instance in list(self.processor):
            if instance.alarm.last_evaluation.is_active is None:
                self._watch.async_look(instance)
        for rule_id in self.rules:
            async_dispatcher_send(self.hass, signal_of_rule(rule_id))
        async_dispatcher_send(self.hass, SIGNAL_RULES)

    @callback
    def _async_set_aside(self, names: Moves) -> None:
        """End the alarms of entities whose ids others get now; at a start, under other names when their rules begin."""
        if self.rules:
            self._async_replace(names)
            return
        self._restored.async_move(names)
        self._replaced = {**self._replaced, **{name: name for name in names.values()}}

    @callback
    def _async_replace(self, former: Mapping[str, str]) -> None:
        """End the alarms of entities whose ids other entities have now; ``former`` names the former ones by these."""
        if not former or not self.rules:
            self._replaced = {**self._replaced, **former}
            return
        for rule_id, rule in self.rules.items():
            for subject in former:
                if subject in self._restored.subjects(rule_id):
                    self._async_new(rule, subject)
                if instance := self.processor.get(AlarmKey(rule_id, subject)):
                    self.processor.async_remove(instance)
                    self._async_new(rule, subject)
        # What is still to be told of the former ones is not about the others.
        self._outbox.async_move(former, with_targets=False)
        self._moved_soon()

    @callback
    def _async_let_go(self, rule_id: str) -> None:
        self._watch.async_unwatch_rule(rule_id)
        if end := self._tracked.pop(rule_id, None):
            end()

    @callback
    def _async_matched(self, rule: Rule, entities: frozenset[str]) -> None:
        """Have an alarm for each entity that a rule matches now."""
        known = {instance.key.subject: instance for instance in self.processor.of_rule(rule.rule_id)}
        for subject in known.keys() - entities:
            self.processor.async_remove(known[subject])
        for subject in sorted(entities):
            self._watch.async_look(known.get(subject) or self._async_new(rule, subject))
        self.suppressor.async_soon()

    @callback
    def _async_new(self, rule: Rule, subject: str) -> Instance:
        self._registry_ids.async_note([subject])
        entry = er.async_get(self.hass).async_get(subject)
        identity = entry.id if entry else ""
        instance = self._restored.take(rule, subject) or Instance.blank(rule, subject, identity)
        self.processor.async_add(instance)
        return instance

    @callback
    def _async_dispatch(self, instance: Instance, outcome: AlarmOutcome) -> None:
        """Queue the notifications of an outcome, publish it, and have root causes looked for anew."""
        if outcome.notifications:
            self._outbox.async_add(outcome.notifications, self.processor.writer.batch)
            self.processor.writer.async_hurry()
        async_publish(self.hass, instance, outcome)
        is_turn = outcome.is_condition_changed or any(each.change in _TURNS for each in outcome.transitions)
        if is_turn and self._may_explain(instance.rule, instance.key.subject):
            self.suppressor.async_soon()

    def _may_explain(self, rule: Rule, subject: str) -> bool:
        return self._has_parents or rule.condition.kind in PRESENCE or self.suppressor.is_broker(subject)

    @callback
    def _async_deliver(self, batch: Batch) -> None:
        self._outbox.async_wake(batch)

    @callback
    def _async_clock_changed(self, by_s: float) -> None:
        self.suppressor.async_clock_set(by_s)
        self._absences.shift(by_s)

    @callback
    def _async_connection_changed(self, _is_connected: bool) -> None:
        self.suppressor.async_soon()

    @callback
    def _async_places_changed(self, _event: Event[Any]) -> None:
        self.suppressor.async_forget_places()

    @callback
    def _async_minute(self, _now: datetime) -> None:
        self.processor.async_set_clock()
        self._absences.async_look(self._gone.entities())
        self._watch.async_look_at_templates()
        self.suppressor.async_minute()
        self._gone.async_look()

    async def _async_day(self, _now: datetime) -> None:
        await self.processor.async_purge()

    async def async_test(self, rule_id: str) -> None:
        """Send a test message to all groups of a rule; raise DeliveryError for the first that fails."""
        rule = self.rules[rule_id]
        message = test_message(alarm_texts(self.hass), rule_id, rule.name, rule.severity, self.processor.now())
        for group in dict.fromkeys(group for step in rule.escalation.steps for group in step.groups):
            await self.notifier.async_send(group, [message])
