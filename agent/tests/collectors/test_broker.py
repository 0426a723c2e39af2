"""Collector of the broker, beside a real Mosquitto whose own clients are counted."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from collecting import readings, values
from conftest import Broker, StartAgent, Watcher, wait_until
import pytest

from iotbridge_agent.collector import Collector
from iotbridge_agent.collectors import broker as broker_collector, specs_for
from iotbridge_agent.config import Config, parse_config
from iotbridge_agent.errors import CollectorError

OWN = "topic readwrite iotbridge/device/t1/#"
SYS = "topic read $SYS/broker/#"


def config(broker: Broker) -> Config:
    document = {"broker": {"url": broker.url}, "agent": {"node_id": "t1"}}
    return parse_config(document, source="test", environ={})


@pytest.fixture
def observed(tmp_path: Path) -> Iterator[Broker]:
    """Start a broker that publishes its values each second."""
    broker = Broker(tmp_path, options=("allow_anonymous true", "sys_interval 1"))
    broker.start()
    yield broker
    broker.kill()


def listed(tmp_path: Path, *acl: str) -> Broker:
    """Start a broker with an access list."""
    (tmp_path / "acl").write_text("\n".join((*acl, "")))
    broker = Broker(tmp_path, options=("allow_anonymous true", "sys_interval 1", f"acl_file {tmp_path}/acl"))
    broker.start()
    return broker


def collect_until(broker: Broker, key: str, *expected: object) -> dict[str, object]:
    """Collect until a reading has one of these values, and return all."""
    collector = broker_collector.create(config(broker))
    found: dict[str, object] = {}

    def is_there() -> bool:
        try:
            found.update(values(collector))
        except CollectorError:
            return False  # Mosquitto has not published anything yet
        return found[key] in expected

    wait_until(is_there, f"{key} to be {expected}; seen: {found}")
    return found


def test_it_reads_what_mosquitto_says_about_itself(observed: Broker) -> None:
    watchers = [Watcher(observed.port) for _ in range(3)]
    try:
        seen = collect_until(observed, "broker_clients", 3, 4)  # perhaps with the collector
    finally:
        for watcher in watchers:
            watcher.close()
    assert seen["broker_dropped"] == 0
    assert 0 < float(str(seen["broker_memory"])) < 100
    assert 0 < float(str(seen["broker_round_trip"])) < 5000
    assert str(seen["broker_version"])[:2] in ("1.", "2.")
    age_s = (datetime.now(UTC) - datetime.fromisoformat(str(seen["broker_started"]))).total_seconds()
    assert 0 <= age_s < 60
    assert {"broker_received", "broker_sent"} <= seen.keys()


def test_the_start_of_the_broker_does_not_wander(observed: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    collector = broker_collector.create(config(observed))
    wait_until(lambda: _is_readable(collector), "the first values")
    starts = set()
    now = datetime.now(UTC).timestamp()
    for later in (0, 5, 30):
        monkeypatch.setattr("iotbridge_agent.collectors.broker.time.time", lambda later=later: now + later)
        starts.add(values(collector)["broker_started"])
    assert len(starts) == 1
    monkeypatch.setattr("iotbridge_agent.collectors.broker.time.time", lambda: now + 1000)
    assert values(collector)["broker_started"] not in starts


def _is_readable(collector: Collector) -> bool:
    try:
        return bool(values(collector))
    except CollectorError:
        return False


def test_it_says_what_right_is_missing(tmp_path: Path) -> None:
    broker = listed(tmp_path, OWN)
    try:
        with pytest.raises(CollectorError, match=r"It has to read \$SYS/broker/# \(docs/hosts.md"):
            readings(broker_collector.create(config(broker)))
    finally:
        broker.kill()


def test_the_access_list_of_the_guide_is_enough(tmp_path: Path) -> None:
    broker = listed(tmp_path, OWN, SYS)
    try:
        assert collect_until(broker, "broker_clients", 0, 1)["broker_round_trip"] is not None
    finally:
        broker.kill()


def test_an_agent_publishes_the_values_as_entities(observed: Broker, start_agent: StartAgent) -> None:
    watcher = Watcher(observed.port)
    collectors = {"broker": {"enabled": True, "interval_s": 5}}
    start_agent(observed.url, collectors=collectors, agent={"language": "it", "interval_s": 5})
    try:
        watcher.wait("status", lambda m: m.json().get("broker_clients") in (2, 3))
        component = watcher.wait("config", lambda m: "broker_clients" in m.json()["components"]).json()["components"]
        assert component["broker_clients"]["name"] == "Client del broker"
    finally:
        watcher.close()


def test_it_is_off_by_default(broker: Broker) -> None:
    assert "broker" not in {spec.name for spec in specs_for(config(broker))}
