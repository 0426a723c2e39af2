"""Commands from Home Assistant, and the responses of the host."""

from datetime import UTC, datetime, timedelta
import re

from lab.client import Json
from lab.lab import Lab
from lab.waiting import LabError, until
import pytest

from .conftest import NewHost, command
from .host import Host, next_of


async def test_ping_is_answered(host: Host) -> None:
    result = await host.send("ping")

    assert (result["status"], result["success"], result["node_id"]) == ("done", True, host.node_id)
    assert result["latency_ms"] < 1000


async def test_reboot_in_dry_run_is_accepted_and_the_host_stays(host: Host, lab: Lab) -> None:
    result = await host.send("reboot")

    assert result["status"] == "accepted"
    event = await host.wait_command_event("reboot", "accepted")
    assert event["command_id"]
    assert event["message"]
    await host.wait_command_event("reboot", "dry_run")
    assert await lab.wait_message(f"{host.topic}/availability") == b"online"


async def test_activity_has_a_sentence_for_a_command_and_nothing_else(host: Host, lab: Lab) -> None:
    began, event = datetime.now(UTC), await host.entity_id("command")
    await host.send("reboot")
    await host.wait_command_event("reboot", "dry_run")

    async def sentences() -> list[str]:
        lines: list[Json] = await lab.client.command("logbook/get_events", start_time=began.isoformat())
        # Changes of an entity that was added a moment ago are left out a second later.
        is_left_out = event not in [line.get("entity_id") for line in lines]
        return [line["message"] for line in lines if line.get("domain") == "iotbridge" and is_left_out]

    (sentence,) = await until(sentences, timeout_s=30, what="the sentence alone")
    assert re.fullmatch("Reboot of .+: accepted, dry run, asked by Demo", sentence)


async def test_button_press_is_answered(host: Host, lab: Lab) -> None:
    components = (await host.discovery())["components"].values()
    reboot = next(c for c in components if c["platform"] == "button" and "reboot" in str(c))
    row = await until(lambda: lab.client.find_entity(reboot["unique_id"]), timeout_s=60, what="the reboot button")
    # Home Assistant skips a button that is not available yet, without an error.
    await lab.client.wait_state(row["entity_id"], "unknown")

    await lab.client.call("button.press", {"entity_id": row["entity_id"]})

    assert (await host.wait_command_event("reboot", "accepted"))["latency_ms"] < 1000


async def test_several_hosts_answer_one_call(new_host: NewHost, lab: Lab) -> None:
    hosts = [await new_host("-1"), await new_host("-2")]
    devices = [await host.device_id() for host in hosts]

    answer = await lab.client.call("iotbridge.send_command", {"device_id": devices, "command": "ping"}, response=True)

    assert {result["node_id"]: result["status"] for result in answer["results"]} == dict.fromkeys(
        [host.node_id for host in hosts], "done"
    )


async def test_error_of_the_action_names_the_host_that_is_off(host: Host) -> None:
    await host.agent.stop()
    await host.wait_power("off")

    result = await host.send("ping", raise_on_failure=False)
    assert (result["success"], result["reason"]) == (False, "offline")

    with pytest.raises(LabError):
        await host.send("ping")


async def test_command_that_is_not_enabled_is_refused(new_host: NewHost) -> None:
    host = await new_host(settings={"commands": {"shutdown": False}})

    result = await host.send("shutdown", raise_on_failure=False)

    assert (result["status"], result["reason"]) == ("refused", "not_enabled")
    await host.wait_command_event("shutdown", "refused")


async def test_reboot_for_real_goes_and_comes_back(recording_host: Host) -> None:
    result = await recording_host.send("reboot")
    assert result["status"] == "accepted"
    await recording_host.wait_power("rebooting")

    async def executed() -> bool:
        return recording_host.executed == ["reboot"]

    await until(executed, timeout_s=60, what="the execution of reboot")
    # What the machine would have executed now.
    await recording_host.agent.kill()
    await recording_host.agent.start()

    await recording_host.wait_power("on")
    assert recording_host.executed == ["reboot"]


async def test_shutdown_is_announced_before_it_happens(recording_host: Host, lab: Lab) -> None:
    await recording_host.send("shutdown")

    await recording_host.wait_power("shutting_down")
    await lab.wait_message(f"{recording_host.topic}/availability", b"offline")
    assert (await lab.retained(f"{recording_host.topic}/announce"))["power"] == "shutting_down"


async def test_retained_reboot_is_refused(recording_host: Host, lab: Lab) -> None:
    await recording_host.agent.stop()
    topic = f"{recording_host.topic}/command"
    async with lab.broker.client() as mqtt, recording_host.responses() as responses:
        await mqtt.publish(topic, command(command="reboot", id="retained-1"), qos=1, retain=True)
        await recording_host.agent.start()
        response = await next_of(responses)
        await mqtt.publish(topic, b"", qos=1, retain=True)

    assert (response["status"], response["reason"]) == ("refused", "retained")
    await recording_host.wait_power("on")
    assert recording_host.executed == []


async def test_late_reboot_is_refused(recording_host: Host, lab: Lab) -> None:
    then = (datetime.now(UTC) - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    async with lab.broker.client() as mqtt, recording_host.responses() as responses:
        payload = command(command="reboot", id="late-1", timestamp=then, ttl_s=30)
        await mqtt.publish(f"{recording_host.topic}/command", payload, qos=1)
        response = await next_of(responses)

    assert (response["id"], response["status"], response["reason"]) == ("late-1", "refused", "expired")
    await recording_host.wait_command_event("reboot", "refused")
    assert recording_host.executed == []


async def test_repeated_reboot_is_refused_also_after_a_restart_of_the_agent(recording_host: Host, lab: Lab) -> None:
    payload = command(command="reboot", id="once-1")
    topic = f"{recording_host.topic}/command"
    async with lab.broker.client() as mqtt, recording_host.responses() as responses:
        await mqtt.publish(topic, payload, qos=1)
        assert (await next_of(responses))["status"] == "accepted"
        await recording_host.wait_power("rebooting")
        await recording_host.agent.kill()
        await recording_host.agent.start()
        await recording_host.wait_power("on")
        await mqtt.publish(topic, payload, qos=1)
        response = await next_of(responses)

    assert (response["status"], response["reason"]) == ("refused", "duplicate")
    assert recording_host.executed == ["reboot"]
