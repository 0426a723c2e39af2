"""Display names of alarms."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..engine.rule import Rule


@callback
def async_name(hass: HomeAssistant, rule: Rule, subject: str) -> str:
    """Return the friendly name of the entity of an alarm; the name of the rule where there is none."""
    if not subject:
        return rule.name
    if state := hass.states.get(subject):
        return state.name
    entry = er.async_get(hass).async_get(subject)
    return (entry and (entry.name or entry.original_name)) or subject


@callback
def async_problem_name(hass: HomeAssistant, rule: Rule, subject: str) -> str:
    """Return the name of a rule with that of the entity of its alarm: ``Too hot: Attic``."""
    name = async_name(hass, rule, subject)
    return rule.name if name == rule.name else f"{rule.name}: {name}"
