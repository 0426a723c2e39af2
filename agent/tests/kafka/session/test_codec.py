"""Packets from a stream that is cut anywhere, beside the library that decodes whole packets."""

from itertools import pairwise

from hypothesis import given, strategies as st
import mqtt5
import pytest

from iotbridge_agent.kafka.session import codec
from iotbridge_agent.kafka.session.codec import CodecError, Decoder, UndecodablePublish

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
TOPIC = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0+#"), min_size=1, max_size=12)


@st.composite
def publish(draw: st.DrawFn) -> mqtt5.PublishPacket:
    """Return a message with any properties."""
    qos = draw(st.sampled_from([mqtt5.QoS.AT_MOST_ONCE, mqtt5.QoS.AT_LEAST_ONCE]))
    return mqtt5.PublishPacket(
        draw(TOPIC),
        draw(st.binary(max_size=300)),
        qos=qos,
        retain=draw(st.booleans()),
        packet_id=draw(st.integers(1, 65535)) if qos == mqtt5.QoS.AT_LEAST_ONCE else None,
        content_type=draw(st.none() | TEXT),
        response_topic=draw(st.none() | TOPIC),
        correlation_data=draw(st.none() | st.binary(max_size=20)),
        user_properties=draw(st.lists(st.tuples(TEXT, TEXT), max_size=3)),
    )


PACKETS = st.lists(
    st.one_of(
        publish(),
        st.builds(mqtt5.PingRespPacket),
        st.builds(mqtt5.ConnAckPacket, session_present=st.booleans()),
        st.builds(mqtt5.SubAckPacket, st.integers(1, 9), st.just([mqtt5.SubAckReasonCode.NOT_AUTHORIZED])),
        st.builds(mqtt5.DisconnectPacket, reason_code=st.just(mqtt5.DisconnectReasonCode.SESSION_TAKEN_OVER)),
    ),
    max_size=8,
)


@given(PACKETS, st.lists(st.integers(0, 2000), max_size=12))
def test_cuts_of_the_stream_change_nothing(packets: list[mqtt5.Packet], cuts: list[int]) -> None:
    stream = b"".join(packet.write() for packet in packets)
    edges = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    decoder = Decoder()
    decoded = [packet for start, end in pairwise(edges) for packet in decoder.feed(stream[start:end])]
    assert [repr(packet) for packet in decoded] == [repr(mqtt5.read(memoryview(p.write()))[0]) for p in packets]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # bytes that are no UTF-8 panic
@given(st.binary(max_size=60), st.integers(0, 60))
def test_no_bytes_do_harm(data: bytes, cut: int) -> None:
    decoder = Decoder()
    try:
        packets = decoder.feed(data[:cut]) + decoder.feed(data[cut:])
    except CodecError:
        return
    assert len(packets) <= len(data)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # bytes that are no UTF-8 panic
def test_a_message_that_breaks_a_rule_is_named_with_its_packet_id_and_the_stream_goes_on() -> None:
    unknown_property = b"\x32\x09\x00\x01a\x00\x07\x02\x99\x01x"
    no_utf_8 = b"\x3a\x08\x00\x02a\xff\x00\x09\x00x"
    fine = mqtt5.PublishPacket("fine", b"").write()
    first, second, third = Decoder().feed(unknown_property + no_utf_8 + fine)
    assert isinstance(first, UndecodablePublish)
    assert (first.topic, first.packet_id, first.duplicate) == ("a", 7, False)
    assert isinstance(second, UndecodablePublish)
    assert (second.topic, second.packet_id, second.duplicate) == ("a\N{REPLACEMENT CHARACTER}", 9, True)
    assert isinstance(third, mqtt5.PublishPacket)


@pytest.mark.parametrize(
    "data",
    [
        b"\x30\xff\xff\xff\xff\x01",  # a length of five bytes
        b"\x30\xff\xff\xff\x7f",  # 256 MB
        b"\x20\x02\x00\x01",  # CONNACK of MQTT 3.1.1
        b"\x36\x07\x00\x01a\x00\x01\x00x",  # QoS 3
        b"\x32\x08\x00\x01a\x00\x00\x01\x99\x00",  # QoS 1 without a packet id
        b"\x32\x03\x00\x09a",  # a topic longer than its packet
        b"\x32\x00",
    ],
)
def test_other_nonsense_ends_the_connection(data: bytes) -> None:
    with pytest.raises(CodecError):
        Decoder().feed(data)


def test_a_large_message_in_many_pieces() -> None:
    packet = mqtt5.PublishPacket("t", b"x" * 3_000_000).write()
    decoder = Decoder()
    pieces = [decoder.feed(packet[start : start + 65536]) for start in range(0, len(packet), 65536)]
    assert [len(piece) for piece in pieces[:-1]] == [0] * (len(pieces) - 1)
    (message,) = pieces[-1]
    assert isinstance(message, mqtt5.PublishPacket)
    assert len(message.payload) == 3_000_000


def test_acknowledgements_are_one_write_in_order() -> None:
    assert codec.encode_acknowledgements([1, 258]) == b"\x40\x02\x00\x01\x40\x02\x01\x02"


def test_the_session_outlives_every_disconnect_but_the_last() -> None:
    assert codec.encode_disconnect() == b"\xe0\x00"
    packet, _ = mqtt5.read(memoryview(codec.encode_disconnect(ends_session=True)))
    assert isinstance(packet, mqtt5.DisconnectPacket)
    assert packet.session_expiry_interval == 0
