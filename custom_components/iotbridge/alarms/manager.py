"""Manager of the alarms: one for each entity that a rule matches, kept over restarts."""

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
from .engine.rule import Rule
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
# Changes after which other alarms may have another root cause.
_CAUSE_CHANGES = frozenset({Change.RAISED, Change.CLEARED})


class AlarmsManager(AlarmAccess):
    """Manager of all alarms of the config entry."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Prepare; ``async_start`` starts."""
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
            follow=self._async_apply_later,
        )
        units = LimitUnits(hass, self.processor, self._registry_ids.async_rewrite)
        self._watcher = StateWatcher(hass, self.processor, units, self._registry_ids.is_renamed, self._is_missing)
        self._selector = EntitySelector(hass, self._registry_ids.is_removed)
        self.suppressor = Suppressor(hass, self.processor, self._selector)
        self._tracked: dict[str, CALLBACK_TYPE] = {}
        self._restored = RestoredAlarms(self.processor.async_write)
        self.issues = Issues(hass)
        self.notifier = Notifier(hass, entry)
        self.outbox = Outbox(
            hass,
            self.notifier,
            DeliveryPolicy.from_options(entry.options),
            self.processor.async_write,
            partial(async_render, hass, self.processor, self.suppressor),
            self.issues,
        )
        self._group_changes = GroupChanges(entry, self.notifier, self.processor, self.outbox.async_notify_new_targets)
        self._reader = Reader(self.issues, ALARM_UNREADABLE)
        self._missing_references = MissingReferences(
            hass, entry, self.issues, self._is_missing, self._reader.is_read, self._registry_ids.names
        )
        self._recovery = Recovery(
            hass,
            self.processor,
            self.suppressor,
            self.outbox,
            self.issues,
            self._restored,
            self._registry_ids.async_merge,
            self._async_start_restored,
        )
        self._stop: list[CALLBACK_TYPE] = []
        self._has_parents = False
        self.is_started = False
        self._apply_lock, self._is_apply_due = asyncio.Lock(), False
        self._apply = lambda: entry.async_create_task(hass, self._async_apply_subentries(), "iotbridge alarms apply")
        self._apply_soon = CoalescedCall(hass, self._apply)
        self._watch_instances_soon = CoalescedCall(hass, partial(self._watcher.async_set_instances, self.processor))
        self._publish_moved_soon = CoalescedCall(hass, self._async_publish_moved)
        self._absences = AbsenceTracker(hass, self.processor, self._registry_ids.is_removed)
        # Entities that another registry entry replaced since the last run, and the registry ids of the former ones.
        self._replaced: Mapping[str, str] = {}

    async def async_start(self) -> None:
        """Restore the alarms of the last run and start."""
        loaded = await self.processor.writer.async_open()
        self._restored.load(loaded.instances)
        self.suppressor.async_restore(loaded.remembered)
        self._absences.async_restore(loaded.remembered)
        self._watcher.async_start()
        self._selector.async_start()
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
        self.outbox.async_load(loaded.outbox)
        self._stop.append(self._registry_ids.async_start(loaded.remembered))
        self._stop.append(async_listen_buttons(self.hass, self))
        await self._async_apply_subentries()
        self._stop.append(self._missing_references.async_start())
        await self._async_start_restored()
        async_dispatcher_send(self.hass, SIGNAL_COUNTS)
        self.is_started = True

    async def _async_final_write(self, _event: Event) -> None:
        """Write everything when Home Assistant stops, because entries are not unloaded then."""
        await self.processor.async_flush()

    async def _async_close(self, _event: Event) -> None:
        """Close the file and its thread: Home Assistant waits ten seconds for a thread that is left at its end."""
        await self.processor.async_close()

    async def async_stop(self) -> None:
        """Stop; everything is written."""
        while self._stop:
            self._stop.pop()()
        for scheduled in (self._apply_soon, self._watch_instances_soon, self._publish_moved_soon):
            scheduled.cancel()
        for part in (self.processor, self.suppressor, self._selector, self._watcher):
            part.async_stop()
        await self.outbox.async_stop()
        await self.processor.async_close()
        self.issues.async_clear()

    @callback
    def _async_entry_changed(self, change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry is self._entry and change is ConfigEntryChange.UPDATED and not self._registry_ids.is_writing:
            self._async_apply_later()

    @callback
    def _async_apply_later(self) -> None:
        (self._apply_soon if self._apply_lock.locked() else self._apply)()

    async def _async_apply_subentries(self) -> None:
        """Apply the subentries: rules and windows that were added, changed or removed."""
        if self._is_apply_due:
            return
        # Rules may have to wait for the broker while subentries change again: another run applies those changes.
        self._is_apply_due = True
        async with self._apply_lock:
            self._is_apply_due = False
            self._reader.async_keep(self._entry.subentries)
            self._registry_ids.async_record_in_subentries()
            read = self._reader.async_read_all
            # First: a rule that waits for the broker must not delay the windows.
            self.suppressor.async_set_windows(read(self._entry, SUBENTRY_WINDOW, MaintenanceWindow.of_subentry))
            read(self._entry, SUBENTRY_NOTIFIER, Group.of_subentry)
            rules = read(self._entry, SUBENTRY_ALARM, Rule.from_dict)
            if rules != self.rules:
                await self._async_set_rules(rules)
            self._group_changes.async_update()
            self._missing_references.async_update()

    async def _async_set_rules(self, rules: dict[str, Rule]) -> None:
        before, self.rules = self.rules, rules
        replaced, self._replaced = self._replaced, {}
        self._async_replace(replaced)
        self._has_parents = any(rule.parents for rule in rules.values())
        for rule_id in before.keys() - rules.keys():
            self._async_untrack(rule_id)
            for instance in self.processor.of_rule(rule_id):
                self.processor.async_remove(instance)
        changed = [rule_id for rule_id, rule in rules.items() if before.get(rule_id) != rule]
        for rule_id in changed:
            # A rename may have replaced the rule meanwhile.
            self._async_try_start_rule(self.rules[rule_id], before.get(rule_id))
            if self.is_started:  # an import adds hundreds
                self._watch_instances_soon()
                await asyncio.sleep(0)
        self._watcher.async_set_instances(self.processor)
        async_dispatcher_send(self.hass, SIGNAL_RULES)
        started = [self.rules[rule_id] for rule_id in changed if rule_id in self.rules]
        await self._watcher.async_connect(started)  # last: this may have to wait for the broker

    @callback
    def _async_try_start_rule(self, rule: Rule, before: Rule | None) -> None:
        """Start a rule; where that fails, create a repair, and retry when the rule is edited."""
        try:
            self._async_start_rule(rule, before)
        except Exception:  # noqa: BLE001 - logged, with a repair
            # A bug that one rule triggers must not stop the others.
            LOGGER.exception("%s could not be started", rule.name)
            self._async_untrack(rule.rule_id)
            del self.rules[rule.rule_id]
            if subentry := self._entry.subentries.get(rule.rule_id):
                self._reader.async_mark_unreadable(subentry)

    @callback
    def _async_start_rule(self, rule: Rule, before: Rule | None) -> None:
        """Start a rule, or apply one that was edited."""
        self._async_untrack(rule.rule_id)
        for instance in self.processor.of_rule(rule.rule_id):
            self.processor.async_change_rule(instance, rule)
        if not rule.condition.traits.has_entities:
            instance = self.processor.get(AlarmKey(rule.rule_id, "")) or self._async_new(rule, "")
            self._watcher.async_watch_rule(rule, instance)
            return

        @callback
        def matched(entities: frozenset[str]) -> None:
            awaited = self._absences.async_awaited(rule.rule_id, entities)
            self._async_set_entities(self.rules[rule.rule_id], entities | awaited)
            self._watch_instances_soon()

        entities, self._tracked[rule.rule_id] = self._selector.async_track(rule.selection, matched)
        if before is None:
            for subject in self._restored.subjects(rule.rule_id) - entities:
                self._async_new(rule, subject)
        is_same = before is None or before.selection == rule.selection
        awaited = self._absences.async_awaited(rule.rule_id, entities) if is_same else frozenset()
        self._async_set_entities(rule, entities | awaited)

    async def _async_start_restored(self) -> None:
        """Add stored alarms to running rules, and remove those that no longer have a rule."""
        for rule in (rules := [self.rules[rule_id] for rule_id in self._restored.rule_ids() & self.rules.keys()]):
            self._async_try_start_rule(rule, None)
        await async_end_orphans(self.processor, self._restored, self._entry.subentries)
        await self._watcher.async_connect(rules)

    def _is_missing(self, entity_id: str) -> bool:
        return self._registry_ids.is_removed(entity_id) or self._absences.is_expired(entity_id)

    @callback
    def _async_move(self, moves: Moves) -> None:
        """Apply a rename of entities: their alarms continue under the new ids."""
        self._async_remove_reassigned({after: f"{after} (replaced)" for after in moves.values() if after not in moves})
        self._restored.async_move(moves)
        self.processor.async_move(moves)
        self.outbox.async_move(moves)
        self._group_changes.move(moves)
        for part in (self.suppressor, self._selector, self._watcher):
            part.async_move(moves)
        for rule_id, rule in self.rules.items():
            if not rule.condition.traits.has_entities or not self._registry_ids.is_named(rule_id, moves):
                continue
            if (moved := moved_rule(rule, moves)) != rule:
                self.rules[rule_id] = moved
                for instance in self.processor.of_rule(rule_id):
                    instance.change_rule(moved)
        self._publish_moved_soon()

    @callback
    def _async_publish_moved(self) -> None:
        self._watcher.async_set_instances(self.processor)
        for instance in list(self.processor):
            if instance.alarm.last_evaluation.is_active is None:
                self._watcher.async_evaluate(instance)
        for rule_id in self.rules:
            async_dispatcher_send(self.hass, signal_of_rule(rule_id))
        async_dispatcher_send(self.hass, SIGNAL_RULES)

    @callback
    def _async_remove_reassigned(self, names: Moves) -> None:
        """Remove the alarms of entities whose ids are reassigned; at a start, once their rules start."""
        if self.rules:
            self._async_replace(names)
            return
        self._restored.async_move(names)
        self._replaced = {**self._replaced, **{name: name for name in names.values()}}

    @callback
    def _async_replace(self, former: Mapping[str, str]) -> None:
        """Remove the alarms of entities whose ids other entities have now; ``former`` are their names by these ids."""
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
        # Queued notifications about the former entities must not name the new ones.
        self.outbox.async_move(former, with_targets=False)
        self._publish_moved_soon()

    @callback
    def _async_untrack(self, rule_id: str) -> None:
        self._watcher.async_unwatch_rule(rule_id)
        if end := self._tracked.pop(rule_id, None):
            end()

    @callback
    def _async_set_entities(self, rule: Rule, entities: frozenset[str]) -> None:
        """Add and remove alarms, so that each entity that the rule matches has one."""
        alarms = {instance.key.subject: instance for instance in self.processor.of_rule(rule.rule_id)}
        for subject in alarms.keys() - entities:
            self.processor.async_remove(alarms[subject])
        for subject in sorted(entities):
            self._watcher.async_evaluate(alarms.get(subject) or self._async_new(rule, subject))
        self.suppressor.async_apply_soon()

    @callback
    def _async_new(self, rule: Rule, subject: str) -> Instance:
        self._registry_ids.async_record([subject])
        entry = er.async_get(self.hass).async_get(subject)
        identity = entry.id if entry else ""
        instance = self._restored.take(rule, subject) or Instance.blank(rule, subject, identity)
        self.processor.async_add(instance)
        return instance

    @callback
    def _async_dispatch(self, instance: Instance, outcome: AlarmOutcome) -> None:
        """Queue the notifications of an outcome, publish it, and schedule an update of root causes if necessary."""
        if outcome.notifications:
            self.outbox.async_add(outcome.notifications, self.processor.writer.batch)
            self.processor.writer.async_deliver_unwritten()
        async_publish(self.hass, instance, outcome)
        may_differ = outcome.is_condition_changed or any(each.change in _CAUSE_CHANGES for each in outcome.transitions)
        if may_differ and self._may_explain(instance.rule, instance.key.subject):
            self.suppressor.async_apply_soon()

    def _may_explain(self, rule: Rule, subject: str) -> bool:
        return self._has_parents or rule.condition.traits.is_absence or self.suppressor.is_broker_entity(subject)

    @callback
    def _async_deliver(self, batch: Batch) -> None:
        self.outbox.async_deliver(batch)

    @callback
    def _async_clock_changed(self, by_s: float) -> None:
        self.suppressor.async_clock_set(by_s)
        self._absences.shift(by_s)

    @callback
    def _async_connection_changed(self, _is_connected: bool) -> None:
        self.suppressor.async_apply_soon()

    @callback
    def _async_places_changed(self, _event: Event[Any]) -> None:
        self.suppressor.async_clear_locations()

    @callback
    def _async_minute(self, _now: datetime) -> None:
        self.processor.async_set_clock()
        self._absences.async_update(self._missing_references.entities())
        self._watcher.async_evaluate_sources()
        self.suppressor.async_update_windows()
        self._missing_references.async_update()

    async def _async_day(self, _now: datetime) -> None:
        await self.processor.async_purge()

    async def async_test(self, rule_id: str) -> None:
        """Send a test message to all groups of a rule; raise DeliveryError for the first that fails."""
        rule = self.rules[rule_id]
        message = test_message(alarm_texts(self.hass), rule_id, rule.name, rule.severity, self.processor.now())
        for group in dict.fromkeys(group for step in rule.escalation.steps for group in step.groups):
            await self.notifier.async_send(group, [message])
