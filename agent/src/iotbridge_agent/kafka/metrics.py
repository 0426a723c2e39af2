"""Metrics of a connector, from its counters; no label carries a topic, a key or a payload."""

from collections.abc import Iterable, Iterator
import time

from iotbridge_agent import __version__
from iotbridge_agent.kafka.counters import LATENCY_BOUNDS_S, Counters
from iotbridge_agent.kafka.record import RejectReason
from iotbridge_agent.kafka.settings import ConnectorSettings
from iotbridge_agent.kafka.states import ConnectorState
from iotbridge_agent.metrics.exposition import Family, Kind, Sample, histogram

NO_ROUTE = {"route": "none", "name": ""}
"""Labels of messages without a route, and of records whose route was changed while they were on disk."""


def families(counters: Counters, settings: ConnectorSettings) -> Iterator[Family]:
    """Yield the metrics."""
    info = Sample(1, {"id": settings.id, "version": __version__})
    yield _family("info", "gauge", "Name and version of the connector.", (info,))
    yield _family("state", "gauge", "1 for the current state.", _states(counters))
    sides = {"mqtt": counters.mqtt, "kafka": counters.kafka}
    connected = (Sample(is_connected, {"side": side}) for side, is_connected in sides.items())
    yield _family("connected", "gauge", "1 while this side is connected.", connected)
    yield _family(
        "messages_total", "counter", "Messages in, and records that Kafka confirmed.", _messages(counters, settings)
    )
    # From zero on, so that the first one is an increase.
    dead = (Sample(counters.dead[reason], {"reason": reason.value}) for reason in RejectReason)
    yield _family("dead_letters_total", "counter", "Messages that did not become records, by reason.", dead)
    yield _family(
        "duplicates_total", "counter", "Messages that were not sent a second time.", (Sample(counters.duplicates),)
    )
    if counters.dropped_by_broker is not None:
        dropped = (Sample(counters.dropped_by_broker),)
        yield _family(
            "broker_dropped_total", "counter", "Messages that the MQTT broker dropped for any client.", dropped
        )
    latency = counters.latency
    samples = histogram(LATENCY_BOUNDS_S, latency.counts, latency.sum_s)
    yield _family("delivery_seconds", "histogram", "Time from the arrival of a message to Kafka's report.", samples)
    yield _family("spool_records", "gauge", "Records on disk.", (Sample(counters.spool_records),))
    yield _family("spool_bytes", "gauge", "Size of the records on disk.", (Sample(counters.spool_bytes),))
    limit = (Sample(settings.spool.max_bytes),)
    yield _family("spool_limit_bytes", "gauge", "Size of the records on disk from which on reading pauses.", limit)
    age_s = 0.0 if counters.oldest_ms is None else max(0.0, time.time() - counters.oldest_ms / 1000)
    yield _family("oldest_seconds", "gauge", "Age of the oldest record on disk.", (Sample(age_s),))


def _family(name: str, kind: Kind, text: str, samples: Iterable[Sample]) -> Family:
    return Family(f"iotbridge_connector_{name}", kind, text, samples)


def _states(counters: Counters) -> Iterator[Sample]:
    for state in ConnectorState:
        yield Sample(counters.state is state, {"state": state.value})


def _messages(counters: Counters, settings: ConnectorSettings) -> Iterator[Sample]:
    """Yield the messages of each route, and those without one."""
    # Without a name of its own a route is called after its filter, which is a topic or nearly one.
    routes = [
        {"route": str(index), "name": "" if route.name == route.filter else route.name}
        for index, route in enumerate(settings.routes)
    ]
    for direction, total, counts in (
        ("in", counters.in_total, counters.routes_in),
        ("out", counters.out_total, counters.routes_out),
    ):
        for labels, count in zip((*routes, NO_ROUTE), (*counts, total - sum(counts)), strict=True):
            yield Sample(count, {"direction": direction, **labels})
