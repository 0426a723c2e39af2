"""Messages that can never be delivered: set aside with a reason, and the others go on in order."""

from __future__ import annotations

from pathlib import Path

from conftest import Broker, Watcher, wait_until
import pytest

from ..rig.connector import RunningConnector
from ..rig.numbered import Publisher, compare
from ..rig.tansu import Tansu
from ..rig.topics import StoredRecord, TopicReader

LONG = "rig/" + "x" * 65_000
ROUTES = (
    {"filter": "any/+", "topic": "{2}", "key": "{topic}"},
    {"filter": "property/+", "topic": "poison", "key": "{user.site}"},
)
REASONS = {"any/ill egal": "illegal_topic", "property/a": "missing_part", "rig/large": "too_large"}


def publish_poison(watcher: Watcher) -> None:
    watcher.publish("rig/large", b"x" * 2_000_000)
    watcher.publish("any/ill egal", b"x")
    watcher.publish("property/a", b"x")
    watcher.publish("rig/empty", b"")
    watcher.publish("rig/zero", b"\0")
    watcher.publish(LONG, b"long")


def unnumbered(records: list[StoredRecord]) -> dict[bytes, bytes]:
    return {record.key or b"": record.value or b"" for record in records if not (record.value or b"").startswith(b"{")}


def letters(connector: RunningConnector) -> list[str]:
    """Return the reasons of the dead letters in the spool, in the order of REASONS."""
    lines = connector.command("letters", "list").stdout.splitlines()
    return [reason for topic, reason in REASONS.items() if any(topic in line and reason in line for line in lines)]


@pytest.mark.parametrize("has_topic", [True, False])
def test_poison_blocks_nobody(broker: Broker, watcher: Watcher, tmp_path: Path, tansu: Tansu, has_topic: bool) -> None:
    topic = f"poisoned-{has_topic}"
    tansu.create_topic(topic)
    kafka = {"dlq_topic": "dead-letters"} if has_topic else {}
    if has_topic:
        tansu.create_topic("dead-letters")
    routes = ({"filter": "rig/+", "topic": topic, "key": "{topic}"}, *ROUTES)
    keys = ["rig/0", "rig/1", "rig/2"]
    with RunningConnector(tmp_path, broker.url, tansu.address, routes=routes, kafka=kafka) as connector:
        publisher = Publisher(broker.port, keys, 1500, rate=1500)
        publisher.start()
        publisher.wait_acknowledged(300)
        publish_poison(watcher)
        expected = publisher.finish(30)
        with TopicReader(tansu.address, topic) as reader:
            records = reader.wait(1500 + 3, 30)
        if has_topic:
            with TopicReader(tansu.address, "dead-letters") as reader:
                dead = {record.header("mqtt-topic"): record.header("error") or b"" for record in reader.wait(2)}
            assert dead[b"any/ill egal"].startswith(b"illegal_topic")
            assert dead[b"property/a"].startswith(b"missing_part")
        # Kafka refuses the large one as a dead letter, too.
        kept = [reason for reason in REASONS.values() if not has_topic or reason == "too_large"]
        wait_until(lambda: letters(connector) == kept, f"{kept} in the spool, which has {letters(connector)}")
    numbered = [record for record in records if (record.value or b"").startswith(b"{")]
    compare(numbered, expected).assert_complete()
    assert unnumbered(records) == {b"rig/empty": b"", b"rig/zero": b"\0", LONG.encode(): b"long"}
