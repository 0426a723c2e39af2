"""WebSocket beside a server that is written out by hand: handshake, frames of every length, and refusals."""

from base64 import b64encode
from hashlib import sha1
from itertools import pairwise

from hypothesis import given, strategies as st
import pytest

from iotbridge_agent.kafka.session.websocket import WebSocket, WebSocketError

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def answer(request: bytes, *, status: str = "101 Switching Protocols", key: bytes | None = None) -> bytes:
    """Return a server's answer to a request."""
    lines = dict(line.split(": ", 1) for line in request.decode().split("\r\n")[1:] if line)
    text = (key or lines["Sec-WebSocket-Key"].encode()) + GUID
    accept = b64encode(sha1(text).digest()).decode()  # noqa: S324 - demanded by the standard
    return f"HTTP/1.1 {status}\r\nUpgrade: websocket\r\nsec-websocket-accept: {accept}\r\n\r\n".encode()


def server_frame(payload: bytes, opcode: int = 2) -> bytes:
    """Return a frame as a server sends it."""
    if len(payload) < 126:
        return bytes([0x80 | opcode, len(payload)]) + payload
    if len(payload) < 65536:
        return bytes([0x80 | opcode, 126]) + len(payload).to_bytes(2) + payload
    return bytes([0x80 | opcode, 127]) + len(payload).to_bytes(8) + payload


def unmasked(frame: bytes) -> bytes:
    """Return the payload of a client's frame."""
    length = frame[1] & 0x7F
    start = {126: 4, 127: 10}.get(length, 2)
    assert frame[1] & 0x80
    mask = frame[start : start + 4]
    return bytes(byte ^ mask[index % 4] for index, byte in enumerate(frame[start + 4 :]))


def opened() -> WebSocket:
    """Return a WebSocket that the server has accepted."""
    websocket = WebSocket()
    websocket.feed(answer(websocket.request("broker.lan:9001", "/mqtt")))
    return websocket


def test_the_handshake() -> None:
    websocket = WebSocket()
    request = websocket.request("broker.lan:9001", "/mqtt")
    assert request.startswith(b"GET /mqtt HTTP/1.1\r\nHost: broker.lan:9001\r\n")
    assert b"Sec-WebSocket-Protocol: mqtt\r\n" in request
    whole = answer(request) + server_frame(b"first")
    assert websocket.feed(whole[:40]) == (b"", b"")
    assert not websocket.is_open
    assert websocket.feed(whole[40:]) == (b"first", b"")
    assert websocket.is_open


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "does not offer.*404 Not Found"),
        (b"\x20\x03\x00\x00\x00\r\n\r\n", "does not offer a WebSocket"),
        (b"x" * 20_000, "does not answer with a WebSocket"),
    ],
)
def test_a_refused_handshake(text: bytes, sentence: str) -> None:
    websocket = WebSocket()
    websocket.request("broker.lan", "/mqtt")
    with pytest.raises(WebSocketError, match=sentence):
        websocket.feed(text)


def test_an_answer_to_another_request() -> None:
    websocket = WebSocket()
    request = websocket.request("broker.lan", "/mqtt")
    with pytest.raises(WebSocketError, match="does not answer with a WebSocket"):
        websocket.feed(answer(request, key=b"another"))


@given(st.lists(st.integers(0, 400).map(bytes), max_size=6), st.lists(st.integers(0, 2000), max_size=6))
def test_cuts_of_the_stream_change_nothing(payloads: list[bytes], cuts: list[int]) -> None:
    websocket = opened()
    stream = b"".join(server_frame(payload) for payload in payloads)
    edges = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    received = b"".join(websocket.feed(stream[a:b])[0] for a, b in pairwise(edges))
    assert received == b"".join(payloads)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536])
def test_frames_of_every_length_in_both_directions(size: int) -> None:
    payload = bytes(index % 251 for index in range(size))
    assert unmasked(opened().wrap(payload)) == payload
    assert opened().feed(server_frame(payload)) == (payload, b"")


def test_a_ping_is_answered() -> None:
    received, reply = opened().feed(server_frame(b"still there?", 9) + server_frame(b"x") + server_frame(b"", 10))
    assert received == b"x"
    assert reply[0] == 0x8A
    assert unmasked(reply) == b"still there?"


@pytest.mark.parametrize(
    "frame", [server_frame(b"", 8), server_frame(b"text", 1), b"\x82\x81abcdx"], ids=["close", "text", "masked"]
)
def test_frames_that_end_the_connection(frame: bytes) -> None:
    with pytest.raises(WebSocketError):
        opened().feed(frame)
