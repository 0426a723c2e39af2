"""Units of limits: the unit of an entity's value, and its conversion to the unit of a rule.

Users change the unit of an entity, or of the whole home. A limit stays in the unit in which it was entered.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

from homeassistant.components.sensor.const import UNIT_CONVERTERS
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import ATTR_DEVICE_CLASS, ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, State, callback, split_entity_id
from homeassistant.helpers.event import async_call_later
from homeassistant.util.unit_conversion import BaseUnitConverter

from ...subentries import read
from ..engine.evaluation.snapshot import Conversion, EntitySnapshot
from ..engine.kinds import Condition
from ..engine.rule import Rule
from .processor import AlarmProcessor

# A weather entity has a unit for each kind of attribute; a thermostat has the unit of the home.
_WEATHER_UNITS = {
    "temperature": "temperature_unit",
    "apparent_temperature": "temperature_unit",
    "dew_point": "temperature_unit",
    "pressure": "pressure_unit",
    "wind_speed": "wind_speed_unit",
    "wind_gust_speed": "wind_speed_unit",
    "visibility": "visibility_unit",
}
_THERMOSTATS = frozenset({"climate", "water_heater"})
# An import adds hundreds of rules, whose units are written together.
_COLLECT_S = 1.0

type Rewrite = Callable[[ConfigSubentry], Mapping[str, Any]]


def unit_of(hass: HomeAssistant, state: State, attribute: str | None) -> str | None:
    """Return the unit of a state, or of one of its attributes; None when it is unknown."""
    if attribute is None:
        unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    elif (domain := split_entity_id(state.entity_id)[0]) == "weather":
        unit = state.attributes.get(_WEATHER_UNITS.get(attribute, ""))
    else:
        is_temperature = domain in _THERMOSTATS and "temp" in attribute
        unit = hass.config.units.temperature_unit if is_temperature else None
    return unit if isinstance(unit, str) else None


def snapshot_of(hass: HomeAssistant, condition: Condition, state: State, at: float) -> EntitySnapshot:
    """Return the snapshot of a state that was reported at a time, in seconds since 1970."""
    if not condition.traits.is_measuring:
        since = at - (state.last_reported_timestamp - state.last_changed_timestamp)
        return EntitySnapshot(state.state, state.attributes, at, state_since=since)
    unit = unit_of(hass, state, condition.attribute)
    conversion_to_rule = None
    if condition.unit is not None and unit != condition.unit:
        conversion_to_rule = conversion(unit, condition.unit, _device_class(state, condition.attribute))
    return EntitySnapshot(state.state, state.attributes, at, unit, conversion_to_rule)


@callback
def async_shown_limit(hass: HomeAssistant, condition: Condition, state: State, limit: float) -> float:
    """Return a limit in the unit in which its entity shows the value; unchanged where it cannot be converted."""
    unit = unit_of(hass, state, condition.attribute)
    if unit is None or condition.unit is None or unit == condition.unit:
        return limit
    to_entity = conversion(condition.unit, unit, _device_class(state, condition.attribute))
    converted = to_entity(limit) if to_entity else None
    return limit if converted is None else round(converted, 4)


@lru_cache(maxsize=512)
def conversion(unit: str | None, wanted: str, device_class: str | None) -> Conversion | None:
    """Return the conversion of numbers between two units; None when they measure different quantities."""
    if (converter := _converter(unit, device_class)) is None or wanted not in converter.VALID_UNITS:
        return None
    return converter.converter_factory_allow_none(unit, wanted)


def _converter(unit: str | None, device_class: str | None) -> type[BaseUnitConverter] | None:
    """Return the converter for a unit; without a unit only the device class shows that the value is a ratio."""
    if device_class is None and unit is None:
        return None
    known = UNIT_CONVERTERS.get(device_class)
    candidates = [known] if known else UNIT_CONVERTERS.values()
    return next((converter for converter in candidates if unit in converter.VALID_UNITS), None)


def _device_class(state: State, attribute: str | None) -> str | None:
    device_class = state.attributes.get(ATTR_DEVICE_CLASS) if attribute is None else None
    return device_class if isinstance(device_class, str) else None  # attributes may be anything


@callback
def async_unit_choices(hass: HomeAssistant, condition: Condition, entity_ids: Iterable[str]) -> list[str]:
    """Return the units in which the limits of a rule over some entities can be entered."""
    units = {condition.unit} if condition.unit else set()
    for state in _states(hass, entity_ids):
        unit = unit_of(hass, state, condition.attribute)
        converter = _converter(unit, _device_class(state, condition.attribute))
        units |= {unit, *(converter.VALID_UNITS if converter else ())} - {None}
    return sorted(str(unit) for unit in units)


@callback
def async_with_unit(hass: HomeAssistant, condition: Condition, entity_ids: Iterable[str]) -> Condition:
    """Return a condition with the unit of most of its entities.

    A condition that has a unit keeps it while any entity can be converted to it.
    """
    if not condition.traits.is_measuring:
        return condition
    states = [(unit_of(hass, state, condition.attribute), state) for state in _states(hass, entity_ids)]
    shown = [(unit, _device_class(state, condition.attribute)) for unit, state in states if unit is not None]
    if not shown or (condition.unit and any(_is_convertible(*pair, condition.unit) for pair in shown)):
        return condition
    counted = Counter(unit for unit, _ in shown)
    return replace(condition, unit=min(counted, key=lambda unit: (-counted[unit], unit)))


def _is_convertible(unit: str, device_class: str | None, wanted: str) -> bool:
    return unit == wanted or conversion(unit, wanted, device_class) is not None


def _states(hass: HomeAssistant, entity_ids: Iterable[str]) -> list[State]:
    return [state for entity_id in entity_ids if (state := hass.states.get(entity_id)) is not None]


class LimitUnits:
    """Writer of the unit into rules that have none, once one of their entities has a unit."""

    def __init__(self, hass: HomeAssistant, processor: AlarmProcessor, rewrite: Callable[[Rewrite], None]) -> None:
        """Prepare; ``rewrite`` changes the data of subentries together."""
        self._hass = hass
        self._processor = processor
        self._rewrite = rewrite
        self._rule_ids: set[str] = set()
        self._waiting: CALLBACK_TYPE | None = None

    @callback
    def async_request(self, rule_id: str) -> None:
        """Schedule the write of the unit of a rule."""
        self._rule_ids.add(rule_id)
        if self._waiting is None:
            self._waiting = async_call_later(self._hass, _COLLECT_S, self._async_write_units)

    @callback
    def cancel(self) -> None:
        """Cancel the write; it will be requested again."""
        if self._waiting:
            self._waiting()
            self._waiting = None

    @callback
    def _async_write_units(self, _now: datetime) -> None:
        self._waiting = None
        rule_ids, self._rule_ids = self._rule_ids, set()

        def with_unit(subentry: ConfigSubentry) -> Mapping[str, Any]:
            return self._async_with_unit(subentry) if subentry.subentry_id in rule_ids else subentry.data

        self._rewrite(with_unit)

    @callback
    def _async_with_unit(self, subentry: ConfigSubentry) -> Mapping[str, Any]:
        rule_id = subentry.subentry_id
        rule = read(subentry, partial(Rule.from_dict, rule_id, subentry.title))
        if rule is None or rule.condition.unit is not None:
            return subentry.data
        watched = [instance.key.subject for instance in self._processor.of_rule(rule_id)]
        condition = async_with_unit(self._hass, rule.condition, watched)
        if condition == rule.condition:
            return subentry.data
        return {**subentry.data, "condition": {**subentry.data["condition"], "unit": condition.unit}}
