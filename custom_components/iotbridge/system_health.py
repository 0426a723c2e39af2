"""The lines of IoT Bridge under Settings > System > Repairs > System information."""

import re
from typing import Any

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.core import HomeAssistant, callback

from .alarms.engine.models import Severity
from .const import DOMAIN
from .hosts.inventory import PowerState
from .runtime import IotBridgeConfigEntry


@callback
def async_register(_hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Say who knows."""
    register.async_register_info(system_health_info)


async def system_health_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return the lines; none while the entry is not loaded."""
    entries: list[IotBridgeConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    if not entries:
        return {}
    agents, alarms = entries[0].runtime_data.hosts, entries[0].runtime_data.alarms
    versions = [host.announce.agent for host in agents.inventory if host.announce]
    return {
        "broker_connected": agents.is_connected,
        "hosts_total": len(agents.inventory),
        "hosts_online": agents.count(PowerState.ON),
        "hosts_lost": agents.count(PowerState.LOST),
        "messages_rejected": agents.rejected.total(),
        "things": sum(len(thing.devices) for thing in entries[0].runtime_data.things.things.values()),
        "alarm_rules": len(alarms.rules),
        "alarms_active": sum(alarms.count(severity, unacknowledged=False) for severity in Severity),
        "alarms_unacknowledged": sum(alarms.count(severity, unacknowledged=True) for severity in Severity),
        "maintenance": alarms.suppressor.maintenance,
        "agent_version": max(versions, key=_version, default="-"),
        "prefixes": ", ".join(agents.diagnostics()["prefixes"]),
    }


def _version(text: str) -> list[int]:
    """Return the numbers of a version; whoever wrote the agent may have called it anything."""
    return [int(number) for number in re.findall(r"[0-9]+", text)]
