"""Outages of agent, broker and Home Assistant, each in its own way."""

import asyncio

from lab.lab import Lab
from lab.waiting import until

from .conftest import NewHost
from .host import Host


async def test_killed_agent_is_lost_and_comes_back(host: Host) -> None:
    await host.agent.kill()
    await host.wait_power("lost")

    await host.agent.start()
    await host.wait_power("on")


async def test_stopped_agent_is_off(host: Host, lab: Lab) -> None:
    await host.agent.stop()

    await host.wait_power("off")
    assert (await lab.retained(f"{host.topic}/announce"))["power"] == "off"


async def test_agent_starts_without_a_broker(new_host: NewHost, lab: Lab) -> None:
    await lab.broker.stop()
    try:
        host = await new_host(started=False)
        await host.agent.start()

        async def complains() -> bool:
            return str(lab.broker.port) in host.agent.program.log_tail()

        await until(complains, timeout_s=60, what="a word about the missing broker")
        assert host.agent.program.running
    finally:
        await lab.broker.start()

    await host.wait_power("on", timeout_s=60)


async def test_broker_is_killed_and_comes_back(host: Host, lab: Lab) -> None:
    """Its memory is gone as well: the agents publish again what it had retained."""
    promised = (await host.discovery())["components"].values()
    sensor = next(c for c in promised if c["platform"] == "sensor" and c.get("enabled_by_default", True))
    row = await until(lambda: lab.client.find_entity(sensor["unique_id"]), timeout_s=60, what="a sensor")
    power = await host.entity_id("power_state")

    await lab.broker.kill()
    await lab.client.wait_state(power, "unavailable")
    await lab.client.wait_state(row["entity_id"], "unavailable")
    await lab.broker.start()

    await lab.client.wait_state(power, "on", timeout_s=60)

    def has_value() -> bool:
        return lab.client.states[row["entity_id"]]["state"] not in ("unavailable", "unknown")

    await lab.client.wait_until(has_value, timeout_s=60, what=f"a value of {row['entity_id']}")
    assert (await host.discovery())["components"]


async def test_restarted_home_assistant_knows_who_vanished_meanwhile(new_host: NewHost, lab: Lab) -> None:
    stays, vanishes = await new_host("-stays"), await new_host("-vanishes")
    entities = {await stays.entity_id("power_state"), await vanishes.entity_id("power_state")}

    await lab.home_assistant.stop()
    # It logs that and waits ten seconds if a thread does not end.
    assert "non-daemonic" not in lab.home_assistant.program.log_tail()
    await vanishes.agent.kill()
    await asyncio.gather(lab.home_assistant.start(), lab.wait_message(f"{vanishes.topic}/availability", b"offline"))
    await lab.client.watch_states()

    await stays.wait_power("on", timeout_s=60)
    await vanishes.wait_power("lost", timeout_s=60)
    assert {await stays.entity_id("power_state"), await vanishes.entity_id("power_state")} == entities
    assert (await stays.send("ping"))["status"] == "done"


async def test_automations_see_the_commands_of_a_host_and_no_outage(host: Host, lab: Lab) -> None:
    event, power = await host.entity_id("command"), await host.entity_id("power_state")
    await host.send("reboot")
    await host.wait_command_event("reboot", "dry_run")
    automation = {"alias": "A command", "triggers": [{"trigger": "state", "entity_id": event}], "actions": []}
    await lab.client.rest("POST", "config/automation/config/a_command", automation)
    await lab.client.wait_state("automation.a_command", "on")

    async def last_triggered() -> object:
        return (await lab.client.state("automation.a_command"))["attributes"]["last_triggered"]

    await lab.broker.kill()
    await lab.client.wait_state(power, "unavailable")
    await lab.broker.start()
    await host.wait_power("on", timeout_s=60)
    await lab.home_assistant.stop()
    await lab.home_assistant.start()
    await lab.client.watch_states()
    await host.wait_power("on", timeout_s=60)
    assert await last_triggered() is None

    await host.send("reboot")
    await until(last_triggered, timeout_s=30, what="the automation")


async def test_killed_home_assistant_starts_again(host: Host, lab: Lab) -> None:
    await lab.home_assistant.kill()
    await lab.home_assistant.start()
    await lab.client.watch_states()

    await host.wait_power("on", timeout_s=60)
    assert (await host.send("ping"))["status"] == "done"
