"""Broker checks of the doctor on real brokers: open, restricted, absent, with TLS, with an ACL."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
import shutil
import subprocess
from typing import Any

from conftest import Broker, Watcher, free_port
from proxy import Proxy
import pytest

from iotbridge_agent.cli import doctor_broker
from iotbridge_agent.cli.doctor_broker import Finding, examine_broker
from iotbridge_agent.config import Config, parse_config
from iotbridge_agent.mqtt.connection import Link

PASSWORDS = "mosquitto_passwd"
PUBLISH = 3


def config(url: str, **broker: object) -> Config:
    document = {"broker": {"url": url, **broker}, "agent": {"node_id": "nas"}}
    return parse_config(document, source="test", environ={})


def examined(url: str, **broker: object) -> dict[str, Finding]:
    return {finding.what: finding for finding in examine_broker(config(url, **broker))}


def test_an_open_broker_works_and_is_reported_as_open(broker: Broker, watcher: Watcher) -> None:
    found = examined(broker.url)
    assert {what: finding.level for what, finding in found.items()} == {
        "broker name": "ok",
        "broker port": "ok",
        "login": "ok",
        "own topics": "ok",
        "rights": "note",
    }
    assert found["login"].detail == "logged in without a user, with MQTT 5."
    assert "not confined" in found["rights"].detail
    assert "ACL" in found["rights"].remedy
    watcher.wait("echo", count=3)
    # IoT Bridge subscribes to <prefix>/device/+/+ and would count any message there that is not part of the contract.
    assert {message.topic.split("/")[3:] == ["doctor", "echo"] for message in watcher.messages} == {True}
    assert not any(message.retain for message in watcher.messages)


def test_an_unknown_name_ends_the_checks() -> None:
    found = examined("mqtt://broker.invalid")
    assert list(found) == ["broker name"]
    assert found["broker name"].level == "bad"
    assert "broker.invalid cannot be resolved" in found["broker name"].detail


def test_a_port_without_listener_ends_the_checks() -> None:
    port = free_port()
    finding = examined(f"mqtt://localhost:{port}").popitem()[1]
    assert (finding.what, finding.level) == ("broker port", "bad")
    assert f"Nothing listens on port {port} of localhost" in finding.detail
    assert "listener" in finding.remedy


def test_an_address_that_cannot_be_reached() -> None:
    finding = examined("mqtt://255.255.255.255").popitem()[1]
    assert (finding.what, finding.level) == ("broker port", "bad")
    assert "cannot be reached" in finding.detail


StartGuarded = Callable[[str | None], Broker]


@pytest.fixture
def start_guarded(tmp_path: Path) -> Iterator[StartGuarded]:
    """Start a broker with users, and optionally an ACL."""
    if shutil.which(PASSWORDS) is None:
        pytest.skip("mosquitto_passwd is not installed (package mosquitto)")
    passwords, acl = tmp_path / "passwords", tmp_path / "acl"
    for user in ("nas", "other"):
        create = ["-c"] if not passwords.exists() else []
        subprocess.run([PASSWORDS, "-b", *create, passwords, user, "right"], check=True, capture_output=True)
    started: list[Broker] = []

    def start(rules: str | None) -> Broker:
        options = ["allow_anonymous false", f"password_file {passwords}"]
        if rules is not None:
            acl.write_text(rules)
            options.append(f"acl_file {acl}")
        started.append(Broker(tmp_path, options=tuple(options)))
        started[-1].start()
        return started[-1]

    yield start
    for broker in started:
        broker.kill()


OWN_TREE = "pattern readwrite iotbridge/device/%u/#\n"


@pytest.fixture
def guarded(start_guarded: StartGuarded) -> Broker:
    """Return a broker with users, and an ACL: each may use its own tree."""
    return start_guarded(OWN_TREE)


def test_a_user_of_its_own_with_an_acl_is_all_fine(guarded: Broker) -> None:
    found = examined(guarded.url, username="nas", password="right")
    assert {finding.level for finding in found.values()} == {"ok"}
    assert found["login"].detail.startswith("logged in as nas")
    assert found["rights"].detail.startswith("confined: ")


async def introduce(broker: Broker, *node_ids: str) -> None:
    """Publish the availability of other hosts, as their agents do."""
    other = config(broker.url, username="other", password="right").broker
    async with Link(other, client_id="other").session() as session:
        for node_id in node_ids:
            await session.publish(f"iotbridge/device/{node_id}/availability", "online", qos=1, retain=True)


@pytest.mark.parametrize(
    ("rules", "level", "detail"),
    [
        (None, "note", "not confined: a message to iotbridge/device/not-"),
        ("topic readwrite iotbridge/#\n", "note", "not confined: a message to iotbridge/device/not-"),
        # Names the hosts it may reach: a host that does not exist would look restricted.
        ("topic readwrite iotbridge/device/media/#\n", "note", "not confined: a message to iotbridge/device/media/"),
        (
            "topic write iotbridge/device/#\n",
            "note",
            "not confined: the broker accepts messages to ",
        ),
        (
            "topic read iotbridge/device/+/availability\n",
            "note",
            "can read the messages of other hosts: messages of media",
        ),
        ("", "ok", "confined: "),
    ],
)
async def test_confinement_is_found_by_delivery(
    start_guarded: StartGuarded, rules: str | None, level: str, detail: str
) -> None:
    acl = f"{OWN_TREE}user nas\n{rules}user other\ntopic readwrite #\n"
    broker = start_guarded(None if rules is None else acl)
    await introduce(broker, "media", "nas")

    found = await asyncio.to_thread(examined, broker.url, username="nas", password="right")

    assert found["own topics"].level == "ok"
    assert found["rights"].level == level
    assert found["rights"].detail.startswith(detail)


def test_without_reason_codes_confinement_is_not_claimed(guarded: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    class OldLink(Link):
        """Link that starts with MQTT 3.1.1."""

        def __init__(self, *arguments: Any, **more: Any) -> None:
            super().__init__(*arguments, **more)
            self._version = "3.1.1"

    monkeypatch.setattr(doctor_broker, "Link", OldLink)
    found = examined(guarded.url, username="nas", password="right")
    assert found["login"].detail == "logged in as nas, with MQTT 3.1.1."
    assert found["rights"].level == "note"
    assert found["rights"].detail.startswith("perhaps confined: ")
    assert "MQTT 3.1.1" in found["rights"].detail


def test_a_broker_that_closes_the_connection_leaves_confinement_unknown(guarded: Broker) -> None:
    with HangingUp(guarded.port) as broker:
        found = examined(f"mqtt://127.0.0.1:{broker.port}", username="nas", password="right")
    assert found["own topics"].level == "ok"
    assert found["rights"].level == "note"
    assert found["rights"].detail.endswith("accepts such messages (the connection ended).")


class HangingUp(Proxy):
    """Proxy of a broker that closes the connection of a client that publishes to another host's topic."""

    def passes(self, data: bytes, *, is_answer: bool) -> bool:
        if not is_answer and data[0] >> 4 == PUBLISH and b"/not-" in data:
            raise ConnectionAbortedError
        return True


async def test_many_hosts_are_checked_as_fast_as_few(start_guarded: StartGuarded) -> None:
    broker = start_guarded(None)
    await introduce(broker, *(f"host-{number}" for number in range(300)))

    found = await asyncio.to_thread(examined, broker.url, username="nas", password="right")

    assert found["login"].level == found["own topics"].level == "ok"
    assert found["rights"].level == "note"


@pytest.mark.parametrize("credentials", [{"username": "nas", "password": "wrong"}, {}])
def test_a_wrong_password_is_named(guarded: Broker, credentials: dict[str, str]) -> None:
    finding = examined(guarded.url, **credentials).popitem()[1]
    assert (finding.what, finding.level) == ("login", "bad")
    assert "refused" in finding.detail
    assert "password_file" in finding.remedy


def test_an_acl_that_forbids_the_own_tree_is_named(guarded: Broker) -> None:
    finding = examined(guarded.url, username="other", password="right").popitem()[1]
    assert (finding.what, finding.level) == ("own topics", "bad")
    assert "iotbridge/device/nas/#" in finding.remedy


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(params=["365", "3"])
def encrypted(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Broker]:
    """Start a broker whose own authority's certificate is valid for the parameter's number of days."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    new = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=lab")
    days = ("-days", str(request.param), "-addext", "subjectAltName=IP:127.0.0.1")
    openssl(tmp_path, *new, *days, "-keyout", "key.pem", "-out", "cert.pem")
    listener = (f"certfile {tmp_path}/cert.pem", f"keyfile {tmp_path}/key.pem")
    broker = Broker(tmp_path, listener=listener)
    broker.start()
    yield broker
    broker.kill()


def test_tls_is_verified_and_its_expiry_reported(
    encrypted: Broker, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = encrypted.url.replace("mqtt:", "mqtts:")
    found = examined(url, ca_file=str(tmp_path / "cert.pem"))
    soon = "[3]" in request.node.name
    assert found["TLS"].level == ("note" if soon else "ok")
    assert ("certificate expires: 2." in found["TLS"].detail) is soon
    assert found["login"].level == "ok"

    unknown = examined(url).popitem()[1]
    assert (unknown.what, unknown.level) == ("TLS", "bad")
    assert "cannot be trusted" in unknown.detail

    name = examined(url.replace("127.0.0.1", "localhost"), ca_file=str(tmp_path / "cert.pem")).popitem()[1]
    assert "not for the name localhost" in name.detail

    key = examined(url, ca_file=str(tmp_path / "key.pem")).popitem()[1]
    assert (key.what, key.level) == ("TLS", "bad")
    assert "broker.ca_file" in key.detail

    plain = examined(encrypted.url).popitem()[1]
    assert (plain.what, plain.level) == ("TLS", "bad")
    assert "expects TLS" in plain.detail
    assert "mqtts://" in plain.remedy

    insecure = examined(url, tls_insecure=True)
    assert insecure["encryption"].level == "note"
    assert "tls_insecure" in insecure["encryption"].detail
    assert insecure["login"].level == "ok"


def test_tls_on_a_port_without_it_is_named(broker: Broker) -> None:
    finding = examined(broker.url.replace("mqtt:", "mqtts:"), username="nas", password="right").popitem()[1]
    assert (finding.what, finding.level) == ("TLS", "bad")
    assert "has no TLS" in finding.detail
    assert "password" not in finding.remedy


def test_a_missing_client_certificate_is_named_instead_of_a_password(tmp_path: Path) -> None:
    new = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=lab")
    openssl(tmp_path, *new, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem")
    lines = (f"certfile {tmp_path}/cert.pem", f"keyfile {tmp_path}/key.pem", f"cafile {tmp_path}/cert.pem")
    broker = Broker(tmp_path, listener=(*lines, "require_certificate true"))
    broker.start()
    try:
        found = examined(broker.url.replace("mqtt:", "mqtts:"), ca_file=str(tmp_path / "cert.pem"))
    finally:
        broker.kill()
    finding = found.popitem()[1]
    assert (finding.what, finding.level) == ("TLS", "bad")
    assert "demands a client certificate" in finding.detail
    assert "client_cert and client_key" in finding.remedy
    assert "login" not in found
