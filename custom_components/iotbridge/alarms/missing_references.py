"""Repairs for alarms, maintenance windows and notifier groups that name what was removed or disabled."""

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
_FINDING = ("entities", "devices", "areas", "floors", "labels", "domains", "device_classes", "integrations")


class MissingReferences:
    """The repairs about what subentries name; each goes when what it is about is mended."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        issues: Issues,
        is_gone: Callable[[str], bool],
        is_read: Callable[[str], bool],
        names: Callable[[ConfigSubentry], frozenset[str]],
    ) -> None:
        """Prepare; nothing is looked at before async_start.

        ``is_gone`` returns whether an entity is not there any more, ``is_read`` whether a subentry could be read: one
        that could not has a repair that says so. ``names`` returns all entities that a subentry names.
        """
        self._hass = hass
        self._entry = entry
        self._issues = issues
        self._is_gone = is_gone
        self._is_read = is_read
        self._named_by = names
        # What devices were called when they were there.
        self._names: dict[str, str] = {}
        self._told: set[str] = set()
        self._waiting: CALLBACK_TYPE | None = None

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Look now and after each change of a registry; return what ends that."""
        stops = [self._hass.bus.async_listen(event, self._async_changed) for event in _EVENTS]
        self.async_look()

        @callback
        def end() -> None:
            for stop in (*stops, self._waiting):
                if stop is not None:
                    stop()

        return end

    @callback
    def async_look(self) -> None:
        """Open and close the repairs."""
        for subentry_id in self._told - self._entry.subentries.keys():
            for kind in (REFERENCE_GONE, ALARM_TELLS_NOBODY):
                self._issues.async_set(kind, subentry_id, is_open=False)
        self._told &= self._entry.subentries.keys()
        for subentry_id, subentry in self._entry.subentries.items():
            if subentry.subentry_type in _KINDS:
                self._told.add(subentry_id)
                is_read = self._is_read(subentry_id)
                data = subentry.data if is_read else {}
                names = self._named_by(subentry) if is_read else frozenset[str]()
                gone = list(dict.fromkeys(self._gone(data, names)))
                told = {"name": subentry.title, "gone": ", ".join(gone)}
                self._issues.async_set(REFERENCE_GONE, subentry_id, bool(gone), **told)
                tells_nobody = any(self._tells_nobody(step) for step in _list(_map(data.get("escalation")), "steps"))
                self._issues.async_set(ALARM_TELLS_NOBODY, subentry_id, tells_nobody, name=subentry.title)

    def entities(self) -> Iterator[str]:
        """Yield the entities that subentries name, but for those in templates and texts."""
        for subentry_id, subentry in self._entry.subentries.items():
            if subentry.subentry_type in _KINDS and self._is_read(subentry_id):
                yield from _entities(subentry.data)

    @callback
    def _async_changed(self, event: Event[Any]) -> None:
        is_update = event.event_type == er.EVENT_ENTITY_REGISTRY_UPDATED and event.data["action"] == "update"
        if is_update and event.data["changes"].keys().isdisjoint({"disabled_by", "entity_id"}):
            return
        if self._waiting is None:
            # The state of an entity goes a moment after its registry entry.
            self._waiting = async_call_later(self._hass, _COLLECT_S, self._async_collected)

    @callback
    def _async_collected(self, _now: datetime) -> None:
        self._waiting = None
        self.async_look()

    def _gone(self, data: Mapping[str, Any], names: frozenset[str]) -> Iterator[str]:
        """Yield what the data of a subentry names and is not there, for people."""
        selection = _map(data.get("selection"))
        parents = _list(data, "parents")
        entities = [*_entities(data), *device_actions_of(_targets(data))]
        # Templates, messages, and data of events and actions; what a selection leaves out may be gone.
        entities += sorted(names.difference(entities, _list(selection, "excluded")))
        yield from filter(self._is_gone, entities)
        devices = [*_list(selection, "devices"), *(parent for parent in parents if "." not in parent)]
        yield from (self._say("device", self._names.get(each, each)) for each in devices if self._is_device_gone(each))
        yield from self._gone_places(selection)
        rules = _list(data, "rules")
        finds = any(_list(selection, name) for name in _FINDING)
        if rules and not finds and not any(rule in self._entry.subentries for rule in rules):
            yield alarm_texts(self._hass).sentence("gone_alarms")

    def _gone_places(self, selection: Mapping[str, Any]) -> Iterator[str]:
        areas, floors, labels = ar.async_get(self._hass), fr.async_get(self._hass), lr.async_get(self._hass)
        yield from (self._say("area", it) for it in _list(selection, "areas") if not areas.async_get_area(it))
        yield from (self._say("floor", it) for it in _list(selection, "floors") if not floors.async_get_floor(it))
        yield from (self._say("label", it) for it in _list(selection, "labels") if not labels.async_get_label(it))

    def _is_device_gone(self, device_id: str) -> bool:
        registry = dr.async_get(self._hass)
        parts = registry.async_get_devices_for_composite_device_id(device_id)
        device = registry.async_get(device_id) or (parts[0] if parts else None)
        if device is None:
            return True
        self._names[device_id] = device.name_by_user or device.name or device_id
        return bool(device.disabled) if not parts else all(part.disabled for part in parts)

    def _tells_nobody(self, step: Mapping[str, Any]) -> bool:
        return not any(group in self._entry.subentries for group in _list(step, "groups"))

    def _say(self, kind: str, name: str) -> str:
        return alarm_texts(self._hass).sentence(f"gone_{kind}", name=name)


def _entities(data: Mapping[str, Any]) -> list[str]:
    """Return the entities that a rule or a window selects, that are parents of a rule, and that a group tells."""
    found = [*_list(_map(data.get("selection")), "entities")]
    found += [parent for parent in _list(data, "parents") if "." in parent]
    return [*found, *entities_of(_targets(data))]


def _targets(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*_list(data, "targets"), *_list(data, "fallback")]


def _map(value: Any) -> Mapping[str, Any]:
    """Return data that another version may have written, as far as it has the expected form."""
    return value if isinstance(value, Mapping) else {}


def _list(data: Mapping[str, Any], key: str) -> list[Any]:
    value = data.get(key)
    return list(value) if isinstance(value, list | tuple) else []
