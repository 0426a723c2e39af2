"""Encryption: certificates and pre-shared keys of real brokers."""

from dataclasses import replace
from pathlib import Path
import sys

from conftest import Broker
import pytest
from scripted_brokers import config

from iotbridge_agent.errors import ConfigError
from iotbridge_agent.mqtt.connection import probe
from iotbridge_agent.mqtt.tls import tls_context


async def test_a_ca_file_alone_is_enough(secure: Broker, certificates: Path) -> None:
    result = await probe(config(secure.port, "mqtts", ca_file=certificates / "ca.crt"))
    assert (result.error, result.tls_version) == (None, "TLSv1.3")


async def test_another_authority_is_not_trusted(secure: Broker, certificates: Path) -> None:
    result = await probe(config(secure.port, "mqtts", ca_file=certificates / "stranger.crt"))
    assert "stranger.crt" in (result.error or "")
    result = await probe(config(secure.port, "mqtts"))
    assert "set ca_file" in (result.error or "")


async def test_another_name_is_not_trusted(tmp_path: Path, certificates: Path) -> None:
    lines = (f"certfile {certificates}/elsewhere.crt", f"keyfile {certificates}/elsewhere.key")
    broker = Broker(tmp_path, listener=lines)
    broker.start()
    try:
        result = await probe(config(broker.port, "mqtts", ca_file=certificates / "ca.crt"))
        assert "not for the name 127.0.0.1" in (result.error or "")
        insecure = await probe(config(broker.port, "mqtts", tls_insecure=True))
        assert insecure.error is None
    finally:
        broker.kill()


async def test_a_client_certificate_lets_in(demanding: Broker, certificates: Path) -> None:
    own = config(
        demanding.port,
        "mqtts",
        ca_file=certificates / "ca.crt",
        client_cert=certificates / "client.crt",
        client_key=certificates / "client.key",
    )
    assert (await probe(own)).error is None


def test_an_unusable_file_is_named(certificates: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.crt"
    text.write_text("not a certificate")
    with pytest.raises(ConfigError, match=r"ca_file.*text\.crt"):
        tls_context(config(1, "mqtts", ca_file=text))
    with pytest.raises(ConfigError, match="client_cert"):
        tls_context(config(1, "mqtts", client_cert=certificates / "client.crt", client_key=certificates / "ca.key"))
    with pytest.raises(ConfigError, match=r"client_key.*without a password"):
        tls_context(config(1, "mqtts", client_cert=certificates / "client.crt", client_key=certificates / "locked.key"))


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="this Python can")
def test_psk_needs_a_newer_python() -> None:
    with pytest.raises(ConfigError, match=r"Python 3\.13"):
        tls_context(config(1, "mqtts", psk=b"\x01", psk_identity="nas"))


@pytest.mark.skipif(sys.version_info < (3, 13), reason="this Python cannot")
async def test_psk(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("nas:0102ff\n")
    broker = Broker(tmp_path, listener=(f"psk_file {keys}", "psk_hint x"))
    broker.start()
    try:
        right = config(broker.port, "mqtts", psk=bytes.fromhex("0102ff"), psk_identity="nas")
        assert (await probe(right)).tls_version == "TLSv1.2"
        assert (await probe(replace(right, psk=b"\x01"))).error
    finally:
        broker.kill()
