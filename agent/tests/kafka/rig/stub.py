"""Stub of a Kafka broker for logins and errors that Tansu does not have: PLAIN, SCRAM, and missing rights (29, 31)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
import struct
from typing import NamedTuple

from .sasl import AuthenticationError, Login, login
from .server_thread import ServerThread

UNSUPPORTED_VERSION = 35
UNSUPPORTED_SASL_MECHANISM = 33
SASL_AUTHENTICATION_FAILED = 58
TOPIC_AUTHORIZATION_FAILED = 29
CLUSTER_AUTHORIZATION_FAILED = 31
PRODUCE, FETCH, METADATA, SASL_HANDSHAKE, API_VERSIONS, INIT_PRODUCER_ID, SASL_AUTHENTICATE = 0, 1, 3, 17, 18, 22, 36
# The newest version of each request before the flexible ones. Nothing is fetched, but clients derive the format of the
# records from it.
NEWEST = {PRODUCE: 7, FETCH: 10, METADATA: 4, SASL_HANDSHAKE: 1, API_VERSIONS: 0, INIT_PRODUCER_ID: 1,
          SASL_AUTHENTICATE: 0}  # fmt: skip
OLDEST = {PRODUCE: 3, METADATA: 1, SASL_HANDSHAKE: 1}
BEFORE_LOGIN = {API_VERSIONS, SASL_HANDSHAKE, SASL_AUTHENTICATE}
RECORD_COUNT_AT = 57
"""Position of the number of records in a batch."""


class Account(NamedTuple):
    """Account that has to log in by one mechanism."""

    mechanism: str
    username: str
    password: str


class KafkaStub(ServerThread):
    """Server of one broker whose topics have one partition; counts the records it accepted."""

    def __init__(self, account: Account | None = None) -> None:
        super().__init__()
        self.account = account
        self.accepted: Counter[str] = Counter()
        self.topic_errors: dict[str, int] = {}
        """Error code of each topic, in answers about its metadata and its records."""
        self.refusals: dict[bytes, int] = {}
        """Error code of each batch that contains these bytes."""
        self.batches: list[bytes] = []
        """Batches that were accepted."""
        self.producer_error = 0
        """Error code for a producer that asks for its id."""

    async def start(self) -> None:
        """Accept connections at a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._connections.add(task)
        session = Session(self)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError, AuthenticationError):
            while True:
                (size,) = struct.unpack("!i", await reader.readexactly(4))
                answer = session.answer(Reader(await reader.readexactly(size)))
                writer.write(struct.pack("!i", len(answer)) + answer)
        writer.transport.abort()
        self._connections.discard(task)


class Session:
    """Connection of a client."""

    def __init__(self, stub: KafkaStub) -> None:
        self._stub = stub
        self._login: Login | None = None
        self._is_logged_in = stub.account is None

    def answer(self, request: Reader) -> bytes:
        """Return the answer to a request; raise AuthenticationError for what needs a login first."""
        key, version, correlation = request.int16(), request.int16(), request.int32()
        request.string()  # client id
        if not self._is_logged_in and key not in BEFORE_LOGIN:
            raise AuthenticationError
        answers: dict[int, Callable[[Reader, int], bytes]] = {
            PRODUCE: self._produce,
            METADATA: self._metadata,
            SASL_HANDSHAKE: self._sasl_handshake,
            API_VERSIONS: self._api_versions,
            INIT_PRODUCER_ID: self._init_producer_id,
            SASL_AUTHENTICATE: self._sasl_authenticate,
        }
        return struct.pack("!i", correlation) + answers[key](request, version)

    def _api_versions(self, _request: Reader, version: int) -> bytes:
        error = UNSUPPORTED_VERSION if version else 0
        return struct.pack("!hi", error, len(NEWEST)) + b"".join(
            struct.pack("!hhh", key, OLDEST.get(key, 0), newest) for key, newest in NEWEST.items()
        )

    def _sasl_handshake(self, request: Reader, _version: int) -> bytes:
        account = self._stub.account
        mechanisms = [account.mechanism] if account else []
        is_known = request.string() in mechanisms
        if account and is_known:
            self._login = login(*account)
            next(self._login)
        return struct.pack("!h", 0 if is_known else UNSUPPORTED_SASL_MECHANISM) + array([string(m) for m in mechanisms])

    def _sasl_authenticate(self, request: Reader, _version: int) -> bytes:
        assert self._login
        try:
            answer, self._is_logged_in = self._login.send(request.bytes_())
        except AuthenticationError:
            return (
                struct.pack("!h", SASL_AUTHENTICATION_FAILED) + string("Authentication failed") + struct.pack("!i", 0)
            )
        return struct.pack("!h", 0) + string(None) + struct.pack("!i", len(answer)) + answer

    def _metadata(self, request: Reader, version: int) -> bytes:
        topics = [request.string() or "" for _ in range(request.int32())]  # -1, all topics, is none here
        broker = struct.pack("!i", 1) + string("127.0.0.1") + struct.pack("!i", self._stub.port)
        rack, cluster, controller = string(None), string("stub"), struct.pack("!i", 1)
        listed = array([self._topic(topic) for topic in topics])
        throttle = struct.pack("!i", 0) if version >= 3 else b""
        return throttle + array([broker + rack]) + (cluster if version >= 2 else b"") + controller + listed

    def _topic(self, topic: str) -> bytes:
        error = self._stub.topic_errors.get(topic, 0)
        partition = struct.pack("!hii", 0, 0, 1) + array([struct.pack("!i", 1)]) * 2
        return struct.pack("!h", error) + string(topic) + b"\0" + array([] if error else [partition])

    def _init_producer_id(self, _request: Reader, _version: int) -> bytes:
        error = self._stub.producer_error
        return struct.pack("!ihqh", 0, error, -1 if error else 1000, -1 if error else 0)

    def _produce(self, request: Reader, version: int) -> bytes:
        request.string()  # transactional id
        request.int16()  # acks
        request.int32()  # timeout
        return array([self._produced(request, version) for _ in range(request.int32())]) + struct.pack("!i", 0)

    def _produced(self, request: Reader, version: int) -> bytes:
        topic = request.string() or ""
        error = self._stub.topic_errors.get(topic, 0)
        partitions = []
        for _ in range(request.int32()):
            partition, batch = request.int32(), request.bytes_()
            error = error or next((code for mark, code in self._stub.refusals.items() if mark in batch), 0)
            offset = -1 if error else self._stub.accepted[topic]
            partitions.append(
                struct.pack("!ihqq", partition, error, offset, -1) + (b"\xff" * 8 if version >= 5 else b"")
            )
            if not error:
                self._stub.batches.append(batch)
                self._stub.accepted[topic] += struct.unpack_from("!i", batch, RECORD_COUNT_AT)[0]
        return string(topic) + array(partitions)


class Reader:
    """Fields of a request, one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def int16(self) -> int:
        """Return the next two bytes."""
        return int.from_bytes(self._take(2), signed=True)

    def int32(self) -> int:
        """Return the next four bytes."""
        return int.from_bytes(self._take(4), signed=True)

    def string(self) -> str | None:
        """Return the next text."""
        size = self.int16()
        return None if size < 0 else self._take(size).decode()

    def bytes_(self) -> bytes:
        """Return the next field of bytes."""
        return self._take(max(self.int32(), 0))

    def _take(self, size: int) -> bytes:
        self._at += size
        return self._data[self._at - size : self._at]


def string(text: str | None) -> bytes:
    """Return a text as Kafka's protocol writes it."""
    return struct.pack("!h", -1) if text is None else struct.pack("!h", len(text.encode())) + text.encode()


def array(items: list[bytes]) -> bytes:
    """Return an array as Kafka's protocol writes it."""
    return struct.pack("!i", len(items)) + b"".join(items)
