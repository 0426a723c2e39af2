"""Messages of a running host that are lost at the broker, and a device that is deleted while its host is running."""

from lab.client import Json
from lab.lab import Lab
from lab.waiting import until

from .host import Host


async def empty(lab: Lab, *topics: str) -> None:
    async with lab.broker.client() as mqtt:
        for topic in topics:
            await mqtt.publish(topic, b"", qos=1, retain=True)


async def available(host: Host) -> set[str]:
    """Return the unique ids of a host's entities that have a state other than unavailable."""
    uid, client = await host.uid(), host.lab.client
    rows = {row["entity_id"]: row["unique_id"] for row in await client.entities()}
    states: list[Json] = await client.rest("GET", "states")
    present = {state["entity_id"] for state in states if state["state"] != "unavailable"}
    return {unique_id for entity_id, unique_id in rows.items() if entity_id in present and unique_id.startswith(uid)}


async def wait_available(host: Host, expected: set[str]) -> None:
    async def is_there() -> bool:
        return await available(host) >= expected

    await until(is_there, timeout_s=60, what=f"all entities of {host.node_id}")


async def settled(host: Host) -> set[str]:
    """Return the entities of a host once all of them exist."""
    await host.entity_id("cpu_percent")
    await host.entity_id("command_reboot")
    await host.lab.client.wait_state(await host.entity_id("connection"), "on")
    return await available(host)


async def check_comes_back(host: Host, *leaves: str) -> None:
    lab, config = host.lab, f"homeassistant/device/{await host.uid()}/config"
    before = await settled(host)
    await empty(lab, *(config if leaf == "config" else f"{host.topic}/{leaf}" for leaf in leaves))

    for topic in (config, f"{host.topic}/announce"):
        await lab.retained(topic)
    assert await lab.wait_message(f"{host.topic}/availability") == b"online"
    await wait_available(host, before)
    assert (await host.discovery())["origin"]["name"] != "IoT Bridge"
    await host.wait_power("on")


async def test_a_cleared_announce_comes_back(host: Host) -> None:
    await check_comes_back(host, "announce")


async def test_a_cleared_discovery_message_comes_back(host: Host) -> None:
    await check_comes_back(host, "config")


async def test_all_cleared_messages_come_back(host: Host) -> None:
    await check_comes_back(host, "announce", "availability", "config")


async def test_a_device_that_is_deleted_while_its_host_runs_comes_back(lab: Lab, host: Host) -> None:
    before = await settled(host)
    await lab.client.command("config/device_registry/remove", device_id=await host.device_id())

    await wait_available(host, before)
    await host.wait_power("on")


async def test_a_removed_host_leaves_no_device(lab: Lab, host: Host) -> None:
    await settled(host)
    uid = await host.uid()
    await host.agent.stop()
    await host.wait_power("off")
    leaves = (f"{host.topic}/announce", f"{host.topic}/availability")
    await empty(lab, f"homeassistant/device/{uid}/config", *leaves)

    async def is_gone() -> bool:
        return not any(["mqtt", uid] in device["identifiers"] for device in await lab.client.devices())

    await until(is_gone, timeout_s=60, what=f"the removal of the device {uid}")
