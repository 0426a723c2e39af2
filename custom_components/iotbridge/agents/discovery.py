"""Discovery config for hosts that send none themselves: the agents of IPWatch."""

from collections.abc import Mapping
from datetime import timedelta
import time
from typing import Any

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.json import json_dumps
from homeassistant.helpers.translation import async_get_translations

from .. import mqtt_client
from ..const import DOMAIN
from .inventory import Host
from .manager import AgentsManager

# An agent of ours announces itself within seconds of its first message; whoever has not by then will not.
ANNOUNCE_WITHIN_S = 15.0
# Core's mqtt loses parts of a discovery message that follows the one before too closely.
INTERVAL = timedelta(seconds=10)

PERCENT = {"unit_of_measurement": "%", "state_class": "measurement", "suggested_display_precision": 0}
KNOWN: dict[str, dict[str, Any]] = {
    "cpu_percent": {**PERCENT, "icon": "mdi:cpu-64-bit"},
    "memory_percent": {**PERCENT, "icon": "mdi:memory"},
    "disk_percent": {**PERCENT, "icon": "mdi:harddisk"},
    "boot_time": {"device_class": "timestamp", "entity_category": "diagnostic"},
    "ip": {"entity_category": "diagnostic", "icon": "mdi:ip-network"},
}
# The device itself shows these, and a ticking counter is no reading.
LEFT_OUT = {"hostname", "platform", "platform_version", "uptime", "timestamp"}
BUTTONS = {"shutdown": {"icon": "mdi:power"}, "reboot": {"device_class": "restart"}}


class HostDiscovery:
    """Publishes the discovery message of every host that lets others do it."""

    def __init__(self, hass: HomeAssistant, manager: AgentsManager) -> None:
        """Prepare; nothing is published before async_start."""
        self._hass = hass
        self._manager = manager
        self._published: dict[str, str] = {}

    async def async_start(self) -> CALLBACK_TYPE:
        """Begin to look for such hosts; return what ends it."""
        names = await async_get_translations(self._hass, self._hass.config.language, "entity", {DOMAIN})

        async def publish(_now: Any) -> None:
            await self._async_publish(names)

        return async_track_time_interval(self._hass, publish, INTERVAL, name="iotbridge host discovery")

    async def _async_publish(self, names: Mapping[str, str]) -> None:
        prefix = mqtt_client.async_discovery_prefix(self._hass)
        if prefix is None or not self._manager.is_connected:
            return
        now = time.monotonic()
        for host in list(self._manager.inventory):
            if host.announce or not host.readings or now - host.first_heard_at < ANNOUNCE_WITHIN_S:
                continue
            payload = json_dumps(discovery_config(host, names))
            topic = f"{prefix}/device/{host.uid}/config"
            if self._published.get(topic) != payload or mqtt_client.async_device(self._hass, host.uid) is None:
                self._published[topic] = payload
                await mqtt_client.async_publish(self._hass, topic, payload, qos=1, retain=True)


@callback
def discovery_config(host: Host, names: Mapping[str, str]) -> dict[str, Any]:
    """Return the device discovery message of a host, made from the keys of its status.

    ``names``: translations of this integration's entities.
    """

    def name(platform: str, key: str) -> str:
        plain = key.replace("_", " ").capitalize()
        return names.get(f"component.{DOMAIN}.entity.{platform}.host_{key}.name", plain)

    components: dict[str, dict[str, Any]] = {
        "connection": {
            "platform": "binary_sensor",
            "unique_id": f"{host.uid}_connection",
            "name": name("binary_sensor", "connection"),
            "device_class": "connectivity",
            "entity_category": "diagnostic",
            "state_topic": host.key.topic("availability"),
            "payload_on": "online",
            "payload_off": "offline",
            # It tells whether the host is there, so it must not vanish with it.
            "availability_topic": host.key.topic("availability"),
            "availability_template": "online",
        }
    }
    for key in sorted(host.readings):
        if key not in LEFT_OUT:
            components[key] = {
                "platform": "sensor",
                "unique_id": f"{host.uid}_{key}",
                "name": name("sensor", key),
                "value_template": f"{{{{ value_json['{key}'] }}}}",
                **KNOWN.get(key, {"enabled_by_default": False}),
            }
    for command, options in BUTTONS.items():
        components[command] = {
            "platform": "button",
            "unique_id": f"{host.uid}_{command}",
            "name": name("button", command),
            "entity_category": "config",
            "command_topic": host.key.topic("command"),
            "command_template": _button_template(command),
            "qos": 1,
            "retain": False,
            **options,
        }
    return {
        "device": {
            "identifiers": [host.uid],
            "name": host.name,
            "model": " ".join(str(host.readings[k]) for k in ("platform", "platform_version") if host.readings.get(k)),
        },
        "origin": {"name": "IoT Bridge", "url": "https://github.com/owner.invalid/iot-bridge"},
        "state_topic": host.key.topic("status"),
        "availability_topic": host.key.topic("availability"),
        "components": components,
    }


def _button_template(command: str) -> str:
    command_id = "ha-{{ utcnow().timestamp() | string | replace('.', '-') }}-{{ range(99999) | random }}"
    return f'{{"command":"{command}","id":"{command_id}","timestamp":"{{{{ utcnow().isoformat() }}}}","ttl_s":30}}'
