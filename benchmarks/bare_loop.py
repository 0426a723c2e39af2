"""Minimal agent: nine values by psutil in one JSON message, one discovery message, nothing else.

It is a yardstick, not a product: no commands, no configuration, no error reports.
"""

import asyncio
import json
import sys

import aiomqtt
import psutil

INTERVAL_S = 30
TOPIC = "bare"
KEYS = (
    "cpu_percent",
    "load_1",
    "load_5",
    "load_15",
    "memory_percent",
    "swap_percent",
    "disk_percent",
    "received",
    "sent",
)


def discovery() -> dict[str, object]:
    """Return the discovery message of these values."""
    sensors = {
        key: {
            "platform": "sensor",
            "unique_id": f"bare_{key}",
            "name": key,
            "value_template": f"{{{{ value_json.{key} }}}}",
            "state_class": "measurement",
        }
        for key in KEYS
    }
    return {
        "device": {"identifiers": ["bare"], "name": "bare"},
        "origin": {"name": "bare loop"},
        "state_topic": f"{TOPIC}/state",
        "availability": [{"topic": f"{TOPIC}/availability"}],
        "components": sensors,
    }


def values() -> dict[str, float]:
    """Read all values once."""
    load_1, load_5, load_15 = psutil.getloadavg()
    traffic = psutil.net_io_counters()
    readings = (
        psutil.cpu_percent(),
        round(load_1, 1),
        round(load_5, 1),
        round(load_15, 1),
        psutil.virtual_memory().percent,
        psutil.swap_memory().percent,
        psutil.disk_usage("/").percent,
        traffic.bytes_recv,
        traffic.bytes_sent,
    )
    return dict(zip(KEYS, readings, strict=True))


async def run(port: int) -> None:
    """Report until the process is ended."""
    will = aiomqtt.Will(f"{TOPIC}/availability", "offline", 1, True)
    async with aiomqtt.Client("127.0.0.1", port, will=will, protocol=aiomqtt.ProtocolVersion.V5) as client:
        await client.publish("homeassistant/device/bare/config", json.dumps(discovery()), qos=1, retain=True)
        await client.publish(f"{TOPIC}/availability", "online", qos=1, retain=True)
        while True:
            await client.publish(f"{TOPIC}/state", json.dumps(values(), separators=(",", ":")))
            await asyncio.sleep(INTERVAL_S)


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1])))
