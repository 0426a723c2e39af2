"""Broker checks of the doctor, step by step up to the first that fails."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
import secrets
import socket
import ssl
import time
from typing import Any, Literal, TypeAlias

from iotbridge_agent.config import BrokerConfig, Config
from iotbridge_agent.errors import ConfigError
from iotbridge_agent.event_loop import run_loop
from iotbridge_agent.mqtt.connection import EncryptionError, Link, LinkError, Session, warnings
from iotbridge_agent.mqtt.link_failures import explain
from iotbridge_agent.mqtt.tls import tls_context
from iotbridge_agent.mqtt.tls_mistakes import find_mistake
from iotbridge_agent.protocol.topics import Topics

Level: TypeAlias = Literal["ok", "note", "bad"]
TIMEOUT_S = 5.0
ECHO_TIMEOUT_S = 2.0
EXPIRES_SOON_DAYS = 14
DAY_S = 86400
MAX_NEIGHBOURS = 3
ACL_REMEDY = (
    "Give each agent a broker user of its own, and use a broker that enforces its ACL: Home Assistant's Mosquitto app "
    "7 loads an ACL, but does not enforce it (docs/hosts.md, Secure the broker)."
)

RIGHTS_REMEDY = (
    "Compare the broker's ACL with docs/hosts.md, Secure the broker; a broker with MQTT 5 gives more details."
)


@dataclass(frozen=True)
class Finding:
    """Result of one check: its subject, level, explanation and remedy."""

    level: Level
    what: str
    detail: str
    remedy: str = ""


def examine_broker(config: Config) -> Iterator[Finding]:
    """Check name, port, TLS, login and rights, up to the first that fails; blocks for seconds."""
    for finding in chain(examine_link(config.broker), examine_session(lambda: _with_session(config))):
        yield finding
        if finding.level == "bad":
            return


def examine_link(broker: BrokerConfig) -> Iterator[Finding]:
    """Check name, port and TLS, up to the first that fails; blocks for seconds."""
    for step in (_name, _port, _encryption):
        for finding in step(broker):
            yield finding
            if finding.level == "bad":
                return


def _name(broker: BrokerConfig) -> Iterator[Finding]:
    host = broker.host
    try:
        records = socket.getaddrinfo(host, broker.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        remedy = "Check the spelling of broker.url, or write the IP address."
        yield Finding("bad", "broker name", f"{host} cannot be resolved ({_words(error)}).", remedy)
        return
    addresses = ", ".join(sorted({str(address[4][0]) for address in records}))
    yield Finding("ok", "broker name", f"{host} is {addresses}." if addresses != host else f"{host} is an address.")


def _port(broker: BrokerConfig) -> Iterator[Finding]:
    try:
        socket.create_connection((broker.host, broker.port), TIMEOUT_S).close()
    except ConnectionRefusedError:
        remedy = (
            "Start the broker; Mosquitto listens to other machines only with a `listener` line. Or correct the port."
        )
        yield Finding("bad", "broker port", f"Nothing listens on port {broker.port} of {broker.host}.", remedy)
    except OSError as error:
        remedy = "Check the address, the network and the firewalls between here and there."
        yield Finding("bad", "broker port", f"{broker.host}:{broker.port} cannot be reached ({_words(error)}).", remedy)
    else:
        yield Finding("ok", "broker port", f"{broker.host}:{broker.port} is open.")


def _encryption(broker: BrokerConfig) -> Iterator[Finding]:
    for sentence in warnings(broker):
        yield Finding("note", "encryption", sentence, "Use mqtts://, with ca_file for an authority of your own.")
    if not broker.tls or broker.psk is not None:
        return
    try:
        certificate = _certificate(broker)
    except ConfigError as error:
        yield Finding("bad", "TLS", str(error), "Correct the file that this key names.")
    except OSError as error:
        remedy = (
            "Point ca_file to the authority's certificate, use the name the certificate is for, check port and clock."
        )
        yield Finding("bad", "TLS", *(find_mistake(broker) or (explain(error, broker), remedy)))
    else:
        if certificate:
            yield _expiry(certificate)


def _certificate(broker: BrokerConfig) -> dict[str, object]:
    context = tls_context(broker)
    assert context is not None  # noqa: S101 - only called with TLS
    with (
        socket.create_connection((broker.host, broker.port), TIMEOUT_S) as plain,
        context.wrap_socket(plain, server_hostname=broker.host) as link,
    ):
        return dict(link.getpeercert() or {})


def _expiry(certificate: dict[str, object]) -> Finding:
    days = int((ssl.cert_time_to_seconds(str(certificate["notAfter"])) - time.time()) // DAY_S)
    if days < EXPIRES_SOON_DAYS:
        remedy = "Renew the broker's certificate: agents refuse the old one from that day on."
        return Finding("note", "TLS", f"verified; days until the certificate expires: {days}.", remedy)
    return Finding("ok", "TLS", f"verified; days until the certificate expires: {days}.")


def examine_session(examine: Callable[[], Coroutine[Any, Any, list[Finding]]]) -> Iterator[Finding]:
    """Run an examination that logs in at the broker; a failed login is then the only finding."""
    try:
        findings = run_loop(examine())
    except EncryptionError as error:
        yield Finding("bad", "TLS", str(error), error.remedy)
    except LinkError as error:
        remedy = "Compare username and password_file with the broker's users; its log has the details."
        yield Finding("bad", "login", str(error), remedy)
    else:
        yield from findings


async def _with_session(config: Config) -> list[Finding]:
    nonce = secrets.token_hex(8)
    own = Topics(config.prefix, config.node_id)
    link = Link(config.broker, client_id=f"iotb-doctor-{nonce}")
    async with link.session() as session:
        neighbours = await _neighbours(session, own, nonce)
    async with link.session() as session:
        user = f"as {config.broker.username}" if config.broker.username else "without a user"
        findings = [Finding("ok", "login", f"logged in {user}, with MQTT {session.mqtt_version}.")]
        findings.append(await _own_tree(session, own, nonce))
        findings.append(await _confinement(session, own, nonce, neighbours))
        return findings


async def _own_tree(session: Session, own: Topics, nonce: str) -> Finding:
    """Check that a published message is delivered: an MQTT 3 client is not told that the broker forbids it."""
    tree = f"{own.prefix}/device/{own.node_id}/#"
    if await _echoes(session, _doctor_topic(own), nonce):
        return Finding("ok", "own topics", f"{tree} can be read and written.")
    remedy = f"Let this user read and write {tree} in the broker's ACL."
    return Finding("bad", "own topics", f"Messages published to {tree} are not received.", remedy)


async def _confinement(session: Session, own: Topics, nonce: str, neighbours: list[str]) -> Finding:
    """Check by delivery whether this user reaches other hosts: a broker may load an access list without applying it."""
    for node_id in (f"not-{nonce}", *neighbours):
        topic = _doctor_topic(Topics(own.prefix, node_id))
        if await _echoes(session, topic, nonce):
            sentence = (
                f"not confined: a message to {topic} was delivered. Anyone with such a user's password can send "
                "commands to every host, including this one."
            )
            return Finding("note", "rights", sentence, ACL_REMEDY)
    topic = _doctor_topic(Topics(own.prefix, f"not-{nonce}"))
    unknown_because = "MQTT 3.1.1 does not report it"
    try:
        is_taken = await session.takes(topic, nonce)
    except LinkError:
        # Some brokers close the connection of a client that publishes to a forbidden topic.
        is_taken, unknown_because = None, "the connection ended"
    if is_taken:
        sentence = f"not confined: the broker accepts messages to {topic}, but does not deliver them to this user."
        return Finding("note", "rights", sentence, ACL_REMEDY)
    if neighbours:
        sentence = f"can read the messages of other hosts: messages of {', '.join(neighbours)} were delivered."
        return Finding("note", "rights", sentence, ACL_REMEDY)
    if is_taken is None:
        sentence = (
            f"perhaps confined: no message to {topic} was delivered, but it is unknown whether the broker accepts such "
            f"messages ({unknown_because})."
        )
        return Finding("note", "rights", sentence, RIGHTS_REMEDY)
    sentence = "confined: no message to or from another host was delivered."
    return Finding("ok", "rights", sentence)


async def _neighbours(session: Session, own: Topics, nonce: str) -> list[str]:
    """Return the node ids of at most three other hosts whose retained messages this user receives."""
    found: set[str] = set()
    # Without the right to subscribe there are none, and a forbidden tree of its own is reported by another check.
    with suppress(TimeoutError, LinkError):
        async with asyncio.timeout(ECHO_TIMEOUT_S):
            await session.subscribe(_doctor_topic(own))
            await session.subscribe(Topics(own.prefix, "+").availability)
            # Delivered after the broker's retained messages.
            await session.publish(_doctor_topic(own), nonce, qos=1)
            async for message in session.messages():
                if message.topic == _doctor_topic(own) or len(found) == MAX_NEIGHBOURS:
                    break
                found |= {message.topic.split("/")[-2]} - {own.node_id}
    return sorted(found)


async def _echoes(session: Session, topic: str, nonce: str) -> bool:
    try:
        async with asyncio.timeout(ECHO_TIMEOUT_S):
            await session.subscribe(topic)
            await session.publish(topic, nonce, qos=1)
            async for message in session.messages():
                if message.topic == topic and message.payload == nonce.encode():
                    return True
    except (TimeoutError, LinkError):
        return False
    return False


def _doctor_topic(topics: Topics) -> str:
    """Return a topic one level below those of the contract, which IoT Bridge does not subscribe to."""
    return f"{topics.prefix}/device/{topics.node_id}/doctor/echo"


def _words(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
