"""Metrics of the agent: its readings, its collectors, its commands and its connection."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
import math
import time
from typing import Literal, NamedTuple

from iotbridge_agent import __version__
from iotbridge_agent.collector import Reading
from iotbridge_agent.config import Config
from iotbridge_agent.metrics.exposition import Family, Sample
from iotbridge_agent.protocol.messages import Response
from iotbridge_agent.scheduler import Runner

OUTCOMES = ("accepted", "done", "refused", "failed")
OTHER = "other"
"""Label of commands that this agent does not have: their names are whatever others send."""
READING_HELP = (
    "Reading of a collector, in the unit of docs/hosts.md; on and off are 1 and 0, a time is in seconds since 1970."
)
BROKER = "broker"
MIB = 1024**2


class BrokerMetric(NamedTuple):
    """Metric of a reading of the broker; ``factor`` leads to the base unit."""

    name: str
    help: str
    kind: Literal["counter", "gauge"] = "gauge"
    factor: float = 1


BROKER_METRICS = {
    "broker_clients": BrokerMetric("clients", "Connected clients."),
    "broker_received": BrokerMetric("messages_received_per_minute", "Messages from clients, average of a minute."),
    "broker_sent": BrokerMetric("messages_sent_per_minute", "Messages to clients, average of a minute."),
    "broker_dropped": BrokerMetric("publish_dropped_total", "Messages that clients lost.", "counter"),
    "broker_memory": BrokerMetric("heap_bytes", "Memory of the broker.", factor=MIB),
    "broker_round_trip": BrokerMetric("round_trip_seconds", "Time of a message to the broker and back.", factor=1e-3),
}


class AgentMetrics:
    """Metrics of one agent; counts the responses to commands."""

    def __init__(self, config: Config) -> None:
        self._node_id = config.node_id
        own = ("ping", "status", *config.power, *config.enabled_commands, *(command.name for command in config.custom))
        # From zero on, so that the first failure is an increase.
        self._responses = Counter({(command, status): 0 for command in (*own, OTHER) for status in OUTCOMES})

    def responded(self, response: Response) -> None:
        """Count a response."""
        key = (response.command or OTHER, response.status)
        self._responses[key if key in self._responses else (OTHER, response.status)] += 1

    def families(self, runners: Iterable[Runner], *, is_connected: bool) -> Iterator[Family]:
        """Yield the metrics."""
        runners = tuple(runners)
        info = Sample(1, {"node_id": self._node_id, "version": __version__})
        yield Family("iotbridge_agent_info", "gauge", "Name and version of the agent.", (info,))
        connected = (Sample(is_connected),)
        yield Family("iotbridge_agent_connected", "gauge", "1 while the agent is connected to the broker.", connected)
        responses = (
            Sample(count, {"command": command, "status": status})
            for (command, status), count in self._responses.items()
        )
        yield Family("iotbridge_agent_commands_total", "counter", "Responses to commands.", responses)
        success = (Sample(not runner.failing, {"collector": runner.spec.name}) for runner in runners)
        yield Family("iotbridge_agent_collector_success", "gauge", "0 after a collector failed.", success)
        yield Family("iotbridge_agent_reading", "gauge", READING_HELP, _readings(runners))
        yield Family(
            "iotbridge_agent_reading_state", "gauge", "1 for the current state of a reading.", _states(runners)
        )
        for runner in runners:
            if runner.spec.name == BROKER:
                yield from _broker(runner)


def _readings(runners: Iterable[Runner]) -> Iterator[Sample]:
    for runner in runners:
        if runner.spec.name == BROKER:
            continue  # they have metrics of their own
        for key, reading in runner.readings.items():
            value = number(reading)
            if value is not None:
                yield Sample(value, {"collector": runner.spec.name, "key": key})


def _states(runners: Iterable[Runner]) -> Iterator[Sample]:
    for runner in runners:
        for key, reading in runner.readings.items():
            if reading.value is None:
                continue
            for state in reading.description.options:
                labels = {"collector": runner.spec.name, "key": key, "state": state}
                yield Sample(state == reading.value, labels)


def _broker(runner: Runner) -> Iterator[Family]:
    values = {key: number(reading) for key, reading in runner.readings.items()}
    for key, metric in BROKER_METRICS.items():
        if (value := values.get(key)) is not None:
            samples = (Sample(value * metric.factor),)
            yield Family(f"iotbridge_broker_{metric.name}", metric.kind, metric.help, samples)
    if (started := values.get("broker_started")) is not None:
        samples = (Sample(time.time() - started),)
        yield Family("iotbridge_broker_uptime_seconds", "gauge", "Time since the start of the broker.", samples)
    version = runner.readings.get("broker_version")
    if version and isinstance(version.value, str):
        yield Family(
            "iotbridge_broker_info", "gauge", "Version of the broker.", (Sample(1, {"version": version.value}),)
        )


def number(reading: Reading) -> float | None:
    """Return the value of a reading as a number; None for a text, and without a value."""
    value = reading.value
    if isinstance(value, str):
        is_time = reading.description.device_class in ("timestamp", "uptime")
        return datetime.fromisoformat(value).timestamp() if is_time else None
    return value if value is not None and math.isfinite(value) else None
