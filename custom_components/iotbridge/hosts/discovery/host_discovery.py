"""Discovery messages for hosts that publish none themselves: the agents of IPWatch."""

from collections.abc import Mapping
from datetime import timedelta
import time
from typing import Any

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.json import json_dumps
from homeassistant.helpers.translation import async_get_translations

from ... import issues as ir, mqtt_client
from ...const import DOMAIN, LOGGER, MQTT_DOMAIN
from ...protocol.topics import HostKey
from ..inventory import Host
from ..manager import HostsManager
from .monitor import DiscoveryMonitor

# An IoT Bridge agent announces itself within seconds of its first message; a host that has not by then never will.
ANNOUNCE_WITHIN_S = 15.0
# An IPWatch agent is named by its address, which anyone can make up: the number of devices is limited.
MAX_DEVICES = 200
# Core's mqtt loses parts of a discovery message that follows the previous one too closely.
INTERVAL = timedelta(seconds=10)

PERCENT = {"unit_of_measurement": "%", "state_class": "measurement", "suggested_display_precision": 0}
KNOWN: dict[str, dict[str, Any]] = {
    "cpu_percent": {**PERCENT, "icon": "mdi:cpu-64-bit"},
    "memory_percent": {**PERCENT, "icon": "mdi:memory"},
    "disk_percent": {**PERCENT, "icon": "mdi:harddisk"},
    "boot_time": {"device_class": "timestamp", "entity_category": "diagnostic"},
    "ip": {"entity_category": "diagnostic", "icon": "mdi:ip-network"},
}
# Shown by the device itself.
LEFT_OUT = {"hostname", "platform", "platform_version", "timestamp"}
# Key in the entity's options, under our domain.
DISABLED_ONCE = "disabled_once"
BUTTONS = {"shutdown": {"icon": "mdi:power"}, "reboot": {"device_class": "restart"}}


class HostDiscovery:
    """Publishes a discovery message for every agent of IPWatch."""

    def __init__(self, hass: HomeAssistant, manager: HostsManager, monitor: DiscoveryMonitor) -> None:
        """Store the collaborators; ``async_start`` begins to publish."""
        self._hass = hass
        self._manager = manager
        self._monitor = monitor
        self._published: dict[HostKey, str] = {}

    async def async_start(self) -> CALLBACK_TYPE:
        """Publish the messages now and then; return the function that stops it."""
        names = await async_get_translations(self._hass, self._hass.config.language, "entity", {DOMAIN})

        async def publish(_now: Any) -> None:
            await self._async_publish(names)

        remove_listener = self._manager.async_add_forget_listener(self._async_host_forgotten)
        untrack = async_track_time_interval(self._hass, publish, INTERVAL, name="iotbridge host discovery")

        @callback
        def stop() -> None:
            remove_listener()
            untrack()

        return stop

    async def _async_publish(self, names: Mapping[str, str]) -> None:
        prefix = mqtt_client.async_discovery_prefix(self._hass)
        if prefix is None or not self._manager.is_connected:
            return
        hosts = self._hosts()
        self._manager.issues.async_set(ir.TOO_MANY_HOSTS, "ipwatch", len(hosts) > MAX_DEVICES, limit=str(MAX_DEVICES))
        for host in hosts[:MAX_DEVICES]:
            has_device = async_disable_status_sensor(self._hass, host.identifier)
            payload = json_dumps(discovery_config(host, names, is_part_of_device=has_device))
            topic = f"{prefix}/device/{host.uid}/config"
            if self._published.get(host.key) != payload or not (host.has_device and self._monitor.has_message(host)):
                try:
                    await mqtt_client.async_publish(self._hass, topic, payload, qos=1, retain=True)
                except HomeAssistantError as error:
                    LOGGER.debug("Could not publish on %s; retrying: %s", topic, error)
                else:
                    self._published[host.key] = payload

    def _hosts(self) -> list[Host]:
        """Return the hosts to publish, those with a device first."""
        seen_before = time.monotonic() - ANNOUNCE_WITHIN_S
        hosts = [
            host
            for host in self._manager.inventory
            # A host that has ever announced itself publishes its own discovery message.
            if host.key.ipwatch_identifier and host.readings and not host.has_announced
            if host.first_seen_at <= seen_before
        ]
        return sorted(hosts, key=lambda host: not host.has_device)

    @callback
    def _async_host_forgotten(self, host: Host) -> None:
        self._published.pop(host.key, None)


@callback
def async_disable_status_sensor(hass: HomeAssistant, identifier: str) -> bool:
    """Disable the sensor that an IPWatch agent creates for itself; return whether it exists.

    Its state is the whole status message as text, cut off at 255 characters. If the user enables it again it stays
    enabled: it is disabled only once.
    """
    registry = er.async_get(hass)
    if (entity_id := registry.async_get_entity_id("sensor", MQTT_DOMAIN, identifier)) is None:
        return False
    entity = registry.async_get(entity_id)
    if entity and DISABLED_ONCE not in entity.options.get(DOMAIN, {}):
        registry.async_update_entity_options(entity_id, DOMAIN, {DISABLED_ONCE: True})
        if not entity.disabled:
            registry.async_update_entity(entity_id, disabled_by=er.RegistryEntryDisabler.INTEGRATION)
    return True


@callback
def discovery_config(host: Host, names: Mapping[str, str], *, is_part_of_device: bool = False) -> dict[str, Any]:
    """Return the device discovery message of a host, built from the keys of its status.

    ``names``: translations of this integration's entities. ``is_part_of_device``: the agent describes its device.
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
            # It shows whether the host is there, so it must not become unavailable together with it.
            "availability_topic": host.key.topic("availability"),
            "availability_template": "online",
        }
    }
    for key in sorted(host.readings):
        if key == "uptime":
            if "boot_time" not in host.readings:
                components[key] = _uptime_sensor(host, name("sensor", "boot_time"))
        elif key not in LEFT_OUT:
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
    device: dict[str, Any] = {"identifiers": [host.identifier]}
    if not is_part_of_device:
        model = " ".join(str(host.readings[key]) for key in ("platform", "platform_version") if host.readings.get(key))
        device |= {"name": host.name, "model": model}
    return {
        "device": device,
        "origin": {"name": "IoT Bridge", "url": "https://github.com/owner.invalid/iot-bridge"},
        "state_topic": host.key.topic("status"),
        "availability_topic": host.key.topic("availability"),
        "components": components,
    }


def _uptime_sensor(host: Host, name: str) -> dict[str, Any]:
    """Return the last-boot sensor of a host that only reports its uptime in seconds; core smooths the jitter."""
    return {
        "platform": "sensor",
        "unique_id": f"{host.uid}_uptime",
        "name": name,
        "device_class": "uptime",
        "entity_category": "diagnostic",
        "value_template": (
            "{{ utcnow() - timedelta(seconds=value_json['uptime']) if value_json['uptime'] is number else None }}"
        ),
    }


def _button_template(command: str) -> str:
    command_id = "ha-{{ utcnow().timestamp() | string | replace('.', '-') }}-{{ range(99999) | random }}"
    return f'{{"command":"{command}","id":"{command_id}","timestamp":"{{{{ utcnow().isoformat() }}}}","ttl_s":30}}'
