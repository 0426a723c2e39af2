"""Messages of the wire contract: parsing and serialization of the five message types.

Any client of the broker can send anything, so every parser either returns a complete, checked value or raises
MessageError with the reason.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
import math
import re
from typing import Any, Self

import orjson

from .topics import HostKey

PROTOCOL_VERSION = 1
MAX_PAYLOAD = 64 * 1024
MAX_TTL_S = 3600
MAX_ITEMS = 128
MAX_READINGS = 263
"""Maximum of the contract (256), and the names of the host."""
MAX_TEXT = 255

COMMAND_NAME = re.compile(r"[a-z0-9_]{1,64}")
COMMAND_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
UID = re.compile(r"[A-Za-z0-9_-]{1,128}")
INSTANCE = re.compile(r"[A-Za-z0-9_-]{1,64}")
MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
READING_KEY = re.compile(r"[a-z0-9_]{1,64}")
REASON = re.compile(r"[a-z_]{1,64}")
TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})")

type Reading = float | int | str | bool | None


class MessageError(ValueError):
    """Payload that does not match the schema of its topic; the text names what was expected."""


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

    @classmethod
    def parse(cls, payload: bytes, key: HostKey) -> Self:
        """Parse the payload of a host's announce topic."""
        fields = _Fields(payload)
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
        fields = _Fields(payload)
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
        fields = _Fields(payload)
        return cls(
            command=fields.matching("command", COMMAND_NAME),
            id=fields.optional("id", lambda key: fields.matching(key, COMMAND_ID)),
            timestamp=fields.optional("timestamp", fields.time),
            ttl_s=fields.optional("ttl_s", lambda key: fields.number(key, low=1, high=MAX_TTL_S)),
            args=fields.optional("args", fields.mapping),
        )

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
        fields = _Fields(payload)
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
        fields = _Fields(payload)
        if fields.values.keys() & {"id", "command", "status"}:
            return Response.parse(payload)
        return cls(
            success=fields.flag("success"),
            message=fields.any_text("message", limit=1024),
            timestamp=fields.time("timestamp"),
        )


def parse_availability(payload: bytes) -> bool:
    """Return whether the host is online."""
    match payload:
        case b"online":
            return True
        case b"offline":
            return False
    raise MessageError(f"expected online or offline, found {payload[:32]!r}")


class _Fields:
    """JSON object with accessors that check the values."""

    def __init__(self, payload: bytes) -> None:
        if len(payload) > MAX_PAYLOAD:
            raise MessageError(f"expected at most {MAX_PAYLOAD} bytes, found {len(payload)}")
        try:
            values = orjson.loads(payload)
        except orjson.JSONDecodeError as error:
            raise MessageError(f"expected JSON: {error}") from error
        if not isinstance(values, dict):
            raise MessageError(f"expected a JSON object, found {type(values).__name__}")
        self.values: dict[str, Any] = values

    def _error(self, key: str, expected: str) -> MessageError:
        if key not in self.values:
            return MessageError(f"{key}: expected {expected}; it is missing")
        return MessageError(f"{key}: expected {expected}, found {repr(self.values[key])[:64]}")

    def optional[T](self, key: str, read: Callable[[str], T]) -> T | None:
        return read(key) if key in self.values else None

    def nullable[T](self, key: str, read: Callable[[str], T]) -> T | None:
        return None if self.values.get(key, "") is None else read(key)

    def any_text(self, key: str, limit: int = MAX_TEXT) -> str:
        value = self.values.get(key)
        if not isinstance(value, str) or len(value) > limit:
            raise self._error(key, f"a text of at most {limit} characters")
        return value

    def text(self, key: str, limit: int = 255) -> str:
        if value := self.any_text(key, limit):
            return value
        raise self._error(key, "a text that is not empty")

    def matching(self, key: str, pattern: re.Pattern[str]) -> str:
        value = self.values.get(key)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise self._error(key, f"a text like {pattern.pattern}")
        return value

    def texts(self, key: str, pattern: re.Pattern[str], limit: int = MAX_ITEMS) -> tuple[str, ...]:
        values = self.values.get(key, [])
        if not isinstance(values, list) or len(values) > limit:
            raise self._error(key, f"a list of at most {limit} texts")
        if not all(isinstance(value, str) and pattern.fullmatch(value) for value in values):
            raise self._error(key, f"texts like {pattern.pattern}")
        return tuple(dict.fromkeys(values))

    def member[T: StrEnum](self, key: str, enum: type[T]) -> T:
        value = self.values.get(key)
        if not isinstance(value, str) or value not in enum:
            raise self._error(key, f"one of {', '.join(enum)}")
        return enum(value)

    def flag(self, key: str) -> bool:
        value = self.values.get(key)
        if not isinstance(value, bool):
            raise self._error(key, "true or false")
        return value

    def number(self, key: str, low: float, high: float = math.inf) -> float:
        value = self.values.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self._error(key, f"a number from {low:g}" + (f" to {high:g}" if high < math.inf else ""))
        return value

    def interval(self, key: str) -> float:
        return self.number(key, low=0.1, high=86400)

    def integer(self, key: str, low: int) -> int:
        value = self.number(key, low=low)
        if not isinstance(value, int):
            raise self._error(key, "a whole number")
        return value

    def mapping(self, key: str) -> Mapping[str, Any]:
        value = self.values.get(key)
        if not isinstance(value, dict):
            raise self._error(key, "an object")
        return value

    def time(self, key: str) -> datetime:
        text = self.matching(key, TIME)
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise self._error(key, "a time like 2026-11-21T10:15:30Z") from error


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
