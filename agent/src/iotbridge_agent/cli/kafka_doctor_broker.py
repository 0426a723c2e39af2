"""Checks of the MQTT side of `kafka doctor`: login, messages of each route, the connector's own topics, the queue."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
import secrets
import time

from iotbridge_agent.cli.doctor_broker import Finding, examine_link, examine_session
from iotbridge_agent.kafka.explain import ExampleMessage
from iotbridge_agent.kafka.record import Rejection, RejectReason
from iotbridge_agent.kafka.route import Router
from iotbridge_agent.kafka.settings import ConnectorSettings
from iotbridge_agent.kafka.topic_filters import subscriptions
from iotbridge_agent.mqtt.connection import V5, Incoming, Link, LinkError, Session

MOSQUITTO_QUEUE = 1000
"""Mosquitto's max_queued_messages where its configuration has none."""
VERSION, DROPPED = "$SYS/broker/version", "$SYS/broker/publish/messages/dropped"
DISCONNECTED = "$SYS/broker/clients/disconnected"
ACL_REMEDY = "Let this user read it in the broker's access list (docs/kafka.md)."
QUEUE_REMEDY = "In mosquitto.conf: `max_queued_messages 100000` (0: no limit) and `persistence true`."


@dataclass
class MqttTraffic:
    """Messages that arrived while the doctor listened."""

    duration_s: float
    live: Counter[int] = field(default_factory=Counter)
    """Number of messages for each route; -1 for those without a route."""
    retained: int = 0
    rejected: Counter[tuple[int, RejectReason]] = field(default_factory=Counter)
    system: dict[str, str] = field(default_factory=dict)
    """Values below ``$SYS``."""

    @property
    def rate(self) -> float:
        """Return live messages per second."""
        return self.live.total() / self.duration_s


def examine_intake(settings: ConnectorSettings, listen_s: float) -> Iterator[Finding]:
    """Check the broker up to the login, then what arrives; blocks for seconds."""
    for finding in examine_link(settings.broker):
        yield finding
        if finding.level == "bad":
            return
    yield from examine_session(lambda: _with_session(settings, listen_s))


async def _with_session(settings: ConnectorSettings, listen_s: float) -> list[Finding]:
    # A client id of its own: with the connector's id it would take over the connection of one that runs.
    link = Link(settings.broker, client_id=f"iotb-doctor-{secrets.token_hex(8)}")
    async with link.session() as session:
        user = f"as {settings.broker.username}" if settings.broker.username else "without a user"
        if session.mqtt_version != V5:
            sentence = f"logged in {user}, but the broker does not speak MQTT 5, which the connector needs."
            return [Finding("bad", "login", sentence, "Use Mosquitto 1.6 or newer, EMQX, HiveMQ or VerneMQ.")]
        findings = [Finding("ok", "login", f"logged in {user}, with MQTT 5.")]
        findings += await _subscribe(settings, session)
        traffic = await _listen(settings, session, listen_s)
        findings += _route_findings(settings, traffic)
        findings += await _own_topics(settings, session)
    return [*findings, *_queue_findings(settings, traffic)]


async def _subscribe(settings: ConnectorSettings, session: Session) -> list[Finding]:
    """Subscribe to the filters, outside of a shared group, whose messages would be taken from its members."""
    findings = []
    for text in subscriptions([route.filter for route in settings.routes]):
        try:
            await session.subscribe(text)
        except LinkError as error:
            findings.append(Finding("bad", "subscription", str(error), ACL_REMEDY))
    with suppress(LinkError):
        await session.subscribe(VERSION, DROPPED, DISCONNECTED)
    return findings


async def _listen(settings: ConnectorSettings, session: Session, listen_s: float) -> MqttTraffic:
    traffic = MqttTraffic(listen_s)
    router = Router(settings)
    with suppress(TimeoutError):
        async with asyncio.timeout(listen_s):
            async for message in session.messages():
                _count(traffic, router, message)
    return traffic


def _count(traffic: MqttTraffic, router: Router, message: Incoming) -> None:
    if message.topic in (VERSION, DROPPED, DISCONNECTED):
        traffic.system[message.topic] = message.payload.decode(errors="replace")
    elif message.retain:
        traffic.retained += 1
    else:
        result = router.route(ExampleMessage(topic=message.topic), time.time_ns() // 1_000_000)
        traffic.live[result.route] += 1
        # Of user properties nothing is known here.
        if isinstance(result, Rejection) and "{user." not in result.detail:
            traffic.rejected[result.route, result.reason] += 1


def _route_findings(settings: ConnectorSettings, traffic: MqttTraffic) -> Iterator[Finding]:
    for index, route in enumerate(settings.routes):
        count = traffic.live[index]
        rejected = {reason: number for (place, reason), number in traffic.rejected.items() if place == index}
        sentence = f"{route.name}: messages in {traffic.duration_s:g} s: {count}"
        if rejected:
            reasons = ", ".join(f"{number} of them {reason}" for reason, number in rejected.items())
            remedy = "`iotbridge-agent kafka explain TOPIC` shows why."
            yield Finding("note", "route", f"{sentence}, dead letters: {reasons}.", remedy)
        elif count:
            yield Finding("ok", "route", f"{sentence}.")
        else:
            remedy = (
                "Either none was published, or the access list forbids them: Mosquitto does not tell the difference."
            )
            yield Finding("note", "route", f"{sentence}.", remedy)
    if traffic.retained:
        sentence = f"retained messages that a new subscription gets: at least {traffic.retained}."
        yield Finding("ok", "retained", f"{sentence} connector.retained is {settings.retained}.")


async def _own_topics(settings: ConnectorSettings, session: Session) -> list[Finding]:
    """Check whether the connector may publish its state; without that right its health is not shown."""
    tree = f"{settings.topic_prefix}/connector/{settings.id}"
    try:
        is_taken = await session.takes(f"{tree}/doctor", "")
    except LinkError:
        is_taken = False
    if is_taken:
        return [Finding("ok", "own topics", f"{tree}/# may be written: Home Assistant gets the connector's state.")]
    sentence = f"{tree}/# may not be written: Home Assistant does not get the connector's state."
    return [
        Finding("note", "own topics", sentence, "Let this user write it in the broker's access list (docs/kafka.md).")
    ]


def _queue_findings(settings: ConnectorSettings, traffic: MqttTraffic) -> Iterator[Finding]:
    """Compare the broker's queue for a client that is away with the present rate."""
    version = traffic.system.get(VERSION, "")
    if version and "mosquitto" not in version.lower():
        yield Finding(
            "note", "broker queue", f"{version}: look up how many messages it queues for a client that is away."
        )
    else:
        broker = version or "The broker does not say what it is ($SYS cannot be read). Mosquitto"
        rate = traffic.rate
        at_rate = (
            f"at the present {rate:.1f} messages/s that is {MOSQUITTO_QUEUE / rate:.0f} s"
            if rate
            else ("at 10 messages/s that would be 100 s")
        )
        sentence = (
            f"{broker} queues {MOSQUITTO_QUEUE} messages for a client that is away, unless configured otherwise: "
            f"{at_rate}. Then it drops messages and tells nobody."
        )
        yield Finding("note", "broker queue", sentence, QUEUE_REMEDY)
    if (dropped := traffic.system.get(DROPPED, "0")) != "0":
        sentence = f"The broker has dropped {dropped} messages for its clients since it started."
        yield Finding("note", "broker queue", sentence, QUEUE_REMEDY)
    away = traffic.system.get(DISCONNECTED)
    if settings.group and away not in (None, "0"):
        sentence = (
            f"{away} sessions at the broker have no connection. One of group {settings.group} goes on taking its share."
        )
        yield Finding("note", "shared group", sentence, "`iotbridge-agent kafka leave` ends the session of a member.")
