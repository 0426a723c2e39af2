"""The agent from outside: a real process, a real broker."""

from conftest import Broker, StartAgent, Watcher

POWER = {"shutdown": True, "reboot": True, "suspend": True}
DISCOVERY = "homeassistant/device/iotbridge_t1/config"


def test_says_who_it_is_and_how_it_is(broker: Broker, watcher: Watcher, start_agent: StartAgent) -> None:
    start_agent(broker.url, commands={"reboot": True})
    status = watcher.wait("status").json()
    config = watcher.wait("config")
    announce = watcher.wait("announce")
    assert [m.leaf for m in watcher.messages[:2]] == ["announce", "availability"]
    assert (announce.retain, announce.qos) == (False, 1)
    assert announce.json()["power"] == "on"
    assert announce.json()["commands"] == ["ping", "status", "reboot"]
    assert watcher.of("availability")[0].payload == b"online"
    assert config.topic == DISCOVERY
    components = config.json()["components"]
    assert {"connection", "command_status", "command_reboot", "cpu_percent", "memory_percent"} <= components.keys()
    assert "command_shutdown" not in components
    assert status["timestamp"].endswith("Z")
    assert isinstance(status["memory_percent"], float | int)


def test_answers_ping(broker: Broker, watcher: Watcher, start_agent: StartAgent) -> None:
    agent = start_agent(broker.url)
    watcher.wait("availability")
    watcher.publish(agent.command_topic, {"command": "ping", "id": "p1"})
    response = watcher.response("p1", "done")
    assert response["success"] is True
    assert response["data"] == {"pong": True}
