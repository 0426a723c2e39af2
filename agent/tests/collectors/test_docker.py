"""Containers, read over a real socket from a fake engine."""

from collections.abc import Iterator
import json
from pathlib import Path
import socket
import threading

from collecting import readings, values
import pytest

from iotbridge_agent.collectors.docker import Docker, create
from iotbridge_agent.config import parse_config
from iotbridge_agent.errors import CollectorError


def answer(status: str, document: object) -> bytes:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class Engine:
    """Engine that answers each request by its path; ``hang`` reads and never answers."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.answers: dict[str, bytes] = {}
        self.hang = threading.Event()
        self.over = threading.Event()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            client, _ = self._listener.accept()
            with client:
                client.settimeout(5)
                request = client.recv(65536)
                if not request:  # the test has ended
                    return
                if self.hang.is_set():
                    self.over.wait(10)
                    continue
                path = request.split(b" ")[1].decode()
                client.sendall(self.answers.get(path, answer("404 Not Found", {"message": "No such container"})))

    def close(self) -> None:
        """Release waiting requests, and stop."""
        self.over.set()
        with socket.socket(socket.AF_UNIX) as last:
            last.connect(str(self.path))
        self._thread.join(10)
        self._listener.close()


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
    found = readings(Docker(("web", "db_1", "old", "gone"), engine.path))
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
        values(Docker(("web",), engine.path))


def test_an_engine_that_hangs_is_an_error(engine: Engine) -> None:
    engine.hang.set()
    with pytest.raises(CollectorError, match="timed out"):
        values(Docker(("web",), engine.path, timeout_s=0.2))


def test_without_an_engine_it_fails(tmp_path: Path) -> None:
    with pytest.raises(CollectorError, match="No such file"):
        values(Docker(("web",), tmp_path / "none.sock"))


def test_containers_and_socket_come_from_the_configuration(engine: Engine) -> None:
    engine.answers = {"/containers/web/json": answer("200 OK", {"State": {"Running": True}})}
    docker = {"containers": ["web"], "socket": str(engine.path)}
    tables = {"broker": {"url": "mqtt://localhost"}, "collectors": {"docker": docker}}
    assert values(create(parse_config(tables, source="test", environ={}))) == {"docker_web": True}
