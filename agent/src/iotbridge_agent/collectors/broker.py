"""Health of the broker: the values that Mosquitto publishes below $SYS, and the time of a round trip."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
import re
import secrets
import time

from iotbridge_agent.collector import Collector, Reading, SensorDescription, Value
from iotbridge_agent.config import Config
from iotbridge_agent.errors import CollectorError
from iotbridge_agent.mqtt.broker_report import read_report
from iotbridge_agent.mqtt.connection import Link

MIB = 1024**2
TOLERANCE_S = 60.0
"""Difference from which on a computed start is another start: Mosquitto publishes its uptime now and then."""

CLIENTS = SensorDescription(
    key="broker_clients", name="Broker clients", state_class="measurement", icon="mdi:lan-connect", decimals=0
)
RECEIVED = SensorDescription(
    key="broker_received",
    name="Broker messages received",
    unit="messages/min",
    state_class="measurement",
    icon="mdi:message-arrow-left-outline",
    display_precision=0,
    decimals=1,
    dead_band=1.0,
)
SENT = replace(
    RECEIVED,
    key="broker_sent",
    name="Broker messages sent",
    icon="mdi:message-arrow-right-outline",
    enabled=False,
)
DROPPED = SensorDescription(
    key="broker_dropped",
    name="Broker messages dropped",
    state_class="total_increasing",
    icon="mdi:message-off-outline",
    decimals=0,
)
MEMORY = SensorDescription(
    key="broker_memory",
    name="Broker memory",
    unit="MiB",
    device_class="data_size",
    state_class="measurement",
    enabled=False,
    display_precision=1,
    decimals=2,
    dead_band=0.1,
)
STARTED = SensorDescription(key="broker_started", name="Broker last start", device_class="uptime", enabled=False)
VERSION = SensorDescription(
    key="broker_version", name="Broker version", category="diagnostic", icon="mdi:information-outline", enabled=False
)
ROUND_TRIP = SensorDescription(
    key="broker_round_trip",
    name="Broker round trip",
    unit="ms",
    device_class="duration",
    state_class="measurement",
    display_precision=1,
    decimals=1,
    dead_band=0.5,
)
NUMBERS = (
    (CLIENTS, "clients/connected", 1),
    (RECEIVED, "load/messages/received/1min", 1),
    (SENT, "load/messages/sent/1min", 1),
    (DROPPED, "publish/messages/dropped", 1),
    (MEMORY, "heap/current", MIB),
)
"""Sensors with the end of their topic, and the divisor for their unit."""
SYS = "$SYS/broker"
TOPICS = (f"{SYS}/uptime", f"{SYS}/version", *(f"{SYS}/{leaf}" for _, leaf, _ in NUMBERS))


class Broker:
    """Collector of the broker's own values, which are those of its last interval (sys_interval)."""

    def __init__(self, config: Config) -> None:
        self._link = Link(config.broker, client_id=f"iotb-broker-{secrets.token_hex(8)}")
        # One level below the topics of the contract, where no one else subscribes.
        self._echo_topic = f"{config.prefix}/device/{config.node_id}/broker/echo"
        self._started: float | None = None

    def collect(self) -> Iterator[Reading]:
        """Yield the readings; raises LinkError without a connection, and CollectorError without the right to read."""
        report = read_report(self._link, TOPICS, self._echo_topic)
        if not report.values:
            raise CollectorError(
                f"The broker publishes nothing below {SYS} to this user. It has to read {SYS}/# (docs/hosts.md, Watch "
                "the broker). Only Mosquitto has these values, a few seconds after its start."
            )
        for description, leaf, divisor in NUMBERS:
            number = _number(report.values, leaf)
            yield Reading(description, None if number is None else number / divisor)
        yield Reading(STARTED, self._start(_number(report.values, "uptime")))
        yield Reading(VERSION, _text(report.values, "version").removeprefix("mosquitto version ") or None)
        yield Reading(ROUND_TRIP, report.round_trip_s * 1000)

    def _start(self, uptime_s: float | None) -> Value:
        if uptime_s is None:
            return None
        started = time.time() - uptime_s
        if self._started is None or abs(started - self._started) > TOLERANCE_S:
            self._started = started
        return datetime.fromtimestamp(round(self._started), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(values: Mapping[str, bytes], leaf: str) -> str:
    return values.get(f"{SYS}/{leaf}", b"").decode(errors="replace")


def _number(values: Mapping[str, bytes], leaf: str) -> float | None:
    """Return the number at the start of a payload; the uptime has its unit behind."""
    match = re.match(r"\d{1,18}(\.\d{1,9})?", _text(values, leaf))
    return float(match[0]) if match else None


def create(config: Config) -> Collector:
    """Create the collector."""
    return Broker(config)
