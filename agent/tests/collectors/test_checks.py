"""Checks of HTTP on a real server, of TCP on a real port, of files with a real age."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import os
from pathlib import Path
import socket
import ssl
import subprocess
import threading
import time

from collecting import readings, values
import pytest

from iotbridge_agent.collector import Collector
from iotbridge_agent.collectors.checks import check_specs
from iotbridge_agent.config import parse_config
from iotbridge_agent.config_checks import CheckConfig

CONFIG = parse_config({"broker": {"url": "mqtt://localhost"}}, source="test", environ={})


class Handler(BaseHTTPRequestHandler):
    """Handler that responds with the status named in the path."""

    def do_GET(self) -> None:
        """Send the status."""
        self.send_response(int(self.path[1:4]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Log nothing."""


class Server(ThreadingHTTPServer):
    """Server that logs no error for clients that close early, as they do after rejecting its certificate."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, *args: object) -> None:
        """Log nothing."""


def serve(server: Server) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.fixture
def http() -> Iterator[str]:
    yield from serve(Server())


@pytest.fixture
def https(tmp_path: Path) -> Iterator[str]:
    """Serve with the self-signed certificate cert.pem."""
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    subprocess.run([*words, "-keyout", key, "-out", cert, *subject], check=True, capture_output=True)
    server = Server()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    yield from serve(server)


@pytest.fixture
def silent() -> Iterator[str]:
    """Listen, and never answer."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def closed() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{listener.getsockname()[1]}"


def make(kind: str, target: str, **settings: float) -> Collector:
    check = CheckConfig(name="Shop", kind=kind, target=target, **settings)  # type: ignore[arg-type]
    (spec,) = check_specs((check,))
    return spec.create(CONFIG)


@pytest.mark.parametrize(
    ("path", "expected", "answers"),
    [
        ("/200", None, True),
        ("/301", None, True),
        ("/404", None, False),
        ("/500?x=1", None, False),
        ("/401", 401, True),
        ("/200", 401, False),
    ],
)
def test_http_by_its_status(http: str, path: str, expected: int | None, answers: bool) -> None:
    found = readings(make("http", f"http://{http}{path}", expect_status=expected))  # type: ignore[arg-type]
    assert found["check_shop"].value is answers
    latency = found["latency_shop"].value
    assert (isinstance(latency, float) and 0 < latency < 10_000) if answers else latency is None
    assert found["check_shop"].description.enabled
    assert not found["latency_shop"].description.enabled


def test_http_without_server_or_response(closed: str, silent: str) -> None:
    assert values(make("http", f"http://{closed}/")) == {"check_shop": False, "latency_shop": None}
    start = time.monotonic()
    assert values(make("http", f"http://{silent}/", timeout_s=0.2))["check_shop"] is False
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("url", ["http://", "http://127.0.0.1/a b", "http://127.0.0.1:99999/", "http://[::1/"])
def test_invalid_http_addresses(url: str) -> None:
    assert values(make("http", url, timeout_s=0.2))["check_shop"] is False


def test_a_certificate_must_be_trusted(https: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert values(make("http", f"https://{https}/200"))["check_shop"] is False
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    assert values(make("http", f"https://{https}/200"))["check_shop"] is True


def test_a_server_without_tls_is_no_answer(http: str) -> None:
    assert values(make("http", f"https://{http}/200"))["check_shop"] is False


def test_tcp(silent: str, closed: str) -> None:
    found = values(make("tcp", silent))
    assert found["check_shop"] is True
    assert float(str(found["latency_shop"])) > 0
    assert values(make("tcp", closed)) == {"check_shop": False, "latency_shop": None}
    assert values(make("tcp", "[::1]:99999"))["check_shop"] is False


def aged(path: Path, hours: float) -> Path:
    path.write_text("backup")
    os.utime(path, (time.time() - hours * 3600,) * 2)
    return path


def test_a_file_is_a_problem_when_it_is_too_old(tmp_path: Path) -> None:
    path = aged(tmp_path / "dump.sql", hours=10)
    fresh = readings(make("file", str(path), max_age_h=11))
    assert fresh["check_shop"].value is False
    assert str(fresh["changed_shop"].value).endswith("Z")
    assert not fresh["changed_shop"].description.enabled
    assert values(make("file", str(path), max_age_h=9))["check_shop"] is True


def test_a_file_without_a_limit_only_has_to_exist(tmp_path: Path) -> None:
    path = aged(tmp_path / "dump.sql", hours=100_000)
    found = readings(make("file", str(path)))
    assert found["check_shop"].value is False
    assert found["changed_shop"].description.enabled
    path.unlink()
    assert values(make("file", str(path))) == {"check_shop": True, "changed_shop": None}


def test_of_a_folder_the_newest_content_counts(tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    check = make("file", str(folder), max_age_h=24)
    assert values(check) == {"check_shop": True, "changed_shop": None}
    aged(folder / "monday", hours=50)
    (folder / "latest").symlink_to("gone")
    assert values(check)["check_shop"] is True
    aged(folder / "wednesday", hours=2)
    assert values(check)["check_shop"] is False
    (folder / "wednesday").unlink()  # touches the folder, and is no backup
    assert values(check)["check_shop"] is True


def test_a_folder_that_cannot_be_listed_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_self: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "iterdir", fail)
    assert values(make("file", str(tmp_path))) == {"check_shop": True, "changed_shop": None}


def test_each_check_is_a_collector_with_its_own_interval() -> None:
    checks = (
        CheckConfig(name="NAS web", kind="http", target="http://nas/", interval_s=120, timeout_s=4),
        CheckConfig(name="nas-web", kind="tcp", target="nas:80"),
    )
    first, second = check_specs(checks)
    assert (first.name, first.interval_s) == ("check_nas_web", 120)
    assert first.timeout_s > 4
    assert second.name.startswith("check_nas_web_")
    assert check_specs(()) == ()
