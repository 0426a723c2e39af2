"""Explanations of failed connections."""

from pathlib import Path
import socket
import sys

from certificates import make_password
from conftest import Broker, free_port
import pytest
from scripted_brokers import config, old_broker

from iotbridge_agent.mqtt.connection import probe


@pytest.mark.skipif(sys.version_info < (3, 13), reason="this Python is not so strict")
async def test_an_outdated_authority_gets_a_remedy(tmp_path: Path, certificates: Path) -> None:
    broker = Broker(tmp_path, listener=(f"certfile {certificates}/of_old.crt", f"keyfile {certificates}/of_old.key"))
    broker.start()
    try:
        error = (await probe(config(broker.port, "mqtts", ca_file=certificates / "old.crt"))).error or ""
        assert "key usage" in error
        assert "make new ones as in docs/hosts.md" in error
    finally:
        broker.kill()


async def test_user_and_password(tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    make_password(passwords, "agent", "right")
    passwords.chmod(0o644)
    broker = Broker(tmp_path, options=("allow_anonymous false", f"password_file {passwords}"))
    broker.start()
    try:
        assert (await probe(config(broker.port, username="agent", password="right"))).error is None
        wrong = (await probe(config(broker.port, username="agent", password="wr0ng"))).error or ""
        assert "not allowed in" in wrong or "password is wrong" in wrong
        assert "wr0ng" not in wrong
    finally:
        broker.kill()


async def test_a_closed_port_and_an_unknown_name() -> None:
    assert "nothing listens on port" in ((await probe(config(free_port()))).error or "")
    assert "could not be resolved" in ((await probe(config(1883, host="no-such-host.invalid"))).error or "")


async def test_a_broker_that_never_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result = await probe(config(silent.getsockname()[1]), 0.5)
    assert "did not answer within 0.5 s" in (result.error or "")


async def test_tls_to_a_broker_without() -> None:
    async with old_broker() as (port, _):
        assert "TLS" in ((await probe(config(port, "mqtts", tls_insecure=True), 5)).error or "")
