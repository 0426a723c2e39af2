"""Messages of the wire contract: parsing and serialization of the five message types.

Any client of the broker can send anything, so every parser either returns a complete, checked value or raises
MessageError with the reason.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
import re
from typing import Any, Self

import orjson

from .fields import MAX_TEXT, Fields, MessageError
from .topics import HostKey

PROTOCOL_VERSION = 1
MAX_TTL_S = 3600
MAX_CARDS = 8
MAX_NOTICE = 200
MAX_NOTICE_TITLE = 60
MAX_READINGS = 263
"""Maximum of the contract (256), and the names of the host."""

COMMAND_NAME = re.compile(r"[a-z0-9_]{1,64}")
COMMAND_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
UID = re.compile(r"[A-Za-z0-9_-]{1,128}")
INSTANCE = re.compile(r"[A-Za-z0-9_-]{1,64}")
MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
CARD_MAC = re.compile(r"(?!00(:00){5})[0-9a-f][02468ace](:[0-9a-f]{2}){5}")
"""Address of one card: neither zero nor that of a group."""
CARD_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,64}")
IPV4 = re.compile(r"(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}")
NOT_PLAIN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, line breaks, and characters that change the direction of others."""
READING_KEY = re.compile(r"[a-z0-9_]{1,64}")
REASON = re.compile(r"[a-z_]{1,64}")

WAKE = "wake"
"""Command to an agent: wake another machine in its network."""
NOTICE = "notice"
"""Command to an agent: show a text to the people who are logged in."""
START_SERVICES = "start_services"

type Reading = float | int | str | bool | None


class HostPower(StrEnum):
    """Power state of a host, as its agent reports it."""

    ON = "on"
    SHUTTING_DOWN = "shutting_down"
    REBOOTING = "rebooting"
    SUSPENDED = "suspended"
    OFF = "off"


class ResponseStatus(StrEnum):
    """Status of a command in a response."""

    ACCEPTED = "accepted"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Wired network card of a host, by which it may be woken.

    ``wake`` is whether the card is armed for magic packets, None where the agent does not know.
    """

    mac: str
    name: str
    broadcast: str | None = None
    wake: bool | None = None

    @classmethod
    def parse(cls, values: object) -> Self:
        """Parse an item of ``cards`` in an announce."""
        fields = Fields(values)
        return cls(
            mac=fields.matching("mac", CARD_MAC),
            name=fields.matching("name", CARD_NAME),
            broadcast=fields.present("broadcast", lambda key: fields.matching(key, IPV4)),
            wake=fields.present("wake", fields.flag),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce:
    """Announcement of an agent: its identity, its host and the commands it accepts."""

    protocol: int
    agent: str
    node_id: str
    hostname: str
    uid: str
    instance: str
    power: HostPower
    ip: str | None = None
    mac: tuple[str, ...] = ()
    platform: str | None = None
    platform_version: str | None = None
    interval_s: float = 30.0
    commands: tuple[str, ...] = ()
    dry_run: bool = False
    machine: str | None = None
    conflict: bool = False
    cards: tuple[Card, ...] = ()

    @classmethod
    def parse(cls, payload: bytes, key: HostKey) -> Self:
        """Parse the payload of a host's announce topic."""
        fields = Fields.of(payload)
        announce = cls(
            protocol=fields.integer("protocol", low=1),
            agent=fields.text("agent", limit=64),
            node_id=fields.text("node_id", limit=64),
            hostname=fields.text("hostname"),
            uid=fields.matching("uid", UID),
            instance=fields.matching("instance", INSTANCE),
            power=fields.member("power", HostPower),
            ip=fields.optional("ip", fields.any_text),
            mac=fields.texts("mac", MAC, limit=32),
            platform=fields.optional("platform", fields.any_text),
            platform_version=fields.optional("platform_version", fields.any_text),
            interval_s=fields.optional("interval_s", fields.interval) or 30.0,
            commands=fields.texts("commands", COMMAND_NAME),
            dry_run=fields.optional("dry_run", fields.flag) or False,
            machine=fields.optional("machine", lambda key: fields.matching(key, INSTANCE)),
            conflict=fields.optional("conflict", fields.flag) or False,
            cards=_valid_cards(fields.values.get("cards")),
        )
        if announce.node_id != key.node_id:
            raise MessageError(f"node_id: expected {key.node_id!r} as in the topic, found {announce.node_id!r}")
        if announce.uid != key.uid:
            raise MessageError(f"uid: expected {key.uid!r}, which belongs to the topic, found {announce.uid!r}")
        return announce

    def is_same_machine(self, other: Self) -> bool:
        """Return whether both announces certainly come from the same machine.

        The disk of a cloned machine carries its machine id along, its network cards do not. If one of them has no
        machine id, as in a container, the network cards must be equal.
        """
        mine, others = set(self.mac or ()), set(other.mac or ())
        if self.machine is None or other.machine is None:
            return bool(mine) and mine == others
        return self.machine == other.machine and not (mine and others and mine.isdisjoint(others))

    def to_payload(self) -> bytes:
        """Return the payload of the message."""
        return _dump(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Readings of a host at one time."""

    timestamp: datetime
    readings: Mapping[str, Reading] = field(default_factory=dict)

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Parse the payload of ``…/status``."""
        fields = Fields.of(payload)
        readings = {key: value for key, value in fields.values.items() if key != "timestamp"}
        if len(readings) > MAX_READINGS:
            raise MessageError(f"expected at most {MAX_READINGS} readings, found {len(readings)}")
        for key, value in readings.items():
            if not READING_KEY.fullmatch(key):
                raise MessageError(f"expected keys of a-z, 0-9 and _ (at most 64), found {key[:64]!r}")
            if isinstance(value, dict | list) or (isinstance(value, str) and len(value) > MAX_TEXT):
                raise MessageError(f"{key}: expected a number, a text of at most {MAX_TEXT}, boolean or null")
        return cls(timestamp=fields.time("timestamp"), readings=readings)

    def to_payload(self) -> bytes:
        """Return the payload of the message."""
        return orjson.dumps({"timestamp": _format_time(self.timestamp), **self.readings})


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Command for an agent, with its arguments and its time to live."""

    command: str
    id: str | None = None
    timestamp: datetime | None = None
    ttl_s: float | None = None
    args: Mapping[str, Any] | None = None

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Parse the payload of ``…/command``."""
        fields = Fields.of(payload)
        command = cls(
            command=fields.matching("command", COMMAND_NAME),
            id=fields.optional("id", lambda key: fields.matching(key, COMMAND_ID)),
            timestamp=fields.optional("timestamp", fields.time),
            ttl_s=fields.optional("ttl_s", lambda key: fields.number(key, low=1, high=MAX_TTL_S)),
            args=fields.optional("args", fields.mapping),
        )
        if command.command == WAKE:
            check_wake_args(command.args or {})
        elif command.command == NOTICE:
            check_notice_args(command.args or {})
        return command

    def to_payload(self) -> bytes:
        """Return the payload of the message."""
        return _dump(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """Response of an agent to a command."""

    id: str | None
    command: str | None
    success: bool
    status: ResponseStatus
    message: str
    timestamp: datetime
    reason: str | None = None
    data: Mapping[str, Any] | None = None

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Parse the payload of ``…/response``."""
        fields = Fields.of(payload)
        response = cls(
            id=fields.nullable("id", lambda key: fields.matching(key, COMMAND_ID)),
            command=fields.nullable("command", lambda key: fields.matching(key, COMMAND_NAME)),
            success=fields.flag("success"),
            status=fields.member("status", ResponseStatus),
            message=fields.any_text("message", limit=1024),
            timestamp=fields.time("timestamp"),
            reason=fields.optional("reason", lambda key: fields.matching(key, REASON)),
            data=fields.optional("data", fields.mapping),
        )
        if response.success != (response.status in (ResponseStatus.ACCEPTED, ResponseStatus.DONE)):
            raise MessageError(f"success: {response.success} contradicts the status {response.status}")
        return response

    def to_payload(self) -> bytes:
        """Return the payload of the message."""
        nulls = {"id": None, "command": None}
        return orjson.dumps(nulls | _wire(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class BareResponse:
    """Response without the command it belongs to, as sent by agents of IPWatch."""

    success: bool
    message: str
    timestamp: datetime

    @classmethod
    def parse(cls, payload: bytes) -> Self | Response:
        """Parse the ``…/response`` of a host that never announced itself; complete responses are accepted as well."""
        fields = Fields.of(payload)
        if fields.values.keys() & {"id", "command", "status"}:
            return Response.parse(payload)
        return cls(
            success=fields.flag("success"),
            message=fields.any_text("message", limit=1024),
            timestamp=fields.time("timestamp"),
        )


def check_wake_args(args: Mapping[str, Any]) -> None:
    """Raise MessageError for arguments that ``wake`` does not take."""
    fields = Fields(args)
    if not fields.texts("mac", CARD_MAC, limit=MAX_CARDS):
        raise MessageError("mac: expected at least one address")
    fields.optional("broadcast", lambda key: fields.matching(key, IPV4))
    password = args.get("password", "00:00:00:00:00:00")
    if not isinstance(password, str) or not MAC.fullmatch(password):
        raise MessageError("password: expected six bytes like those of an address")  # without what was found


def check_notice_args(args: Mapping[str, Any]) -> None:
    """Raise MessageError for arguments that ``notice`` does not take; the text may be a stranger's."""
    for key, limit in (("text", MAX_NOTICE), ("title", MAX_NOTICE_TITLE)):
        text = args.get(key, "-" if key == "title" else None)
        if not isinstance(text, str) or not text.strip() or len(text) > limit or NOT_PLAIN.search(text):
            raise MessageError(f"{key}: expected plain text of 1 to {limit} characters")


def plain_text(text: str, limit: int) -> str:
    """Return a text that a notice can have: on one line, without control characters, and cut off at the limit."""
    plain = " ".join(NOT_PLAIN.sub(" ", text).split())
    return plain if len(plain) <= limit else f"{plain[: limit - 1].rstrip()}…"


def parse_availability(payload: bytes) -> bool:
    """Return whether the host is online."""
    match payload:
        case b"online":
            return True
        case b"offline":
            return False
    raise MessageError(f"expected online or offline, found {payload[:32]!r}")


def _valid_cards(values: object) -> tuple[Card, ...]:
    """Return the valid ones of the first eight cards: an invalid one does not make the announce invalid."""
    cards = []
    for value in values[:MAX_CARDS] if isinstance(values, list) else ():
        with suppress(MessageError):
            cards.append(Card.parse(value))
    return tuple(cards)


def _format_time(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _wire(message: Announce | Command | Response) -> dict[str, Any]:
    """Return the fields of a message that have a value."""
    values = ((name, getattr(message, name)) for name in message.__dataclass_fields__)
    return {
        name: _format_time(value) if isinstance(value, datetime) else value
        for name, value in values
        if value is not None and value != ()
    }


def _dump(message: Announce | Command | Response) -> bytes:
    return orjson.dumps(_wire(message))
