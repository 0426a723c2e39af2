"""Subcommand `kafka doctor`: checks the connector's configuration, the broker, Kafka and the spool."""

from collections.abc import Callable, Iterator
import os
from pathlib import Path
import shutil
import socket
import ssl
import subprocess
import time

from iotbridge_agent.cli.doctor import examine_files, report, run_as
from iotbridge_agent.cli.doctor_broker import Finding
from iotbridge_agent.cli.kafka_doctor_broker import examine_intake
from iotbridge_agent.cli.kafka_service import USER
from iotbridge_agent.errors import ConfigError
from iotbridge_agent.kafka.admin import Admin, Cluster, KafkaAnswerError
from iotbridge_agent.kafka.explain import ExampleMessage
from iotbridge_agent.kafka.record import Rejection
from iotbridge_agent.kafka.route import Router
from iotbridge_agent.kafka.route_settings import Route
from iotbridge_agent.kafka.settings import STATE_DIR, ConnectorSettings, KafkaSettings, load_settings
from iotbridge_agent.mqtt.link_failures import explain_certificate

TIMEOUT_S = 5.0
MIB = 1024 * 1024
MARK = "iotbridge-doctor"
"""Header of the records that the doctor sends, and its word for levels that a filter leaves open."""
TLS_REMEDY = "Point kafka.ca_file to the authority that signed Kafka's certificates; is it a port with TLS?"


def main(
    path: Path, *, send: bool, listen_s: float, user: str = USER, call: Callable[..., int] = subprocess.call
) -> int:
    """Run all checks; return 0 if all pass and 1 for a problem."""
    arguments = ["kafka", "doctor", "--listen", f"{listen_s:g}", *(["--send"] if send else [])]
    if (code := run_as(user, str(STATE_DIR), path, arguments, call)) is not None:
        return code
    return report(examine(path, load_settings(path), send=send, listen_s=listen_s))


def examine(path: Path, settings: ConnectorSettings, *, send: bool, listen_s: float) -> Iterator[Finding]:
    """Yield the findings about this connector; blocks for seconds."""
    yield from examine_files(path, "broker", "kafka")
    yield from examine_spool(settings)
    yield from examine_intake(settings, listen_s)
    yield from examine_kafka(settings, send=send)


def examine_spool(settings: ConnectorSettings) -> Iterator[Finding]:
    """Check whether the spool can be written, and whether the disk has room for all of it."""
    path = settings.spool.path
    nearest = next(parent for parent in path.parents if parent.exists())
    files = [file for file in (path, path.with_name(f"{path.name}-wal")) if file.exists()]
    if not all(os.access(file, os.W_OK) for file in (nearest, *files)):
        remedy = "Make the connector's user its owner, or set another spool.path."
        yield Finding("bad", "spool", f"{path} cannot be written by this user.", remedy)
        return
    used, free = sum(file.stat().st_size for file in files), shutil.disk_usage(nearest).free
    wanted = max(settings.spool.max_bytes - used, 0)
    detail = f"{path} is writable: {used // MIB} of {settings.spool.max_bytes // MIB} MB used, {free // MIB} MB free."
    if free < wanted:
        remedy = "Lower spool.max_mb, or free some space: a full disk makes the connector pause."
        yield Finding("note", "spool", f"{detail} The disk is full before the spool is.", remedy)
    else:
        yield Finding("ok", "spool", detail)


def examine_kafka(settings: ConnectorSettings, *, send: bool) -> Iterator[Finding]:
    """Check addresses, TLS, login, the brokers' own addresses, topics and rights; send a record for each route."""
    kafka = settings.kafka
    yield from _examine_secrecy(kafka)
    findings = [_reach(address, kafka) for address in kafka.bootstrap]
    yield from findings
    if all(finding.level == "bad" for finding in findings):
        return
    admin = Admin(kafka)
    try:
        cluster = admin.cluster()
    except KafkaAnswerError as error:
        yield Finding("bad", "Kafka login", str(error), error.remedy)
        return
    user = f"logged in as {kafka.username}" if kafka.has_login else "connected without a login"
    yield Finding("ok", "Kafka login", f"{user}; brokers: {len(cluster.brokers)}.")
    yield from _examine_advertised(cluster)
    yield from _examine_topics(settings, admin, cluster)
    if send:
        yield from _send(settings, admin)
    else:
        sentence = "No record was sent: rights to write and templates are not proved."
        yield Finding("note", "round trip", sentence, f"`doctor --send` sends one, marked {MARK}, for each route.")


def _reach(address: str, kafka: KafkaSettings) -> Finding:
    """Check a bootstrap address: name, port and, where Kafka is to speak TLS, its certificate."""
    host, port = _host_and_port(address)
    try:
        plain = socket.create_connection((host, port), TIMEOUT_S)
    except OSError as error:
        remedy = "Check kafka.bootstrap, the network and the firewalls; does Kafka run?"
        return Finding("bad", "Kafka address", f"{address} cannot be reached ({_words(error)}).", remedy)
    with plain:
        if not kafka.is_encrypted or kafka.extra.get("enable.ssl.certificate.verification") == "false":
            return Finding("ok", "Kafka address", f"{address} is open.")
        return _handshake(plain, address, kafka)


def _handshake(plain: socket.socket, address: str, kafka: KafkaSettings) -> Finding:
    host, _ = _host_and_port(address)
    try:
        _tls_context(kafka).wrap_socket(plain, server_hostname=host).close()
    except ConfigError as error:
        return Finding("bad", "Kafka TLS", str(error), "Correct the file that this key names.")
    except ssl.SSLCertVerificationError as error:
        reason = explain_certificate(error, host, kafka.ca_file)
        return Finding("bad", "Kafka TLS", f"{address} cannot be trusted: {reason}.", TLS_REMEDY)
    except OSError as error:
        reason = getattr(error, "reason", None) or _words(error)
        return Finding("bad", "Kafka TLS", f"{address} does not agree on TLS ({reason}).", TLS_REMEDY)
    return Finding("ok", "Kafka address", f"{address} is open, with TLS.")


def _tls_context(kafka: KafkaSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=kafka.ca_file)
    except (ssl.SSLError, OSError) as error:
        message = f"kafka.ca_file: expected certificates in PEM form in {kafka.ca_file} ({error})"
        raise ConfigError(message) from error
    if kafka.client_cert:
        try:
            context.load_cert_chain(kafka.client_cert, kafka.client_key, lambda: "")
        except (ssl.SSLError, OSError) as error:
            message = f"kafka.client_cert: expected a certificate and its key without a password ({error})"
            raise ConfigError(message) from error
    if kafka.extra.get("ssl.endpoint.identification.algorithm") == "none":
        context.check_hostname = False
    return context


def _examine_secrecy(kafka: KafkaSettings) -> Iterator[Finding]:
    if not kafka.is_encrypted and not all(_is_loopback(_host_and_port(address)[0]) for address in kafka.bootstrap):
        sentence = f"security = {kafka.security}: others in the network can read the records"
        sentence += " and the password." if kafka.sasl_mechanism == "PLAIN" else "."
        yield Finding(
            "note", "Kafka secrecy", sentence, "Use ssl or sasl_ssl, with ca_file for an authority of your own."
        )
    if kafka.extra.get("enable.ssl.certificate.verification") == "false":
        sentence = "kafka.extra switches the check of Kafka's certificate off: anyone can impersonate Kafka."
        yield Finding("note", "Kafka secrecy", sentence, "Use ca_file in its place.")


def _examine_advertised(cluster: Cluster) -> Iterator[Finding]:
    """Check the addresses by which the brokers want to be called: records go there, not to the bootstrap address."""
    for host, port in cluster.brokers:
        try:
            socket.create_connection((host, port), TIMEOUT_S).close()
        except OSError as error:
            sentence = (
                f"Kafka calls one of its brokers {host}:{port}, which this machine cannot reach ({_words(error)})."
            )
            remedy = "Correct advertised.listeners of that broker, or make the name known here."
            yield Finding("bad", "Kafka brokers", sentence, remedy)


def _examine_topics(settings: ConnectorSettings, admin: Admin, cluster: Cluster) -> Iterator[Finding]:
    """Check the fixed targets; the topics of templates are known only with their messages."""
    wanted = {
        route.topic.render("", ()): f"target of {route.name}" for route in settings.routes if route.topic.is_fixed
    }
    if settings.kafka.dlq_topic:
        wanted.setdefault(settings.kafka.dlq_topic, "dead letters")
    rights = admin.can_write(wanted.keys() & cluster.topics)
    for topic, role in wanted.items():
        if topic not in cluster.topics:
            sentence = f"Kafka has no topic {topic} ({role}), or this user may not see it."
            remedy = (
                f"kafka-topics.sh --create --topic {topic} --partitions 6, or correct its name; see auto.create.topics."
            )
            yield Finding("bad", "Kafka topic", sentence, remedy)
        elif rights.get(topic) is False:
            user = settings.kafka.username or "ANONYMOUS"
            remedy = f"kafka-acls.sh --add --allow-principal User:{user} --operation Write --topic {topic}"
            yield Finding("bad", "Kafka topic", f"This user may not write to {topic} ({role}).", remedy)
        else:
            proof = "may be written" if rights.get(topic) else "exists"
            yield Finding("ok", "Kafka topic", f"{topic} {proof} ({role}).")


def _send(settings: ConnectorSettings, admin: Admin) -> Iterator[Finding]:
    router = Router(settings)
    for index, route in enumerate(settings.routes):
        if not route.topic.is_fixed:
            sentence = f"{route.name}: nothing was sent, as its topic comes from the messages."
            yield Finding("note", "round trip", sentence)
            continue
        record = router.route(example_of(route), time.time_ns() // 1_000_000)
        if isinstance(record, Rejection) or record.route != index:
            sentence = f"{route.name}: nothing was sent, as the doctor finds no topic of its own for this filter."
            yield Finding("note", "round trip", sentence)
            continue
        try:
            partition, offset = admin.send(record)
        except KafkaAnswerError as error:
            yield Finding("bad", "round trip", f"{route.name}: {error}", error.remedy)
        else:
            sentence = (
                f"{route.name}: Kafka confirmed a record in {record.topic}, partition {partition}, offset {offset}."
            )
            yield Finding("ok", "round trip", sentence)


def example_of(route: Route) -> ExampleMessage:
    """Return a marked message without payload that the route's filter matches."""
    levels = [MARK if level in ("+", "#") else level for level in route.filter.split("/")]
    names = {name for template in (route.topic, route.key) for name in template.properties}
    properties = [(MARK, MARK), *((name, MARK) for name in sorted(names))]
    return ExampleMessage(topic="/".join(levels), user_properties=properties)


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def _words(error: OSError) -> str:
    return str(error.strerror or error or "no answer")
