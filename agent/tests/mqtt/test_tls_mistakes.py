"""Mistakes in the encryption of a link, with their remedies."""

from dataclasses import replace
import gc
from pathlib import Path
import ssl
from typing import Any

from conftest import Broker, free_port
import pytest
from scripted_brokers import config, mute_broker

from iotbridge_agent.mqtt.connection import probe


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_missing_or_foreign_client_certificate_is_named_at_once(
    demanding: Broker, certificates: Path, newest: ssl.TLSVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = ssl.create_default_context

    def limited(**arguments: Any) -> ssl.SSLContext:
        context = create(**arguments)
        context.maximum_version = newest
        return context

    monkeypatch.setattr(ssl, "create_default_context", limited)
    without = config(demanding.port, "mqtts", ca_file=certificates / "ca.crt")
    result = await probe(without)
    assert "a client certificate, and broker.client_cert is not set" in (result.error or "")
    assert result.duration_s < 8
    foreign = replace(without, client_cert=certificates / "intruder.crt", client_key=certificates / "intruder.key")
    result = await probe(foreign)
    assert "refuses the client certificate" in (result.error or "")
    assert "intruder.crt: it was not signed by an authority this broker trusts" in (result.error or "")
    assert result.duration_s < 8


# The library leaves the socket of a WebSocket that was never established to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("scheme", ["mqtt", "ws"])
async def test_a_port_with_tls_asked_without_is_named_at_once(secure: Broker, scheme: str) -> None:
    result = await probe(config(secure.port, scheme))
    assert f"expects TLS on port {secure.port}, and broker.url begins with {scheme}://" in (result.error or "")
    gc.collect()
    assert result.duration_s < 8


@pytest.mark.parametrize("scheme", ["mqtts", "wss"])
async def test_a_port_without_tls_asked_with_it_is_named_at_once(broker: Broker, scheme: str, tmp_path: Path) -> None:
    websockets = Broker(
        tmp_path,
        options=("allow_anonymous true", f"listener {free_port()} 127.0.0.1"),
        listener=("protocol websockets",),
    )
    websockets.start()
    try:
        port = broker.port if scheme == "mqtts" else websockets.port
        result = await probe(config(port, scheme, username="nas", password="hunter2"))
        assert f"has no TLS on port {port}, and broker.url begins with {scheme}://" in (result.error or "")
        assert result.duration_s < 8
    finally:
        websockets.kill()


async def test_a_broker_that_disconnects_for_another_reason_has_no_tls_mistake() -> None:
    async with mute_broker(b"") as port:
        assert "hung up" in ((await probe(config(port))).error or "")
        assert "does not agree on TLS" in ((await probe(config(port, "mqtts"))).error or "")
