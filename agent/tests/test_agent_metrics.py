"""Metrics of a real agent, and of readings of each kind."""

from collections.abc import Iterator
from pathlib import Path
import re
import subprocess
import sys

from conftest import Broker, StartAgent, Watcher, free_port, wait_until
import prometheus
from prometheus import scrape
import pytest

from iotbridge_agent.agent_metrics import AgentMetrics, number
from iotbridge_agent.collector import CollectorSpec, Reading, SensorDescription, Value
from iotbridge_agent.config import parse_config
from iotbridge_agent.metrics.exposition import render
from iotbridge_agent.scheduler import Runner

CONFIG = parse_config({"broker": {"url": "mqtt://localhost"}}, source="test", environ={})


class Nothing:
    """Collector without readings."""

    def collect(self) -> Iterator[Reading]:
        """Yield nothing."""
        yield from ()


def value(text: str, series: str) -> float | None:
    match = re.search(rf"^{re.escape(series)} (\S+)$", text, re.MULTILINE)
    return float(match[1]) if match else None


def test_an_agent_serves_readings_commands_and_its_connection(
    broker: Broker, watcher: Watcher, start_agent: StartAgent
) -> None:
    port = free_port()
    agent = start_agent(
        broker.url, metrics={"listen": f"127.0.0.1:{port}"}, commands={"custom": {"ok": {"argv": ["true"]}}}
    )
    watcher.wait("status")
    for message_id, command, status in (
        ("1", "ping", "done"),
        ("2", "ping", "done"),
        ("3", "ok", "done"),
        ("4", "no_such_command", "refused"),
    ):
        watcher.publish(agent.command_topic, {"command": command, "id": message_id})
        watcher.response(message_id, status)
    text = scrape(port)
    assert prometheus.check(text) == ""
    commands = 'iotbridge_agent_commands_total{command="%s",status="%s"}'
    assert value(text, commands % ("ping", "done")) == 2
    assert value(text, commands % ("ok", "accepted")) == value(text, commands % ("ok", "done")) == 1
    assert value(text, commands % ("ok", "failed")) == 0
    assert value(text, commands % ("other", "refused")) == 1
    assert "no_such_command" not in text
    assert value(text, "iotbridge_agent_connected{}") == 1
    assert 0 < (value(text, 'iotbridge_agent_reading{collector="memory",key="memory_percent"}') or 0) < 100
    assert (value(text, 'iotbridge_agent_reading{collector="boot",key="boot_time"}') or 0) > 1e9
    assert value(text, 'iotbridge_agent_collector_success{collector="memory"}') == 1


def test_a_failing_collector_has_no_success(broker: Broker, watcher: Watcher, start_agent: StartAgent) -> None:
    port = free_port()
    socket = {"containers": ["web"], "socket": "/nonexistent"}
    start_agent(broker.url, metrics={"listen": f"127.0.0.1:{port}"}, collectors={"docker": socket})
    watcher.wait("status", lambda m: m.json().get("collectors_failed") == "docker")
    assert value(scrape(port), 'iotbridge_agent_collector_success{collector="docker"}') == 0


def test_readings_do_not_wait_for_the_broker(broker: Broker, start_agent: StartAgent) -> None:
    port = free_port()
    broker.kill()
    start_agent(broker.url, metrics={"listen": f"127.0.0.1:{port}"})
    wait_until(lambda: 'key="memory_percent"' in scrape(port), "readings without a broker")
    assert value(scrape(port), "iotbridge_agent_connected{}") == 0
    broker.start()
    wait_until(lambda: value(scrape(port), "iotbridge_agent_connected{}") == 1, "the connection")


def test_a_state_has_one_series_of_one() -> None:
    description = SensorDescription(key="systemd_web", name="Web", device_class="enum", options=("active", "failed"))
    runner = Runner(CollectorSpec(name="systemd", create=lambda _: Nothing()), CONFIG)
    runner.readings = {"systemd_web": Reading(description, "failed"), "other": Reading(description, None)}
    text = render(AgentMetrics(CONFIG).families([runner], is_connected=False))
    assert [line for line in text.splitlines() if line.startswith("iotbridge_agent_reading")] == [
        'iotbridge_agent_reading_state{collector="systemd",key="systemd_web",state="active"} 0',
        'iotbridge_agent_reading_state{collector="systemd",key="systemd_web",state="failed"} 1',
    ]


def test_the_broker_has_metrics_of_its_own(tmp_path: Path, start_agent: StartAgent) -> None:
    broker, port = Broker(tmp_path, options=("allow_anonymous true", "sys_interval 1")), free_port()
    broker.start()
    try:
        collectors = {"broker": {"enabled": True, "interval_s": 5}}
        listen = {"listen": f"127.0.0.1:{port}"}
        start_agent(broker.url, metrics=listen, collectors=collectors, agent={"interval_s": 5})
        # The first values of the broker may be older than the agent.
        wait_until(lambda: value(scrape(port), "iotbridge_broker_clients{}"), "the agent to be counted")
        text = scrape(port)
    finally:
        broker.kill()
    assert prometheus.check(text) == ""
    assert value(text, "iotbridge_broker_publish_dropped_total{}") == 0
    assert (value(text, "iotbridge_broker_heap_bytes{}") or 0) > 10_000
    assert 0 < (value(text, "iotbridge_broker_round_trip_seconds{}") or 0) < 5
    assert 0 < (value(text, "iotbridge_broker_uptime_seconds{}") or 0) < 600
    for name in ("messages_received_per_minute", "messages_sent_per_minute"):
        assert value(text, f"iotbridge_broker_{name}{{}}") is not None
    assert 'collector="broker",key=' not in text


def test_an_agent_without_metrics_loads_nothing_for_them() -> None:
    code = (
        "import iotbridge_agent.agent, iotbridge_agent.reporter, sys; print([m for m in sys.modules if 'metrics' in m])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("device_class", "reading", "expected"),
    [
        (None, 2.5, 2.5),
        (None, True, 1),
        (None, None, None),
        (None, float("nan"), None),
        (None, "text", None),
        ("timestamp", "2026-11-30T12:00:00Z", 1796040000),
        ("uptime", "2026-11-30T12:00:00Z", 1796040000),
    ],
)
def test_a_reading_is_a_number_or_is_left_out(device_class: str | None, reading: Value, expected: float | None) -> None:
    description = SensorDescription(key="a", name="A", device_class=device_class)
    assert number(Reading(description, reading)) == expected
