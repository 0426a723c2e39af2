"""Metrics of a connector: every counter, and nothing of the messages."""

import time
import tomllib

import prometheus

from iotbridge_agent.kafka.counters import Counters
from iotbridge_agent.kafka.metrics import families
from iotbridge_agent.kafka.record import RejectReason
from iotbridge_agent.kafka.settings import ConnectorSettings, parse_settings
from iotbridge_agent.kafka.states import ConnectorState
from iotbridge_agent.metrics.exposition import render

SETTINGS = """
[broker]
url = "mqtt://secret-broker"
username = "secret-user"
password = "secret-password"
[kafka]
bootstrap = ["secret-kafka:9092"]
[spool]
path = "/secret/spool.db"
max_mb = 10
[[route]]
name = "stock"
filter = "secret/+/stock"
topic = "secret-topic"
[[route]]
filter = "elsewhere/secret/#"
topic = "secret-other"
"""


def settings() -> ConnectorSettings:
    return parse_settings(tomllib.loads(SETTINGS), source="test", environ={}, default_id="shop")


def lines(counters: Counters) -> set[str]:
    """Return the lines of all series; Prometheus has accepted them."""
    text = render(families(counters, settings()))
    assert prometheus.check(text) == ""
    assert "secret" not in text
    return {line for line in text.splitlines() if not line.startswith("#")}


def test_a_new_connector_has_every_series() -> None:
    first = lines(Counters([0, 0], [0, 0]))
    assert 'iotbridge_connector_state{state="live"} 1' in first
    assert {f'iotbridge_connector_dead_letters_total{{reason="{reason}"}} 0' for reason in RejectReason} <= first
    assert {'iotbridge_connector_connected{side="mqtt"} 0', 'iotbridge_connector_connected{side="kafka"} 0'} <= first
    assert "iotbridge_connector_oldest_seconds{} 0" in first
    assert "iotbridge_connector_spool_limit_bytes{} 10485760" in first


def test_every_number_is_there() -> None:
    counters = Counters([5, 3], [4, 0], in_total=10, out_total=6, duplicates=2, dropped_by_broker=7)
    counters.dead[RejectReason.TOO_LARGE] += 1
    counters.spool_records, counters.spool_bytes = 8, 1600
    counters.state, counters.mqtt = ConnectorState.CATCHING_UP, True
    counters.latency.add(0.004, 3)
    counters.latency.add(100, 1)
    assert lines(counters) >= {
        'iotbridge_connector_messages_total{direction="in",route="0",name="stock"} 5',
        'iotbridge_connector_messages_total{direction="in",route="1",name=""} 3',
        'iotbridge_connector_messages_total{direction="in",route="none",name=""} 2',
        'iotbridge_connector_messages_total{direction="out",route="0",name="stock"} 4',
        'iotbridge_connector_messages_total{direction="out",route="none",name=""} 2',
        'iotbridge_connector_dead_letters_total{reason="too_large"} 1',
        "iotbridge_connector_duplicates_total{} 2",
        "iotbridge_connector_broker_dropped_total{} 7",
        "iotbridge_connector_spool_records{} 8",
        "iotbridge_connector_spool_bytes{} 1600",
        'iotbridge_connector_state{state="live"} 0',
        'iotbridge_connector_state{state="catching_up"} 1',
        'iotbridge_connector_connected{side="mqtt"} 1',
        'iotbridge_connector_delivery_seconds_bucket{le="0.005"} 3',
        'iotbridge_connector_delivery_seconds_bucket{le="60"} 3',
        'iotbridge_connector_delivery_seconds_bucket{le="+Inf"} 4',
        "iotbridge_connector_delivery_seconds_count{} 4",
    }


def test_the_oldest_record_ages() -> None:
    counters = Counters([0, 0], [0, 0], oldest_ms=int(time.time() * 1000) - 90_000)
    (line,) = (line for line in lines(counters) if line.startswith("iotbridge_connector_oldest_seconds"))
    assert 90 <= float(line.split(" ")[1]) < 120
    counters.oldest_ms = int(time.time() * 1000) + 3_600_000  # the clock was set back
    assert "iotbridge_connector_oldest_seconds{} 0" in lines(counters)
