"""Diagnostics platform: the state of the connection and of every capability, without personal data."""

from typing import Any

from homeassistant.core import HomeAssistant

from .alarms.diagnostics import alarms_diagnostics
from .const import CONF_PREFIXES
from .hosts.diagnostics import hosts_diagnostics
from .power_plans.diagnostics import power_diagnostics
from .pseudonyms import Pseudonyms
from .runtime import IotBridgeConfigEntry
from .things.diagnostics import things_diagnostics


async def async_get_config_entry_diagnostics(_hass: HomeAssistant, entry: IotBridgeConfigEntry) -> dict[str, Any]:
    """Return the diagnostics of the entry."""
    runtime, names = entry.runtime_data, Pseudonyms()
    return {
        "options": {**entry.options, CONF_PREFIXES: [names.of("prefix", name) for name in runtime.hosts.prefixes]},
        **hosts_diagnostics(runtime.hosts, runtime.configured_hosts.settings.values(), names),
        "things": things_diagnostics(runtime.things, names),
        "alarms": alarms_diagnostics(runtime.alarms),
        **power_diagnostics(runtime.power_plans, runtime.schedules),
    }
