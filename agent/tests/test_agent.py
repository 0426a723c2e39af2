"""The agent from outside: a real process, a real broker."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
import itertools
import json
from pathlib import Path
import socket
import subprocess
import sys
import threading
import time
from typing import Self

from conftest import Broker, StartAgent, Watcher, free_port, wait_until
import jsonschema
import pytest

from iotbridge_agent.config import parse_config
from iotbridge_agent.reporter import preview_discovery

POWER = {"shutdown": True, "reboot": True, "suspend": True}
DISCOVERY = "homeassistant/device/iotbridge_t1/config"
SCHEMAS = Path(__file__).parents[2] / "contract" / "schemas"


def last_words(watcher: Watcher) -> list[tuple[str, str]]:
    """Return announce, availability and response messages as (leaf, the word that matters)."""
    words = {"announce": "power", "response": "status"}
    return [
        (m.leaf, m.json()[words[m.leaf]] if m.leaf in words else m.payload.decode())
        for m in watcher.messages
        if m.leaf in ("announce", "availability", "response")
    ]


def test_says_who_it_is_and_how_it_is(broker: Broker, watcher: Watcher, start_agent: StartAgent) -> None:
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


def test_rates_have_values_soon_after_the_start(broker: Broker, watcher: Watcher, start_agent: StartAgent) -> None:
    agent = start_agent(broker.url)
    assert watcher.wait("status").json()["cpu_percent"] is None
    status = watcher.wait("status", lambda m: m.json()["cpu_percent"] is not None)
    assert status.at - watcher.of("availability")[0].at < agent.document["agent"]["interval_s"] / 2
    assert len(watcher.of("status")) == 2


def test_what_it_says_is_retained_where_the_contract_says_so(
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


def test_everything_it_says_keeps_to_the_contract(broker: Broker, watcher: Watcher, start_agent: StartAgent) -> None:
    agent = start_agent(
        broker.url, commands={"reboot": True, "custom": {"ok": {"argv": ["true"]}}}, agent={"dry_run": True}
    )
    watcher.wait("availability")
    for message_id, command in (("1", "ping"), ("2", "status"), ("3", "reboot"), ("4", "ok"), ("5", "no_such")):
        watcher.publish(agent.command_topic, {"command": command, "id": message_id})
    watcher.publish(agent.command_topic, b"\xff not json")
    watcher.response(None, "refused")
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


def test_the_broker_says_offline_for_a_killed_agent_and_the_announce_stays(
    broker: Broker, watcher: Watcher, start_agent: StartAgent
) -> None:
    agent = start_agent(broker.url)
    watcher.wait("availability")
    agent.kill()
    watcher.wait("availability", lambda m: m.payload == b"offline")
    assert watcher.of("announce")[-1].json()["power"] == "on"


def test_a_broker_that_comes_late_is_waited_for(broker: Broker, start_agent: StartAgent) -> None:
    broker.kill()
    agent = start_agent(broker.url)
    wait_until(lambda: "nothing listens" in agent.log, "the agent to say that nobody is there")
    broker.start()
    watcher = Watcher(broker.port)
    try:
        watcher.wait("availability", lambda m: m.payload == b"online")
        watcher.wait("config")
        assert agent.log.count("nothing listens") == 1
    finally:
        watcher.close()


def test_a_broker_that_lost_everything_gets_it_again_and_no_old_status(
    broker: Broker, watcher: Watcher, start_agent: StartAgent
) -> None:
    agent = start_agent(broker.url, fake={"interval_s": 0.5, "longest_retry_s": 0.5})
    watcher.wait("status")
    broker.kill()
    wait_until(lambda: "nothing listens" in agent.log, "the agent to notice")
    # Several statuses fall into the outage; none may be sent afterwards. They tell the time in whole seconds.
    time.sleep(3)
    back_at = datetime.now(UTC) - timedelta(seconds=1.5)
    broker.start()
    second = Watcher(broker.port)
    try:
        second.wait("availability", lambda m: m.payload == b"online")
        second.wait("config")
        second.wait("announce")
        second.wait("status")
        assert all(datetime.fromisoformat(m.json()["timestamp"]) >= back_at for m in second.of("status"))
    finally:
        second.close()


def test_home_assistants_birth_gets_everything_again_once(
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
    # The system stops its services now: the agent has nothing to add to its last words.
    assert agent.stop() == 0
    assert watcher.of("announce")[-1].json()["power"] == "rebooting"
    assert not watcher.of("status")[-1].at > watcher.of("availability")[-1].at


def test_a_failing_execution_brings_it_back(broker: Broker, watcher: Watcher, start_agent: StartAgent) -> None:
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


def test_a_machine_that_does_not_go_says_so(broker: Broker, watcher: Watcher, start_agent: StartAgent) -> None:
    agent = start_agent(broker.url, commands=POWER, fake={"still_here_s": 1.0})
    watcher.wait("availability")
    watcher.publish(agent.command_topic, {"command": "shutdown", "id": "s1"})
    assert watcher.response("s1", "failed")["reason"] == "error"
    watcher.wait("announce", lambda m: m.json()["power"] == "on", count=2)


def test_a_command_is_known_again_after_a_restart(broker: Broker, watcher: Watcher, start_agent: StartAgent) -> None:
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


def test_dry_run_says_so_and_stays(broker: Broker, watcher: Watcher, start_agent: StartAgent) -> None:
    agent = start_agent(broker.url, commands=POWER, agent={"dry_run": True}, fake={"allowed": False})
    watcher.wait("config", lambda m: "command_suspend" in m.json()["components"])
    watcher.publish(agent.command_topic, {"command": "suspend", "id": "d1"})
    assert "dry run" in watcher.response("d1", "accepted")["message"]
    assert "not executed" in watcher.response("d1", "done")["message"]
    assert last_words(watcher)[2:] == [("response", "accepted"), ("response", "done")]
    assert watcher.of("announce")[-1].json()["dry_run"] is True
    assert not agent.executed


def test_what_the_system_forbids_is_not_offered(broker: Broker, watcher: Watcher, start_agent: StartAgent) -> None:
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


def test_two_agents_with_one_node_id_do_not_throw_each_other_out(
    broker: Broker, watcher: Watcher, start_agent: StartAgent
) -> None:
    first = start_agent(broker.url)
    second = start_agent(broker.url, folder="other")
    wait_until(lambda: len({m.json()["instance"] for m in watcher.of("announce")}) == 2, "two instances")
    watcher.publish(first.command_topic, {"command": "ping", "id": "both"})
    wait_until(lambda: len(watcher.responses("both")) == 2, "both to answer")
    for agent in (first, second):
        assert agent.process.poll() is None
        assert agent.log.count("Connected to") == 1


def test_a_second_agent_with_the_same_state_is_sent_away(
    broker: Broker, watcher: Watcher, start_agent: StartAgent
) -> None:
    start_agent(broker.url)
    watcher.wait("availability")
    second = start_agent(broker.url)
    assert second.process.wait(10) != 0
    assert "another agent runs" in second.log


def test_a_state_folder_that_cannot_be_written_stops_commands_that_act_and_nothing_else(
    broker: Broker, watcher: Watcher, start_agent: StartAgent, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    agent = start_agent(broker.url, commands=POWER, agent={"state_dir": str(tmp_path / "file" / "state")})
    watcher.wait("status")
    watcher.publish(agent.command_topic, {"command": "reboot", "id": "r"})
    assert watcher.response("r", "refused")["reason"] == "not_permitted"
    assert agent.log.count("cannot be written") >= 1
    assert not agent.executed


def test_entities_that_were_switched_off_are_taken_out(
    broker: Broker, watcher: Watcher, start_agent: StartAgent
) -> None:
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


def test_nothing_is_loaded_for_readings_before_the_host_is_there() -> None:
    program = "import iotbridge_agent.cli, iotbridge_agent.agent, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True).stdout.split()
    late = ("psutil", "iotbridge_agent.collectors", "iotbridge_agent.scheduler", "iotbridge_agent.commands.custom")
    assert [name for name in loaded if name.startswith(late)] == []


def test_a_link_that_is_half_dead_is_noticed(broker: Broker, watcher: Watcher, start_agent: StartAgent) -> None:
    with Relay(broker.port) as relay:
        agent = start_agent(f"mqtt://127.0.0.1:{relay.port}", fake={"keepalive_s": 2})
        watcher.wait("availability", lambda m: m.payload == b"online")
        relay.swallow()
        wait_until(lambda: agent.log.count("Trying again") >= 1, "the agent to notice", 25)
        relay.carry()
        watcher.wait("availability", lambda m: m.payload == b"online", count=2)


class Relay:
    """Stands between agent and broker, and can keep what it is given without a word."""

    def __init__(self, port: int) -> None:
        self.port = free_port()
        self._target = port
        self._open = threading.Event()
        self._open.set()
        self._server = socket.create_server(("127.0.0.1", self.port))
        self._pairs: list[socket.socket] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # Closing alone would not wake the threads that wait for these sockets, and the peers would learn nothing.
        for sock in (self._server, *self._pairs):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def swallow(self) -> None:
        """Keep what comes."""
        self._open.clear()

    def carry(self) -> None:
        """Pass on what comes."""
        self._open.set()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._target))
            self._pairs += [near, far]
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(a, b), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(4096):
                if self._open.is_set():
                    target.sendall(data)
        except OSError:
            pass
        finally:
            target.close()


def test_stops_at_once_while_the_broker_says_nothing(start_agent: StartAgent) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        agent = start_agent(f"mqtt://127.0.0.1:{silent.getsockname()[1]}")
        near, _ = silent.accept()
        with near:
            started = time.monotonic()
            assert agent.stop() == 0
            assert time.monotonic() - started < 5


def test_tells_systemd(
    broker: Broker, start_agent: StartAgent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "600000")
        heard: list[bytes] = []

        def hear(word: bytes) -> bytes:
            while word not in (heard[-1] if heard else b""):
                heard.append(systemd.recv(1000))
            return heard[-1]

        broker.kill()
        agent = start_agent(broker.url)
        hear(b"READY=1")
        assert b"nothing listens" in hear(b"STATUS=Waiting for the broker")
        broker.start()
        hear(b"STATUS=Connected")
        hear(b"WATCHDOG=1")
        heard.clear()
        hear(b"WATCHDOG=1")
        agent.stop()
        hear(b"STOPPING=1")


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
