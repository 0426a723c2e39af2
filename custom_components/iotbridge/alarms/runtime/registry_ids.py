"""Renames of the entities that alarms name, including those while IoT Bridge was stopped."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange, ConfigSubentry
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from ...coalescing import CoalescedCall
from ...const import SUBENTRY_ALARM, SUBENTRY_NOTIFIER, SUBENTRY_WINDOW
from ...phone_actions import MOBILE_APP, PREFIX as PHONE, async_phone_actions
from ..engine.references import REGISTRY_IDS, Moves, moved_data, moved_ids, moves_of, referenced_entities

_REFERRING_SUBENTRIES = frozenset({SUBENTRY_ALARM, SUBENTRY_NOTIFIER, SUBENTRY_WINDOW})


class RegistryIds:
    """Registry ids of entities that have or had an alarm, and of those that subentries name.

    The former are kept in the alarm store, the latter in each subentry, so that each can be restored by itself.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        reference_keys: Mapping[str, str],
        remember: Callable[[str, Any], None],
        move: Callable[[Moves], None],
        replace: Callable[[Mapping[str, str]], None],
        follow: Callable[[], None],
    ) -> None:
        """Prepare; nothing is tracked before async_start.

        ``reference_keys`` are the keys of notification targets, by kind, that name entities or actions of phones.
        ``remember`` writes a value to the alarm store. ``move`` is called with a rename before subentries have it;
        ``replace`` with the entity ids that belong to other registry entries now, and the ids of the former ones;
        ``follow`` when subentries were rewritten.
        """
        self._hass = hass
        self._entry = entry
        self._reference_keys = reference_keys
        self._remember = remember
        self._move = move
        self._replace = replace
        self._follow = follow
        self._known: dict[str, str] = {}
        self._save_soon = CoalescedCall(hass, self._async_save)
        self._removed: frozenset[str] | None = None
        self._forget_removed_soon = CoalescedCall(hass, self._async_forget_removed)
        # The names in each subentry, with the data in which they were found: the search is expensive.
        self._names: dict[str, tuple[Mapping[str, Any], frozenset[str]]] = {}
        self.is_writing = False

    @callback
    def async_start(self, remembered: Mapping[str, Any]) -> CALLBACK_TYPE:
        """Apply the renames since the last run, and subscribe to further ones; return a callback that unsubscribes."""
        self._known = dict(remembered.get(REGISTRY_IDS, {}))
        if moves := moves_of(self._known, self._entity_id):
            self._known = moved_ids(self._known, moves)
            self._move(moves)
            self._save_soon()
        self._async_write(
            lambda subentry: self._moved(subentry, moves_of(subentry.data.get(REGISTRY_IDS, {}), self._entity_id))
        )
        self.async_record_in_subentries()
        self.async_record(list(self._known))
        stops = (
            self._hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._async_registry_updated),
            async_dispatcher_connect(self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._async_entry_changed),
        )

        @callback
        def end() -> None:
            for stop in stops:
                stop()
            self._save_soon.cancel()
            self._forget_removed_soon.cancel()

        return end

    @callback
    def async_record(self, entity_ids: Iterable[str]) -> None:
        """Record the registry ids of entities that have an alarm; those without a registry entry have none."""
        found = self._async_ids(entity_ids)
        before = {entity_id: self._known.get(entity_id) for entity_id in found}
        if found == before:
            return
        self._known |= found
        self._save_soon()
        replaced = {key: known for key, known in before.items() if known and known != found[key]}
        if replaced := {key: known for key, known in replaced.items() if self._was_removed(key, known)}:
            self._replace(replaced)

    @callback
    def async_merge(self, remembered: Mapping[str, Any]) -> Moves:
        """Add the registry ids of a store that could only be read now; return the renames since."""
        stored = remembered.get(REGISTRY_IDS, {})
        moves = moves_of(stored, self._entity_id)
        self._known = moved_ids(stored, moves) | self._known
        self._save_soon()
        return moves

    @callback
    def async_record_in_subentries(self) -> None:
        """Record in each subentry the registry ids of the entities that it names; those of removed ones stay."""

        def with_ids(subentry: ConfigSubentry) -> Mapping[str, Any]:
            before = subentry.data.get(REGISTRY_IDS, {})
            names = self.names(subentry)
            found = self._async_ids(names)
            ids = {key: before[key] for key in names & before.keys()} | found
            # A phone that was registered again is the same to users. Another entity under an old id is not:
            # ``async_record`` detects that.
            phones = {key: known for key, known in found.items() if key.startswith(PHONE)}
            if (known_now := ids | self._known | phones) != self._known:
                self._known = known_now
                self._save_soon()
            return subentry.data if ids == before else {**subentry.data, REGISTRY_IDS: ids}

        self._names = {key: known for key, known in self._names.items() if key in self._entry.subentries}
        self._async_write(with_ids)

    @callback
    def async_rewrite(self, rewrite: Callable[[ConfigSubentry], Mapping[str, Any]]) -> None:
        """Change the data of subentries together, with one update of the rules."""
        if self._async_write(rewrite):
            self._follow()

    def names(self, subentry: ConfigSubentry) -> frozenset[str]:
        """Return all texts in the data of a subentry that have the form of an entity id."""
        known = self._names.get(subentry.subentry_id)
        if known is None or known[0] is not subentry.data:
            names = frozenset(referenced_entities(subentry.data, self._reference_keys))
            known = self._names[subentry.subentry_id] = subentry.data, names
        return known[1]

    def is_named(self, subentry_id: str, moves: Moves) -> bool:
        """Return whether a subentry names any of the renamed entities."""
        subentry = self._entry.subentries.get(subentry_id)
        return subentry is None or not self.names(subentry).isdisjoint(moves)

    def is_renamed(self, entity_id: str) -> bool:
        """Return whether an entity has a new id that was not applied yet."""
        known = self._known.get(entity_id)
        return known is not None and self._entity_id(known) not in (None, entity_id)

    def is_removed(self, entity_id: str) -> bool:
        """Return whether an entity was removed from the registry or is disabled."""
        entry = er.async_get(self._hass).async_get(entity_id)
        if entry is not None:
            return entry.disabled
        known = self._known.get(entity_id)
        if known is None or self._entity_id(known) is not None or self._hass.states.get(entity_id) is not None:
            return False
        return self._was_removed(entity_id, known) and not self._hass.services.has_service(*entity_id.split(".", 1))

    def _was_removed(self, entity_id: str, registry_id: str) -> bool:
        """Return whether a missing registry entry was removed.

        Home Assistant remembers removed entries for a month. One that it does not know was never written: it saves the
        registry ten seconds late, so a kill loses new entries, and their entities get other registry ids.
        """
        if self._removed is None:
            # Cached: many entities are checked at once, among thousands of removed entries.
            self._removed = frozenset(entry.id for entry in er.async_get(self._hass).deleted_entities.values())
            self._forget_removed_soon()
        return entity_id.startswith(PHONE) or registry_id in self._removed

    @callback
    def _async_forget_removed(self) -> None:
        self._removed = None

    @callback
    def _async_registry_updated(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        self._async_forget_removed()
        data = event.data
        entity_id = data["entity_id"]
        if data["action"] == "create" and entity_id in self._known:
            self.async_record([entity_id])
        elif data["action"] == "update" and "old_entity_id" in data:
            self._async_follow_moves({data["old_entity_id"]: entity_id})

    @callback
    def _async_entry_changed(self, _change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.domain != MOBILE_APP:
            return
        if moves := moves_of(self._known, self._entity_id):
            self._async_follow_moves(moves)
        else:
            self._follow()

    @callback
    def _async_follow_moves(self, moves: Moves) -> None:
        self._known = moved_ids(self._known, moves)
        self._save_soon()
        self._move(moves)

        self.async_rewrite(
            lambda subentry: subentry.data if self.names(subentry).isdisjoint(moves) else self._moved(subentry, moves)
        )

    def _moved(self, subentry: ConfigSubentry, moves: Moves) -> Mapping[str, Any]:
        return moved_data(subentry.data, moves, self._reference_keys)

    @callback
    def _async_write(self, rewrite: Callable[[ConfigSubentry], Mapping[str, Any]]) -> bool:
        """Rewrite the data of subentries; return whether any changed. ``is_writing`` is True meanwhile."""
        is_changed = False
        self.is_writing = True
        try:
            for subentry in list(self._entry.subentries.values()):
                if subentry.subentry_type not in _REFERRING_SUBENTRIES:
                    continue
                if (data := rewrite(subentry)) is not subentry.data:
                    update = self._hass.config_entries.async_update_subentry
                    is_changed = update(self._entry, subentry, data=dict(data)) or is_changed
        finally:
            self.is_writing = False
        return is_changed

    @callback
    def _async_save(self) -> None:
        self._remember(REGISTRY_IDS, dict(self._known))

    def _entity_id(self, registry_id: str) -> str | None:
        """Return the entity id of a registry entry, or the action of a phone by its config entry."""
        if entry := er.async_get(self._hass).entities.get_entry(registry_id):
            return entry.entity_id
        return next((action for action, known in async_phone_actions(self._hass).items() if known == registry_id), None)

    @callback
    def _async_ids(self, entity_ids: Iterable[str]) -> dict[str, str]:
        """Return the registry ids of entities, and the ids of the config entries of phones by their actions."""
        registry = er.async_get(self._hass)
        found: dict[str, str] = {}
        for entity_id in entity_ids:
            if entry := registry.async_get(entity_id):
                found[entity_id] = entry.id
            elif entity_id.startswith(PHONE) and (known := async_phone_actions(self._hass).get(entity_id)):
                found[entity_id] = known
        return found
