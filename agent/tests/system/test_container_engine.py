"""Container engine behind a socket; its states are tested with the collector."""

from collections.abc import Iterator
from pathlib import Path

from engine_stub import Engine, answer
import pytest

from iotbridge_agent.errors import CollectorError
from iotbridge_agent.system.container_engine import ContainerEngine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = Engine(tmp_path / "docker.sock")
    yield engine
    engine.close()


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_a_container_is_started_or_runs_already(engine: Engine, status: str) -> None:
    engine.answers = {"/containers/hub/start": f"HTTP/1.1 {status}\r\n\r\n".encode()}
    ContainerEngine(engine.path).start("hub")
    assert engine.started == ["hub"]


@pytest.mark.parametrize("status", ["404 Not Found", "409 Conflict", "500 Internal Server Error"])
def test_a_container_that_does_not_start_is_an_error(engine: Engine, status: str) -> None:
    engine.answers = {"/containers/hub/start": answer(status, {"message": "port is in use"})}
    with pytest.raises(CollectorError, match=r"hub was not started: .*port is in use"):
        ContainerEngine(engine.path).start("hub")
