"""Fixtures of a real broker, a client that records its messages, and a real agent without power commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
import json
from pathlib import Path
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Any, TypeVar

from certificates import make_authority, make_certificate, openssl
from hypothesis import HealthCheck, settings
from logind_stub import LogindStub, PrivateBus, find_daemon
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.subscribeoptions import SubscribeOptions
import pytest

# The duration of an example depends on the load of the machine only.
settings.register_profile("agent", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("agent")

T = TypeVar("T")
DEADLINE_S = 15.0
MOSQUITTO = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
PROGRAM = Path(__file__).parent / "harmless_agent.py"


def wait_until(condition: Callable[[], T], what: str, deadline_s: float = DEADLINE_S) -> T:
    """Return the condition's value once it is true; fail with a description after the deadline."""
    until = time.monotonic() + deadline_s
    while not (result := condition()):
        if time.monotonic() > until:
            pytest.fail(f"waited {deadline_s:g} s for {what}")
        time.sleep(0.01)
    return result


def free_port() -> int:
    """Return a free port of the loopback."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@dataclass
class Broker:
    """Mosquitto on the loopback, without persistence."""

    folder: Path
    port: int = field(default_factory=free_port)
    options: tuple[str, ...] = ("allow_anonymous true",)
    listener: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return the address of the broker."""
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, and wait until it listens."""
        # Started by root it would switch to another user, who cannot read the test's files; others ignore this line.
        lines = ["user root", "persistence false", *self.options, f"listener {self.port} 127.0.0.1", *self.listener]
        config = self.folder / f"mosquitto-{self.port}.conf"
        config.write_text("\n".join(lines) + "\n")
        self.process = subprocess.Popen([MOSQUITTO, "-c", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until(self._listens, "the broker to listen")
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        """Kill it as a crash would."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def _listens(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False


@dataclass(frozen=True)
class Seen:
    """Message that was published on the broker."""

    topic: str
    payload: bytes
    retain: bool
    qos: int
    at: float

    @property
    def leaf(self) -> str:
        """Return the last level of the topic."""
        return self.topic.rsplit("/", 1)[-1]

    def json(self) -> dict[str, Any]:
        """Return the parsed payload."""
        document: dict[str, Any] = json.loads(self.payload)
        return document


class Watcher:
    """Client that records every message, in order, or those of one topic."""

    def __init__(self, port: int, *, topic: str = "#", login: tuple[str, str] | None = None, **connect: Any) -> None:
        self.messages: list[Seen] = []
        self._ready = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        if login:
            self._client.username_pw_set(*login)
        self._client.on_connect = lambda client, *_: client.subscribe(topic, options=SubscribeOptions(qos=1))
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._keep
        self._client.connect("127.0.0.1", port, **connect)
        self._client.loop_start()
        assert self._ready.wait(DEADLINE_S)

    def _keep(self, _client: object, _userdata: object, message: paho.MQTTMessage) -> None:
        self.messages.append(Seen(message.topic, bytes(message.payload), message.retain, message.qos, time.monotonic()))

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()
        # The library leaves its wake-up sockets to the garbage collector.
        self._client._reset_sockets()

    def publish(self, topic: str, payload: object, *, retain: bool = False) -> None:
        """Publish; a payload other than bytes and text becomes JSON."""
        data = payload if isinstance(payload, bytes | str) else json.dumps(payload)
        self._client.publish(topic, data, 1, retain).wait_for_publish(DEADLINE_S)

    def of(self, leaf: str) -> list[Seen]:
        """Return the messages so far on the topics that end with ``leaf``."""
        return [message for message in list(self.messages) if message.leaf == leaf]

    def wait(self, leaf: str, test: Callable[[Seen], bool] = lambda _: True, *, count: int = 1) -> Seen:
        """Return the newest of at least ``count`` messages of a leaf that meet the condition."""
        found = wait_until(
            lambda: [m for m in self.of(leaf) if test(m)][count - 1 :],
            f"{count} matching messages on {leaf}; seen: {[(m.topic, m.payload[:200]) for m in self.messages]}",
        )
        return found[-1]

    def responses(self, message_id: str | None) -> list[dict[str, Any]]:
        """Return the responses to a command so far."""
        return [m.json() for m in self.of("response") if m.json()["id"] == message_id]

    def response(self, message_id: str | None, status: str) -> dict[str, Any]:
        """Wait for a response."""
        return wait_until(
            lambda: next((r for r in self.responses(message_id) if r["status"] == status), {}),
            f"the response {status} to {message_id}; seen: {[m.json() for m in self.of('response')]}",
        )


class RunningAgent:
    """Real agent in a process of its own, whose executor only records its calls."""

    def __init__(self, folder: Path, document: dict[str, Any]) -> None:
        self._executed = folder / "executed"
        self.log_file = folder / "agent.log"
        self.document = document
        self.node_id: str = document["agent"]["node_id"]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, PROGRAM, json.dumps(document), folder], stdout=log, stderr=log
            )

    @property
    def command_topic(self) -> str:
        """Return the topic of its commands."""
        return f"iotbridge/device/{self.node_id}/command"

    @property
    def executed(self) -> list[str]:
        """Return its executed commands so far, without a line that is still being written."""
        lines = self._executed.read_text().splitlines(keepends=True) if self._executed.exists() else []
        return [line[:-1] for line in lines if line.endswith("\n")]

    @property
    def log(self) -> str:
        """Return its log so far."""
        return self.log_file.read_text()

    def stop(self) -> int:
        """Terminate it; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE_S)

    def kill(self) -> None:
        """Kill it before it can publish its last messages."""
        self.process.kill()
        self.process.wait()


@pytest.fixture(autouse=True)
def no_bus_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the tests, and the agents that they start, away from the system bus of this machine."""
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/no-bus")


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateBus]:
    """Start a private bus, without logind."""
    if find_daemon() is None:
        pytest.skip("dbus-daemon is not installed (package dbus-daemon)")
    bus = PrivateBus(tmp_path)
    bus.start()
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.address)
    yield bus
    bus.stop()


@pytest.fixture
def logind(bus: PrivateBus) -> Iterator[LogindStub]:
    """Start a stub of logind on the private bus."""
    stub = LogindStub()
    yield stub
    stub.close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """Start a broker."""
    broker = Broker(tmp_path)
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def watcher(broker: Broker) -> Iterator[Watcher]:
    """Connect a client that subscribes to every topic."""
    watcher = Watcher(broker.port)
    yield watcher
    watcher.close()


StartAgent = Callable[..., RunningAgent]


@pytest.fixture
def start_agent(tmp_path: Path) -> Iterator[StartAgent]:
    """Start agents: ``start_agent(url, commands={...}, agent={...}, fake={...}, broker={...})``."""
    started: list[RunningAgent] = []

    def start(url: str, *, folder: str = "agent", fake: dict[str, Any] | None = None, **tables: Any) -> RunningAgent:
        own = tmp_path / folder
        own.mkdir(exist_ok=True)
        document = {
            "broker": {"url": url, **tables.pop("broker", {})},
            "agent": {"node_id": "t1", "interval_s": 30, "state_dir": str(own / "state"), **tables.pop("agent", {})},
            "fake": fake or {},
            **tables,
        }
        agent = RunningAgent(own, document)
        started.append(agent)
        return agent

    yield start
    for agent in started:
        if agent.process.poll() is None:
            agent.stop()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Create two authorities, and certificates for the loopback, another name and a client."""
    folder = tmp_path_factory.mktemp("certificates")
    key_usage = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")  # as in docs/hosts.md
    make_authority(folder, "ca", *key_usage)
    make_authority(folder, "stranger", *key_usage)
    make_authority(folder, "old")
    make_certificate(folder, "ca", "broker", "IP:127.0.0.1")
    make_certificate(folder, "old", "of_old", "IP:127.0.0.1")
    make_certificate(folder, "ca", "elsewhere", "DNS:elsewhere.lan")
    make_certificate(folder, "ca", "client", "DNS:client.lan")
    make_certificate(folder, "stranger", "intruder", "DNS:client.lan")
    openssl(folder, "ec", "-in", "client.key", "-aes256", "-passout", "pass:x", "-out", "locked.key")
    return folder


@pytest.fixture
def secure(tmp_path: Path, certificates: Path) -> Iterator[Broker]:
    """Start a broker with TLS."""
    lines = (f"certfile {certificates}/broker.crt", f"keyfile {certificates}/broker.key")
    broker = Broker(tmp_path, listener=lines)
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def demanding(tmp_path: Path, certificates: Path) -> Iterator[Broker]:
    """Start a broker that requires a client certificate of its authority."""
    lines = (
        f"certfile {certificates}/broker.crt",
        f"keyfile {certificates}/broker.key",
        f"cafile {certificates}/ca.crt",
        "require_certificate true",
    )
    broker = Broker(tmp_path, listener=lines)
    broker.start()
    yield broker
    broker.kill()
