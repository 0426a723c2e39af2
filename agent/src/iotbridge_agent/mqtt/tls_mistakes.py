"""Diagnosis, by a handshake of its own, of why broker and configuration do not agree on encryption.

The MQTT library only knows that the connection broke: since TLS 1.3 a server verifies the client's certificate after
the handshake, and a port without TLS, or with it, hangs up on data that it cannot read.
"""

import socket
import ssl
from typing import NamedTuple

from iotbridge_agent.config import BrokerConfig
from iotbridge_agent.mqtt.tls import tls_context

PATIENCE_S = 3.0
ALERT_PATIENCE_S = 1.0
"""Seconds to wait for an alert: a server that accepts the client's certificate sends none after the handshake."""
SWITCHED = {"mqtt": "mqtts", "mqtts": "mqtt", "ws": "wss", "wss": "ws"}
USUAL_PORTS = {"mqtt": "1883", "mqtts": "8883", "ws": "80 or 9001", "wss": "443 or 8884"}
# CONNECT of MQTT 3.1.1, clean session, without a user name and above all without a password.
CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x05\x00\x00"
CONNACK = b"\x20"
HTTP = b"HTTP/"
# The ends of OpenSSL's names for alerts, whose beginnings differ between its releases.
MISSING = ("CERTIFICATE_REQUIRED", "HANDSHAKE_FAILURE")
FOREIGN = ("UNKNOWN_CA", "BAD_CERTIFICATE", "CERTIFICATE_UNKNOWN", "UNSUPPORTED_CERTIFICATE", "DECRYPT_ERROR", *MISSING)
OUTDATED = ("CERTIFICATE_EXPIRED", "CERTIFICATE_REVOKED")
NOT_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "UNKNOWN_PROTOCOL")
"""Errors of OpenSSL for an answer that is not TLS."""


class Mistake(NamedTuple):
    """Mistake in the broker's address or the certificates, with its remedy; sentences for the user."""

    sentence: str
    remedy: str


def find_mistake(broker: BrokerConfig) -> Mistake | None:
    """Return the mistake that broke the connection, or None if encryption is not the reason; blocks for seconds."""
    if not broker.tls:
        return _expects_tls(broker) if _has_tls(broker) else None
    try:
        _handshake(broker)
    except ssl.SSLCertVerificationError:
        return None  # explained by the library's own error
    except OSError as error:
        alert = str(getattr(error, "reason", None) or "")
        if "ALERT" in alert:
            return _refusal(broker, alert)
        return _expects_no_tls(broker) if alert in NOT_TLS or _answers_without_tls(broker) else None
    return None


def _handshake(broker: BrokerConfig) -> None:
    """Perform the handshake and wait for an alert about this client; raises SSLError with the alert."""
    context = tls_context(broker)
    assert context is not None  # noqa: S101 - only called with TLS
    with (
        socket.create_connection((broker.host, broker.port), PATIENCE_S) as plain,
        context.wrap_socket(plain, server_hostname=broker.host) as link,
    ):
        link.settimeout(ALERT_PATIENCE_S)
        try:
            link.recv(1)
        except TimeoutError:
            return


def _has_tls(broker: BrokerConfig) -> bool:
    """Return whether a server completes a TLS handshake on a port meant to be without TLS, with any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection((broker.host, broker.port), PATIENCE_S) as plain, context.wrap_socket(plain):
            return True
    except ssl.SSLError as error:
        return "ALERT" in (error.reason or "")
    except OSError:
        return False


def _answers_without_tls(broker: BrokerConfig) -> bool:
    request = CONNECT if broker.scheme == "mqtts" else f"GET {broker.path} HTTP/1.0\r\n\r\n".encode()
    try:
        with socket.create_connection((broker.host, broker.port), PATIENCE_S) as plain:
            plain.sendall(request)
            return plain.recv(len(HTTP)).startswith((CONNACK, HTTP))
    except OSError:
        return False


def _expects_tls(broker: BrokerConfig) -> Mistake:
    scheme = SWITCHED[broker.scheme]
    return Mistake(
        f"The broker {broker.address} expects TLS on port {broker.port}, and broker.url begins with {broker.scheme}://.",
        f"Write {scheme}:// in broker.url, or the port without TLS (usually {USUAL_PORTS[broker.scheme]}).",
    )


def _expects_no_tls(broker: BrokerConfig) -> Mistake:
    scheme = SWITCHED[broker.scheme]
    return Mistake(
        f"The broker {broker.address} has no TLS on port {broker.port}, and broker.url begins with {broker.scheme}://.",
        f"Write the port with TLS in broker.url (usually {USUAL_PORTS[broker.scheme]}), or {scheme}:// in a network "
        "you trust.",
    )


def _refusal(broker: BrokerConfig, alert: str) -> Mistake | None:
    certificate = f"The broker {broker.address} refuses the client certificate {broker.client_cert}"
    if broker.psk is not None:
        return Mistake(
            f"The broker {broker.address} refuses the pre-shared key of {broker.psk_identity}.",
            "Compare psk_identity and psk with the broker's file of keys.",
        )
    if broker.client_cert is None:
        if not alert.endswith(MISSING):
            return None
        needs = "demands" if alert.endswith(MISSING[0]) else "refuses the TLS handshake; it may demand"
        return Mistake(
            f"The broker {broker.address} {needs} a client certificate, and broker.client_cert is not set.",
            "Set client_cert and client_key to a certificate that the broker's authority signed (docs/hosts.md).",
        )
    if alert.endswith(OUTDATED):
        return Mistake(f"{certificate}: it has expired or was revoked.", "Have the broker's authority sign a new one.")
    if alert.endswith(FOREIGN):
        return Mistake(
            f"{certificate}: it was not signed by an authority this broker trusts, or is not for clients.",
            "Use a certificate that the authority in the broker's cafile signed (docs/hosts.md).",
        )
    return None
