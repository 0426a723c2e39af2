"""Conditions of schedules: validated when they are saved, and checked at each run."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import voluptuous as vol

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConditionError, HomeAssistantError
from homeassistant.helpers import condition, config_validation as cv

from ...const import LOGGER


async def async_unmet_condition(hass: HomeAssistant, conditions: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the name of the first condition that is not met, also one that cannot be checked."""
    for number, config in enumerate(conditions, 1):
        name = str(config.get("alias") or f"{number}: {config.get('condition', 'template')}")
        try:
            is_met = await _async_is_met(hass, config)
        except (ConditionError, HomeAssistantError, vol.Invalid) as error:
            LOGGER.warning("Condition %s of a schedule cannot be checked: %s", name, error)
            is_met = False
        if not is_met:
            return name
    return None


async def async_validate(hass: HomeAssistant, conditions: Sequence[Mapping[str, Any]]) -> None:
    """Raise vol.Invalid or HomeAssistantError for conditions that cannot be checked."""
    for config in conditions:
        checker = await condition.async_from_config(hass, await _async_validated(hass, config))
        checker.async_unload()


async def _async_is_met(hass: HomeAssistant, config: Mapping[str, Any]) -> bool:
    checker = await condition.async_from_config(hass, await _async_validated(hass, config))
    try:
        return bool(checker.async_check())
    finally:
        checker.async_unload()


async def _async_validated(hass: HomeAssistant, config: Mapping[str, Any]) -> Any:
    (validated,) = vol.Schema(cv.CONDITIONS_SCHEMA)([deepcopy(dict(config))])
    return await condition.async_validate_condition_config(hass, validated)
