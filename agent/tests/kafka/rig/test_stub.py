"""The stub: librdkafka logs in, sends records, and is refused as by a real broker."""

from __future__ import annotations

from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer
from conftest import wait_until
import pytest

from .stub import CLUSTER_AUTHORIZATION_FAILED, TOPIC_AUTHORIZATION_FAILED, Account, KafkaStub

MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


class Attempt:
    """Producer of one record, with the errors and reports that it had."""

    def __init__(self, stub: KafkaStub, **options: Any) -> None:
        self.errors: list[int] = []
        self.reports: list[int] = []
        self._producer = Producer(
            {
                "bootstrap.servers": stub.address, "log_level": 0, "linger.ms": 0, "message.timeout.ms": 0,
                "error_cb": lambda error: self.errors.append(error.code()), **options,
            }
        )  # fmt: skip
        self._producer.produce("t", b"value", on_delivery=self._report)

    def wait(self, errors: set[int]) -> list[int]:
        """Wait until there is a report, or one of some errors; return the reports."""
        wait_until(lambda: self._producer.poll(0.05) or self.reports or errors & set(self.errors), "a report")
        return self.reports

    def _report(self, error: KafkaError | None, _message: Message) -> None:
        self.reports.append(error.code() if error else 0)


def login_options(account: Account, password: str) -> dict[str, Any]:
    return {
        "security.protocol": "sasl_plaintext", "sasl.mechanism": account.mechanism, "sasl.username": account.username,
        "sasl.password": password,
    }  # fmt: skip


@pytest.mark.parametrize("is_idempotent", [False, True])
def test_records_are_counted(is_idempotent: bool) -> None:
    with KafkaStub() as stub:
        assert Attempt(stub, **{"enable.idempotence": is_idempotent}).wait(set()) == [0]
        assert stub.accepted == {"t": 1}


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_the_right_password_logs_in(mechanism: str) -> None:
    account = Account(mechanism, "iot", "secret")
    with KafkaStub(account) as stub:
        assert Attempt(stub, **login_options(account, "secret")).wait(set()) == [0]


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_wrong_password_is_refused(mechanism: str) -> None:
    account = Account(mechanism, "iot", "secret")
    with KafkaStub(account) as stub:
        attempt = Attempt(stub, **login_options(account, "wrong"))
        assert attempt.wait({KafkaError._AUTHENTICATION}) == []
        assert not stub.accepted


def test_missing_rights_are_answered() -> None:
    with KafkaStub() as stub:
        stub.topic_errors["t"] = TOPIC_AUTHORIZATION_FAILED
        assert Attempt(stub).wait(set()) == [TOPIC_AUTHORIZATION_FAILED]
        stub.topic_errors.clear()
        stub.producer_error = CLUSTER_AUTHORIZATION_FAILED
        # A fatal error, which poll() raises.
        with pytest.raises(KafkaException) as raised:
            Attempt(stub, **{"enable.idempotence": True}).wait(set())
        assert raised.value.args[0].code() == CLUSTER_AUTHORIZATION_FAILED
