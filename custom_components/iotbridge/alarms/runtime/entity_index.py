"""Index of the entities of the home by area, floor, label, device, domain, device class and integration.

Registered entities count from the registry, whether they have a state or not, so that a start changes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from homeassistant.const import ATTR_DEVICE_CLASS
from homeassistant.core import HomeAssistant, State, callback, split_entity_id
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
from homeassistant.helpers.entity import entity_sources

from ...const import DOMAIN
from ..engine.rule import Selection

# The translation keys of all entities that show alarms start with this; a rule over them would trigger itself.
ALARM_KEY = "alarm"

# The sensor of how a device is read stays the same for months: a rule about missing data over the whole device would
# raise an alarm about it, so it matches by its own labels only.
_READING_STATUS = "reading_status"

type _Groups = defaultdict[str, set[str]]


def _groups() -> _Groups:
    return defaultdict(set)


@dataclass(slots=True)
class EntityIndex:
    """Entities of the home by group; the names are those of ``Selection``."""

    own: set[str] = field(default_factory=set)
    areas: _Groups = field(default_factory=_groups)
    floors: _Groups = field(default_factory=_groups)
    labels: _Groups = field(default_factory=_groups)
    devices: _Groups = field(default_factory=_groups)
    domains: _Groups = field(default_factory=_groups)
    device_classes: _Groups = field(default_factory=_groups)
    integrations: _Groups = field(default_factory=_groups)


@dataclass(frozen=True, slots=True)
class _DeviceLocation:
    """Location of a device, shared by its entities; an area of their own takes precedence."""

    device_ids: tuple[str, ...] = ()
    area_id: str | None = None
    labels: frozenset[str] = frozenset()


@callback
def async_matching_of(hass: HomeAssistant, index: EntityIndex, selection: Selection) -> frozenset[str]:
    """Return the entities of a selection: those named, present or not, and those that match all its lists."""
    lists: list[tuple[_Groups, Iterable[str]]] = [
        (index.areas, selection.areas),
        (index.floors, selection.floors),
        (index.labels, selection.labels),
        (index.devices, _async_devices(hass, selection.devices)),
        (index.domains, selection.domains),
        (index.device_classes, selection.device_classes),
        (index.integrations, selection.integrations),
    ]
    matching: set[str] | None = None
    for groups, names in lists:
        if not names:
            continue
        group = set().union(*(groups.get(name, ()) for name in names))
        matching = group if matching is None else matching & group
    return frozenset({*selection.entities, *(matching or ())}.difference(selection.excluded, index.own))


@callback
def _async_devices(hass: HomeAssistant, device_ids: Iterable[str]) -> list[str]:
    """Return the ids of devices; that of a device that Home Assistant has split stands for all its parts."""
    registry = dr.async_get(hass)
    ids = []
    for device_id in device_ids:
        parts = registry.async_get_devices_for_composite_device_id(device_id)
        ids += [part.id for part in parts] if parts else [device_id]
    return ids


@callback
def async_entity_index(hass: HomeAssistant) -> EntityIndex:
    """Build the index from the registries and states."""
    index = EntityIndex()
    registry = er.async_get(hass)
    areas = {area.id: area for area in ar.async_get(hass).async_list_areas()}
    locations: dict[str | None, _DeviceLocation] = {}
    for entry in registry.entities.values():
        if entry.platform == DOMAIN and (entry.translation_key or "").startswith(ALARM_KEY):
            index.own.add(entry.entity_id)
        elif entry.disabled_by is not None or entry.hidden_by is not None:
            continue
        elif entry.platform == DOMAIN and entry.translation_key == _READING_STATUS:
            for label in entry.labels:
                index.labels[label].add(entry.entity_id)
        else:
            _add(index, entry.entity_id, _async_device_class(hass, entry), entry.platform)
            if (location := locations.get(entry.device_id)) is None:
                location = locations[entry.device_id] = _async_device_location(hass, entry.device_id)
            _put(index, entry, location, areas.get(entry.area_id or location.area_id or ""))
    sources = entity_sources(hass)
    for state in hass.states.async_all():
        if state.entity_id not in registry.entities:
            integration = sources[state.entity_id]["domain"] if state.entity_id in sources else None
            _add(index, state.entity_id, _device_class(state), integration)
    return index


def _add(index: EntityIndex, entity_id: str, device_class: str | None, integration: str | None) -> None:
    """Index an entity by domain, device class and integration."""
    index.domains[split_entity_id(entity_id)[0]].add(entity_id)
    if device_class is not None:
        index.device_classes[device_class].add(entity_id)
    if integration is not None:
        index.integrations[integration].add(entity_id)


def _put(index: EntityIndex, entry: er.RegistryEntry, location: _DeviceLocation, area: ar.AreaEntry | None) -> None:
    """Note where an entity is; the labels of its device and of its area are its own, as in targets of actions."""
    for device_id in location.device_ids:
        index.devices[device_id].add(entry.entity_id)
    for label in (*entry.labels, *location.labels, *(area.labels if area else ())):
        index.labels[label].add(entry.entity_id)
    if area is not None:
        index.areas[area.id].add(entry.entity_id)
        if area.floor_id is not None:
            index.floors[area.floor_id].add(entry.entity_id)


@callback
def _async_device_class(hass: HomeAssistant, entry: er.RegistryEntry) -> str | None:
    if device_class := entry.device_class or entry.original_device_class:
        return device_class
    state = hass.states.get(entry.entity_id)
    return _device_class(state) if state else None


def _device_class(state: State) -> str | None:
    device_class = state.attributes.get(ATTR_DEVICE_CLASS)
    return device_class if isinstance(device_class, str) else None  # attributes may be anything


@callback
def _async_device_location(hass: HomeAssistant, device_id: str | None) -> _DeviceLocation:
    """Return where a device is; a part of another device is where that one is, and has its labels too."""
    registry = dr.async_get(hass)
    device = registry.async_get(device_id) if device_id else None
    if device is None:
        return _DeviceLocation()
    area_id = dr.async_get_effective_area_id(hass, device)
    if not isinstance(device, dr.ChildDeviceEntry):
        return _DeviceLocation((device.id,), area_id, frozenset(device.labels))
    parent = registry.async_get(device.parent_device_id, include_child_devices=False)
    labels = device.labels | (parent.labels if parent else set())
    return _DeviceLocation((device.id, device.parent_device_id), area_id, frozenset(labels))
