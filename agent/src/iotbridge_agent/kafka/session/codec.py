"""Packets of MQTT 5 from and to bytes, by the library ``mqtt5``; the only module that imports it."""

from collections.abc import Iterable
from itertools import count
from typing import NamedTuple

import mqtt5
from mqtt5 import (
    ConnAckPacket,
    DisconnectPacket,
    PingRespPacket,
    PublishPacket,
    SubAckPacket,
    UnsubAckPacket,
)

MAX_PACKET_BYTES = 16 * 1024 * 1024
"""Size of the largest packet that the broker may send."""
MALFORMED_PACKET, SESSION_TAKEN_OVER = 0x81, 0x8E
NEVER_EXPIRES = 0xFFFFFFFF
_PUBLISH, _TYPE, _QOS, _DUPLICATE = 0x30, 0xF0, 0x06, 0x08
_CONTINUES = 0x80
_LENGTH_BYTES = 4
_RETAIN = {
    "always": mqtt5.RetainHandling.SEND_ALWAYS,
    "new": mqtt5.RetainHandling.SEND_IF_SUBSCRIPTION_NOT_EXISTS,
    "never": mqtt5.RetainHandling.SEND_NEVER,
}

__all__ = [
    "CodecError",
    "ConnAckPacket",
    "Decoder",
    "DisconnectPacket",
    "Message",
    "PingRespPacket",
    "PublishPacket",
    "SubAckPacket",
    "UndecodablePublish",
    "UnsubAckPacket",
    "encode_connect",
]


class CodecError(ValueError):
    """Bytes that are no packet of MQTT 5."""


class UndecodablePublish(NamedTuple):
    """Message that breaks a rule of MQTT, such as a null character in its topic."""

    packet_id: int | None
    topic: str
    """Topic, with replacement characters."""
    payload: bytes
    """Properties and payload."""
    duplicate: bool
    detail: str
    retain: bool = False
    content_type: str | None = None
    correlation_data: bytes | None = None
    response_topic: str | None = None
    user_properties: list[tuple[str, str]] = []  # noqa: RUF012 - never changed


Message = PublishPacket | UndecodablePublish
Packet = mqtt5.Packet | UndecodablePublish


class Decoder:
    """Decoder of the stream of one connection."""

    def __init__(self) -> None:
        self._rest = bytearray()
        """Beginning of a packet."""
        self._needed = 0
        """Bytes that the beginning needs to become a packet; 0 as long as its length is not known."""

    def feed(self, data: bytes) -> list[Packet]:
        """Return the packets that these bytes complete; raise CodecError."""
        if self._rest:
            self._rest += data
            if len(self._rest) < self._needed:
                return []
            data, self._rest = bytes(self._rest), bytearray()
        packets: list[Packet] = []
        read, append = mqtt5.read, packets.append
        view, offset, size = memoryview(data), 0, len(data)
        while offset < size:
            try:
                packet, length = read(view[offset:])
            except BaseException as error:  # noqa: BLE001 - bytes that are no UTF-8 panic, which is no Exception
                length = _frame_length(view[offset:])
                if not length or offset + length > size:
                    self._rest, self._needed = bytearray(view[offset:]), length
                    break
                append(_undecodable(bytes(view[offset : offset + length]), error))
            else:
                append(packet)
            offset += length
        return packets


def encode_connect(
    client_id: str,
    *,
    username: str | None,
    password: str | None,
    keepalive_s: int,
    session_expiry_s: int,
    receive_maximum: int,
) -> bytes:
    """Return a CONNECT that resumes the session of this client id."""
    return mqtt5.ConnectPacket(
        client_id,
        username=username,
        password=None if password is None else password.encode(),
        clean_start=False,
        keep_alive=keepalive_s,
        session_expiry_interval=session_expiry_s,
        receive_max=receive_maximum,
        max_packet_size=MAX_PACKET_BYTES,
    ).write()


def encode_subscribe(packet_id: int, filters: Iterable[str], retained: str) -> bytes:
    """Return a SUBSCRIBE at QoS 1; ``retained``: new, always or never."""
    wanted = [
        mqtt5.TopicFilter(text, max_qos=mqtt5.QoS.AT_LEAST_ONCE, retain_handling=_RETAIN[retained]) for text in filters
    ]
    return mqtt5.SubscribePacket(packet_id, wanted).write()


def encode_unsubscribe(packet_id: int, filters: Iterable[str]) -> bytes:
    """Return an UNSUBSCRIBE."""
    return mqtt5.UnsubscribePacket(packet_id, list(filters)).write()


def encode_acknowledgements(packet_ids: Iterable[int]) -> bytes:
    """Return a PUBACK for each packet id, in their order."""
    packet = mqtt5.PubAckPacket
    return b"".join([packet(packet_id).write() for packet_id in packet_ids])


def encode_ping() -> bytes:
    """Return a PINGREQ."""
    return mqtt5.PingReqPacket().write()


def encode_disconnect(*, reason: int = 0, ends_session: bool = False) -> bytes:
    """Return a DISCONNECT; unless it ends the session, the broker keeps that as long as CONNECT demanded."""
    code = mqtt5.DisconnectReasonCode(reason)
    return mqtt5.DisconnectPacket(reason_code=code, session_expiry_interval=0 if ends_session else None).write()


def _frame_length(view: memoryview) -> int:
    """Return the length of the packet at the beginning, with its header; 0 if more bytes are needed to tell."""
    length = 0
    for index in count(1):
        if index >= len(view):
            return 0
        length |= (view[index] & ~_CONTINUES) << (7 * (index - 1))
        if not view[index] & _CONTINUES:
            break
        if index == _LENGTH_BYTES:
            raise CodecError("the length of a packet has more than four bytes")
    length += index + 1
    if length > MAX_PACKET_BYTES:
        raise CodecError(f"a packet of {length} bytes is larger than this client accepts")
    return length


def _undecodable(frame: bytes, error: BaseException) -> UndecodablePublish:
    """Return the packet id and the topic of a message that the library rejects; raise CodecError for other packets."""
    if frame[0] & _TYPE != _PUBLISH or frame[0] & _QOS == _QOS:
        raise CodecError(str(error)) from error
    start = 1
    while frame[start] & _CONTINUES:
        start += 1
    start += 1
    end = start + 2 + int.from_bytes(frame[start : start + 2])
    packet_id, payload = None, frame[end:]
    if frame[0] & _QOS:
        packet_id = int.from_bytes(frame[end : end + 2])
        if end + 2 > len(frame) or not packet_id:
            raise CodecError(str(error)) from error
        payload = frame[end + 2 :]
    topic = frame[start + 2 : end].decode(errors="replace")
    return UndecodablePublish(packet_id, topic, payload, bool(frame[0] & _DUPLICATE), str(error))
