"""Tracking of absent entities that have no registry entry, such as while their integration reloads."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from .processor import AlarmProcessor

DAY_S = 24 * 3600.0
# After a start, integrations take a while to add their entities, and Home Assistant may have been off for days.
AFTER_START_S = 3600.0
ABSENT = "absent"


class AbsenceTracker:
    """Times since which entities that have only a state are absent; after a day they count as removed."""

    def __init__(self, hass: HomeAssistant, processor: AlarmProcessor, is_removed: Callable[[str], bool]) -> None:
        """Take ``is_removed``, which returns whether an entity was removed or disabled: that one is not awaited."""
        self._hass = hass
        self._processor = processor
        self._is_removed = is_removed
        self._since: dict[str, float] = {}
        self._saved: dict[str, float] = {}

    @callback
    def async_restore(self, remembered: Mapping[str, Any]) -> None:
        """Restore the absences from before the start; they last for at least another hour."""
        earliest = self._processor.now() - DAY_S + AFTER_START_S
        self._since = {
            entity_id: max(float(since), earliest) for entity_id, since in remembered.get(ABSENT, {}).items()
        }
        self._saved = dict(self._since)

    @callback
    def async_awaited(self, rule_id: str, entities: frozenset[str]) -> frozenset[str]:
        """Return the absent entities, other than those that match, whose alarms the rule has to keep."""
        subjects = {
            instance.key.subject for instance in self._processor.of_rule(rule_id) if not instance.alarm.is_removable
        }
        absent = self._async_record_absent(subjects - entities)
        return frozenset(entity_id for entity_id in absent if not self.is_expired(entity_id))

    @callback
    def async_update(self, named: Iterable[str]) -> None:
        """Update the absences of the named entities and of those with an alarm to keep; remove expired alarms."""
        tracked = [instance for instance in self._processor if instance.key.subject and not instance.alarm.is_removable]
        absent = self._async_record_absent((*named, *(instance.key.subject for instance in tracked)))
        self._since = {entity_id: since for entity_id, since in self._since.items() if entity_id in absent}
        if self._since != self._saved:
            self._saved = dict(self._since)
            self._processor.async_remember(ABSENT, self._saved)
        for instance in tracked:
            if self.is_expired(instance.key.subject):
                self._processor.async_remove(instance)

    def is_expired(self, entity_id: str) -> bool:
        """Return whether an entity has been absent for more than a day."""
        since = self._since.get(entity_id)
        return since is not None and self._processor.now() >= since + DAY_S

    def shift(self, by_s: float) -> None:
        """Move the times when the clock is set, so that absences last as long as before."""
        self._since = {entity_id: since + by_s for entity_id, since in self._since.items()}

    @callback
    def _async_record_absent(self, entity_ids: Iterable[str]) -> set[str]:
        """Return the absent ones of some entities, and record since when."""
        registry, states = er.async_get(self._hass), self._hass.states
        absent = {
            entity_id
            for entity_id in entity_ids
            if registry.async_get(entity_id) is None
            and states.get(entity_id) is None
            and not self._is_removed(entity_id)
        }
        for entity_id in absent:
            self._since.setdefault(entity_id, self._processor.now())
        return absent
