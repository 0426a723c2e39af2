"""Discovery of a host, which becomes a device with values."""

import socket

from lab.lab import Lab
from lab.report import host_entities
from lab.waiting import until

from .conftest import NewHost
from .host import Host


async def test_iotbridge_is_discovered(lab: Lab) -> None:
    (entry,) = await lab.client.entries("iotbridge")

    assert entry["source"] == "mqtt"
    assert entry["state"] == "loaded"


async def test_every_promised_entity_has_a_value(host: Host, lab: Lab) -> None:
    uid = await host.uid()

    async def complete() -> bool:
        return not [entity for entity in await host_entities(lab, uid) if entity.problem]

    await until(complete, timeout_s=60, what="values of all entities")

    assert len(await host_entities(lab, uid)) > 10


async def test_all_entities_of_a_host_are_on_one_device(host: Host, lab: Lab) -> None:
    uid = await host.uid()
    rows = [row for row in await lab.client.entities() if row["unique_id"].startswith(f"{uid}_")]

    assert {row["platform"] for row in rows} == {"mqtt", "iotbridge"}
    assert {row["device_id"] for row in rows} == {await host.device_id()}


async def test_announce_identifies_the_host(host: Host, lab: Lab) -> None:
    announce = await lab.retained(f"{host.topic}/announce")

    assert announce["protocol"] == 1
    assert announce["hostname"] == socket.gethostname()
    assert announce["dry_run"] is True
    assert {"ping", "status", "shutdown", "reboot", "suspend"} <= set(announce["commands"])


async def test_bridge_counts_hosts(host: Host, lab: Lab) -> None:
    (entry,) = await lab.client.entries("iotbridge")
    row = await lab.client.find_entity(f"{entry['entry_id']}_hosts_online")
    assert row is not None
    online = [
        state
        for entity in await lab.client.entities()
        if entity["unique_id"].endswith("_power_state")
        and (state := lab.client.states.get(entity["entity_id"]))
        and state["state"] == "on"
    ]

    await lab.client.wait_state(row["entity_id"], str(len(online)))


async def test_two_hosts_are_two_devices(new_host: NewHost) -> None:
    first, second = await new_host("-1"), await new_host("-2")

    assert await first.device_id() != await second.device_id()


async def test_a_deleted_device_comes_back_with_its_agent(host: Host, lab: Lab) -> None:
    (mqtt,) = await lab.client.entries("mqtt")
    uid = await host.uid()
    await lab.client.command(
        "config/device_registry/remove_config_entry",
        device_id=await host.device_id(),
        config_entry_id=mqtt["entry_id"],
    )

    async def gone() -> bool:
        return not [row for row in await lab.client.entities() if row["unique_id"].startswith(f"{uid}_")]

    await until(gone, timeout_s=60, what="all entities of the device to go, ours as well")
    await host.agent.stop()
    await host.agent.start()

    await host.wait_power("on")
