"""Waker: hosts are woken until they say hello, by the packets on the wire and the results."""

import asyncio
from dataclasses import replace
from typing import Any

import ifaddr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.hosts.commander import CommandResult
from custom_components.iotbridge.power_plans.engine.plan import Step
from homeassistant.helpers import issue_registry as ir
from tests.automation import connection
from tests.kit import FakeHost, Kit, settle
from tests.power_plans.plans import plan_of, put_plan
from tests.power_plans.schedules import FakeSchedule, device_of
from tests.wire import NETWORK, Wire, card

MAC, OTHER = "a8:a1:59:00:00:01", "a8:a1:59:00:00:02"
FAR = "192.168.7.255"
HERE = [(MAC, NETWORK)]


async def go_off(host: FakeHost, **announce: Any) -> None:
    await host.announce(power="off", **announce)
    await host.availability("offline")


async def come_on(host: FakeHost, **announce: Any) -> None:
    await host.announce(**announce)
    await host.availability("online")


async def asleep(kit: Kit, *cards: dict[str, Any], node_id: str = "nas") -> FakeHost:
    """Return a host that is off."""
    cards = cards or (card(MAC),)
    host = await kit.host(node_id, cards=[*cards])
    await go_off(host, cards=[*cards])
    return host


async def wake(kit: Kit, host: FakeHost, timeout_s: float = 60.0) -> asyncio.Task[CommandResult]:
    """Start to wake a host."""
    runtime = kit.hass.config_entries.async_entries("iotbridge")[0].runtime_data
    found = next(found for found in runtime.hosts.inventory if found.uid == host.uid)
    task = asyncio.create_task(runtime.waker.async_wake(found, timeout_s))
    await settle()
    return task


def adapter_of(address: str) -> ifaddr.Adapter:
    """Return a network card of Home Assistant."""
    return ifaddr.Adapter("eth1", "eth1", [ifaddr.IP(address, 24, "eth1")], index=3)


def issues(kit: Kit) -> list[str | None]:
    return [issue.translation_key for issue in ir.async_get(kit.hass).issues.values()]


def last_event(kit: Kit) -> tuple[Any, ...]:
    attributes = kit.state("iotbridge_nas_command").attributes
    return tuple(attributes.get(key) for key in ("event_type", "command", "reason"))


async def test_packets_are_sent_every_ten_seconds_until_the_host_says_hello(kit: Kit, wire: Wire) -> None:
    host = await asleep(kit)
    task = await wake(kit, host)
    assert wire.take() == HERE
    assert last_event(kit) == ("accepted", "wake", None)
    await kit.wait(9)
    assert wire.take() == []
    await kit.wait(1)
    assert wire.take() == HERE
    await kit.wait(5)
    await come_on(host)

    result = await task
    assert (result.is_success, result.latency_s, result.message) == (True, 15.0, "nas is on after 15 s.")
    assert result.data == {"addresses": [NETWORK], "via": [], "attempts": 2}
    assert last_event(kit) == ("done", "wake", None)
    await kit.wait(30)
    assert wire.take() == []


async def test_a_host_that_stays_away_is_given_up_at_the_deadline(kit: Kit, wire: Wire) -> None:
    task = await wake(kit, await asleep(kit), 25)
    for _ in range(5):
        await kit.wait(5)

    result = await task
    assert (result.is_success, result.reason, result.data["attempts"]) == (False, "no_response", 3)
    assert result.message == "nas is not on after 25 s."
    assert last_event(kit) == ("timed_out", "wake", "no_response")
    wire.take()
    await kit.wait(60)
    assert wire.take() == []


async def test_a_host_that_is_on_needs_no_packets(kit: Kit, wire: Wire) -> None:
    result = await (await wake(kit, await kit.host(cards=[card(MAC)])))

    assert (result.is_success, result.data["attempts"]) == (True, 0)
    assert wire.sent == []
    assert kit.state("iotbridge_nas_command").state == "unknown"


async def test_the_last_state_before_the_broker_went_away_proves_nothing(kit: Kit, wire: Wire) -> None:
    """The broker may run on the very host that is woken."""
    host = await kit.host(cards=[card(MAC)])
    await connection(kit, is_connected=False)
    task = await wake(kit, host)
    assert wire.take() == HERE
    assert not task.done()
    await connection(kit, is_connected=True)
    await come_on(host)

    assert (await task).is_success


async def test_a_host_whose_card_is_unknown(kit: Kit, wire: Wire) -> None:
    host = await kit.host()
    await go_off(host)
    result = await (await wake(kit, host))

    assert (result.outcome, result.reason) == ("failed", "no_mac")
    assert last_event(kit) == ("failed", "wake", "no_mac")


async def test_an_unknown_network_is_every_network_of_home_assistant(kit: Kit, wire: Wire) -> None:
    task = await wake(kit, await asleep(kit, card(MAC, None)))

    assert wire.take() == [(MAC, NETWORK), (MAC, "255.255.255.255")]
    task.cancel()


async def test_a_network_that_is_down_is_named_at_the_deadline(kit: Kit, wire: Wire) -> None:
    wire.is_down = True
    task = await wake(kit, await asleep(kit), 25)
    for _ in range(2):
        await kit.wait(10)
    assert not task.done()
    await kit.wait(5)

    result = await task
    assert (result.outcome, result.reason, result.data["addresses"]) == ("failed", "not_sent", [])
    assert result.data["attempts"] == 3
    assert last_event(kit) == ("failed", "wake", "not_sent")


async def test_a_network_that_comes_up_later_is_used(kit: Kit, wire: Wire) -> None:
    """After a power cut, the switch may boot later than Home Assistant."""
    wire.is_down = True
    host = await asleep(kit)
    task = await wake(kit, host)
    assert kit.state("iotbridge_nas_command").state == "unknown"
    wire.is_down = False
    await kit.wait(10)
    assert wire.take() == HERE
    assert last_event(kit) == ("accepted", "wake", None)
    await come_on(host)

    assert (await task).is_success


async def test_networks_that_got_their_addresses_after_the_start_are_used(
    kit: Kit, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = await asleep(kit, card(MAC, None))
    monkeypatch.setattr("ifaddr.get_adapters", lambda: [adapter_of("192.168.7.2")])
    task = await wake(kit, host)
    assert wire.take() == [(MAC, FAR), (MAC, "255.255.255.255")]
    task.cancel()


async def test_an_agent_in_the_network_of_the_host_sends_for_home_assistant(kit: Kit, wire: Wire) -> None:
    pi = await kit.host("pi", cards=[card(OTHER, FAR)], commands=["wake"])
    host = await asleep(kit, card(MAC, FAR))
    task = await wake(kit, host)
    assert wire.take() == [(MAC, FAR)], "a router may let it through"
    (command,) = pi.commands()
    assert (command["command"], command["args"]) == ("wake", {"mac": [MAC], "broadcast": FAR})
    await pi.respond(command, "done", data={"addresses": [FAR, "not an address", 7]})
    await settle()
    await come_on(host, cards=[card(MAC, FAR)])

    assert (await task).data == {"addresses": [FAR], "via": ["pi"], "attempts": 1}


async def test_the_next_agent_is_asked_where_one_refuses(kit: Kit, wire: Wire) -> None:
    first, second = [await kit.host(name, cards=[card(OTHER, FAR)], commands=["wake"]) for name in ("pi", "zero")]
    task = await wake(kit, await asleep(kit, card(MAC, FAR)))
    (command,) = first.commands()
    assert second.commands() == []
    await first.respond(command, "refused", reason="rate_limited")
    await settle()
    (command,) = second.commands()
    await second.respond(command, "done", data={"addresses": [FAR]})
    await settle()

    failure = kit.state("iotbridge_pi_command")
    assert (failure.attributes["event_type"], failure.attributes["reason"]) == ("refused", "rate_limited")
    assert kit.state("iotbridge_zero_command").state == "unknown", "it only helps another host"

    await kit.wait(10)
    await first.respond(first.commands()[-1], "refused", reason="rate_limited")
    await settle()
    assert kit.state("iotbridge_pi_command").last_updated == failure.last_updated, "it is told once"
    await second.respond(second.commands()[-1], "done", data={"addresses": [FAR]})
    await kit.wait(60)
    assert (await task).data["via"] == ["zero"]


async def test_the_agents_of_several_networks_are_asked_at_once(kit: Kit, wire: Wire) -> None:
    lab = "192.168.8.255"
    first = await kit.host("pi", cards=[card("02:00:00:00:00:01", FAR)], commands=["wake"])
    second = await kit.host("zero", cards=[card("02:00:00:00:00:02", lab)], commands=["wake"])
    task = await wake(kit, await asleep(kit, card(MAC, FAR), card(OTHER, lab)))

    assert [len(agent.commands()) for agent in (first, second)] == [1, 1]
    task.cancel()


async def test_an_agent_whose_permission_is_missing_is_not_asked(kit: Kit, wire: Wire) -> None:
    pi = await kit.host("pi", cards=[card(OTHER, FAR)])
    task = await wake(kit, await asleep(kit, card(MAC, FAR)))

    assert pi.commands() == []
    task.cancel()


async def test_calls_for_one_host_join_and_keep_their_own_deadlines(kit: Kit, wire: Wire) -> None:
    host = await asleep(kit)
    long, short = await wake(kit, host, 60), await wake(kit, host, 8)
    assert len(wire.sent) == 3, "one packet, three times"
    await kit.wait(8)
    await settle()
    assert short.done()
    assert (short.result().is_success, long.done()) == (False, False)
    await come_on(host)

    assert (await long).is_success


async def test_there_is_a_limit_for_each_host(kit: Kit, wire: Wire) -> None:
    wire.is_down = True
    host, other = await asleep(kit), await asleep(kit, card(OTHER), node_id="desk")
    for _ in range(6):
        assert (await (await wake(kit, host, 0))).reason == "not_sent"
    assert (await (await wake(kit, host, 0))).reason == "rate_limited"
    assert last_event(kit) == ("refused", "wake", "rate_limited")
    assert (await (await wake(kit, other, 0))).reason == "not_sent"
    await kit.wait(60)

    assert (await (await wake(kit, host, 0))).reason == "not_sent"


async def test_a_wake_ends_with_iot_bridge(kit: Kit, wire: Wire, entry: MockConfigEntry) -> None:
    task = await wake(kit, await asleep(kit))
    assert await kit.hass.config_entries.async_unload(entry.entry_id)

    assert not (await task).is_success
    wire.take()
    await kit.wait(30)
    assert wire.take() == []


async def test_a_wake_ends_with_the_host(kit: Kit, wire: Wire, entry: MockConfigEntry) -> None:
    task = await wake(kit, await asleep(kit))
    (host,) = entry.runtime_data.hosts.inventory
    entry.runtime_data.device_links.async_forget(host)
    await settle()

    result = await task
    assert (result.is_success, result.message) == (False, "nas was removed.")
    wire.take()
    await kit.wait(30)
    assert wire.take() == []


async def test_an_agent_cannot_name_addresses_without_end(kit: Kit, wire: Wire) -> None:
    pi = await kit.host("pi", cards=[card(OTHER, FAR)], commands=["wake"])
    host = await asleep(kit, card(MAC, FAR))
    task = await wake(kit, host)
    for third in range(3):
        addresses = [f"10.{third}.{number}.255" for number in range(16)]
        await pi.respond(pi.commands()[-1], "done", data={"addresses": addresses})
        await kit.wait(10)
        await settle()
    await come_on(host, cards=[card(MAC, FAR)])
    await kit.wait(10)

    assert len((await task).data["addresses"]) == 32


async def test_a_repair_for_a_host_that_is_to_be_woken_and_cannot(kit: Kit, wire: Wire) -> None:
    unarmed = [card(MAC, wake=False)]
    host = await asleep(kit, *unarmed)
    assert "wake_not_armed" not in issues(kit), "not for everybody"
    task = await wake(kit, host)
    assert "wake_not_armed" in issues(kit)
    assert wire.take() == HERE, "the firmware may arm it when it powers down"
    await come_on(host, cards=unarmed)
    assert (await task).is_success
    assert "wake_not_armed" in issues(kit)

    await host.announce(cards=[card(MAC, wake=True)])
    assert "wake_not_armed" not in issues(kit)
    await host.announce(cards=unarmed)
    assert "wake_not_armed" in issues(kit)


async def test_no_repair_where_one_card_may_be_armed(kit: Kit, wire: Wire) -> None:
    task = await wake(kit, await asleep(kit, card(MAC, wake=False), card(OTHER, wake=None)))

    assert "wake_not_armed" not in issues(kit)
    task.cancel()


async def test_a_repair_before_a_plan_needs_the_host(kit: Kit, entry: MockConfigEntry) -> None:
    """After a power cut it would be too late."""
    host = await kit.host(cards=[card(MAC, wake=False)])
    step = Step(key="nas", device_id=device_of(kit, host), is_started=False)
    put_plan(kit.hass, entry, plan_of(step))
    await kit.hass.async_block_till_done()
    assert "wake_not_armed" not in issues(kit), "it stays off when the plan starts again"
    waking = put_plan(kit.hass, entry, plan_of(replace(step, is_started=True)))
    await kit.hass.async_block_till_done()
    assert "wake_not_armed" in issues(kit)

    kit.hass.config_entries.async_remove_subentry(entry, waking)
    await kit.hass.async_block_till_done()
    assert "wake_not_armed" not in issues(kit)


async def test_a_repair_for_a_host_that_a_schedule_wakes(kit: Kit) -> None:
    host = await kit.host(cards=[card(MAC, wake=False)])
    schedule = await FakeSchedule.add(kit, host)
    assert "wake_not_armed" not in issues(kit), "it shuts the host down"
    await schedule.change(task="wake")

    assert "wake_not_armed" in issues(kit)
