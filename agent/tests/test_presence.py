"""Announce and availability of a host, in the order in which a broker receives them."""

import asyncio
import json
import os
from pathlib import Path
import resource
from typing import Any

import pytest

from iotbridge_agent import presence as presence_module
from iotbridge_agent.config import parse_config
from iotbridge_agent.namesakes import Namesakes
from iotbridge_agent.presence import Presence
from iotbridge_agent.protocol.topics import Topics
from iotbridge_agent.state import State, load_state
from iotbridge_agent.system import network_cards
from iotbridge_agent.system.host import Host

TOPICS = Topics("iotbridge", "nas")
HOST = Host("nas", "Linux", "6.1", mac=("00:11:22:33:44:01",))
DOCUMENT = {"broker": {"url": "mqtt://127.0.0.1"}, "agent": {"node_id": "nas", "interval_s": 20}}


class Broker:
    """Broker that records messages, with QoS and the retained flag."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, Any]] = []
        self.flags: set[tuple[int, bool]] = set()

    async def publish(self, topic: str, payload: bytes | str, *, qos: int = 0, retain: bool = False) -> None:
        """Record a message; the document of an announce."""
        self.messages.append((topic, json.loads(payload) if topic == TOPICS.announce else payload))
        self.flags.add((qos, retain))


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def state(tmp_path: Path) -> State:
    return load_state(tmp_path)


@pytest.fixture
def presence(broker: Broker, state: State) -> Presence:
    namesakes = Namesakes(TOPICS, machine="here", mac=HOST.mac, run="run-1")
    config = parse_config(DOCUMENT, source="test", environ={})
    return Presence(config, HOST, state, broker.publish, namesakes)


async def test_the_announce_comes_before_online(presence: Presence, broker: Broker) -> None:
    await presence.online()

    (topic, announce), availability = broker.messages
    assert topic == TOPICS.announce
    assert (announce["node_id"], announce["power"], announce["interval_s"]) == ("nas", "on", 20)
    assert (announce["mac"], announce["run"]) == (["00:11:22:33:44:01"], "run-1")
    assert availability == (TOPICS.availability, "online")
    assert broker.flags == {(1, True)}, "both are retained, and receipts are waited for"


async def test_a_leaving_host_announces_its_power_state_before_offline(presence: Presence, broker: Broker) -> None:
    leaving = Broker()
    await presence.offline("rebooting", leaving.publish)

    (topic, announce), availability = leaving.messages
    assert (topic, announce["power"], availability) == (TOPICS.announce, "rebooting", (TOPICS.availability, "offline"))
    assert broker.messages == [], "the usual way is not taken any more"


async def test_a_slow_broker_has_both_messages_before_any_acknowledgement(presence: Presence) -> None:
    receipts, both = asyncio.Event(), asyncio.Event()
    arrived: list[str] = []

    async def publish(topic: str, payload: bytes | str, *, qos: int = 0, retain: bool = False) -> None:
        arrived.append(topic)
        if len(arrived) == 2:
            both.set()
        await receipts.wait()

    leaving = asyncio.create_task(presence.offline("off", publish))
    async with asyncio.timeout(5):
        await both.wait()
    receipts.set()
    await leaving

    assert arrived == [TOPICS.announce, TOPICS.availability]


async def test_commands_that_the_system_permits_are_announced_once_they_are_known(
    presence: Presence, broker: Broker
) -> None:
    await presence.online()
    assert broker.messages[0][1]["commands"] == ["ping", "status"]
    assert not await presence.announce_changes()

    presence.permitted = ("reboot",)
    assert await presence.announce_changes()

    assert broker.messages[-1][1]["commands"] == ["ping", "status", "reboot"]
    assert not await presence.announce_changes()


async def test_cards_that_wake_the_machine_are_announced_and_come_first(
    broker: Broker, state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network_cards, "NETWORK", tmp_path)
    monkeypatch.setattr(presence_module, "CARDS_INTERVAL_S", 0.0)
    for name, mac, wakeup in (("none0", "00:11:22:33:44:01", "disabled"), ("none1", "00:11:22:33:44:02", "disabled")):
        (tmp_path / name / "device" / "power").mkdir(parents=True)
        (tmp_path / name / "type").write_text("1")
        (tmp_path / name / "address").write_text(mac)
        (tmp_path / name / "device" / "power" / "wakeup").write_text(wakeup)
    host = HOST._replace(mac=("00:11:22:33:44:09", "00:11:22:33:44:01", "00:11:22:33:44:02"))
    config = parse_config(DOCUMENT, source="test", environ={})
    presence = Presence(
        config, host, state, broker.publish, Namesakes(TOPICS, machine="here", mac=host.mac, run="run-1")
    )
    await presence.online()
    assert not await presence.has_new_cards()

    (tmp_path / "none1" / "device" / "power" / "wakeup").write_text("enabled")
    assert await presence.has_new_cards()
    assert await presence.announce_changes()

    first, *_, last = [announce for topic, announce in broker.messages if topic == TOPICS.announce]
    assert first["mac"] == ["00:11:22:33:44:01", "00:11:22:33:44:02", "00:11:22:33:44:09"]
    assert last["mac"] == ["00:11:22:33:44:02", "00:11:22:33:44:01", "00:11:22:33:44:09"]
    assert last["cards"] == [
        {"mac": "00:11:22:33:44:02", "name": "none1", "broadcast": None, "wake": True},
        {"mac": "00:11:22:33:44:01", "name": "none0", "broadcast": None, "wake": False},
    ]


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Add a wired card to a copy of /sys/class/net."""
    card = tmp_path / "net" / "none0"
    (card / "device").mkdir(parents=True)
    (card / "address").write_text("00:11:22:33:44:01")
    monkeypatch.setattr(network_cards, "NETWORK", card.parent)
    return card


async def test_the_event_loop_goes_on_while_cards_are_read(presence: Presence, broker: Broker, card: Path) -> None:
    os.mkfifo(card / "type")  # to read it blocks until somebody writes
    online = asyncio.create_task(presence.online())
    async with asyncio.timeout(10):
        await asyncio.to_thread((card / "type").write_text, "1")
        await online

    assert [card["name"] for card in broker.messages[0][1]["cards"]] == ["none0"]
    (card / "address").write_text("00:11:22:33:44:02")
    assert not await presence.has_new_cards(), "they are read once a minute"


async def test_without_descriptors_the_cards_are_unknown(
    presence: Presence, broker: Broker, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (card / "type").write_text("1")
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
    try:
        await presence.online()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)

    assert "cards" not in broker.messages[0][1]
    assert broker.messages[-1] == (TOPICS.availability, "online")
    monkeypatch.setattr(presence_module, "CARDS_INTERVAL_S", 0.0)
    assert await presence.has_new_cards()


async def test_waking_is_announced_where_it_is_enabled(broker: Broker, state: State) -> None:
    config = parse_config({**DOCUMENT, "commands": {"wake": True}}, source="test", environ={})
    presence = Presence(
        config, HOST, state, broker.publish, Namesakes(TOPICS, machine="here", mac=HOST.mac, run="run-1")
    )
    await presence.online()

    assert broker.messages[0][1]["commands"] == ["ping", "status", "wake"]


async def test_new_subscribers_get_the_announce_again(presence: Presence, broker: Broker) -> None:
    await presence.online()
    presence.forget_announced()

    assert await presence.announce_changes()
    assert [topic for topic, _ in broker.messages].count(TOPICS.announce) == 2


async def test_the_topic_of_the_announce_is_stored_for_forget(presence: Presence, state: State, tmp_path: Path) -> None:
    await presence.announce()

    assert state.announced == TOPICS.announce
    assert load_state(tmp_path).announced == TOPICS.announce
