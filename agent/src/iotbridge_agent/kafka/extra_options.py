"""Options of librdkafka's producer that a user may set, and those that the guarantees depend on."""

from iotbridge_agent.toml_table import Table

# No message is lost, doubled by a retry or overtaken because of these; librdkafka has several names for some.
GUARANTEED = {
    "acks",
    "request.required.acks",
    "enable.idempotence",
    "enable.gapless.guarantee",
    "message.timeout.ms",
    "delivery.timeout.ms",
    "message.send.max.retries",
    "retries",
    "max.in.flight",
    "max.in.flight.requests.per.connection",
    "transactional.id",
    "delivery.report.only.error",
    "batch.reports",
    "partitioner",
}
ELSEWHERE = {
    "bootstrap.servers": "bootstrap",
    "metadata.broker.list": "bootstrap",
    "security.protocol": "security",
    "sasl.mechanism": "sasl_mechanism",
    "sasl.mechanisms": "sasl_mechanism",
    "sasl.username": "username",
    "sasl.password": "password_file",
    "ssl.ca.location": "ca_file",
    "ssl.certificate.location": "client_cert",
    "ssl.key.location": "client_key",
    "client.id": "[connector] id",
}
SECRETS = (".password", ".secret", ".pem", "sasl.jaas.config", "sasl.oauthbearer.config")
CODE = (".cb", "_cb", "plugin.library.paths", "test.")
PARTITIONERS = "murmur2_random, so that a key keeps the partition that Java clients give it"


def parse_extra(table: Table) -> dict[str, str]:
    """Return the options; raises ConfigError for those that must not be set here."""
    options = {}
    for key in table.names():
        value = table.scalar(key)
        if key in GUARANTEED:
            raise table.error(key, "no such option: that nothing is lost or overtaken depends on it", value)
        if key in ELSEWHERE:
            raise table.error(key, f"{ELSEWHERE[key]} in its place", None)
        if key.endswith(SECRETS):
            raise table.error(key, "no secret: keys without a password, and secrets in files of their own", None)
        if key.endswith(CODE) or key.startswith(CODE):
            raise table.error(key, "an option that is a text, a number, true or false", None)
        options[key] = str(value).lower() if isinstance(value, bool) else str(value)
    return options
