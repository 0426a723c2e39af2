"""Dead letters: what is kept of a message, and what is sent when it is retried."""

from hypothesis import given, strategies as st

from iotbridge_agent.kafka.letters import (
    MAX_VALUE,
    Letter,
    LetterMessage,
    letter_of_message,
    letter_of_record,
    record_of,
)
from iotbridge_agent.kafka.record import MqttMessage, Record, Rejection, RejectReason

NO_ROUTE = Rejection(RejectReason.NO_ROUTE, "No route matches.")
TEXT = st.none() | st.text(max_size=5)
MESSAGES = st.builds(
    LetterMessage,
    st.text(max_size=9),
    st.binary(max_size=9),
    st.booleans(),
    st.none(),
    st.just(False),
    TEXT,
    st.none() | st.binary(max_size=5),
    TEXT,
    st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=3),
)


def refuse(_message: MqttMessage, _time_ms: int) -> Record | Rejection:
    return NO_ROUTE


@given(MESSAGES)
def test_a_message_is_routed_again_as_it_was(message: LetterMessage) -> None:
    letter = letter_of_message(message, NO_ROUTE, 7)
    routed: list[tuple[MqttMessage, int]] = []

    def route(again: MqttMessage, time_ms: int) -> Record | Rejection:
        routed.append((again, time_ms))
        return Record("t", b"k", again.payload, [], time_ms)

    assert record_of(letter, route) == Record("t", b"k", message.payload, [], 7)
    assert routed == [(message, 7)]
    assert (letter.topic, letter.target, letter.reason, letter.detail) == (
        message.topic,
        "",
        "no_route",
        NO_ROUTE.detail,
    )


def test_a_message_without_a_route_keeps_the_new_reason() -> None:
    assert record_of(letter_of_message(LetterMessage("a", b""), NO_ROUTE, 7), refuse) == NO_ROUTE


def test_a_record_is_sent_again_unchanged() -> None:
    record = Record("t", b"k", b"v", [("h", b"\xff")], 5)
    letter = letter_of_record(record, "a/b", Rejection(RejectReason.REFUSED, "Kafka refuses it."))
    assert letter == Letter("a/b", "t", b"k", b"v", [("h", b"\xff")], "refused", "Kafka refuses it.", 5, 1)
    assert record_of(letter, refuse) == record


def test_a_value_that_was_cut_is_never_sent() -> None:
    record = Record("t", b"k", bytes(MAX_VALUE + 1), [], 5)
    letter = letter_of_record(record, "a/b", Rejection(RejectReason.TOO_LARGE, "Too large."))
    assert (len(letter.value), letter.size, letter.is_cut) == (MAX_VALUE, MAX_VALUE + 1, True)
    rejection = record_of(letter, refuse)
    assert isinstance(rejection, Rejection)
    assert rejection == (RejectReason.TOO_LARGE, "Only the first 65536 of 65537 bytes were kept.", -1)
