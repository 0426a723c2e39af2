"""Section of the options form for alarms: quiet hours, storms, flapping, rules in Home Assistant's own Alerts."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import voluptuous as vol

from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers import selector

from ..api.targets import async_manager
from ..engine.models import Severity
from ..runtime import core_alerts
from ..runtime.permissions import async_rule_entity

SECTION = "alarms"
# Not an option: Home Assistant keeps its Alerts itself.
CORE_ALERTS = "core_alerts"
DEFAULTS: Mapping[str, Any] = {
    "quiet_severities": [Severity.INFO.word, Severity.WARNING.word],
    "storm_per_minute": 10,
    "flapping_per_hour": 6,
}
_NAMES = ("quiet_start", "quiet_end", *DEFAULTS)


def _count(unit: str) -> selector.NumberSelector:
    return selector.NumberSelector(
        selector.NumberSelectorConfig(
            min=2, max=1000, step=1, mode=selector.NumberSelectorMode.BOX, unit_of_measurement=unit
        )
    )


@callback
def async_rule_entities(hass: HomeAssistant) -> dict[str, Severity]:
    """Return the severities of all rules by their entities."""
    manager = async_manager(hass)
    rules = manager.rules.values() if manager else ()
    return {entity_id: rule.severity for rule in rules if (entity_id := async_rule_entity(hass, rule.rule_id))}


async def async_listed_rules(hass: HomeAssistant, rules: Collection[str]) -> list[str]:
    """Return the rules that are in Home Assistant's Alerts."""
    try:
        return [entity_id for entity_id in await core_alerts.async_listed(hass) if entity_id in rules]
    except core_alerts.UnknownAlertsError:
        return []


async def async_save_alerts(
    hass: HomeAssistant, user_input: Mapping[str, Any], rules: Mapping[str, Severity]
) -> str | None:
    """Show the chosen rules in Home Assistant's Alerts, and no others; return an error key when that is impossible."""
    if not rules or SECTION not in user_input:
        return None
    chosen = user_input[SECTION].get(CORE_ALERTS, [])
    listed = await async_listed_rules(hass, rules)
    if set(chosen) == set(listed):
        return None
    try:
        await core_alerts.async_update(
            hass, {entity_id: rules[entity_id] for entity_id in chosen if entity_id in rules}, rules.keys() - {*chosen}
        )
    except core_alerts.UnknownAlertsError:
        return "alerts_unknown"
    return None


def schema(rules: Collection[str]) -> section:
    """Return the collapsed section of the form; ``rules`` are the entities of the rules."""
    severities = selector.SelectSelectorConfig(
        options=[severity.word for severity in reversed(Severity)],
        translation_key="severity",
        multiple=True,
        mode=selector.SelectSelectorMode.LIST,
    )
    entities = selector.EntitySelectorConfig(include_entities=sorted(rules), multiple=True)
    alerts = {vol.Optional(CORE_ALERTS): selector.EntitySelector(entities)} if rules else {}
    return section(
        vol.Schema(
            {
                vol.Optional("quiet_start"): selector.TimeSelector(),
                vol.Optional("quiet_end"): selector.TimeSelector(),
                vol.Required("quiet_severities", default=DEFAULTS["quiet_severities"]): selector.SelectSelector(
                    severities
                ),
                vol.Required("storm_per_minute", default=DEFAULTS["storm_per_minute"]): _count("/ min"),
                vol.Required("flapping_per_hour", default=DEFAULTS["flapping_per_hour"]): _count("/ h"),
            }
            | alerts
        ),
        {"collapsed": True},
    )


def nested(options: Mapping[str, Any], listed: Sequence[str]) -> dict[str, Any]:
    """Return options and the rules in Home Assistant's Alerts as nested values of the form."""
    alerts = {CORE_ALERTS: listed} if listed else {}
    return {**options, SECTION: {name: options[name] for name in _NAMES if name in options} | alerts}


def read(user_input: Mapping[str, Any], before: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    """Return the options of the form as flat values, and the error key of the section, None when it is valid."""
    options = {name: value for name, value in user_input.items() if name != SECTION}
    alarms = dict(user_input.get(SECTION, {name: before[name] for name in _NAMES if name in before}))
    alarms.pop(CORE_ALERTS, None)
    start, end = alarms.get("quiet_start"), alarms.get("quiet_end")
    if (start is None) != (end is None) or (start is not None and start == end):
        return options, "quiet_half"
    return options | {name: int(value) if isinstance(value, float) else value for name, value in alarms.items()}, None
