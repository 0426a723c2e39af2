"""Base classes of the entities of alarms and alarm rules, and their device."""

import asyncio
from collections.abc import Callable, Iterable
from typing import cast, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import DeviceEntry, DeviceEntryType
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..coalescing import CoalescedCall
from ..const import DOMAIN
from ..entity import bridge_device_info
from .engine.models import Alarm
from .engine.rule import Rule
from .manager import AlarmsManager
from .runtime.events import SIGNAL_RULES, signal_of_rule
from .runtime.permissions import RULE_KEY


class IotBridgeAlarmsEntity(Entity):
    """Base of entities that show alarms; unavailable where alarms could not be started."""

    _alarms: AlarmsManager

    @property
    @override
    def available(self) -> bool:
        """Return whether alarms could be started."""
        return not self._alarms.is_failed


class IotBridgeRuleEntity(IotBridgeAlarmsEntity):
    """Base of the entities of an alarm rule, which are removed with its subentry."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    _attr_translation_key = RULE_KEY

    def __init__(self, alarms: AlarmsManager, rule: Rule, device: DeviceEntry) -> None:
        """Add the entity to the device of all alarms, which belongs to no single rule."""
        self.device_entry = device
        self._alarms = alarms
        self._attr_unique_id = f"{rule.rule_id}_{RULE_KEY}"
        self._set_rule(rule)

    def _set_rule(self, rule: Rule) -> None:
        self._rule = rule
        self._attr_translation_placeholders = {"rule": rule.name}
        self.__dict__.pop("name", None)  # Home Assistant caches the name with its placeholders filled in

    @override
    async def async_added_to_hass(self) -> None:
        """Subscribe to changes of the rule."""
        self.async_on_remove(async_dispatcher_connect(self.hass, SIGNAL_RULES, self._async_rules_changed))

    @callback
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Allow renaming in place: nothing here is keyed by the entity id."""

    @callback
    def _async_rules_changed(self) -> None:
        """Update the rule; a new name is also that of the entity, unless the user gave it another."""
        rule = self._alarms.rules.get(self._rule.rule_id)
        if rule is None or rule == self._rule:
            return
        is_renamed = rule.name != self._rule.name
        self._set_rule(rule)
        if is_renamed:
            er.async_get(self.hass).async_update_entity(self.entity_id, original_name=cast("str", self.name))
        self._async_rule_changed()

    @callback
    def _async_rule_changed(self) -> None:
        """Write the state after a change of the rule."""
        self.async_write_ha_state()


class IotBridgeRuleAlarmsEntity(IotBridgeRuleEntity):
    """Base of entities that show the alarms of a rule.

    Changes are coalesced, because a thousand alarms may change at once.
    """

    @override
    async def async_added_to_hass(self) -> None:
        """Subscribe to the rule and its alarms."""
        await super().async_added_to_hass()
        self._changed = CoalescedCall(self.hass, self._async_changed)
        self.async_on_remove(self._changed.cancel)
        signal = signal_of_rule(self._rule.rule_id)
        self.async_on_remove(async_dispatcher_connect(self.hass, signal, self._changed))
        self._async_update_attributes()

    @callback
    def _async_changed(self) -> None:
        self._async_update_attributes()
        self.async_write_ha_state()

    @override
    @callback
    def _async_rule_changed(self) -> None:
        self._changed()

    @callback
    def _async_update_attributes(self) -> None:
        raise NotImplementedError

    def _is_known(self, alarms: Iterable[Alarm]) -> bool:
        """Return whether at least one entity of the rule could be evaluated, or has an alarm from before."""
        return self._rule.condition.traits.is_momentary or any(
            alarm.active or alarm.last_evaluation.is_active is not None for alarm in alarms
        )


@callback
def async_track_rules(
    hass: HomeAssistant,
    entry: ConfigEntry,
    alarms: AlarmsManager,
    async_add_entities: AddConfigEntryEntitiesCallback,
    make: Callable[[Rule, DeviceEntry], Iterable[Entity]],
) -> CALLBACK_TYPE:
    """Add the entities of each rule, now and when a rule is created; return a callback that ends that."""
    known: set[str] = set()

    async def async_add(missing: list[Rule]) -> None:
        device = _async_alarms_device(hass, entry)
        for rule in missing:
            if rule.rule_id in entry.subentries:  # it may have been removed meanwhile
                async_add_entities(make(rule, device), config_subentry_id=rule.rule_id)
            await asyncio.sleep(0)  # an import adds hundreds

    @callback
    def add_missing() -> None:
        missing = [rule for rule_id, rule in alarms.rules.items() if rule_id not in known]
        known.intersection_update(alarms.rules)
        known.update(rule.rule_id for rule in missing)
        if missing:
            entry.async_create_task(hass, async_add(missing), "iotbridge add rules")

    @callback
    def rules_changed() -> None:
        add_missing()
        if not alarms.rules:
            _async_remove_alarms_device(hass, entry)

    add_missing()
    return async_dispatcher_connect(hass, SIGNAL_RULES, rules_changed)


@callback
def _async_alarms_device(hass: HomeAssistant, entry: ConfigEntry) -> DeviceEntry:
    """Return the device of all rules, which is connected via the bridge."""
    devices = dr.async_get(hass)
    bridge = devices.async_get_or_create(config_entry_id=entry.entry_id, **bridge_device_info(entry))
    return devices.async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={_alarms_identifier(entry)},
        entry_type=DeviceEntryType.SERVICE,
        manufacturer="IoT Bridge",
        translation_key="alarms",
        via_device_id=bridge.id,
    )


@callback
def _async_remove_alarms_device(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Remove the device when the last rule is removed."""
    devices = dr.async_get(hass)
    if device := devices.async_get_device_by_identifier(_alarms_identifier(entry), entry.entry_id):
        devices.async_remove_device(device.id)


def _alarms_identifier(entry: ConfigEntry) -> tuple[str, str]:
    return (DOMAIN, f"{entry.entry_id}_alarms")
