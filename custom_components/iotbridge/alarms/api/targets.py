"""Resolution of service and trigger targets to alarms."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import ENTITY_MATCH_ALL
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er, target

from ...const import DOMAIN
from ..engine.models import AlarmKey
from ..manager import AlarmsManager
from ..runtime.permissions import is_of_rule

# In other states of the config entry there is no manager, or one that was never started.
_WITH_MANAGER = frozenset(
    {
        ConfigEntryState.SETUP_IN_PROGRESS,
        ConfigEntryState.LOADED,
        ConfigEntryState.UNLOAD_IN_PROGRESS,
        ConfigEntryState.FAILED_UNLOAD,
    }
)


@dataclass(frozen=True, slots=True)
class AlarmTarget:
    """Resolved target: the alarms of some entities, and all alarms of some rules; all alarms without a target.

    Alarms of entities in ``excluded`` are never included.
    """

    subjects: frozenset[str]
    rules: frozenset[str]
    is_everything: bool
    excluded: frozenset[str] = frozenset()

    def includes(self, key: AlarmKey) -> bool:
        """Return whether the target includes an alarm."""
        if key.subject in self.excluded:
            return False
        return self.is_everything or key.subject in self.subjects or key.rule_id in self.rules


@callback
def async_manager(hass: HomeAssistant) -> AlarmsManager | None:
    """Return the alarms manager, None while IoT Bridge is not set up."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        runtime = getattr(entry, "runtime_data", None)
        if runtime and entry.state in _WITH_MANAGER and runtime.alarms.is_running:
            return cast("AlarmsManager", runtime.alarms)
    return None


@callback
def async_resolve_target(hass: HomeAssistant, config: Mapping[str, Any]) -> AlarmTarget:
    """Resolve a target with the registries as they are now.

    The entity of a rule selects the rule when the target has that entity, its device or its own label; an area does
    not, because the rule is about entities elsewhere.
    """
    selection = target.TargetSelection(dict(config))
    excluded = _async_excluded(hass, selection)
    if not selection.has_any_target or ENTITY_MATCH_ALL in selection.entity_ids:
        return AlarmTarget(frozenset(), frozenset(), is_everything=True, excluded=excluded)
    selected = target.async_extract_referenced_entity_ids(hass, selection, primary_entities_only=False)
    entities = selected.referenced | selected.indirectly_referenced
    registry = er.async_get(hass)
    rules = {
        entry.config_subentry_id
        for entry in map(registry.async_get, entities)
        if entry is not None
        and is_of_rule(entry)
        and (
            entry.entity_id in selected.referenced
            or entry.device_id in selection.device_ids
            or not selection.label_ids.isdisjoint(entry.labels)
        )
    }
    rule_ids = frozenset(rule for rule in rules if rule)
    return AlarmTarget(frozenset(entities), rule_ids, is_everything=False, excluded=excluded)


@callback
def _async_excluded(hass: HomeAssistant, selection: target.TargetSelection) -> frozenset[str]:
    """Return the entities that a target excludes; supported by Home Assistant 2026.11 and later."""
    extract = getattr(target, "async_extract_excluded_entity_ids", None)
    return frozenset() if extract is None else frozenset(extract(hass, selection))
