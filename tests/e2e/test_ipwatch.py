"""Agent of IPWatch in a real Home Assistant: a fake with exactly its documented messages, over MQTT 3.1.1."""

import asyncio
from collections.abc import AsyncIterator
import contextlib
from datetime import UTC, datetime, timedelta
import json

import aiomqtt
from lab.client import Json
from lab.lab import Lab
from lab.waiting import until
import pytest

ADDRESS = "10.0.0.100"
IDENTIFIER = "ipwatch_10_0_0_100"
PREFIX = f"ipwatch/device/{ADDRESS}"
UPTIME_S = 86400
DISCOVERY = {
    "name": "Server 01",
    "unique_id": IDENTIFIER,
    "state_topic": f"{PREFIX}/status",
    "availability_topic": f"{PREFIX}/availability",
    "json_attributes_topic": f"{PREFIX}/status",
    "device": {
        "identifiers": [IDENTIFIER],
        "name": "Server 01",
        "model": "IPWatch MQTT Agent",
        "manufacturer": "IPWatch",
    },
}


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class IpwatchAgent:
    """Agent that announces itself, reports, and answers each command with one response that names none."""

    def __init__(self, mqtt: aiomqtt.Client) -> None:
        self.mqtt = mqtt
        self.commands: asyncio.Queue[Json] = asyncio.Queue()
        self.refuses = False

    async def hello(self) -> None:
        await self.mqtt.subscribe(f"{PREFIX}/command", qos=1)
        await self.mqtt.publish(f"homeassistant/sensor/{IDENTIFIER}/config", json.dumps(DISCOVERY), qos=1, retain=True)
        await self.mqtt.publish(f"{PREFIX}/availability", "online", qos=1, retain=True)

    async def report(self) -> None:
        """Send a status repeatedly; more often than the documented 30 s, to shorten the test."""
        while True:
            status = {
                "hostname": "server-01",
                "ip": ADDRESS,
                "platform": "Linux",
                "platform_version": "5.15.0-91-generic",
                "uptime": UPTIME_S,
                "cpu_percent": 45.2,
                "memory_percent": 62.5,
                "disk_percent": 78.3,
                "timestamp": now(),
            }
            await self.mqtt.publish(f"{PREFIX}/status", json.dumps(status), qos=1)
            await asyncio.sleep(2)

    async def obey(self) -> None:
        async for message in self.mqtt.messages:
            assert isinstance(message.payload, bytes)
            command = json.loads(message.payload)
            self.commands.put_nowait(command)
            text = "Permission refusée" if self.refuses else "Shutdown en cours..."
            response = {"success": not self.refuses, "message": text, "timestamp": now()}
            await self.mqtt.publish(f"{PREFIX}/response", json.dumps(response), qos=1)
            if command["command"] in ("shutdown", "reboot") and not self.refuses:
                await self.mqtt.publish(f"{PREFIX}/availability", "offline", qos=1, retain=True)


@pytest.fixture
async def agent(lab: Lab) -> AsyncIterator[IpwatchAgent]:
    """Return a running agent; its retained messages are cleared afterwards."""
    will = aiomqtt.Will(f"{PREFIX}/availability", "offline", qos=1, retain=True)
    client = aiomqtt.Client(
        "127.0.0.1", lab.broker.port, protocol=aiomqtt.ProtocolVersion.V311, will=will, keepalive=60
    )
    async with client as mqtt:
        agent = IpwatchAgent(mqtt)
        await agent.hello()
        tasks = [asyncio.create_task(work) for work in (agent.report(), agent.obey())]
        yield agent
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks)
        for topic in (f"{PREFIX}/availability", f"homeassistant/sensor/{IDENTIFIER}/config"):
            await mqtt.publish(topic, b"", qos=1, retain=True)


async def wait_entity(lab: Lab, end: str) -> Json:
    async def found() -> Json | None:
        rows = await lab.client.entities()
        return next((r for r in rows if r["unique_id"].startswith("ipwatch_10") and r["unique_id"].endswith(end)), None)

    return await until(found, timeout_s=60, what=f"the entity …{end}")


async def test_an_agent_of_ipwatch_is_one_device_that_executes_commands(lab: Lab, agent: IpwatchAgent) -> None:
    client = lab.client
    rows = {end: await wait_entity(lab, end) for end in ("_cpu_percent", "_uptime", "_reboot", "_power_state")}
    rows |= {end: await wait_entity(lab, end) for end in ("_memory_percent", "_disk_percent", "_command")}
    power, event = rows["_power_state"]["entity_id"], rows["_command"]["entity_id"]

    # One device, its own, whose sensor that repeats the status is disabled.
    (device_id,) = {row["device_id"] for row in rows.values()}
    devices = [d for d in await client.devices() if any(i[1].startswith("ipwatch_10") for i in d["identifiers"])]
    assert [(d["id"], d["name"], d["manufacturer"]) for d in devices] == [(device_id, "Server 01", "IPWatch")]
    theirs = await client.find_entity(IDENTIFIER)
    assert theirs is not None
    assert (theirs["device_id"], theirs["disabled_by"]) == (device_id, "integration")

    # Its values, including the last boot.
    for end, value in (("_cpu_percent", "45.2"), ("_memory_percent", "62.5"), ("_disk_percent", "78.3")):
        await client.wait_state(rows[end]["entity_id"], value)
    booted = datetime.fromisoformat((await client.state(rows["_uptime"]["entity_id"]))["state"])
    assert abs(datetime.now(UTC) - timedelta(seconds=UPTIME_S) - booted) < timedelta(seconds=90)
    await client.wait_state(power, "on")

    # A button, which it refuses, and an action, which it executes.
    agent.refuses = True
    await client.call("button.press", {"entity_id": rows["_reboot"]["entity_id"]})
    await client.wait_until(
        lambda: client.states[event]["attributes"].get("event_type") == "failed", timeout_s=30, what="the event failed"
    )
    assert client.states[event]["attributes"]["message"] == "Permission refusée"
    assert client.states[event]["attributes"]["command"] == "reboot"
    await client.wait_state(power, "on")
    agent.refuses = False
    answer = await client.call("iotbridge.send_command", {"device_id": device_id, "command": "shutdown"}, response=True)
    (result,) = answer["results"]
    assert (result["status"], result["success"], result["message"]) == ("accepted", True, "Shutdown en cours...")
    await client.wait_state(power, "shutting_down")
    assert [agent.commands.get_nowait()["command"] for _ in range(2)] == ["reboot", "shutdown"]
