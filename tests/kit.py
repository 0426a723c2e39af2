"""Simulation of agents: the messages of the world outside Home Assistant, and access to the state inside."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import async_fire_mqtt_message, async_fire_time_changed
from pytest_homeassistant_custom_component.typing import MqttMockHAClient

from custom_components.iotbridge.protocol.topics import HostKey
from custom_components.iotbridge.things.model.message import Sample
from custom_components.iotbridge.things.model.profile import Profile
from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util

PREFIX = "iotbridge"
# Announce message of a running host.
ANNOUNCE = {
    "protocol": 1,
    "agent": "1.0.0",
    "node_id": "nas",
    "hostname": "nas",
    "uid": "iotbridge_nas",
    "instance": "a1",
    "power": "on",
}


@dataclass
class Kit:
    """Home Assistant with core's mqtt on a fake broker."""

    hass: HomeAssistant
    mqtt: MqttMockHAClient
    freezer: FrozenDateTimeFactory

    async def receive(self, topic: str, payload: str | bytes | Mapping[str, Any], *, retain: bool = False) -> None:
        """Deliver a message to Home Assistant and process all its effects."""
        data = json.dumps(payload) if isinstance(payload, Mapping) else payload
        async_fire_mqtt_message(self.hass, topic, data, retain=retain)
        await self.hass.async_block_till_done()

    async def deliver_config(self, uid: str) -> None:
        """Deliver the newest discovery message of a learned device to core's mqtt, as the broker does."""
        topic = f"homeassistant/device/{uid}/config"
        await self.receive(topic, self.published(topic)[-1])
        await self.hass.async_block_till_done(wait_background_tasks=True)

    async def host(self, node_id: str = "nas", *, prefix: str = PREFIX, **announce: Any) -> FakeHost:
        """Start an agent like a real one: discovery, announce, availability, status."""
        host = FakeHost(self, node_id, prefix)
        await host.discover()
        await host.announce(**announce)
        await host.availability("online")
        await host.status()
        return host

    async def wait(self, seconds: float) -> None:
        """Advance the time."""
        self.freezer.tick(timedelta(seconds=seconds))
        async_fire_time_changed(self.hass, dt_util.utcnow())
        await self.hass.async_block_till_done()

    def entity_id(self, unique_id: str, platform: str = "iotbridge") -> str:
        """Return the entity with a unique id; fail if there is none."""
        found = [
            entity.entity_id
            for entity in er.async_get(self.hass).entities.values()
            if entity.unique_id == unique_id and entity.platform == platform
        ]
        assert found, f"no entity {unique_id}"
        return found[0]

    def state(self, unique_id: str) -> State:
        """Return the state of one of our entities."""
        state = self.hass.states.get(self.entity_id(unique_id))
        assert state is not None
        return state

    def bridge(self, key: str) -> str:
        """Return the value of a sensor on the bridge's own device."""
        entry = self.hass.config_entries.async_entries("iotbridge")[0]
        return self.state(f"{entry.entry_id}_{key}").state

    def device(self, identifier: str) -> dr.DeviceEntry | None:
        """Return the MQTT device with an identifier."""
        entry = self.hass.config_entries.async_entries("mqtt")[0]
        return dr.async_get(self.hass).async_get_device_by_identifier(("mqtt", identifier), entry.entry_id)

    def published(self, topic: str) -> list[dict[str, Any]]:
        """Return what Home Assistant published on a topic."""
        calls = self.mqtt.async_publish.call_args_list
        return [json.loads(call.args[1]) for call in calls if call.args[0] == topic and call.args[1]]


@dataclass
class FakeHost:
    """Host as seen by the broker."""

    kit: Kit
    node_id: str
    prefix: str

    @property
    def uid(self) -> str:
        """Return the identifier of its device."""
        return HostKey(self.prefix, self.node_id).uid

    def topic(self, leaf: str) -> str:
        """Return one of its topics."""
        return f"{self.prefix}/device/{self.node_id}/{leaf}"

    async def discover(self, *, retain: bool = True) -> None:
        """Publish a device discovery message with one sensor and the button.

        With ``retain`` it is a retained message, which core's mqtt processes once for each topic.
        """
        payload = {
            "device": {"identifiers": [self.uid], "name": self.node_id},
            "origin": {"name": "iotbridge-agent"},
            "state_topic": self.topic("status"),
            "components": {
                "cpu_percent": {
                    "platform": "sensor",
                    "unique_id": f"{self.uid}_cpu_percent",
                    "name": "CPU usage",
                    "value_template": "{{ value_json.cpu_percent }}",
                },
                "reboot": {
                    "platform": "button",
                    "unique_id": f"{self.uid}_reboot",
                    "name": "Reboot",
                    "entity_category": "config",
                    "command_topic": self.topic("command"),
                    "command_template": '{"command":"reboot","id":"button-1"}',
                },
            },
        }
        await self.kit.receive(f"homeassistant/device/{self.uid}/config", payload, retain=retain)
        await self.kit.hass.async_block_till_done(wait_background_tasks=True)

    async def announce(self, *, retain: bool = False, **changes: Any) -> None:
        """Publish the announce."""
        payload = {
            "protocol": 1,
            "agent": "1.0.0",
            "node_id": self.node_id,
            "hostname": self.node_id,
            "uid": self.uid,
            "instance": "a1",
            "power": "on",
            "interval_s": 30,
            "commands": ["ping", "status", "reboot", "shutdown"],
        }
        await self.kit.receive(self.topic("announce"), payload | changes, retain=retain)

    async def availability(self, payload: str, *, retain: bool = False) -> None:
        """Publish the availability."""
        await self.kit.receive(self.topic("availability"), payload, retain=retain)

    async def status(self, **readings: Any) -> None:
        """Publish a status."""
        payload = {"timestamp": now(), "hostname": self.node_id, "cpu_percent": 3.5} | readings
        await self.kit.receive(self.topic("status"), payload)

    async def respond(self, command: Mapping[str, Any], status: str, **more: Any) -> None:
        """Respond to a command."""
        payload = {
            "id": command.get("id"),
            "command": command["command"],
            "success": status in ("accepted", "done"),
            "status": status,
            "message": f"{status}.",
            "timestamp": now(),
        }
        await self.kit.receive(self.topic("response"), payload | more)

    def commands(self) -> list[dict[str, Any]]:
        """Return the commands Home Assistant sent to it."""
        return self.kit.published(self.topic("command"))

    @property
    def power(self) -> str:
        """Return the power state Home Assistant shows."""
        return self.kit.state(f"{self.uid}_power_state").state


def now() -> str:
    """Return the time in the contract's format."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def learn(hass: HomeAssistant, entry: ConfigEntry, profile: Profile, *samples: Sample) -> ConfigSubentry:
    """Add the subentry as the wizard does when the user confirms."""
    entry.runtime_data.things.async_keep_samples(profile.topic, samples)
    subentry = ConfigSubentry(
        data=profile.as_dict(),  # type: ignore[arg-type]
        subentry_type="device",
        title=next(about.name or "" for about in profile.devices.values()),
        unique_id=profile.topic,
    )
    assert hass.config_entries.async_add_subentry(entry, subentry)
    return subentry


async def settle() -> None:
    """Run an action until it waits; block_till_done would wait for its end."""
    for _ in range(5):
        await asyncio.sleep(0)


async def response_of(action: asyncio.Task[Any]) -> Any:
    """Return the response of an action, which must have ended: the time is frozen, and waiting would never end."""
    await settle()
    assert action.done(), "the action is still waiting"
    return action.result()
