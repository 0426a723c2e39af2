"""Many simulated hosts: the agent's own messages, without the agents.

All hosts share one connection, so that the measurement covers Home Assistant and not 500 processes that compete for
the machine. The sensors are those of this machine, read once; their discovery is built by the agent's own code.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
import random

import aiomqtt
from iotbridge_agent import __version__
from iotbridge_agent.collector import SensorDescription
from iotbridge_agent.collectors import specs_for
from iotbridge_agent.config import BrokerConfig, Config
from iotbridge_agent.protocol import discovery
from iotbridge_agent.protocol.messages import Announce, encode, encode_announce, format_time
from iotbridge_agent.protocol.topics import Topics, device_uid, discovery_topic
from iotbridge_agent.scheduler import Scheduler
from lab.waiting import LabError

SENSORS = 10
BUTTONS = ("status", "shutdown", "reboot")
ENTITIES = SENSORS + len(BUTTONS) + 1
"""The last one is the connection."""
BIRTH_JITTER_S = 2.0
STATUS_AFTER_DISCOVERY_S = 3.0


async def numeric_sensors() -> list[SensorDescription]:
    """Return ten sensors of measurements that this machine has."""
    config = Config(
        broker=BrokerConfig(scheme="mqtt", host="127.0.0.1", port=1883), node_id="template", name="template"
    )
    scheduler = Scheduler(specs_for(config), config)
    await scheduler.collect(patience_s=30)
    found = [
        # Some of them are disabled by default; here all are enabled, for a complete host.
        replace(description, enabled=True)
        for _, description in scheduler.descriptions().values()
        if description.state_class == "measurement"
    ]
    if len(found) < SENSORS:
        raise LabError(f"this machine has {len(found)} numeric sensors, expected at least {SENSORS}")
    return found[:SENSORS]


@dataclass(frozen=True)
class SimulatedHost:
    """Simulated host with its sensors."""

    number: int
    sensors: Sequence[SensorDescription]

    @property
    def topics(self) -> Topics:
        """Its topics."""
        return Topics("iotbridge", f"sim-{self.number:03d}")

    @property
    def uid(self) -> str:
        """Identifier of its device."""
        return device_uid("iotbridge", self.topics.node_id)

    def announce(self) -> bytes:
        """Return the announce."""
        name = self.topics.node_id
        return encode_announce(
            Announce(
                agent=__version__,
                node_id=name,
                hostname=name,
                uid=self.uid,
                instance=f"instance-{self.number}",
                power="on",
                ip=f"192.0.2.{self.number % 250}",
                platform="Linux",
                platform_version="Debian GNU/Linux 12 (bookworm)",
                interval_s=30,
                commands=("ping", "status", "shutdown", "reboot"),
            )
        )

    def discovery(self) -> bytes:
        """Return the discovery message of its device."""
        components = {sensor.key: discovery.sensor(sensor, self.uid, str) for sensor in self.sensors}
        components[discovery.CONNECTION] = discovery.connection_sensor(self.uid, self.topics, str)
        for name in BUTTONS:
            components[f"command_{name}"] = discovery.builtin_button(name, self.uid, self.topics, str, expiry=True)
        device = {"identifiers": [self.uid], "name": self.topics.node_id, "manufacturer": "Bench", "model": "Simulated"}
        return encode(
            discovery.device_message(components, device=device, agent_version=__version__, topics=self.topics)
        )

    def status(self, value: int) -> bytes:
        """Return readings that all differ from those with another value."""
        base: Mapping[str, object] = {"hostname": self.topics.node_id, "platform": "Linux", "uptime": value}
        readings = {sensor.key: value + place for place, sensor in enumerate(self.sensors)}
        return encode({**base, **readings, "timestamp": format_time(datetime.now(UTC).replace(microsecond=0))})


class Fleet:
    """All simulated hosts on one connection."""

    def __init__(self, client: aiomqtt.Client, hosts: Sequence[SimulatedHost]) -> None:
        self.hosts = hosts
        self._client = client

    async def appear(self) -> None:
        """Announce like real agents after Home Assistant's birth: spread over two seconds, values three later."""
        async with asyncio.TaskGroup() as tasks:
            for host in self.hosts:
                tasks.create_task(self._appear(host))

    async def report(self, value: int, *, over_s: float) -> None:
        """Send one status of each host, evenly spread over a time."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        for number, host in enumerate(self.hosts):
            await asyncio.sleep(started + over_s * number / len(self.hosts) - loop.time())
            await self._client.publish(host.topics.status, host.status(value))

    async def _appear(self, host: SimulatedHost) -> None:
        await asyncio.sleep(random.uniform(0, BIRTH_JITTER_S))  # noqa: S311  # spreads load
        topics = host.topics
        await self._client.publish(topics.announce, host.announce(), qos=1, retain=True, timeout=60)
        await self._client.publish(topics.availability, "online", qos=1, retain=True, timeout=60)
        topic = discovery_topic("homeassistant", host.uid)
        await self._client.publish(topic, host.discovery(), qos=1, retain=True, timeout=60)
        await asyncio.sleep(STATUS_AFTER_DISCOVERY_S)
        await self._client.publish(topics.status, host.status(1))
