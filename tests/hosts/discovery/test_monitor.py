"""Messages that vanish from the broker, and devices that are deleted: restoration and removal."""

import pytest

from custom_components.iotbridge.hosts.repairs import ForgetHost
from custom_components.iotbridge.repairs import async_create_fix_flow
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from tests.kit import FakeHost, Kit

# The form of an IPWatch host: messages are never published for others.
ADDRESS = "192.168.1.77"


def issues(kit: Kit) -> dict[str, ir.IssueEntry]:
    registry = ir.async_get(kit.hass)
    return {
        str(issue.translation_key): issue for (domain, _), issue in registry.issues.items() if domain == "iotbridge"
    }


def discovery_topic(host: FakeHost) -> str:
    return f"homeassistant/device/{host.uid}/config"


def written(kit: Kit) -> set[str]:
    """Return the discovery topics Home Assistant published on."""
    topics = {call.args[0] for call in kit.mqtt.async_publish.call_args_list if call.args[1]}
    return {topic for topic in topics if topic.startswith("homeassistant/device/")}


def taken_back(kit: Kit) -> set[str]:
    return {call.args[0] for call in kit.mqtt.async_publish.call_args_list if call.args[1] == "" and call.args[3]}


def asked(host: FakeHost) -> list[str]:
    return [command["command"] for command in host.commands()]


async def delete_device(kit: Kit, host: FakeHost) -> None:
    device = kit.device(host.uid)
    assert device is not None
    dr.async_get(kit.hass).async_remove_device(device.id)
    await kit.hass.async_block_till_done(wait_background_tasks=True)


async def restart(kit: Kit) -> None:
    await kit.wait(2)
    await kit.hass.config_entries.async_reload(kit.hass.config_entries.async_entries("iotbridge")[0].entry_id)
    await kit.hass.async_block_till_done(wait_background_tasks=True)


class TestEmptiedAnnounce:
    """The announce of a host vanishes while the host is online."""

    async def test_no_discovery_message_is_published_for_an_announced_host(self, kit: Kit) -> None:
        host = await kit.host(ADDRESS, prefix="ipwatch")
        await kit.receive(host.topic("announce"), "")
        for _ in range(6):
            await host.status()
            await kit.wait(10)

        assert host.power == "on"
        assert written(kit) == set()

    async def test_none_is_published_after_a_restart_either(self, kit: Kit) -> None:
        host = await kit.host(ADDRESS, prefix="ipwatch")
        await kit.receive(host.topic("announce"), "")
        await restart(kit)
        await host.availability("online", retain=True)
        for _ in range(6):
            await host.status()
            await kit.wait(10)

        assert host.power == "on"
        assert written(kit) == set()

    async def test_a_host_that_was_forgotten_may_be_one_of_ipwatch_afterwards(self, kit: Kit) -> None:
        host = await kit.host(ADDRESS, prefix="ipwatch")
        await host.announce(power="off")
        await host.availability("offline")
        await delete_device(kit, host)
        await restart(kit)
        await host.availability("online")
        for _ in range(3):
            await host.status()
            await kit.wait(10)

        assert written(kit) == {discovery_topic(host)}


class TestEmptiedDiscovery:
    """The discovery message of a host vanishes."""

    async def test_a_host_that_is_online_is_asked_to_publish_it_again(self, kit: Kit) -> None:
        host = await kit.host()
        await kit.receive(discovery_topic(host), "")
        await kit.wait(10)
        assert asked(host) == ["status"]
        await host.discover(retain=False)
        await kit.wait(60)

        assert asked(host) == ["status"]
        assert issues(kit) == {}
        assert kit.hass.states.get("sensor.nas_cpu_usage") is not None

    async def test_its_response_to_that_is_no_event(self, kit: Kit) -> None:
        """An automation on the event entity would run, although nobody sent a command."""
        host = await kit.host()
        event = kit.entity_id(f"{host.uid}_command")
        await kit.receive(discovery_topic(host), "")
        await kit.wait(10)
        await host.respond(host.commands()[-1], "done")
        assert kit.hass.states.get(event).state == "unknown"  # type: ignore[union-attr]

        await kit.wait(60)
        assert kit.hass.states.get(event).state == "unknown"  # type: ignore[union-attr]

    async def test_it_is_asked_once_and_then_an_issue_is_opened(self, kit: Kit) -> None:
        host = await kit.host()
        await kit.receive(discovery_topic(host), "")
        for _ in range(7):
            await kit.wait(10)
            await host.status()
        assert asked(host) == ["status"]
        assert issues(kit).keys() == {"no_device"}
        await host.discover(retain=False)

        assert issues(kit) == {}

    async def test_the_device_of_an_absent_host_is_removed(self, kit: Kit) -> None:
        host = await kit.host()
        await host.announce(power="off")
        await host.availability("offline")
        await kit.receive(discovery_topic(host), "")
        await kit.wait(10)

        assert kit.device(host.uid) is None
        assert {host.topic("announce"), host.topic("availability")} <= taken_back(kit)
        assert kit.bridge("hosts_lost") == "0"

    async def test_a_complete_host_is_left_alone(self, kit: Kit) -> None:
        host = await kit.host()
        for _ in range(8):
            await kit.wait(10)
            await host.status()

        assert asked(host) == []
        assert issues(kit) == {}


class TestDeletedDevice:
    """The user deletes the device of a host in Home Assistant."""

    async def test_a_host_that_is_online_comes_back(self, kit: Kit) -> None:
        host = await kit.host()
        await delete_device(kit, host)
        await kit.wait(10)
        assert asked(host) == ["status"]
        await host.discover(retain=False)

        assert host.power == "on"

    async def test_a_host_that_goes_offline_before_its_device_returns_is_removed(self, kit: Kit) -> None:
        host = await kit.host()
        await delete_device(kit, host)
        await host.availability("offline")
        await kit.wait(61)

        assert kit.bridge("hosts_lost") == "0"
        assert issues(kit) == {}
        assert {host.topic("announce"), host.topic("availability")} <= taken_back(kit)

    @pytest.fixture
    async def stale(self, kit: Kit) -> FakeHost:
        """Return a host that was deleted while it was online, and went offline while Home Assistant was away."""
        host = await kit.host()
        await delete_device(kit, host)
        await restart(kit)
        await host.announce(retain=True)
        await host.availability("offline", retain=True)
        await kit.wait(61)
        return host

    async def test_a_host_that_vanished_while_home_assistant_was_away_can_be_removed(
        self, kit: Kit, stale: FakeHost
    ) -> None:
        assert kit.bridge("hosts_lost") == "1"
        issue = issues(kit)["stale_host"]
        assert issue.is_fixable
        assert issue.translation_placeholders == {"host": "nas", "host_plain": "nas"}
        flow = await async_create_fix_flow(kit.hass, issue.issue_id, issue.data)
        assert isinstance(flow, ForgetHost)
        flow.hass = kit.hass
        form = await flow.async_step_init()
        assert form["type"] is FlowResultType.FORM
        assert form["description_placeholders"] == {"host": "nas", "host_plain": "nas"}
        await flow.async_step_confirm({})
        await kit.hass.async_block_till_done()

        assert issues(kit) == {}
        assert kit.bridge("hosts_lost") == "0"
        assert {stale.topic("announce"), stale.topic("availability")} <= taken_back(kit)
        assert (await flow.async_step_confirm({}))["reason"] == "gone"

    async def test_the_issue_is_closed_when_it_returns(self, kit: Kit, stale: FakeHost) -> None:
        await stale.discover(retain=False)
        await stale.announce()
        await stale.availability("online")
        await kit.wait(10)

        assert issues(kit) == {}
        assert stale.power == "on"
