"""Decoders: every message, however hostile, results in limited fields or one of the two errors."""

from collections.abc import Callable, Iterator
import gzip
import itertools
import json
import math
import string
import sys
from types import FrameType
import zlib

import cbor2
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.iotbridge.things.decoders import MAX_PAYLOAD, decode
from custom_components.iotbridge.things.model.message import Decoded, DecodeError, Problem, Sample
from tests.things.decoders.cases import CASES, UNREADABLE, sample_cases

PAYLOADS = sorted({case.payload for case in (*CASES, *sample_cases())} | {case.payload for case in UNREADABLE})
SHORT = [payload for payload in PAYLOADS if len(payload) < 5_000]
# Quotes, braces, templates, separators of every format.
NASTY = st.text(alphabet="\"'{}%#[]():;,=&|\\/\0\n\t $<>" + string.ascii_letters[:6] + "012é😀", max_size=30)
LEAVES = st.none() | st.booleans() | st.floats() | st.integers() | NASTY
DOCUMENTS = st.recursive(
    LEAVES,
    lambda children: st.lists(children, max_size=5) | st.dictionaries(NASTY, children, max_size=6),
    max_leaves=25,
)
# Words that decoders recognize, with anything in them.
WORDS = """
    end_device_ids dev_eui uplink_message decoded_payload rx_metadata rssi snr deviceInfo devEui object objectJSON
    rxInfo txInfo data devEUI applicationID deviceName gatewayID ZbReceived Device Name src method params NotifyStatus
    _type encrypted bn bt bu bv bs bver n u v vs vb vd s t id name value devices unit settings frequency location
"""
FAMILIAR = st.recursive(
    LEAVES | st.sampled_from(WORDS.split()),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.sampled_from(WORDS.split()), children, max_size=8)
    ),
    max_leaves=30,
)
FAST = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check(payload: bytes, topic: str = "a/b") -> Decoded | None:
    """Decode, and check the result."""
    try:
        decoded = decode(Sample(topic, payload))
    except DecodeError as error:
        check_problem(error.problem)
        return None
    fields = [field for report in decoded.reports for field in report.fields]
    assert 0 < len(fields) <= 500
    assert len(decoded.problems) <= 20
    for field in fields:
        assert len(field.path) <= 18
        assert all(isinstance(part, int) or len(part) <= 255 for part in field.path)
        assert not isinstance(field.value, str) or len(field.value) <= 255
        assert not isinstance(field.value, float) or math.isfinite(field.value)
    for report in decoded.reports:
        assert len({field.path for field in report.fields}) == len(report.fields) or decoded.format == "cbor"
        assert report.identity is None or 0 < len(report.identity) <= 255
    # Everything can be written: to the log, to storage, to MQTT.
    repr(decoded).encode("utf-8")
    json.dumps([[field.path, field.value, field.name, field.unit] for field in fields], allow_nan=False).encode("utf-8")
    for problem in decoded.problems:
        check_problem(problem)
    return decoded


def check_problem(problem: Problem) -> None:
    """Check a text that will be part of a sentence."""
    assert all(len(text) < 200 and text.isprintable() for _, text in problem.placeholders)


@given(payload=st.binary(max_size=300), topic=st.sampled_from(["a/b", "rtl_433/x/events"]))
@FAST
def test_bytes(payload: bytes, topic: str) -> None:
    check(payload, topic)
    check(gzip.compress(payload), topic)
    check(zlib.compress(payload), topic)


@given(payload=NASTY | st.text(max_size=200))
@FAST
def test_texts(payload: str) -> None:
    check(payload.encode("utf-8", "replace"))


@given(document=DOCUMENTS | FAMILIAR, topic=st.sampled_from(["a/b", "rtl_433/x/events"]))
@FAST
def test_documents(document: object, topic: str) -> None:
    check(json.dumps(document).encode(), topic)
    check(cbor2.dumps(document), topic)


@given(payload=st.sampled_from(SHORT), data=st.data())
@FAST
def test_truncated_and_changed_samples(payload: bytes, data: st.DataObject) -> None:
    check(payload[: data.draw(st.integers(0, len(payload)))])
    changed = bytearray(payload or b"\0")
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    check(bytes(changed))
    middle = data.draw(st.integers(0, len(payload)))
    check(payload[:middle] + data.draw(st.sampled_from(SHORT)) + payload[middle:])


@given(payload=st.binary(max_size=60), tag=st.integers(0, 70_000))
@FAST
def test_cbor_by_hand(payload: bytes, tag: int) -> None:
    for head in (b"\x81", b"\xa1\x61a", b"\x9f", b"\xbf\x61a", b"\x81" + cbor2.dumps(cbor2.CBORTag(tag, 0))[:-1]):
        check(head + payload)
        check(head + payload + b"\xff")


@given(document=DOCUMENTS, tag=st.integers(0, 300) | st.sampled_from([1004, 43000, 55799]))
@FAST
def test_cbor_tags(document: object, tag: int) -> None:
    check(cbor2.dumps({"a": cbor2.CBORTag(tag, document), "b": 1}))


type TraceFunction = Callable[[FrameType, str, object], TraceFunction]


def large() -> Iterator[tuple[str, bytes]]:
    """Yield messages of up to the limit, each meant to make a decoder run longest."""
    size = MAX_PAYLOAD
    for opening in ("[", '{"a":', "{", '["', "[{", "\x81", "a=", "a:", '"', "(", ",", ";", "\\", "a,", 'a="', "x,y="):
        yield f"repeated {opening!r}", (opening * size).encode("latin-1")[:size]
    for part in (
        "a=1,",
        "a=1 ",
        "a:1;",
        "1,",
        "a b=1\n",
        "m,t=v f=1\n",
        "a,b=c ",
        'a="b',
        "#\n",
        "{}",
        "1\n",
        "AAAA",
        "ab01",
    ):
        yield f"many {part!r}", (part * size).encode()[:size]
    # Just below a limit of the decoder itself.
    for part in ("a=1,", 'a="b" ', 'a="b', "a = ", " ", "a:b;", "A=A", "a=1 b", ", "):
        yield f"16 KiB of {part!r}", (part * 16_384).encode()[:16_384]
    yield "16 KiB of space", b"a=" + b" " * 16_000 + b"x"
    yield "a megabyte of text", b"x" * size
    yield "a long key", json.dumps({"k" * (size - 100): 1}).encode()
    yield "a long number", b"1" * size
    yield "a long fraction", b"0." + b"1" * (size - 2)
    yield "ten thousand keys", json.dumps({f"{{{{{index}}}}}": index for index in range(10_000)}).encode()
    yield "empty lists", b"[" + b"[]," * (size // 3 - 2) + b"[]]"
    yield "empty names", json.dumps([{"n": "", "v": 1}] * 10_000).encode()
    yield "many devices", json.dumps([{"id": index, "t": 1} for index in range(10_000)]).encode()
    yield "many records", json.dumps([{"bn": f"d{index}:", "n": "t", "v": 1} for index in range(5_000)]).encode()
    yield "many gateways", json.dumps({"deviceInfo": {"devEui": "1"}, "rxInfo": [{"rssi": 1}] * 10_000}).encode()
    yield "nan", b'{"a":' + b"nan," * (size // 4 - 5) + b"1}"
    yield "not closed", b'{"a":nan,"' + b"\\" * (size - 10)
    yield "cbor with colliding keys", cbor2.dumps({index * (2**61 - 1): 0 for index in range(1_900)})
    yield "a great number in cbor", cbor2.dumps([2 ** (8 * (size - 100))])
    yield "a bomb", zlib.compress(b'{"a":"' + b"x" * 50_000_000 + b'"}')
    yield "a bomb within", gzip.compress(gzip.compress(b"0" * 100_000_000))
    yield "a wide line", zlib.compress(b"m " + b",".join(b"f%d=1" % index for index in range(100_000)))
    yield "long within the limit, compressed", zlib.compress(b"a=1 " * 250_000)


@pytest.mark.parametrize(("payload"), [pytest.param(payload, id=name) for name, payload in large()])
def test_large_messages_are_bounded(payload: bytes) -> None:
    """Time is limited as well: each of these takes less than a second."""
    check(payload)
    check(b"{" + payload[: MAX_PAYLOAD - 2])


def test_nothing_is_quadratic() -> None:
    """Twice the message takes about twice the work, never four times: counted in steps, not seconds."""
    for part in ("a=1,", "a=1 ", "m,t=v f=1\n", "1,", '{"a":', 'a="b', "x y "):
        steps = [_steps((part * count).encode()) for count in (1_000, 2_000, 4_000)]
        for fewer, more in itertools.pairwise(steps):
            assert more <= 3 * fewer + 5_000, (part, steps)


def _steps(payload: bytes) -> int:
    """Return the number of Python lines executed for a message."""
    count = 0

    def trace(_frame: FrameType, _event: str, _argument: object) -> TraceFunction:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        check(payload)
    finally:
        sys.settrace(before)
    return count
