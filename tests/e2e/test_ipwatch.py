"""A host whose agent announces nothing, as those of IPWatch, becomes a device all the same."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
import json

import aiomqtt
from lab.client import Json
from lab.lab import Lab
from lab.waiting import until

from .host import messages, next_of

PREFIX = "ipwatch/device/192.168.1.77"


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@asynccontextmanager
async def ipwatch_agent(lab: Lab) -> AsyncIterator[aiomqtt.Client]:
    """Be such an agent: online, with a status every other second."""
    async with lab.broker.client() as mqtt:
        await mqtt.publish(f"{PREFIX}/availability", "online", qos=1, retain=True)

        async def report() -> None:
            while True:
                status = {"hostname": "desk", "cpu_percent": 12.0, "memory_percent": 58.3, "timestamp": now()}
                await mqtt.publish(f"{PREFIX}/status", json.dumps(status))
                await asyncio.sleep(2)

        reporting = asyncio.create_task(report())
        try:
            yield mqtt
        finally:
            reporting.cancel()
            await asyncio.gather(reporting, return_exceptions=True)


async def test_host_without_announce_becomes_a_device_whose_button_works(lab: Lab) -> None:
    client = lab.client

    async def entity(end: str) -> Json | None:
        rows = [row for row in await client.entities() if row["unique_id"].startswith("ipwatch_192-168-1-77")]
        return next((row for row in rows if row["unique_id"].endswith(end)), None)

    async with ipwatch_agent(lab) as mqtt:
        # It is given half a minute to announce itself, before that is done for it.
        cpu = await until(lambda: entity("_cpu_percent"), timeout_s=60, what="the entity of a reading")
        await client.wait_state(cpu["entity_id"], "12.0")

        button = await until(lambda: entity("_reboot"), timeout_s=60, what="the reboot button")
        power = await until(lambda: entity("_power_state"), timeout_s=60, what="the power state")
        await client.wait_state(power["entity_id"], "on")
        assert cpu["device_id"] == button["device_id"] == power["device_id"]

        async with messages(lab, f"{PREFIX}/command") as commands:
            await client.call("button.press", {"entity_id": button["entity_id"]})
            command = await next_of(commands)
        assert command["command"] == "reboot"

        response = {"id": command["id"], "command": "reboot", "success": True, "status": "accepted"}
        response |= {"message": "Rebooting.", "timestamp": now()}
        await mqtt.publish(f"{PREFIX}/response", json.dumps(response), qos=1)
        await client.wait_state(power["entity_id"], "rebooting")
