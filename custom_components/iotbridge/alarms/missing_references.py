"""Repairs for alarms, maintenance windows and notifier groups that name removed or disabled entities and others."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)
from homeassistant.helpers.event import async_call_later
from homeassistant.util.event_type import EventType

from ..const import SUBENTRY_ALARM, SUBENTRY_NOTIFIER, SUBENTRY_WINDOW
from ..issues import ALARM_TELLS_NOBODY, REFERENCE_GONE, Issues
from .notifications.channels import device_actions_of, entities_of
from .notifications.message import alarm_texts

_KINDS = frozenset({SUBENTRY_ALARM, SUBENTRY_NOTIFIER, SUBENTRY_WINDOW})
_EVENTS: tuple[EventType[Any], ...] = (
    ar.EVENT_AREA_REGISTRY_UPDATED,
    dr.EVENT_DEVICE_REGISTRY_UPDATED,
    er.EVENT_ENTITY_REGISTRY_UPDATED,
    fr.EVENT_FLOOR_REGISTRY_UPDATED,
    lr.EVENT_LABEL_REGISTRY_UPDATED,
)
_COLLECT_S = 1.0
_SELECTING = ("entities", "devices", "areas", "floors", "labels", "domains", "device_classes", "integrations")


class MissingReferences:
    """Repairs about references of subentries; each is removed when its references are valid again."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        issues: Issues,
        is_missing: Callable[[str], bool],
        is_read: Callable[[str], bool],
        names: Callable[[ConfigSubentry], frozenset[str]],
    ) -> None:
        """Prepare; ``async_start`` starts.

        ``is_missing`` returns whether an entity was removed, ``is_read`` whether a subentry could be read: one that
        could not has a repair of its own. ``names`` returns all entities that a subentry names.
        """
        self._hass = hass
        self._entry = entry
        self._issues = issues
        self._is_missing = is_missing
        self._is_read = is_read
        self._named_by = names
        # Names of devices from before their removal.
        self._names: dict[str, str] = {}
        self._subentry_ids: set[str] = set()
        self._waiting: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Update the repairs now and after each change of a registry; return a callback that ends that."""
        stops = [self._hass.bus.async_listen(event, self._async_changed) for event in _EVENTS]
        self.async_update()

        @callback
        def end() -> None:
            for stop in (*stops, self._waiting):
                if stop is not None:
                    stop()

        return end

    @callback
    def async_update(self) -> None:
        """Create and remove the repairs."""
        for subentry_id in self._subentry_ids - self._entry.subentries.keys():
            for kind in (REFERENCE_GONE, ALARM_TELLS_NOBODY):
                self._issues.async_set(kind, subentry_id, is_open=False)
        self._subentry_ids &= self._entry.subentries.keys()
        for subentry_id, subentry in self._entry.subentries.items():
            if subentry.subentry_type in _KINDS:
                self._subentry_ids.add(subentry_id)
                is_read = self._is_read(subentry_id)
                data = subentry.data if is_read else {}
                names = self._named_by(subentry) if is_read else frozenset[str]()
                missing = list(dict.fromkeys(self._missing(data, names)))
                placeholders = {"name": subentry.title, "gone": ", ".join(missing)}
                self._issues.async_set(REFERENCE_GONE, subentry_id, bool(missing), **placeholders)
                has_no_recipients = any(
                    self._is_without_recipients(step) for step in _list(_map(data.get("escalation")), "steps")
                )
                self._issues.async_set(ALARM_TELLS_NOBODY, subentry_id, has_no_recipients, name=subentry.title)

    def entities(self) -> Iterator[str]:
        """Yield the entities that subentries name, without those in templates and texts."""
        for subentry_id, subentry in self._entry.subentries.items():
            if subentry.subentry_type in _KINDS and self._is_read(subentry_id):
                yield from _entities(subentry.data)

    @callback
    def _async_changed(self, event: Event[Any]) -> None:
        is_update = event.event_type == er.EVENT_ENTITY_REGISTRY_UPDATED and event.data["action"] == "update"
        if is_update and event.data["changes"].keys().isdisjoint({"disabled_by", "entity_id"}):
            return
        if self._waiting is None:
            # The state of an entity is removed a moment after its registry entry.
            self._waiting = async_call_later(self._hass, _COLLECT_S, self._async_collected)

    @callback
    def _async_collected(self, _now: datetime) -> None:
        self._waiting = None
        self.async_update()

    def _missing(self, data: Mapping[str, Any], names: frozenset[str]) -> Iterator[str]:
        """Yield the names of missing references in the data of a subentry."""
        selection = _map(data.get("selection"))
        parents = _list(data, "parents")
        entities = [*_entities(data), *device_actions_of(_targets(data))]
        # Templates, messages, and data of events and actions; excluded entities may be missing.
        entities += sorted(names.difference(entities, _list(selection, "excluded")))
        yield from filter(self._is_missing, entities)
        devices = [*_list(selection, "devices"), *(parent for parent in parents if "." not in parent)]
        yield from (
            self._sentence("device", self._names.get(device_id, device_id))
            for device_id in devices
            if self._is_device_missing(device_id)
        )
        yield from self._missing_locations(selection)
        rules = _list(data, "rules")
        selects = any(_list(selection, name) for name in _SELECTING)
        if rules and not selects and not any(rule in self._entry.subentries for rule in rules):
            yield alarm_texts(self._hass).sentence("gone_alarms")

    def _missing_locations(self, selection: Mapping[str, Any]) -> Iterator[str]:
        areas, floors, labels = ar.async_get(self._hass), fr.async_get(self._hass), lr.async_get(self._hass)
        yield from (
            self._sentence("area", item_id)
            for item_id in _list(selection, "areas")
            if not areas.async_get_area(item_id)
        )
        yield from (
            self._sentence("floor", item_id)
            for item_id in _list(selection, "floors")
            if not floors.async_get_floor(item_id)
        )
        yield from (
            self._sentence("label", item_id)
            for item_id in _list(selection, "labels")
            if not labels.async_get_label(item_id)
        )

    def _is_device_missing(self, device_id: str) -> bool:
        registry = dr.async_get(self._hass)
        parts = registry.async_get_devices_for_composite_device_id(device_id)
        device = registry.async_get(device_id) or (parts[0] if parts else None)
        if device is None:
            return True
        self._names[device_id] = device.name_by_user or device.name or device_id
        return bool(device.disabled) if not parts else all(part.disabled for part in parts)

    def _is_without_recipients(self, step: Mapping[str, Any]) -> bool:
        return not any(group in self._entry.subentries for group in _list(step, "groups"))

    def _sentence(self, kind: str, name: str) -> str:
        return alarm_texts(self._hass).sentence(f"gone_{kind}", name=name)


def _entities(data: Mapping[str, Any]) -> list[str]:
    """Return the entities that a rule or a window selects, the parents of a rule, and the targets of a group."""
    entities = [*_list(_map(data.get("selection")), "entities")]
    entities += [parent for parent in _list(data, "parents") if "." in parent]
    return [*entities, *entities_of(_targets(data))]


def _targets(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*_list(data, "targets"), *_list(data, "fallback")]


def _map(value: Any) -> Mapping[str, Any]:
    """Return a mapping as it is; an empty one for a value of another form, which another version may have written."""
    return value if isinstance(value, Mapping) else {}


def _list(data: Mapping[str, Any], key: str) -> list[Any]:
    value = data.get(key)
    return list(value) if isinstance(value, list | tuple) else []
