"""Home Assistant's own Alerts: the list of entities that its Security page, Overview and alert cards show.

The list is a private part of Home Assistant's frontend, without an interface for integrations. It is only changed while
it has the shape known here; everything else in it, and other people's entries, stay as they are.
"""

from collections.abc import Callable, Collection, Mapping
import importlib
from typing import Any

from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..engine.models import Severity
from .permissions import is_of_rule

_STORAGE = "homeassistant.components.frontend.storage"
_STORAGE_VERSION = 1
_SECURITY = "security"
_ALERTS = "alert_entities"
# Severity of an entry: red and on the Overview, or amber.
_SEVERITIES = {Severity.CRITICAL: "alert", Severity.WARNING: "warning", Severity.INFO: "warning"}

type Entry = dict[str, str]


class UnknownAlertsError(Exception):
    """Alerts of a Home Assistant that keeps them in another shape; nothing was changed."""


async def async_listed(hass: HomeAssistant) -> list[str]:
    """Return the entities in the list.

    Raises:
        UnknownAlertsError: The list has another shape, or there is none.

    """
    return [entry["entity"] for entry in _entries(await _async_store(hass))]


async def async_update(hass: HomeAssistant, added: Mapping[str, Severity], removed: Collection[str] = ()) -> list[str]:
    """Add entities with the severities of their rules, and remove others; return those for which the list changed.

    Entries that are listed already stay as they are.

    Raises:
        UnknownAlertsError: The list has another shape, or there is none.

    """
    store = await _async_store(hass)
    before = _entries(store)
    entries = [entry for entry in before if entry["entity"] not in removed]
    listed = {entry["entity"] for entry in entries}
    entries += [
        {"entity": entity_id, "severity": _SEVERITIES[severity]}
        for entity_id, severity in added.items()
        if entity_id not in listed
    ]
    await _async_save(store, before, entries)
    return [entry["entity"] for entry in before + entries if (entry in before) != (entry in entries)]


async def async_remove(hass: HomeAssistant, entity_ids: Collection[str]) -> None:
    """Remove entities whose rules were removed; leave a list of another shape alone."""
    try:
        await async_update(hass, {}, entity_ids)
    except UnknownAlertsError:
        return


async def async_remove_rules(hass: HomeAssistant, entry_id: str) -> None:
    """Remove the entities of all rules of a config entry that is removed."""
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry_id)
    await async_remove(hass, {entity.entity_id for entity in entities if is_of_rule(entity)})


@callback
def async_follow_renames(hass: HomeAssistant) -> CALLBACK_TYPE:
    """Rename the entities of rules in the list when they are renamed; return a callback that ends that."""

    @callback
    def updated(event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        if event.data["action"] != "update" or "old_entity_id" not in event.data:
            return
        before, after = event.data["old_entity_id"], event.data["entity_id"]
        if (entity := er.async_get(hass).async_get(after)) and is_of_rule(entity):
            hass.async_create_task(_async_rename(hass, before, after), "iotbridge alerts rename")

    return hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, updated)


async def async_change_severity(hass: HomeAssistant, entity_id: str, before: Severity, after: Severity) -> None:
    """Follow the severity of an edited rule; one that a person chose for the entry stays."""
    listed = {"entity": entity_id, "severity": _SEVERITIES[before]}
    await _async_replace(hass, lambda entry: {**entry, "severity": _SEVERITIES[after]} if entry == listed else entry)


async def _async_rename(hass: HomeAssistant, before: str, after: str) -> None:
    await _async_replace(hass, lambda entry: {**entry, "entity": after} if entry["entity"] == before else entry)


async def _async_replace(hass: HomeAssistant, replace: Callable[[Entry], Entry]) -> None:
    """Replace entries; leave a list of another shape alone."""
    try:
        store = await _async_store(hass)
        entries = _entries(store)
    except UnknownAlertsError:
        return
    await _async_save(store, entries, [replace(entry) for entry in entries])


async def _async_store(hass: HomeAssistant) -> Any:
    """Return the store of the frontend, which is loaded with it."""
    if "frontend" not in hass.config.components:
        raise UnknownAlertsError
    try:
        storage = importlib.import_module(_STORAGE)
        is_known = storage.STORAGE_VERSION_SYSTEM_DATA == _STORAGE_VERSION
        store = await storage.async_system_store(hass)
        has_shape = isinstance(store.data, dict) and callable(store.async_set_item)
    except (ImportError, AttributeError, TypeError) as error:
        raise UnknownAlertsError from error
    if not is_known or not has_shape:
        raise UnknownAlertsError
    return store


def _entries(store: Any) -> list[Entry]:
    config = store.data.get(_SECURITY) or {}
    entries = (config.get(_ALERTS) or []) if isinstance(config, dict) else None
    if not isinstance(entries, list) or not all(map(_is_entry, entries)):
        raise UnknownAlertsError
    return entries


def _is_entry(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and entry.keys() <= {"entity", "severity"}
        and isinstance(entry.get("entity"), str)
        and entry.get("severity", "alert") in _SEVERITIES.values()
    )


async def _async_save(store: Any, before: list[Entry], entries: list[Entry]) -> None:
    """Save the list, as the frontend does: without entries there is none."""
    if entries == before:
        return
    config = {key: value for key, value in (store.data.get(_SECURITY) or {}).items() if key != _ALERTS}
    await store.async_set_item(_SECURITY, config | ({_ALERTS: entries} if entries else {}))
