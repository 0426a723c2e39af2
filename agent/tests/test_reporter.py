"""Status and discovery of a real process with a real broker."""

import itertools
from pathlib import Path
import socket

from conftest import Broker, StartAgent, Watcher
import pytest

from iotbridge_agent.config import parse_config
from iotbridge_agent.protocol.messages import parse_status
from iotbridge_agent.reporter import preview_discovery

POWER = {"shutdown": True, "reboot": True, "suspend": True}


def test_rates_have_values_soon_after_the_start(broker: Broker, watcher: Watcher, start_agent: StartAgent) -> None:
    agent = start_agent(broker.url)
    assert watcher.wait("status").json()["cpu_percent"] is None
    status = watcher.wait("status", lambda m: m.json()["cpu_percent"] is not None)
    assert status.at - watcher.of("availability")[0].at < agent.document["agent"]["interval_s"] / 2
    assert len(watcher.of("status")) <= 3


def test_everything_is_published_once_after_home_assistants_birth(
    broker: Broker, watcher: Watcher, start_agent: StartAgent
) -> None:
    start_agent(broker.url)
    watcher.wait("status", count=2)
    before = {leaf: len(watcher.of(leaf)) for leaf in ("config", "announce", "status")}
    for _ in range(3):
        watcher.publish("homeassistant/status", "online")
    for leaf, count in before.items():
        watcher.wait(leaf, count=count + 1)
    watcher.wait("status", count=before["status"] + 2)
    configs = watcher.of("config")
    assert len(configs) == before["config"] + 1
    assert all(b.at - a.at >= 1 for a, b in itertools.pairwise(configs))


@pytest.mark.parametrize("leaf", ["announce", "availability"])
def test_messages_cleared_at_the_broker_are_published_again(
    broker: Broker, watcher: Watcher, start_agent: StartAgent, leaf: str
) -> None:
    agent = start_agent(broker.url)
    watcher.wait("status", count=2)
    before = {name: len(watcher.of(name)) for name in ("config", "announce", "availability", "status")}
    emptied = [agent.command_topic.replace("command", leaf), watcher.of("config")[0].topic]
    for topic in emptied:
        watcher.publish(topic, b"", retain=True)
    for name, count in before.items():
        watcher.wait(name, lambda m: bool(m.payload), count=count + 1)
    agent.stop()

    watcher.wait("availability", lambda m: m.payload == b"offline")
    assert watcher.of("availability")[-1].payload == b"offline"
    assert watcher.wait("announce", lambda m: bool(m.payload)).json()["power"] == "off"


def test_a_status_command_publishes_everything_again(broker: Broker, watcher: Watcher, start_agent: StartAgent) -> None:
    agent = start_agent(broker.url)
    watcher.wait("status", count=2)
    watcher.publish(watcher.of("config")[0].topic, b"", retain=True)
    watcher.publish(agent.command_topic, {"command": "status", "id": "s1"})
    watcher.response("s1", "done")

    watcher.wait("config", lambda m: bool(m.payload), count=2)
    watcher.wait("announce", count=2)


def test_disabled_entities_are_removed(broker: Broker, watcher: Watcher, start_agent: StartAgent) -> None:
    agent = start_agent(broker.url, commands=POWER)
    assert "cpu_percent" in watcher.wait("config").json()["components"]
    agent.stop()
    start_agent(broker.url, commands={"reboot": True}, collectors={"cpu": {"enabled": False}})
    components = watcher.wait("config", count=2).json()["components"]
    assert components["cpu_percent"] == {"platform": "sensor"}
    assert components["command_shutdown"] == {"platform": "button"}
    assert components["command_reboot"]["name"] == "Reboot"


def test_a_slow_reading_does_not_wait_for_the_next_round(
    broker: Broker, watcher: Watcher, start_agent: StartAgent
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as slow:
        address = f"http://127.0.0.1:{slow.getsockname()[1]}/"
        start_agent(broker.url, checks=[{"name": "Slow", "http": address}])
        asked, _ = slow.accept()
        with asked:
            first = watcher.wait("status").json()
            assert first["memory_percent"] is not None
            assert "check_slow" not in first
            asked.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
        watcher.wait("config", lambda m: "check_slow" in m.json()["components"])
        watcher.wait("status", lambda m: m.json().get("check_slow") is True)
    # The first; one for the entities of the first, and one for the slow one's.
    assert len(watcher.of("status")) <= 3


def test_preview_is_the_message_that_would_be_sent(tmp_path: Path) -> None:
    document = {
        "broker": {"url": "mqtt://broker.lan"},
        "agent": {"node_id": "10.0.0.7", "state_dir": str(tmp_path / "state"), "language": "it"},
        "commands": {"reboot": True},
    }
    message = preview_discovery(parse_config(document, source="test", environ={}))
    assert message["device"]["identifiers"][0].startswith("iotbridge_10-0-0-7-")
    assert message["components"]["command_reboot"]["name"] == "Riavvia"
    assert message["components"]["cpu_percent"]["name"] == "Uso della CPU"
    assert not (tmp_path / "state").exists()


def test_a_status_never_has_more_readings_than_the_contract_allows(
    broker: Broker, watcher: Watcher, start_agent: StartAgent, tmp_path: Path
) -> None:
    start_agent(broker.url, checks=[{"name": f"c{number}", "file": str(tmp_path)} for number in range(140)])
    status = watcher.wait("status", lambda m: len(m.json()) > 250)
    assert "cpu_percent" in parse_status(status.payload)
