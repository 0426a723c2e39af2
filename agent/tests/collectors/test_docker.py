"""Containers, read over a real socket from a fake engine."""

from collections.abc import Iterator
from pathlib import Path

from collecting import readings, values
from engine_stub import Engine, answer
import pytest

from iotbridge_agent.collectors.docker import Docker, create
from iotbridge_agent.config import parse_config
from iotbridge_agent.errors import CollectorError
from iotbridge_agent.system.container_engine import ContainerEngine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = Engine(tmp_path / "docker.sock")
    yield engine
    engine.close()


def test_running_stopped_and_missing_containers(engine: Engine) -> None:
    healthy = {"Running": True, "Health": {"Status": "healthy", "Log": []}}
    engine.answers = {
        "/containers/web/json": answer("200 OK", {"State": {"Running": True, "Status": "running"}}),
        "/containers/db_1/json": answer("200 OK", {"State": healthy}),
        "/containers/old/json": answer("200 OK", {"State": {"Running": False, "Health": {"Status": "none"}}}),
    }
    found = readings(Docker(("web", "db_1", "old", "gone"), ContainerEngine(engine.path)))
    assert {key: reading.value for key, reading in found.items()} == {
        "docker_web": True,
        "docker_db_1": True,
        "health_db_1": "healthy",
        "docker_old": False,
        "docker_gone": False,
    }


@pytest.mark.parametrize(
    "nonsense",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
        answer("200 OK", b"<html>"),
        answer("200 OK", []),
        answer("200 OK", {"State": "up"}),
        answer("500 Internal Server Error", {"message": "boom"}),
    ],
)
def test_an_engine_that_answers_nonsense_is_an_error(engine: Engine, nonsense: bytes) -> None:
    engine.answers = {"/containers/web/json": nonsense}
    with pytest.raises(CollectorError, match=r"docker\.sock"):
        values(Docker(("web",), ContainerEngine(engine.path)))


def test_an_engine_that_hangs_is_an_error(engine: Engine) -> None:
    engine.hang.set()
    with pytest.raises(CollectorError, match="timed out"):
        values(Docker(("web",), ContainerEngine(engine.path, timeout_s=0.2)))


def test_without_an_engine_it_fails(tmp_path: Path) -> None:
    with pytest.raises(CollectorError, match="No such file"):
        values(Docker(("web",), ContainerEngine(tmp_path / "none.sock")))


def test_containers_and_socket_come_from_the_configuration(engine: Engine) -> None:
    engine.answers = {"/containers/web/json": answer("200 OK", {"State": {"Running": True}})}
    docker = {"containers": ["web"], "socket": str(engine.path)}
    tables = {"broker": {"url": "mqtt://localhost"}, "collectors": {"docker": docker}}
    assert values(create(parse_config(tables, source="test", environ={}))) == {"docker_web": True}
