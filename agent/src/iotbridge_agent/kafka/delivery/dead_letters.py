"""Records of dead letters, for the topic that the user chose for them; pure."""

from iotbridge_agent.kafka.delivery.window import Entry
from iotbridge_agent.kafka.letters import Letter, letter_of_message, letter_of_record
from iotbridge_agent.kafka.record import Record, Rejection

TOPIC_HEADER = "mqtt-topic"


def letter_of(entry: Entry, rejection: Rejection, now_ms: int) -> Letter:
    """Return the dead letter of an entry."""
    if entry.record is not None:
        return letter_of_record(entry.record, mqtt_topic(entry), rejection)
    assert entry.message is not None  # noqa: S101 - records of the spool have no rejection
    return letter_of_message(entry.message, rejection, now_ms)


def dead_record(entry: Entry, letter: Letter, topic: str) -> Record:
    """Return the record of a dead letter, with its whole value."""
    value = entry.record.value if entry.record else entry.message.payload if entry.message else letter.value
    headers = [header for header in letter.headers if header[0] != TOPIC_HEADER]
    mqtt = letter.topic.encode(errors="replace")
    headers += [(TOPIC_HEADER, mqtt), ("error", f"{letter.reason}: {letter.detail}".encode(errors="replace"))]
    return Record(topic, letter.key or mqtt, value, headers, letter.time_ms)


def mqtt_topic(entry: Entry) -> str:
    """Return the topic of the message of an entry, also of one from the spool."""
    if entry.message is not None:
        return entry.message.topic
    headers = entry.record.headers if entry.record else []
    return next((value.decode(errors="replace") for name, value in headers if name == TOPIC_HEADER), "")
