"""Entities of this host in Home Assistant, kept over restarts, and their discovery message."""

from collections.abc import Collection, Mapping
from typing import Any

from iotbridge_agent import __version__
from iotbridge_agent.collector import SensorDescription
from iotbridge_agent.config import Config
from iotbridge_agent.names import translate
from iotbridge_agent.protocol import discovery
from iotbridge_agent.protocol.topics import Topics, device_uid
from iotbridge_agent.system.host import Host

BUILTIN, POWER, CUSTOM = "builtin", "power", "custom"
"""Owners of the entities that no collector owns."""


class Entities:
    """Entities of this host; ``known`` comes from the last run and goes to the next one."""

    def __init__(self, config: Config, host: Host, known: Mapping[str, Mapping[str, Any]]) -> None:
        self.known = {key: dict(entry) for key, entry in known.items()}
        self._config = config
        self._host = host
        self._topics = Topics(config.prefix, config.node_id)
        self._uid = device_uid(config.prefix, config.node_id)

    def update(
        self,
        sensors: Mapping[str, tuple[str, SensorDescription]],
        *,
        collectors: Collection[str],
        settled: Collection[str],
        power: Collection[str] | None,
        expiry: bool,
        now: float,
    ) -> bool:
        """Update the entities to those that exist now; return whether anything changed.

        ``power``: the permitted power commands, or None while that is not known. ``expiry``: the broker speaks MQTT 5.
        """
        current = {key: (owner, self._sensor(description)) for key, (owner, description) in sensors.items()}
        current |= self._fixed(expiry=expiry)
        for name in power or ():
            current[f"command_{name}"] = (POWER, self._button(name, expiry=expiry))
        owners = {*collectors, BUILTIN, CUSTOM, POWER}
        merged = discovery.merge(
            self.known,
            current,
            owners=owners,
            settled={*settled, *({POWER} if power is not None else ())},
            now=now,
            remove_after_s={POWER: 0.0, BUILTIN: 0.0, CUSTOM: 0.0},
            default_remove_after_s=self._config.remove_after_h * 3600,
        )
        changed = merged != self.known
        self.known = merged
        return changed

    def sensor_keys(self) -> list[str]:
        """Return the keys of the published readings, also of those without a current value."""
        return [
            key
            for key, entry in self.known.items()
            if "removed_at" not in entry and entry["owner"] not in (BUILTIN, POWER, CUSTOM)
        ]

    def message(self) -> dict[str, Any]:
        """Return the discovery message."""
        return discovery.device_message(
            discovery.components(self.known),
            device={
                "identifiers": [self._uid],
                "name": self._config.name,
                "manufacturer": self._host.manufacturer,
                "model": self._host.model,
                "sw_version": self._host.platform_version,
                "configuration_url": self._config.url,
            },
            agent_version=__version__,
            topics=self._topics,
        )

    def _fixed(self, *, expiry: bool) -> dict[str, tuple[str, dict[str, Any]]]:
        fixed = {
            discovery.CONNECTION: (BUILTIN, discovery.connection_sensor(self._uid, self._topics, self._translate)),
            "command_status": (BUILTIN, self._button("status", expiry=expiry)),
        }
        if self._config.start_services:
            fixed["command_start_services"] = (CUSTOM, self._button("start_services", expiry=expiry))
        for command in self._config.custom:
            if command.button:
                button = discovery.command_button(
                    command.name,
                    self._uid,
                    self._topics,
                    name=command.title,
                    icon="mdi:play-circle-outline",
                    device_class=None,
                    expiry=expiry,
                )
                fixed[f"command_{command.name}"] = (CUSTOM, button)
        return fixed

    def _sensor(self, description: SensorDescription) -> dict[str, Any]:
        return discovery.sensor(description, self._uid, self._translate)

    def _button(self, command: str, *, expiry: bool) -> dict[str, Any]:
        return discovery.builtin_button(command, self._uid, self._topics, self._translate, expiry=expiry)

    def _translate(self, name: str) -> str:
        return translate(name, self._config.language)
