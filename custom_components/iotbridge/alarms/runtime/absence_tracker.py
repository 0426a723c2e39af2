"""Waits for entities without a registry entry that are not there for a moment, as while their integration reloads."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from .processor import AlarmProcessor

DAY_S = 24 * 3600.0
# After a start, integrations take a while to bring their entities back, and Home Assistant may have been off for days.
AFTER_START_S = 3600.0
ABSENT = "absent"


class AbsenceTracker:
    """The times since when entities are absent that are known by their state alone; after a day they are gone."""

    def __init__(self, hass: HomeAssistant, processor: AlarmProcessor, is_gone: Callable[[str], bool]) -> None:
        """``is_gone`` returns whether an entity was removed or disabled: that one is not waited for."""
        self._hass = hass
        self._processor = processor
        self._is_gone = is_gone
        self._since: dict[str, float] = {}
        self._kept: dict[str, float] = {}

    @callback
    def async_restore(self, remembered: Mapping[str, Any]) -> None:
        """Go on waiting for what was absent before the start; for an hour at least."""
        earliest = self._processor.now() - DAY_S + AFTER_START_S
        self._since = {each: max(float(since), earliest) for each, since in remembered.get(ABSENT, {}).items()}
        self._kept = dict(self._since)

    @callback
    def async_waited_for(self, rule_id: str, entities: frozenset[str]) -> frozenset[str]:
        """Return the entities beyond those that match whose alarms have something to say until they are back."""
        subjects = {instance.key.subject for instance in self._processor.of_rule(rule_id) if not instance.alarm.is_idle}
        return frozenset(each for each in self._async_note(subjects - entities) if not self.is_over(each))

    @callback
    def async_look(self, named: Iterable[str]) -> None:
        """See which of the named entities, and of those whose alarm has something to say, are absent; end alarms."""
        speaking = [instance for instance in self._processor if instance.key.subject and not instance.alarm.is_idle]
        absent = self._async_note((*named, *(instance.key.subject for instance in speaking)))
        self._since = {entity_id: since for entity_id, since in self._since.items() if entity_id in absent}
        if self._since != self._kept:
            self._kept = dict(self._since)
            self._processor.async_remember(ABSENT, self._kept)
        for instance in speaking:
            if self.is_over(instance.key.subject):
                self._processor.async_remove(instance)

    def is_over(self, entity_id: str) -> bool:
        """Return whether an entity has been absent for so long that it is not waited for."""
        since = self._since.get(entity_id)
        return since is not None and self._processor.now() >= since + DAY_S

    def shift(self, by_s: float) -> None:
        """Follow the clock when it is set: what is absent is so for as long as before."""
        self._since = {entity_id: since + by_s for entity_id, since in self._since.items()}

    @callback
    def _async_note(self, entity_ids: Iterable[str]) -> set[str]:
        """Return the absent ones of some entities, noting since when."""
        registry, states = er.async_get(self._hass), self._hass.states
        absent = {
            entity_id
            for entity_id in entity_ids
            if registry.async_get(entity_id) is None and states.get(entity_id) is None and not self._is_gone(entity_id)
        }
        for entity_id in absent:
            self._since.setdefault(entity_id, self._processor.now())
        return absent
