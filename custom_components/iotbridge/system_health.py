"""System health platform: the lines of IoT Bridge under System information."""

from typing import Any

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.core import HomeAssistant, callback

from .alarms.system_health import alarms_system_health
from .hosts.system_health import hosts_system_health
from .runtime import loaded_runtime
from .things.system_health import things_system_health


@callback
def async_register(_hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Register the lines."""
    register.async_register_info(system_health_info)


async def system_health_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return the lines of each capability by key; an empty dict while the entry is not loaded."""
    if (runtime := loaded_runtime(hass)) is None:
        return {}
    hosts, things, alarms = runtime.hosts, runtime.things, runtime.alarms
    return {**hosts_system_health(hosts), **things_system_health(things), **alarms_system_health(alarms)}
