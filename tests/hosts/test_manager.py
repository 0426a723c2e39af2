"""Messages from the broker, verified by their effects: states, log, issues."""

from datetime import UTC, datetime, timedelta
import logging

import pytest

from homeassistant.components.mqtt.const import MQTT_CONNECTION_STATE
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import async_dispatcher_send
from tests.kit import Kit

# The number of rejected messages is disabled at first.
pytestmark = pytest.mark.usefixtures("enabled_counts")


def issues(kit: Kit) -> set[str]:
    registry = ir.async_get(kit.hass)
    return {str(issue.translation_key) for (domain, _id), issue in registry.issues.items() if domain == "iotbridge"}


async def test_lost_and_back(kit: Kit) -> None:
    host = await kit.host()
    await host.availability("offline")

    assert host.power == "lost"
    assert (kit.bridge("hosts_online"), kit.bridge("hosts_lost")) == ("0", "1")
    await host.availability("online")
    assert host.power == "on"


async def test_stopped_in_an_orderly_way_is_off(kit: Kit) -> None:
    host = await kit.host()
    await host.announce(power="off")
    await host.availability("offline")

    assert host.power == "off"
    assert kit.bridge("hosts_lost") == "0"


async def test_a_silent_host_is_lost(kit: Kit) -> None:
    host = await kit.host()
    await kit.wait(100)
    assert host.power == "on"
    await kit.wait(30)
    assert host.power == "lost"
    await host.status()
    assert host.power == "on"


async def test_without_a_broker_states_are_unavailable_and_no_host_is_lost(kit: Kit) -> None:
    host = await kit.host()
    async_dispatcher_send(kit.hass, MQTT_CONNECTION_STATE, False)
    await kit.hass.async_block_till_done()
    assert host.power == "unavailable"
    await kit.wait(600)
    assert issues(kit) == {"broker_gone"}

    async_dispatcher_send(kit.hass, MQTT_CONNECTION_STATE, True)
    await kit.wait(10)

    assert host.power == "on"
    assert issues(kit) == set()


@pytest.mark.parametrize(
    ("leaf", "payload"),
    [
        ("announce", "{"),
        ("announce", '{"protocol":"one"}'),
        ("availability", b"\xff\xfe\x00"),
        ("status", "[" * 100_000),
        ("status", '{"timestamp":1}'),
        ("status", "x" * 70_000),
        ("response", "null"),
        ("command", "reboot"),
        ("unknown", "1"),
    ],
)
async def test_an_invalid_message_is_counted_and_logged_once(
    kit: Kit, caplog: pytest.LogCaptureFixture, leaf: str, payload: str | bytes
) -> None:
    host = await kit.host()
    for _ in range(5):
        await kit.receive(host.topic(leaf), payload)

    ours = [r for r in caplog.records if r.name == "custom_components.iotbridge" and r.levelno == logging.WARNING]
    assert len(ours) == 1
    assert host.topic(leaf) in caplog.text
    assert host.power == "on"
    await kit.wait(10)
    assert kit.bridge("messages_rejected") == "5"


async def test_a_flood_of_strangers_is_counted_in_bounded_memory(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(2000):
        await kit.receive(f"iotbridge/device/{number}/nonsense", "x")
    await kit.wait(10)

    assert kit.bridge("messages_rejected") == "2000"
    assert len([record for record in caplog.records if "Rejected" in record.message]) <= 501


async def test_the_echoes_of_doctor_are_not_counted_as_rejected(kit: Kit) -> None:
    await kit.host()
    for node_id in ("nas", "not-6f1c0d5e9a2b4c7d"):
        await kit.receive(f"iotbridge/device/{node_id}/doctor/echo", "6f1c0d5e9a2b4c7d")
    await kit.wait(10)

    assert kit.bridge("messages_rejected") == "0"


async def test_a_retained_command_is_rejected(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    host = await kit.host()
    await kit.receive(host.topic("command"), '{"command":"reboot","id":"1"}', retain=True)
    await kit.wait(10)

    assert kit.bridge("messages_rejected") == "1"
    assert "retained command" in caplog.text


async def test_a_host_with_an_invalid_node_id_is_rejected(kit: Kit) -> None:
    await kit.receive("iotbridge/device/my nas/availability", "online")
    await kit.wait(10)

    assert kit.bridge("messages_rejected") == "1"
    assert kit.bridge("hosts_online") == "0"


class TestRepairs:
    """Repair issues that are shown to a user."""

    async def test_a_wrong_clock(self, kit: Kit) -> None:
        host = await kit.host()
        wrong = (datetime.now(UTC) - timedelta(seconds=95)).isoformat()
        await host.status(timestamp=wrong)
        assert issues(kit) == set()
        await host.status(timestamp=wrong)

        assert issues(kit) == {"clock_differs"}
        (issue,) = [i for (domain, _id), i in ir.async_get(kit.hass).issues.items() if domain == "iotbridge"]
        assert "nas" not in issue.issue_id
        assert issue.translation_placeholders is not None
        assert issue.translation_placeholders["host"] == "nas"
        assert issue.translation_placeholders["seconds"] == "95"
        await host.status()
        assert issues(kit) == set()

    async def test_two_agents_with_one_node_id(self, kit: Kit) -> None:
        host = await kit.host(instance="a")
        await host.announce(instance="b")
        assert issues(kit) == set()
        await host.announce(instance="a")

        assert issues(kit) == {"node_id_conflict"}

    async def test_an_agent_that_reports_a_conflict(self, kit: Kit) -> None:
        host = await kit.host(conflict=True)
        assert issues(kit) == {"node_id_conflict"}
        await host.announce(conflict=False)

        assert issues(kit) == set()

    async def test_an_agent_of_the_future(self, kit: Kit) -> None:
        host = await kit.host(protocol=2)
        assert issues(kit) == {"protocol_newer"}
        assert host.power == "on"
        await host.announce(protocol=1)
        assert issues(kit) == set()

    async def test_removing_the_entry_clears_them(self, kit: Kit) -> None:
        await kit.host(protocol=2)
        entry = kit.hass.config_entries.async_entries("iotbridge")[0]
        await kit.hass.config_entries.async_remove(entry.entry_id)

        assert issues(kit) == set()
