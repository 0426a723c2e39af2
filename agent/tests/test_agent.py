"""Agent as a real process with a real broker."""

import json
from pathlib import Path
import socket
import subprocess
import sys

from conftest import Broker, StartAgent, Watcher, wait_until
import jsonschema
import pytest

POWER = {"shutdown": True, "reboot": True, "suspend": True}
DISCOVERY = "homeassistant/device/iotbridge_t1/config"
SCHEMAS = Path(__file__).parents[2] / "contract" / "schemas"


def last_words(watcher: Watcher) -> list[tuple[str, str]]:
    """Return announce, availability and response messages as (leaf, power state or status)."""
    words = {"announce": "power", "response": "status"}
    return [
        (m.leaf, m.json()[words[m.leaf]] if m.leaf in words else m.payload.decode())
        for m in watcher.messages
        if m.leaf in ("announce", "availability", "response")
    ]


def test_announces_itself_and_publishes_a_status(broker: Broker, watcher: Watcher, start_agent: StartAgent) -> None:
    start_agent(broker.url, commands={"reboot": True})
    status = watcher.wait("status").json()
    config = watcher.wait("config")
    announce = watcher.wait("announce")
    assert last_words(watcher)[:2] == [("announce", "on"), ("availability", "online")]
    assert announce.json()["commands"] == ["ping", "status", "reboot"]
    assert config.topic == DISCOVERY
    components = config.json()["components"]
    assert {"connection", "command_status", "command_reboot", "cpu_percent", "memory_percent"} <= components.keys()
    assert "command_shutdown" not in components
    assert isinstance(status["memory_percent"], float | int)
    assert {key for key, c in components.items() if c.get("value_template")} <= status.keys()


def test_messages_are_retained_as_the_contract_requires(
    broker: Broker, watcher: Watcher, start_agent: StartAgent
) -> None:
    agent = start_agent(broker.url)
    watcher.publish(agent.command_topic, {"command": "ping", "id": "p"})
    watcher.wait("status")
    watcher.wait("config")
    late = Watcher(broker.port)
    try:
        late.wait("config")
        assert {m.leaf for m in late.messages if m.retain} == {"announce", "availability", "config"}
        assert all(m.qos == 1 for m in late.messages if m.retain)
    finally:
        late.close()


def test_every_message_follows_the_contract(broker: Broker, watcher: Watcher, start_agent: StartAgent) -> None:
    agent = start_agent(
        broker.url, commands={"reboot": True, "custom": {"ok": {"argv": ["true"]}}}, agent={"dry_run": True}
    )
    watcher.wait("availability")
    for message_id, command in (("1", "ping"), ("2", "status"), ("3", "reboot"), ("4", "ok"), ("5", "no_such")):
        watcher.publish(agent.command_topic, {"command": command, "id": message_id})
    watcher.publish(agent.command_topic, b"\xff not json")
    watcher.response(None, "refused")
    watcher.response("2", "done")
    watcher.response("4", "done")
    agent.stop()
    watcher.wait("availability", lambda m: m.payload == b"offline")
    for leaf in ("announce", "status", "response"):
        schema = json.loads((SCHEMAS / f"{leaf}.json").read_text())
        assert watcher.of(leaf)
        for message in watcher.of(leaf):
            jsonschema.validate(message.json(), schema)


def test_answers_ping_and_status(broker: Broker, watcher: Watcher, start_agent: StartAgent) -> None:
    agent = start_agent(broker.url)
    watcher.wait("status")
    watcher.publish(agent.command_topic, {"command": "ping", "id": "p1"})
    assert watcher.response("p1", "done")["data"] == {"pong": True}
    before = len(watcher.of("status"))
    watcher.publish(agent.command_topic, {"command": "status", "id": "s1"})
    watcher.response("s1", "done")
    assert len(watcher.of("status")) > before
    assert len(watcher.responses("p1")) == len(watcher.responses("s1")) == 1


def test_stops_in_an_orderly_way(broker: Broker, watcher: Watcher, start_agent: StartAgent) -> None:
    agent = start_agent(broker.url)
    watcher.wait("availability")
    assert agent.stop() == 0
    watcher.wait("availability", lambda m: m.payload == b"offline")
    assert last_words(watcher)[-2:] == [("announce", "off"), ("availability", "offline")]


def test_a_killed_agent_is_offline_by_its_last_will_and_keeps_its_announce(
    broker: Broker, watcher: Watcher, start_agent: StartAgent
) -> None:
    agent = start_agent(broker.url)
    watcher.wait("availability")
    agent.kill()
    watcher.wait("availability", lambda m: m.payload == b"offline")
    assert watcher.of("announce")[-1].json()["power"] == "on"


@pytest.mark.parametrize(
    ("payload", "retain", "reason"),
    [
        ({"command": "reboot", "id": "x"}, True, "retained"),
        ({"command": "reboot", "id": "x", "timestamp": "2020-01-01T00:00:00Z"}, False, "expired"),
        ({"command": "shutdown", "id": "x"}, False, "not_enabled"),
    ],
)
def test_refuses(
    broker: Broker, watcher: Watcher, start_agent: StartAgent, payload: dict[str, str], retain: bool, reason: str
) -> None:
    topic = "iotbridge/device/t1/command"
    if retain:
        watcher.publish(topic, payload, retain=True)
    agent = start_agent(broker.url, commands={"reboot": True})
    watcher.wait("availability")
    if not retain:
        watcher.publish(topic, payload)
    assert watcher.response("x", "refused")["reason"] == reason
    watcher.publish(topic, {"command": "ping", "id": "after"})
    watcher.response("after", "done")
    assert not agent.executed
    assert len(watcher.responses("x")) == 1


def test_reboots_in_the_order_of_the_contract(broker: Broker, watcher: Watcher, start_agent: StartAgent) -> None:
    agent = start_agent(broker.url, commands=POWER)
    watcher.wait("status")
    watcher.publish(agent.command_topic, {"command": "reboot", "id": "r1"})
    wait_until(lambda: agent.executed, "the execution")
    assert agent.executed == ["reboot"]
    watcher.wait("availability", lambda m: m.payload == b"offline")
    assert last_words(watcher)[2:] == [
        ("response", "accepted"),
        ("announce", "rebooting"),
        ("availability", "offline"),
    ]
    # The system stops its services now: the agent must not add to its last messages.
    assert agent.stop() == 0
    assert watcher.of("announce")[-1].json()["power"] == "rebooting"
    assert not watcher.of("status")[-1].at > watcher.of("availability")[-1].at


def test_the_agent_reconnects_after_a_failed_execution(
    broker: Broker, watcher: Watcher, start_agent: StartAgent
) -> None:
    agent = start_agent(broker.url, commands=POWER, fake={"error": "Somebody is editing a video."})
    watcher.wait("availability")
    watcher.publish(agent.command_topic, {"command": "shutdown", "id": "s1"})
    response = watcher.response("s1", "failed")
    assert (response["reason"], response["message"]) == ("not_permitted", "Somebody is editing a video.")
    assert last_words(watcher)[2:] == [
        ("response", "accepted"),
        ("announce", "shutting_down"),
        ("availability", "offline"),
        ("announce", "on"),
        ("availability", "online"),
        ("response", "failed"),
    ]


def test_a_machine_that_stays_on_responds_failed(broker: Broker, watcher: Watcher, start_agent: StartAgent) -> None:
    agent = start_agent(broker.url, commands=POWER, fake={"still_here_s": 1.0})
    watcher.wait("availability")
    watcher.publish(agent.command_topic, {"command": "shutdown", "id": "s1"})
    assert watcher.response("s1", "failed")["reason"] == "error"
    watcher.wait("announce", lambda m: m.json()["power"] == "on", count=2)


def test_a_repeated_command_is_detected_after_a_restart(
    broker: Broker, watcher: Watcher, start_agent: StartAgent
) -> None:
    agent = start_agent(broker.url, commands=POWER)
    watcher.wait("availability")
    watcher.publish(agent.command_topic, {"command": "reboot", "id": "once"})
    wait_until(lambda: agent.executed, "the execution")
    agent.kill()
    start_agent(broker.url, commands=POWER)
    watcher.wait("availability", lambda m: m.payload == b"online", count=2)
    watcher.publish(agent.command_topic, {"command": "reboot", "id": "once"})
    assert watcher.response("once", "refused")["reason"] == "duplicate"
    assert agent.executed == ["reboot"]


def test_a_dry_run_says_so_and_keeps_running(broker: Broker, watcher: Watcher, start_agent: StartAgent) -> None:
    agent = start_agent(broker.url, commands=POWER, agent={"dry_run": True}, fake={"allowed": False})
    watcher.wait("config", lambda m: "command_suspend" in m.json()["components"])
    watcher.publish(agent.command_topic, {"command": "suspend", "id": "d1"})
    assert "dry run" in watcher.response("d1", "accepted")["message"]
    assert "not executed" in watcher.response("d1", "done")["message"]
    assert last_words(watcher)[2:] == [("response", "accepted"), ("response", "done")]
    assert watcher.of("announce")[-1].json()["dry_run"] is True
    assert not agent.executed


def test_commands_the_system_forbids_are_not_offered(broker: Broker, watcher: Watcher, start_agent: StartAgent) -> None:
    agent = start_agent(broker.url, commands=POWER, fake={"allowed": False})
    components = watcher.wait("config").json()["components"]
    assert not {"command_shutdown", "command_reboot", "command_suspend"} & components.keys()
    assert watcher.of("announce")[-1].json()["commands"] == ["ping", "status"]
    watcher.publish(agent.command_topic, {"command": "reboot", "id": "r"})
    assert watcher.response("r", "refused")["reason"] == "not_permitted"
    assert "reboot is forbidden by the test" in agent.log


def test_runs_custom_commands(broker: Broker, watcher: Watcher, start_agent: StartAgent) -> None:
    custom = {"hello": {"argv": ["echo", "hello"], "name": "Say hello"}, "bad": {"argv": ["false"]}}
    agent = start_agent(broker.url, commands={"custom": custom})
    components = watcher.wait("config").json()["components"]
    assert components["command_hello"]["name"] == "Say hello"
    watcher.publish(agent.command_topic, {"command": "hello", "id": "c1"})
    done = watcher.response("c1", "done")
    assert (done["data"]["exit_code"], done["data"]["output"]) == (0, "hello\n")
    assert [r["status"] for r in watcher.responses("c1")] == ["accepted", "done"]
    watcher.publish(agent.command_topic, {"command": "bad", "id": "c2"})
    failed = watcher.response("c2", "failed")
    assert (failed["reason"], failed["data"]["exit_code"]) == ("exit_code", 1)


def test_a_custom_command_that_is_cut_off_by_the_end_of_the_agent_is_answered(
    broker: Broker, watcher: Watcher, start_agent: StartAgent, tmp_path: Path
) -> None:
    pid = tmp_path / "pid"
    custom = {"backup": {"argv": ["sh", "-c", f"echo $$ > {pid}; exec sleep 60"]}}
    agent = start_agent(broker.url, commands={"custom": custom})
    watcher.wait("availability")
    watcher.publish(agent.command_topic, {"command": "backup", "id": "b1"})
    wait_until(lambda: pid.exists() and pid.read_text(), "the program to run")
    assert agent.stop() == 0
    failed = watcher.response("b1", "failed")
    assert (failed["reason"], failed["message"]) == ("error", "backup was interrupted: the agent is being stopped.")
    watcher.wait("availability", lambda m: m.payload == b"offline")
    assert last_words(watcher)[-3:] == [("response", "failed"), ("announce", "off"), ("availability", "offline")]
    assert not Path(f"/proc/{pid.read_text().strip()}").exists()


@pytest.mark.parametrize(
    ("command", "power", "reason"),
    [
        ("reboot", "rebooting", "the machine is being rebooted"),
        ("shutdown", "shutting_down", "the machine is being shut down"),
    ],
)
def test_a_custom_command_that_is_cut_off_by_a_power_command_is_answered(
    broker: Broker, watcher: Watcher, start_agent: StartAgent, command: str, power: str, reason: str
) -> None:
    custom = {"backup": {"argv": ["sleep", "60"], "timeout_s": 60}}
    agent = start_agent(broker.url, commands={**POWER, "custom": custom}, fake={"still_here_s": 1.0})
    watcher.wait("availability")
    watcher.publish(agent.command_topic, {"command": "backup", "id": "b1"})
    watcher.response("b1", "accepted")
    watcher.publish(agent.command_topic, {"command": command, "id": "p1"})
    assert watcher.response("b1", "failed")["message"] == f"backup was interrupted: {reason}."
    wait_until(lambda: agent.executed == [command], "the execution")
    # The machine keeps running, so that the agent reconnects and accepts commands again.
    watcher.response("p1", "failed")
    assert last_words(watcher)[3:] == [
        ("response", "accepted"),
        ("response", "failed"),
        ("announce", power),
        ("availability", "offline"),
        ("announce", "on"),
        ("availability", "online"),
        ("response", "failed"),
    ]


def test_a_second_agent_with_the_same_state_is_rejected(
    broker: Broker, watcher: Watcher, start_agent: StartAgent
) -> None:
    start_agent(broker.url)
    watcher.wait("availability")
    second = start_agent(broker.url)
    assert second.process.wait(10) != 0
    assert "another agent runs" in second.log


def test_an_unwritable_state_folder_only_stops_commands_with_effects(
    broker: Broker, watcher: Watcher, start_agent: StartAgent, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    agent = start_agent(broker.url, commands=POWER, agent={"state_dir": str(tmp_path / "file" / "state")})
    watcher.wait("status")
    watcher.publish(agent.command_topic, {"command": "reboot", "id": "r"})
    assert watcher.response("r", "refused")["reason"] == "not_permitted"
    assert agent.log.count("cannot be written") >= 1
    assert not agent.executed


def test_modules_for_readings_are_loaded_after_the_host_is_online() -> None:
    program = "import iotbridge_agent.cli.command_line, iotbridge_agent.agent, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True).stdout.split()
    late = ("psutil", "iotbridge_agent.collector", "iotbridge_agent.scheduler", "iotbridge_agent.commands.custom")
    assert [name for name in loaded if name.startswith(late)] == []


def test_notifies_systemd(
    broker: Broker, start_agent: StartAgent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "600000")
        datagrams: list[bytes] = []

        def receive_until(word: bytes) -> bytes:
            while word not in (datagrams[-1] if datagrams else b""):
                datagrams.append(systemd.recv(1000))
            return datagrams[-1]

        broker.kill()
        agent = start_agent(broker.url)
        receive_until(b"READY=1")
        assert b"nothing listens" in receive_until(b"STATUS=Waiting for the broker")
        broker.start()
        receive_until(b"STATUS=Connected")
        receive_until(b"WATCHDOG=1")
        datagrams.clear()
        receive_until(b"WATCHDOG=1")
        agent.stop()
        receive_until(b"STOPPING=1")
