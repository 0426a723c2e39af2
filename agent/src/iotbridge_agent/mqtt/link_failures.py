"""Explanations of failed connections, from the errors of the MQTT library and of sockets."""

from pathlib import Path
import socket
import ssl
from typing import Any

from aiomqtt.exceptions import MqttConnectError

from iotbridge_agent.config import BrokerConfig

FIRST_REFUSAL = 128
# Reason codes of MQTT 5 and return codes of 3.1.1 with an explanation.
_REFUSALS = {
    2: "it does not accept the client id",
    3: "it is not available now",
    4: "user or password is wrong",
    5: "the user is not allowed in (or user and password are missing)",
    128: "it gave no reason",
    133: "it does not accept the client id",
    134: "user or password is wrong",
    135: "the user is not allowed in (or user and password are missing)",
    136: "it is not available now",
    137: "it is busy",
    138: "this client is banned",
    139: "it is shutting down",
    141: "it received nothing for too long",
    142: "another client with the same id took over; does a second agent run with a copy of this state folder?",
    149: "a message was too large",
    151: "its quota is used up",
    159: "too many connections in a short time",
}

_OUTDATED_CERTIFICATE = range(79, 95)
"""Errors of OpenSSL's strict mode: extensions that are missing or marked in the wrong way."""


def reason_code(error: BaseException) -> int | None:
    """Return the MQTT reason in an error of the library, if it has one."""
    code = getattr(error, "rc", None)
    return None if code is None else reason_number(code)


def reason_number(code: Any) -> int:
    """Return MQTT's number, which MQTT 5 wraps."""
    return int(getattr(code, "value", code))


def explain(error: BaseException, broker: BrokerConfig) -> str:
    """Return a sentence that explains the failure, without any secret."""
    cause = error if isinstance(error, OSError) else error.__cause__ or error.__context__ or error
    return f"The broker {broker.address} {_explain_cause(cause, error, broker)}."


def may_be_encryption(error: BaseException | None) -> bool:
    """Return whether a connection that failed this way may have met a port with TLS, or without it."""
    cause = None if error is None else error.__cause__ or error.__context__ or error
    return not isinstance(
        cause, socket.gaierror | ConnectionRefusedError | ssl.SSLCertVerificationError | UnicodeError | None
    )


def _explain_cause(cause: BaseException, error: BaseException, broker: BrokerConfig) -> str:
    match cause:
        case ssl.SSLCertVerificationError():
            text = f"cannot be trusted: {explain_certificate(cause, broker.host, broker.ca_file)}"
        case socket.gaierror():
            text = f"was not found: the name {broker.host} could not be resolved"
        case ConnectionRefusedError():
            text = f"refused the connection: nothing listens on port {broker.port}"
        case TimeoutError():
            text = "did not answer in time"
        case ssl.SSLError():
            text = f"does not agree on TLS ({cause.reason or cause})"
        case OSError():
            text = f"cannot be reached ({cause.strerror or cause})"
        case _:
            text = _explain_code(error, cause)
    return text


def _explain_code(error: BaseException, cause: BaseException) -> str:
    if (code := reason_code(error)) is None:
        return f"hung up ({cause})"
    # The library calls a connection that breaks "unspecified error", too.
    if isinstance(error, MqttConnectError) or code > FIRST_REFUSAL:
        return f"refused: {_REFUSALS.get(code, str(error))}"
    return "is gone: the connection was lost"


def explain_certificate(error: ssl.SSLCertVerificationError, host: str, ca_file: Path | None) -> str:
    """Return why a server's certificate is not accepted, without a full stop."""
    # The numbers are OpenSSL's X509_V_ERR_* codes; its words change from release to release.
    if error.verify_code in (62, 64):
        return f"its certificate is not for the name {host}"
    if error.verify_code in (18, 19, 20, 21):
        hint = f"is not in {ca_file}" if ca_file else "is not known to this system; set ca_file"
        return f"the authority that signed its certificate {hint}"
    if error.verify_code in (9, 10):
        return "its certificate is not valid today; is the clock right?"
    if error.verify_code in _OUTDATED_CERTIFICATE:
        return (
            f"its certificate or the authority's does not meet the rules of Python 3.13 and newer "
            f"({error.verify_message}); create new ones as in docs/hosts.md, Secure the broker"
        )
    return error.verify_message or str(error)
