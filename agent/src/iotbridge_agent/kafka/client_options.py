"""Options of librdkafka's clients: the guarantees of the producer, and how to reach Kafka."""

from typing import Any

from iotbridge_agent.kafka.settings import KafkaSettings

GUARANTEES: dict[str, Any] = {
    "acks": "all",
    "enable.idempotence": True,
    "message.timeout.ms": 0,  # never gives up; the connector limits what is in flight
    "partitioner": "murmur2_random",  # as Kafka's own clients, so that a key stays in its partition
}
LINGER_MS = 5


def producer_options(settings: KafkaSettings, client_id: str) -> dict[str, Any]:
    """Return the options of a producer; they hold the password."""
    files = {
        "ssl.ca.location": settings.ca_file,
        "ssl.certificate.location": settings.client_cert,
        "ssl.key.location": settings.client_key,
    }
    options: dict[str, Any] = {
        "linger.ms": LINGER_MS,
        "compression.type": "zstd",
        "compression.level": 1,  # batches are small: higher ones take twice the time and save a few percent
        **settings.extra,
        **GUARANTEES,
        "bootstrap.servers": ",".join(settings.bootstrap),
        "client.id": client_id,
        "security.protocol": settings.security,
        **{name: str(path) for name, path in files.items() if path},
    }
    if settings.has_login:
        options |= {
            "sasl.mechanism": settings.sasl_mechanism,
            "sasl.username": settings.username,
            "sasl.password": settings.password,
        }
    return options
