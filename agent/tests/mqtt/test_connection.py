"""Connections to real brokers with certificates and WebSockets, and to scripted old ones."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
import gc
from pathlib import Path
import socket
import ssl
import subprocess
import sys
from typing import Any

from conftest import Broker, Watcher, free_port
import pytest

from iotbridge_agent.config import BrokerConfig
from iotbridge_agent.errors import ConfigError
from iotbridge_agent.mqtt import connection
from iotbridge_agent.mqtt.connection import Backoff, Link, LinkError, client_arguments, probe, warnings
from iotbridge_agent.mqtt.tls import tls_context

SUBACK = 0x90
CONNACK_5, SUBACK_5 = b"\x20\x03\x00\x00\x00", b"\x90\x04\x00\x00\x00\x01"


def config(port: int, scheme: str = "mqtt", host: str = "127.0.0.1", **more: Any) -> BrokerConfig:
    return BrokerConfig(scheme=scheme, host=host, port=port, **more)  # type: ignore[arg-type]


def openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def make_authority(folder: Path, name: str, *extensions: str) -> None:
    openssl(
        folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", f"/CN={name}", *extensions, "-keyout", f"{name}.key", "-out", f"{name}.crt",
    )  # fmt: skip


def make_certificate(folder: Path, authority: str, name: str, alternative: str) -> None:
    openssl(
        folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr",
    )  # fmt: skip
    (folder / f"{name}.ext").write_text(f"subjectAltName={alternative}\nauthorityKeyIdentifier=keyid\n")
    openssl(
        folder, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.crt", "-CAkey", f"{authority}.key",
        "-CAcreateserial", "-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.crt",
    )  # fmt: skip


def make_password(file: Path, user: str, password: str) -> None:
    subprocess.run(["mosquitto_passwd", "-b", "-c", file, user, password], check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Create two authorities, and certificates for the loopback, another name and a client."""
    folder = tmp_path_factory.mktemp("certificates")
    key_usage = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")  # as in docs/hosts.md
    make_authority(folder, "ca", *key_usage)
    make_authority(folder, "stranger", *key_usage)
    make_authority(folder, "old")
    make_certificate(folder, "ca", "broker", "IP:127.0.0.1")
    make_certificate(folder, "old", "of_old", "IP:127.0.0.1")
    make_certificate(folder, "ca", "elsewhere", "DNS:elsewhere.lan")
    make_certificate(folder, "ca", "client", "DNS:client.lan")
    make_certificate(folder, "stranger", "intruder", "DNS:client.lan")
    openssl(folder, "ec", "-in", "client.key", "-aes256", "-passout", "pass:x", "-out", "locked.key")
    return folder


@pytest.fixture
def secure(tmp_path: Path, certificates: Path) -> Iterator[Broker]:
    """Start a broker with TLS."""
    lines = (f"certfile {certificates}/broker.crt", f"keyfile {certificates}/broker.key")
    broker = Broker(tmp_path, listener=lines)
    broker.start()
    yield broker
    broker.kill()


async def test_a_broker_without_tls(broker: Broker) -> None:
    result = await probe(config(broker.port))
    assert (result.error, result.mqtt_version, result.tls_version) == (None, "5", None)


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


@pytest.mark.skipif(sys.version_info < (3, 13), reason="this Python is not so strict")
async def test_an_authority_from_before_todays_rules_is_told_what_to_do(tmp_path: Path, certificates: Path) -> None:
    broker = Broker(tmp_path, listener=(f"certfile {certificates}/of_old.crt", f"keyfile {certificates}/of_old.key"))
    broker.start()
    try:
        error = (await probe(config(broker.port, "mqtts", ca_file=certificates / "old.crt"))).error or ""
        assert "key usage" in error
        assert "make new ones as in docs/hosts.md" in error
    finally:
        broker.kill()


@pytest.fixture
def demanding(tmp_path: Path, certificates: Path) -> Iterator[Broker]:
    """Start a broker that requires a client certificate of its authority."""
    lines = (
        f"certfile {certificates}/broker.crt",
        f"keyfile {certificates}/broker.key",
        f"cafile {certificates}/ca.crt",
        "require_certificate true",
    )
    broker = Broker(tmp_path, listener=lines)
    broker.start()
    yield broker
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


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_client_certificate_that_is_missing_or_foreign_is_named_at_once(
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


# The library leaves the socket of a WebSocket that never came about to the garbage collector.
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


async def test_a_broker_that_hangs_up_for_another_reason_is_not_suspected_of_tls() -> None:
    async with mute_broker(b"") as port:
        assert "hung up" in ((await probe(config(port))).error or "")
        assert "does not agree on TLS" in ((await probe(config(port, "mqtts"))).error or "")


async def test_websockets(tmp_path: Path, certificates: Path) -> None:
    # This broker does not start with nothing but WebSockets.
    options = ("allow_anonymous true", f"listener {free_port()} 127.0.0.1")
    broker = Broker(tmp_path, options=options, listener=("protocol websockets",))
    broker.start()
    options = ("allow_anonymous true", f"listener {free_port()} 127.0.0.1")
    tls = (f"certfile {certificates}/broker.crt", f"keyfile {certificates}/broker.key")
    secure = Broker(tmp_path, options=options, listener=("protocol websockets", *tls))
    secure.start()
    try:
        assert (await probe(config(broker.port, "ws"))).error is None
        assert (await probe(config(secure.port, "wss", ca_file=certificates / "ca.crt"))).error is None
        assert "stranger.crt" in (
            (await probe(config(secure.port, "wss", ca_file=certificates / "stranger.crt"))).error or ""
        )
    finally:
        broker.kill()
        secure.kill()


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


@asynccontextmanager
async def old_broker(first_answer: bytes = b"\x20\x02\x00\x01") -> AsyncIterator[tuple[int, list[int]]]:
    """Serve MQTT 3.1.1, refusing newer versions as such brokers do; yield it and the versions it was asked for."""
    versions: list[int] = []
    serving: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.append(asyncio.current_task())  # type: ignore[arg-type]
        data = await reader.read(1024)
        # Fixed header, length, "MQTT" with its length, and then the version.
        if data[:1] == b"\x10" and len(data) > 8:
            versions.append(data[8])
            writer.write(b"\x20\x02\x00\x00" if data[8] == 4 else first_answer)
            await reader.read(1024)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], versions
        await asyncio.wait(serving, timeout=5)


@pytest.mark.parametrize("answer", [b"\x20\x02\x00\x01", b"\x20\x03\x00\x84\x00"], ids=["3.1.1 words", "5 words"])
async def test_falls_back_to_3_1_1_and_remembers(answer: bytes) -> None:
    async with old_broker(answer) as (port, versions):
        link = Link(config(port), client_id="x")
        for _ in range(2):
            async with link.session() as session:
                assert session.mqtt_version == "3.1.1"
        assert versions == [5, 4, 4]


async def test_a_broker_silent_to_mqtt_5_is_asked_with_3_1_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "ANSWER_TIMEOUT_S", 0.3)
    async with old_broker(b"") as (port, versions):
        link = Link(config(port), client_id="x")
        with pytest.raises(LinkError, match="did not answer in time"):
            async with link.session():
                pass
        async with link.session() as session:
            assert session.mqtt_version == "3.1.1"
        # It may only have been slow.
        with pytest.raises(LinkError):
            async with link.session():
                pass
        assert versions == [5, 4, 5]


async def test_a_closed_port_keeps_the_mqtt_version() -> None:
    link = Link(config(free_port()), client_id="x")
    for _ in range(2):
        with pytest.raises(LinkError):
            async with link.session():
                pass
    assert link._version == "5"


async def test_a_message_that_cannot_be_sent_marks_the_session_as_lost(broker: Broker) -> None:
    link = Link(config(broker.port), client_id="x", will_topic="x")
    async with link.session() as session:
        broker.kill()
        with pytest.raises(LinkError, match="connection was lost"):
            async for _ in session.messages():
                pass
        with pytest.raises(LinkError):
            await session.publish("t", "x", qos=1)
        assert session.lost.is_set()
        with pytest.raises(LinkError):
            await session.subscribe("t")


@asynccontextmanager
async def mute_broker(*answers: bytes) -> AsyncIterator[int]:
    """Serve one answer for each read; after the last stay silent, or hang up after b""."""
    serving: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.append(asyncio.current_task())  # type: ignore[arg-type]
        for answer in answers:
            data = await reader.read(1024)
            if not answer:
                break
            # A SUBACK carries the number of the SUBSCRIBE.
            writer.write(answer[:2] + data[2:4] + answer[4:] if answer[0] == SUBACK else answer)
        else:
            while await reader.read(1024):
                pass
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.wait(serving, timeout=5)


async def test_calls_that_wait_for_the_broker_end_with_the_connection() -> None:
    async with mute_broker(CONNACK_5) as port:
        async with Link(config(port), client_id="x").session() as session:
            sending = asyncio.create_task(session.publish("t", "x", qos=1))
            await asyncio.wait({sending}, timeout=0.1)
            assert not sending.done()
        with pytest.raises(LinkError):
            async with asyncio.timeout(3):
                await sending


@pytest.mark.parametrize(
    "answers", [(b"",), (CONNACK_5, b""), (CONNACK_5, SUBACK_5, b"")], ids=["connect", "subscribe", "publish"]
)
async def test_a_connection_lost_while_waiting_for_an_answer_is_noticed_at_once(
    answers: tuple[bytes, ...], caplog: pytest.LogCaptureFixture
) -> None:
    async def say_hello(port: int) -> None:
        async with asyncio.timeout(3), Link(config(port), client_id="x").session() as session:
            await session.subscribe("a")
            await session.publish("announce", b"x", qos=1, retain=True)

    async with mute_broker(*answers) as port:
        with pytest.raises(LinkError) as caught:
            await say_hello(port)
    assert "did not answer" not in str(caught.value)
    del caught
    gc.collect()
    assert [record for record in caplog.records if record.name == "asyncio"] == []


@pytest.mark.parametrize("version", ["5", "3.1.1"])
@pytest.mark.parametrize("says_goodbye", [True, False])
async def test_the_last_will_is_taken_back_by_a_goodbye_only(
    broker: Broker, watcher: Watcher, version: str, says_goodbye: bool
) -> None:
    link = Link(config(broker.port), client_id="x", will_topic="x/availability")
    link._version = version
    async with link.session() as session:
        assert session.mqtt_version == version
        await session.publish("x/availability", "online", qos=1, retain=True)
        session.keeps_will = not says_goodbye
    async with Link(config(broker.port), client_id="y").session() as session:
        await session.publish("x/end", "x", qos=1)
    await asyncio.to_thread(watcher.wait, "end")
    # The will of a connection that broke is published when the broker noticed it, which may be a little later.
    if not says_goodbye:
        await asyncio.to_thread(watcher.wait, "availability", lambda m: m.payload == b"offline")
    assert [m.payload for m in watcher.of("availability")] == [b"online"] + [b"offline"] * (not says_goodbye)


async def test_a_connection_given_up_while_it_comes_about_leaves_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """The thread that connects cannot be stopped: what it makes is closed as soon as it is there."""
    loop = asyncio.get_running_loop()
    complaints: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _loop, context: complaints.append(context))
    async with mute_broker() as port:
        for after_s in (0, 0.001, 0.002, 0.005, 0.01, 0.02):
            opening = asyncio.create_task(Link(config(port), client_id="x")._connect())
            await asyncio.wait({opening}, timeout=after_s)
            opening.cancel()
            with pytest.raises(asyncio.CancelledError):
                await opening
        others = asyncio.all_tasks() - {asyncio.current_task()}
        # The library's own tasks and those that serve end with their sockets.
        _, left = await asyncio.wait(others, timeout=5)
        assert not left
    assert complaints == []
    assert caplog.text == ""


async def test_a_topic_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    acl = tmp_path / "acl"
    acl.write_text("topic read allowed\n")
    acl.chmod(0o644)
    broker = Broker(tmp_path, options=("allow_anonymous true", f"acl_file {acl}"))
    broker.start()
    try:
        async with Link(config(broker.port), client_id="x").session() as session:
            # This broker grants any subscription and keeps the messages back; others refuse.
            await session.subscribe("allowed")
    finally:
        broker.kill()


def test_secrets_are_not_in_what_is_printed() -> None:
    assert "hunter2" not in repr(config(1, username="u", password="hunter2", psk=b"hunter2"))


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


def test_nothing_of_a_session_outlives_it() -> None:
    arguments = client_arguments(config(1), client_id="x")
    assert arguments["clean_start"] is True
    assert arguments["properties"].SessionExpiryInterval == 0
    assert client_arguments(config(1), client_id="x", version="3.1.1")["clean_session"] is True


def test_waits_longer_and_longer_and_begins_again() -> None:
    backoff = Backoff()
    waits = [backoff.next_s() for _ in range(12)]
    assert waits[0] <= 1
    assert 30 <= waits[-1] <= 60
    assert waits[3] > waits[0]
    backoff.reset()
    assert backoff.next_s() <= 1


@pytest.mark.parametrize(
    ("broker", "word"),
    [
        (config(1883, host="broker.lan"), "not encrypted"),
        (config(8883, "mqtts", host="broker.lan", tls_insecure=True), "tls_insecure"),
    ],
)
def test_warns(broker: BrokerConfig, word: str) -> None:
    assert word in warnings(broker)[0]


def test_does_not_warn_without_need() -> None:
    assert warnings(config(1883)) == ()
    assert warnings(config(8883, "mqtts", host="broker.lan")) == ()
