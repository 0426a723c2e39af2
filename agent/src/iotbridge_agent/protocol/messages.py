"""Messages of the wire contract, parsed from and encoded to bytes; pure.

Parsing raises MessageError for everything the contract does not allow; unknown keys are ignored.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
import json
import math
import re
from typing import Any, Literal, NamedTuple, TypeAlias

from iotbridge_agent.protocol.fields import (
    MessageError,
    decode,
    flag,
    json_object,
    mapping,
    moment,
    nullable,
    number,
    one_of,
    optional,
    optional_or_null,
    plain_text,
    positive_integer,
    readable,
    required,
    text_of,
    word,
    words,
)
from iotbridge_agent.protocol.topics import device_uid

PROTOCOL = 1
MAX_MESSAGE = 1024
MAX_TEXT = 255
MAX_READINGS = 256
MAX_CARDS = 8
MAX_NOTICE, MAX_NOTICE_TITLE = 200, 60
MAX_STATUS_KEYS = MAX_READINGS + 8
ONLINE, OFFLINE = "online", "offline"
POWER_STATES = ("on", "shutting_down", "rebooting", "suspended", "off")
STATUSES = ("accepted", "done", "refused", "failed")
DEFAULT_TTL_S, MAX_TTL_S = 30.0, 3600.0

Power: TypeAlias = Literal["on", "shutting_down", "rebooting", "suspended", "off"]
Status: TypeAlias = Literal["accepted", "done", "refused", "failed"]

_NODE_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_UID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_INSTANCE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_COMMAND = re.compile(r"[a-z0-9_]{1,64}")
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_REASON = re.compile(r"[a-z_]{1,64}")
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_CARD_MAC = re.compile(r"(?!00(:00){5})[0-9a-f][02468ace](:[0-9a-f]{2}){5}")
"""Address of one card: neither zero nor that of a group."""
_CARD_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,64}")
_PLAIN = re.compile(r"(?=.*\S)[^\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
"""Text without control characters, line breaks, and characters that change the direction of others."""
_IPV4 = re.compile(r"(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}")


class Card(NamedTuple):
    """Wired network card of this machine, by which it may be woken."""

    mac: str
    name: str
    broadcast: str | None = None
    """Broadcast address of its IPv4 network."""
    wake: bool | None = None
    """True where it is armed for magic packets; None: unknown."""


class Announce(NamedTuple):
    """Announce of an agent: its identity and its commands."""

    agent: str
    node_id: str
    hostname: str
    uid: str
    instance: str
    power: Power
    protocol: int = PROTOCOL
    ip: str | None = None
    mac: tuple[str, ...] | None = None
    platform: str | None = None
    platform_version: str | None = None
    interval_s: float | None = None
    commands: tuple[str, ...] | None = None
    dry_run: bool | None = None
    machine: str | None = None
    run: str | None = None
    conflict: bool | None = None
    cards: tuple[Card, ...] | None = None


class Command(NamedTuple):
    """Command to an agent."""

    command: str
    id: str | None = None
    timestamp: datetime | None = None
    ttl_s: float | None = None
    args: Mapping[str, Any] | None = None


class Wake(NamedTuple):
    """Arguments of ``wake``: the machine to wake by its cards, and where and how."""

    mac: tuple[str, ...]
    broadcast: str | None = None
    password: str | None = None


class Notice(NamedTuple):
    """Arguments of ``notice``: the text for the people at the machine."""

    text: str
    title: str | None = None


class Response(NamedTuple):
    """Response to a command."""

    id: str | None
    command: str | None
    status: Status
    message: str
    timestamp: datetime
    reason: str | None = None
    data: Mapping[str, Any] | None = None

    @property
    def success(self) -> bool:
        """Return whether the command was accepted or carried out."""
        return self.status in ("accepted", "done")


def is_node_id(text: str) -> bool:
    """Return whether the level of a topic is a valid node_id."""
    return _NODE_ID.fullmatch(text) is not None


def format_time(moment: datetime) -> str:
    """Return RFC 3339 in UTC; a fraction only where there is one."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def encode(payload: Mapping[str, Any]) -> bytes:
    """Return compact JSON; raises ValueError for NaN and infinity, which are not JSON."""
    text = json.dumps(payload, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    # Names of files and mounts can be bytes that are no text; Python carries them as surrogates.
    return text.encode(errors="replace")


def encode_announce(announce: Announce) -> bytes:
    """Return the payload of an announce, without the keys that have no value."""
    payload = {key: value for key, value in announce._asdict().items() if value is not None}
    if announce.cards is not None:
        payload["cards"] = [card._asdict() for card in announce.cards]
    return encode(payload)


def encode_command(command: Command) -> bytes:
    """Return the payload of a command."""
    payload = {key: value for key, value in command._asdict().items() if value is not None}
    if command.timestamp:
        payload["timestamp"] = format_time(command.timestamp)
    return encode(payload)


def encode_response(response: Response) -> bytes:
    """Return the payload of a response."""
    payload: dict[str, Any] = {
        "id": response.id,
        "command": response.command,
        "success": response.success,
        "status": response.status,
        "message": response.message[:MAX_MESSAGE],
        "timestamp": format_time(response.timestamp),
    }
    if response.reason is not None:
        payload["reason"] = response.reason
    if response.data is not None:
        payload["data"] = response.data
    return encode(payload)


def parse_announce(payload: bytes, *, prefix: str, node_id: str) -> Announce:
    """Read an announce that came on the topic of ``node_id`` below ``prefix``."""
    fields = json_object(payload)
    announce = Announce(
        protocol=required(fields, "protocol", positive_integer),
        agent=required(fields, "agent", text_of(64, shortest=1)),
        node_id=required(fields, "node_id", word(_NODE_ID)),
        hostname=required(fields, "hostname", text_of(255, shortest=1)),
        uid=required(fields, "uid", word(_UID)),
        instance=required(fields, "instance", word(_INSTANCE)),
        power=required(fields, "power", one_of(POWER_STATES)),
        ip=optional(fields, "ip", text_of(255)),
        mac=optional(fields, "mac", words(_MAC, 32)),
        platform=optional(fields, "platform", text_of(255)),
        platform_version=optional(fields, "platform_version", text_of(255)),
        interval_s=optional(fields, "interval_s", number(0.1, 86400)),
        commands=optional(fields, "commands", words(_COMMAND, 128, unique=True)),
        dry_run=optional(fields, "dry_run", flag),
        machine=optional(fields, "machine", word(_INSTANCE)),
        run=optional(fields, "run", word(_INSTANCE)),
        conflict=optional(fields, "conflict", flag),
        cards=_valid_cards(fields.get("cards")) or None,
    )
    if announce.node_id != node_id:
        raise MessageError(f"node_id is {announce.node_id}, and the topic is that of {node_id}")
    if announce.uid != device_uid(prefix, node_id):
        raise MessageError(f"uid: expected {device_uid(prefix, node_id)}, which belongs to the topic")
    return announce


def parse_availability(payload: bytes) -> str:
    """Read an availability: ``online`` or ``offline``."""
    text = decode(payload)
    if text not in (ONLINE, OFFLINE):
        raise MessageError(f"expected {ONLINE} or {OFFLINE}")
    return text


def parse_status(payload: bytes) -> dict[str, Any]:
    """Read a status: the keys of the contract checked, the others scalars; ``timestamp`` stays a text."""
    fields = json_object(payload)
    if len(fields) > MAX_STATUS_KEYS:
        raise MessageError(f"expected at most {MAX_STATUS_KEYS} keys, found {len(fields)}")
    required(fields, "timestamp", moment)
    for key in ("hostname", "ip", "platform", "platform_version"):
        optional(fields, key, text_of(255))
    optional(fields, "uptime", number(0, math.inf))
    if fields.get("boot_time") is not None:
        required(fields, "boot_time", moment)
    for key, value in fields.items():
        if not _COMMAND.fullmatch(key):
            raise MessageError("expected keys of a-z, 0-9 and _")
        if isinstance(value, list | dict) or (isinstance(value, str) and len(value) > MAX_TEXT):
            raise MessageError(f"{key}: expected a number, a text of at most {MAX_TEXT}, true, false or null")
    return fields


def parse_command(payload: bytes) -> Command:
    """Read a command; the error carries what could be read of it, so that it can be answered."""
    fields = json_object(payload)
    try:
        return Command(
            command=required(fields, "command", word(_COMMAND)),
            id=optional(fields, "id", word(_ID)),
            timestamp=optional(fields, "timestamp", moment),
            ttl_s=optional(fields, "ttl_s", number(1, MAX_TTL_S)),
            args=optional(fields, "args", mapping),
        )
    except MessageError as error:
        raise MessageError(
            str(error), message_id=readable(fields.get("id"), _ID), command=readable(fields.get("command"), _COMMAND)
        ) from None


def parse_wake(args: Mapping[str, Any] | None) -> Wake:
    """Read the arguments of a ``wake`` command."""
    fields = args or {}
    return Wake(
        mac=required(fields, "mac", words(_CARD_MAC, MAX_CARDS, least=1)),
        broadcast=optional(fields, "broadcast", word(_IPV4)),
        password=optional(fields, "password", word(_MAC)),
    )


def parse_notice(args: Mapping[str, Any] | None) -> Notice:
    """Read the arguments of a ``notice`` command."""
    fields = args or {}
    return Notice(
        text=required(fields, "text", plain_text(_PLAIN, MAX_NOTICE)),
        title=optional(fields, "title", plain_text(_PLAIN, MAX_NOTICE_TITLE)),
    )


def parse_response(payload: bytes) -> Response:
    """Read a response."""
    fields = json_object(payload)
    response = Response(
        id=nullable(fields, "id", word(_ID)),
        command=nullable(fields, "command", word(_COMMAND)),
        status=required(fields, "status", one_of(STATUSES)),
        message=required(fields, "message", text_of(MAX_MESSAGE)),
        timestamp=required(fields, "timestamp", moment),
        reason=optional(fields, "reason", word(_REASON)),
        data=optional(fields, "data", mapping),
    )
    if required(fields, "success", flag) != response.success:
        raise MessageError(f"success contradicts status {response.status}")
    return response


def _valid_cards(value: object) -> tuple[Card, ...]:
    """Return the valid ones of the first eight cards: an invalid one does not make the announce invalid."""
    cards = []
    for item in value[:MAX_CARDS] if isinstance(value, list) else ():
        with suppress(MessageError, ValueError):
            fields = mapping(item)
            card = Card(
                mac=required(fields, "mac", word(_CARD_MAC)),
                name=required(fields, "name", word(_CARD_NAME)),
                broadcast=optional_or_null(fields, "broadcast", word(_IPV4)),
                wake=optional_or_null(fields, "wake", flag),
            )
            cards.append(card)
    return tuple(cards)
