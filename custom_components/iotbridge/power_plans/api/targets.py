"""Targets of the actions, triggers and conditions of power plans."""

from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er, target

from ...const import DOMAIN
from ...errors import InvalidCallError
from ..manager import PowerPlansManager


@callback
def async_manager(hass: HomeAssistant) -> PowerPlansManager | None:
    """Return the manager of the loaded entry; None while it is not running."""
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        manager: PowerPlansManager = entry.runtime_data.power_plans
        return None if manager.is_failed else manager
    return None


@callback
def async_plan_id(hass: HomeAssistant, manager: PowerPlansManager, plan: str) -> str:
    """Return the id of the plan of an entity or device. Raises InvalidCallError."""
    entity = er.async_get(hass).async_get(plan)
    device = dr.async_get(hass).async_get(plan)
    subentry_id = entity.config_subentry_id if entity and entity.platform == DOMAIN else None
    if subentry_id is None and device is not None:
        ids = {identifier for domain, identifier in device.identifiers if domain == DOMAIN}
        subentry_id = next((plan_id for plan_id in manager.runners if f"{plan_id}_plan" in ids), None)
    if subentry_id not in manager.runners:
        raise InvalidCallError("plan_not_found", target=plan)
    return subentry_id


@callback
def async_targeted_plans(hass: HomeAssistant, target_fields: dict[str, Any]) -> set[str] | None:
    """Return the ids of the plans that a target selects by their entities; None where it is empty: all of them."""
    selection = target.TargetSelection(target_fields)
    if not selection.has_any_target:
        return None
    selected = target.async_extract_referenced_entity_ids(hass, selection, primary_entities_only=False)
    registry = er.async_get(hass)
    entities = map(registry.async_get, selected.referenced | selected.indirectly_referenced)
    return {
        entity.config_subentry_id
        for entity in entities
        if entity and entity.platform == DOMAIN and entity.config_subentry_id
    }
