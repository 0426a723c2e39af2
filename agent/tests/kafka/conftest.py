"""Fixtures of the connector's tests: brokers that speak Kafka's protocol."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .rig.mock_cluster import MockCluster
from .rig.tansu import Tansu


@pytest.fixture(scope="session")
def tansu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tansu]:
    """Start one Tansu for all tests that leave it running; each uses topics of its own."""
    with Tansu(tmp_path_factory.mktemp("tansu")) as tansu:
        yield tansu


@pytest.fixture(scope="session")
def mock_cluster() -> Iterator[MockCluster]:
    """Start one mock cluster for all tests; each uses topics of its own."""
    with MockCluster() as cluster:
        yield cluster
