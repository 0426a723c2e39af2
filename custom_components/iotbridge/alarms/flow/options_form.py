"""Section of the options form for alarms: quiet hours, storms, flapping."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.data_entry_flow import section
from homeassistant.helpers import selector

from ..engine.models import Severity

SECTION = "alarms"
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


def schema() -> section:
    """Return the collapsed section of the form."""
    severities = selector.SelectSelectorConfig(
        options=[severity.word for severity in reversed(Severity)],
        translation_key="severity",
        multiple=True,
        mode=selector.SelectSelectorMode.LIST,
    )
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
        ),
        {"collapsed": True},
    )


def nested(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options as nested values of the form."""
    return {**options, SECTION: {name: options[name] for name in _NAMES if name in options}}


def read(user_input: Mapping[str, Any], before: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    """Return the options of the form as flat values, and the error key of the section, None when it is valid."""
    options = {name: value for name, value in user_input.items() if name != SECTION}
    alarms = user_input.get(SECTION, {name: before[name] for name in _NAMES if name in before})
    start, end = alarms.get("quiet_start"), alarms.get("quiet_end")
    if (start is None) != (end is None) or (start is not None and start == end):
        return options, "quiet_half"
    return options | {name: int(value) if isinstance(value, float) else value for name, value in alarms.items()}, None
