"""Routes of magic packets: what is known of a host decides where they go."""

from dataclasses import replace
from typing import Any

from custom_components.iotbridge.hosts.inventory import Host, PowerState
from custom_components.iotbridge.hosts.wake.routes import (
    Route,
    WakeSettings,
    agents_in,
    can_send,
    is_unarmed,
    routes_to,
)
from custom_components.iotbridge.protocol.messages import Announce, Card, HostPower
from custom_components.iotbridge.protocol.topics import HostKey

LAN, LAB = "192.168.1.255", "10.0.7.255"
A, B, C = "a8:a1:59:00:00:01", "a8:a1:59:00:00:02", "a8:a1:59:00:00:03"


def host(*cards: Card, node_id: str = "nas", **changes: Any) -> Host:
    announce = Announce(
        protocol=1,
        agent="1.0.0",
        node_id=node_id,
        hostname=node_id,
        uid=f"iotbridge_{node_id}",
        instance="a1",
        power=HostPower.ON,
        cards=cards,
    )
    return Host(HostKey("iotbridge", node_id), replace(announce, **changes), is_available=True, power=PowerState.ON)


def card(mac: str, broadcast: str | None = LAN, *, wake: bool | None = None) -> Card:
    return Card(mac=mac, name="eth0", broadcast=broadcast, wake=wake)


def test_cards_are_woken_in_their_networks_the_armed_ones_first() -> None:
    nas = host(card(A, wake=False), card(B, LAB), card(C, wake=True))

    assert routes_to(nas, WakeSettings()) == [Route((C, A), LAN), Route((B,), LAB)]


def test_an_older_agent_only_says_its_addresses() -> None:
    assert routes_to(host(mac=(A, B)), WakeSettings()) == [Route((A, B), None)]


def test_at_most_eight_cards_are_woken() -> None:
    macs = tuple(f"02:00:00:00:00:{number:02x}" for number in range(32))

    assert routes_to(host(mac=macs), WakeSettings()) == [Route(macs[:8], None)]


def test_what_the_user_says_counts() -> None:
    nas = host(card(A), card(B, LAB))

    assert routes_to(nas, WakeSettings(broadcast="10.9.9.255")) == [Route((A, B), "10.9.9.255")]
    assert routes_to(nas, WakeSettings(macs=(C, B))) == [Route((C,), None), Route((B,), LAB)]
    assert routes_to(nas, WakeSettings(macs=(C,), broadcast=LAB)) == [Route((C,), LAB)]


def test_nothing_is_known_of_a_host_without_announce() -> None:
    silent = Host(HostKey("ipwatch", "192.168.1.9"))

    assert routes_to(silent, WakeSettings()) == []
    assert routes_to(silent, WakeSettings(macs=(A,))) == [Route((A,), None)]
    assert not is_unarmed(silent)
    assert not can_send(silent)


def test_packets_leave_the_home_only_where_home_assistant_is() -> None:
    """An announce may claim any address."""
    assert routes_to(host(card(A, "8.8.8.255")), WakeSettings()) == [Route((A,), None)]
    assert routes_to(host(card(A, "127.255.255.255")), WakeSettings()) == [Route((A,), None)]
    for reserved in ("0.0.0.1", "198.18.0.255", "192.0.2.255", "203.0.113.255", "240.0.0.1", "255.255.255.255"):
        assert routes_to(host(card(A, reserved)), WakeSettings()) == [Route((A,), None)]
    for private in (LAN, LAB, "172.31.255.255", "169.254.255.255"):
        assert routes_to(host(card(A, private)), WakeSettings()) == [Route((A,), private)]
    assert routes_to(host(card(A, "8.8.8.255")), WakeSettings(), ["8.8.8.255"]) == [Route((A,), "8.8.8.255")]


def test_an_agent_of_the_network_sends() -> None:
    nas, pi = host(card(A)), host(card(B), node_id="pi", commands=("wake",))

    assert agents_in(LAN, nas, [nas, pi]) == [pi]
    assert agents_in(LAB, nas, [nas, pi]) == []
    assert agents_in(None, nas, [nas, pi]) == []
    assert agents_in(LAN, pi, [nas, pi]) == [], "it does not wake itself, and nas has no command for it"


def test_only_an_agent_that_is_on_and_permits_it_sends() -> None:
    pi = host(card(B), node_id="pi", commands=("wake",))
    assert can_send(pi)
    assert not can_send(host(card(B), commands=("reboot",)))
    assert not can_send(host(card(B), commands=("wake",), dry_run=True)), "it only says that it does"
    for power in (PowerState.LOST, PowerState.OFF, PowerState.SHUTTING_DOWN, None):
        pi.power = power
        assert not can_send(pi)


def test_a_host_is_unarmed_if_every_card_says_so() -> None:
    assert is_unarmed(host(card(A, wake=False), card(B, wake=False)))
    assert not is_unarmed(host(card(A, wake=False), card(B)))
    assert not is_unarmed(host(card(A, wake=True), card(B, wake=False)))
    assert not is_unarmed(host())
