"""Diagnostics of the config entry, without telling whose home it is.

Host names, topics and identifiers are replaced by numbered ones, the same name always by the same number, so that two
agents behind one node_id or a device with a foreign identifier can still be seen. Addresses and texts are left out.
"""

from typing import Any

from homeassistant.core import HomeAssistant

from . import mqtt_client
from .alarms.diagnostics import alarms_diagnostics
from .const import CONF_PREFIXES
from .hosts.diagnostics import hosts_diagnostics
from .pseudonyms import Pseudonyms
from .runtime import IotBridgeConfigEntry
from .things.diagnostics import things_diagnostics


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: IotBridgeConfigEntry) -> dict[str, Any]:
    """Return the diagnostics of each capability and of the connection to the broker."""
    runtime = entry.runtime_data
    names = Pseudonyms()
    hosts = hosts_diagnostics(runtime.hosts, names)
    mqtt = mqtt_client.async_entry(hass)
    return {
        "options": {**entry.options, CONF_PREFIXES: hosts.pop("prefixes")},
        "mqtt": {
            "is_connected": hosts.pop("is_connected"),
            "protocol": mqtt.data.get("protocol") if mqtt else None,
            "is_discovery_on": mqtt_client.async_discovery_prefix(hass) is not None,
        },
        **hosts,
        "things": things_diagnostics(runtime.things, names),
        "alarms": alarms_diagnostics(runtime.alarms),
    }
