"""Agents that are stopped in their first seconds; ``scripts/stops`` does it hundreds of times beside busy loops."""

from pathlib import Path

from conftest import Broker, Watcher
from stops import stop_many

COUNT = 12


def test_every_early_stop_is_clean(broker: Broker, watcher: Watcher, tmp_path: Path) -> None:
    stops = list(stop_many(broker, watcher, tmp_path, COUNT))
    assert {stop.node_id: faults for stop, faults in stops if faults} == {}
