"""Selection of the entities that each rule watches, kept up to date when the home changes.

One index of the home serves all rules: it is built once after a change, and a rule is notified when its set differs.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from homeassistant.const import MATCH_ALL
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)
from homeassistant.helpers.event import (
    async_call_later,
    async_track_state_added_domain,
    async_track_state_removed_domain,
)
from homeassistant.util.event_type import EventType

from ..engine.references import Moves, moved_selection
from ..engine.rule import Selection
from .entity_index import EntityIndex, async_entity_index, async_matching_of

# Changes are collected for this time: there are thousands when Home Assistant starts.
_COLLECT_S = 1.0

# Fields of registry entries that selections depend on; the others change often.
_OF_ENTITY = frozenset({
    "area_id", "device_class", "device_id", "disabled_by", "entity_id", "hidden_by", "labels",
    "original_device_class", "platform", "translation_key",
})  # fmt: skip
_OF_DEVICE = frozenset({"area_id", "labels", "parent_device_id"})
# Their changes are rare.
_OTHER_EVENTS: tuple[EventType[Any], ...] = (
    ar.EVENT_AREA_REGISTRY_UPDATED,
    fr.EVENT_FLOOR_REGISTRY_UPDATED,
    lr.EVENT_LABEL_REGISTRY_UPDATED,
)

type SelectionListener = Callable[[frozenset[str]], None]


@callback
def async_matching(hass: HomeAssistant, selection: Selection) -> frozenset[str]:
    """Return the entities of a selection: those named, present or not, and those that match all its lists."""
    return async_matching_of(hass, async_entity_index(hass), selection)


class EntitySelector:
    """Selections of all rules, updated together."""

    def __init__(self, hass: HomeAssistant, is_removed: Callable[[str], bool] = lambda _: False) -> None:
        """Prepare; nothing is watched before async_start.

        ``is_removed`` returns whether an entity was removed or disabled: it is not watched although it is named.
        """
        self._hass = hass
        self._is_removed = is_removed
        self._index: EntityIndex | None = None
        self._tracked: dict[object, tuple[Selection, SelectionListener]] = {}
        self._matching: dict[object, frozenset[str]] = {}
        self._stop: list[CALLBACK_TYPE] = []
        self._collecting: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> None:
        """Subscribe to changes of the registries, and of the entities without a registry entry."""
        listen = self._hass.bus.async_listen
        self._stop = [
            listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._async_entity_updated),
            listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, self._async_device_updated),
            *(listen(event, self._async_changed) for event in _OTHER_EVENTS),
            async_track_state_added_domain(self._hass, MATCH_ALL, self._async_state_added_or_removed),
            async_track_state_removed_domain(self._hass, MATCH_ALL, self._async_state_added_or_removed),
        ]

    @callback
    def async_stop(self) -> None:
        """Unsubscribe."""
        while self._stop:
            self._stop.pop()()
        if self._collecting is not None:
            self._collecting()
            self._collecting = None
        self._index = None

    @callback
    def async_matching(self, selection: Selection) -> frozenset[str]:
        """Return the entities of a selection now; an empty selection has none."""
        return self._async_matching(self._async_index(), selection)

    @callback
    def _async_matching(self, index: EntityIndex, selection: Selection) -> frozenset[str]:
        matching = async_matching_of(self._hass, index, selection)
        return matching.difference(entity_id for entity_id in selection.entities if self._is_removed(entity_id))

    @callback
    def _async_index(self) -> EntityIndex:
        """Return the index, rebuilt after a change."""
        if self._index is None or not self._stop:
            self._index = async_entity_index(self._hass)
        return self._index

    @callback
    def async_track(self, selection: Selection, listener: SelectionListener) -> tuple[frozenset[str], CALLBACK_TYPE]:
        """Return the entities of a selection now, and a callback that ends the tracking.

        The listener gets the whole set after a change, at most once a second. Call ``async_start`` first.
        """
        key = object()
        self._tracked[key] = (selection, listener)
        self._matching[key] = matching = self.async_matching(selection)

        @callback
        def end() -> None:
            self._tracked.pop(key, None)
            self._matching.pop(key, None)

        return matching, end

    @callback
    def async_move(self, moves: Moves) -> None:
        """Apply a rename of entities without calling the listeners, which are informed of it otherwise."""
        self._index = None
        for key, matching in self._matching.items():
            self._matching[key] = frozenset(moves.get(entity_id, entity_id) for entity_id in matching)
        for key, (selection, listener) in self._tracked.items():
            self._tracked[key] = (moved_selection(selection, moves), listener)

    @callback
    def _async_entity_updated(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        if event.data["action"] != "update" or not _OF_ENTITY.isdisjoint(event.data["changes"]):
            self._async_changed(event)

    @callback
    def _async_device_updated(self, event: Event[dr.EventDeviceRegistryUpdatedData]) -> None:
        if event.data["action"] != "update" or not _OF_DEVICE.isdisjoint(event.data["changes"]):
            self._async_changed(event)

    @callback
    def _async_state_added_or_removed(self, event: Event[EventStateChangedData]) -> None:
        entry = er.async_get(self._hass).async_get(event.data["entity_id"])
        if entry is None or not (entry.device_class or entry.original_device_class):
            self._async_changed(event)

    @callback
    def _async_changed(self, _event: object) -> None:
        self._index = None
        if self._collecting is None:
            self._collecting = async_call_later(self._hass, _COLLECT_S, self._async_notify)

    @callback
    def _async_notify(self, _now: datetime) -> None:
        """Notify the rules whose set of entities changed."""
        self._collecting = None
        self._index = index = async_entity_index(self._hass)
        for key, (selection, listener) in list(self._tracked.items()):
            matching = self._async_matching(index, selection)
            if key in self._tracked and matching != self._matching[key]:
                self._matching[key] = matching
                listener(matching)
