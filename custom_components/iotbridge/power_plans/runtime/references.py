"""References of plans: follows renamed entities, and opens a repair for what no longer exists."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_call_later

from ...const import SUBENTRY_PLAN
from ...issues import PLAN_REFERENCE_GONE, Issues
from ..engine.plan import Plan
from .hosts import async_host
from .names import async_step_names

# The state of an entity is removed a moment after its registry entry.
COLLECT_S = 2.0
# Texts of a plan that may look like an entity.
_TEXTS = frozenset({"name", "key", "needs", "user_id"})


class PlanReferences:
    """Repairs of plans that name entities or hosts which no longer exist: their power cut would go unnoticed."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, issues: Issues, plans: Callable[[], Mapping[str, Plan]]
    ) -> None:
        """Start without repairs; ``plans`` returns the plans by id."""
        self._hass = hass
        self._entry = entry
        self._issues = issues
        self._plans = plans
        self._known: set[str] = set()
        self._cancel: CALLBACK_TYPE | None = None

    @callback
    def async_check_in(self, seconds: float) -> None:
        """Update the repairs after a while, unless that is due already."""
        if self._cancel is None:
            self._cancel = async_call_later(self._hass, seconds, self._async_check)

    @callback
    def async_stop(self) -> None:
        """Cancel a check that is due."""
        if self._cancel:
            self._cancel()
            self._cancel = None

    @callback
    def async_rename(self, old: str, new: str) -> None:
        """Write the new entity id into the plans that name the old one."""
        for subentry in list(self._entry.subentries.values()):
            if subentry.subentry_type == SUBENTRY_PLAN and (data := renamed(subentry.data, old, new)) != subentry.data:
                self._hass.config_entries.async_update_subentry(self._entry, subentry, data=data)

    @callback
    def _async_check(self, _now: datetime) -> None:
        self._cancel = None
        plans = self._plans()
        for plan_id in self._known - plans.keys():
            self._issues.async_set(PLAN_REFERENCE_GONE, plan_id, False)
        self._known = set(plans)
        for plan_id, plan in plans.items():
            gone = ", ".join(dict.fromkeys(_async_missing(self._hass, plan)))
            self._issues.async_set(PLAN_REFERENCE_GONE, plan_id, bool(gone), name=plan.name, gone=gone)


def renamed(data: Any, old: str, new: str) -> Any:
    """Return data with another entity id, also in actions; texts and templates stay as they are."""
    if isinstance(data, Mapping):
        return {key: item if key in _TEXTS else renamed(item, old, new) for key, item in data.items()}
    if isinstance(data, list | tuple):
        return [renamed(item, old, new) for item in data]
    return new if data == old else data


@callback
def _async_missing(hass: HomeAssistant, plan: Plan) -> Iterator[str]:
    """Yield the hosts and entities that are missing or disabled."""
    names = async_step_names(hass, plan)
    for step in plan.steps:
        if step.is_host and async_host(hass, step.device_id) is None:
            yield names[step.key]
    proofs = [proof.entity_id for step in plan.steps for proof in (*step.off_proofs, *step.on_proofs)]
    ups = plan.ups
    of_ups = [ups.entity_id, ups.battery_entity_id, ups.runtime_entity_id] if ups else []
    registry = er.async_get(hass)
    for entity_id in filter(None, [*of_ups, *proofs]):
        entity = registry.async_get(entity_id)
        if entity.disabled if entity else hass.states.get(entity_id) is None:
            yield entity_id
