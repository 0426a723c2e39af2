"""Encryption of the link to the broker, and verification of the broker."""

import ssl

from iotbridge_agent.config import BrokerConfig
from iotbridge_agent.errors import ConfigError


class _TidySocket(ssl.SSLSocket):
    """Socket that closes when the handshake fails; the MQTT library leaves that to the garbage collector."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def tls_context(broker: BrokerConfig) -> ssl.SSLContext | None:
    """Return the context that verifies the broker's certificate and name; None without TLS. Raises ConfigError."""
    if not broker.tls:
        return None
    context = _certificate_context(broker) if broker.psk is None else _psk_context(broker)
    context.sslsocket_class = _TidySocket
    return context


def _certificate_context(broker: BrokerConfig) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=broker.ca_file)
    except (ssl.SSLError, OSError) as error:
        raise ConfigError(f"broker.ca_file: expected certificates in PEM form in {broker.ca_file} ({error})") from error
    if broker.tls_insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if broker.client_cert:
        _load_client_certificate(context, broker)
    return context


def _load_client_certificate(context: ssl.SSLContext, broker: BrokerConfig) -> None:
    def no_password() -> str:
        # Without this OpenSSL would ask on the terminal, and a service has none.
        raise ConfigError("broker.client_key: expected a key without a password")

    try:
        context.load_cert_chain(broker.client_cert or "", broker.client_key, no_password)
    except (ssl.SSLError, OSError) as error:
        message = f"broker.client_cert: expected a certificate and its key in PEM form in {broker.client_cert}"
        if broker.client_key:
            message += f" and {broker.client_key}"
        raise ConfigError(f"{message} ({error})") from error


def _psk_context(broker: BrokerConfig) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not hasattr(context, "set_psk_client_callback"):
        raise ConfigError("broker.psk: expected Python 3.13 or newer; this Python cannot do TLS with a pre-shared key")
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # Brokers know pre-shared keys from TLS 1.2; the key proves both sides, so there is no certificate to check.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("PSK")
    context.set_psk_client_callback(lambda _hint: (broker.psk_identity, broker.psk))
    return context
