"""Messages of the wire contract, parsed from and encoded to bytes; pure.

Parsing raises MessageError for everything the contract does not allow; unknown keys are ignored.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
import json
import math
import re
from typing import Any, Literal, NamedTuple, TypeAlias

from iotbridge_agent.errors import AgentError
from iotbridge_agent.protocol.topics import device_uid

PROTOCOL = 1
MAX_PAYLOAD = 64 * 1024
MAX_MESSAGE = 1024
MAX_TEXT = 255
MAX_READINGS = 256
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
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


class MessageError(AgentError):
    """Error of a message against the contract; ``id`` and ``command`` hold what could be read of a command."""

    def __init__(self, message: str, *, message_id: str | None = None, command: str | None = None) -> None:
        super().__init__(message)
        self.id = message_id
        self.command = command


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


class Command(NamedTuple):
    """Command to an agent."""

    command: str
    id: str | None = None
    timestamp: datetime | None = None
    ttl_s: float | None = None
    args: Mapping[str, Any] | None = None


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
    return encode({key: value for key, value in announce._asdict().items() if value is not None})


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
    fields = _object(payload)
    announce = Announce(
        protocol=_required(fields, "protocol", _positive_integer),
        agent=_required(fields, "agent", _text(64, shortest=1)),
        node_id=_required(fields, "node_id", _word(_NODE_ID)),
        hostname=_required(fields, "hostname", _text(255, shortest=1)),
        uid=_required(fields, "uid", _word(_UID)),
        instance=_required(fields, "instance", _word(_INSTANCE)),
        power=_required(fields, "power", _one_of(POWER_STATES)),
        ip=_optional(fields, "ip", _text(255)),
        mac=_optional(fields, "mac", _words(_MAC, 32)),
        platform=_optional(fields, "platform", _text(255)),
        platform_version=_optional(fields, "platform_version", _text(255)),
        interval_s=_optional(fields, "interval_s", _number(0.1, 86400)),
        commands=_optional(fields, "commands", _words(_COMMAND, 128, unique=True)),
        dry_run=_optional(fields, "dry_run", _flag),
        machine=_optional(fields, "machine", _word(_INSTANCE)),
        run=_optional(fields, "run", _word(_INSTANCE)),
        conflict=_optional(fields, "conflict", _flag),
    )
    if announce.node_id != node_id:
        raise MessageError(f"node_id is {announce.node_id}, and the topic is that of {node_id}")
    if announce.uid != device_uid(prefix, node_id):
        raise MessageError(f"uid: expected {device_uid(prefix, node_id)}, which belongs to the topic")
    return announce


def parse_availability(payload: bytes) -> str:
    """Read an availability: ``online`` or ``offline``."""
    text = _decode(payload)
    if text not in (ONLINE, OFFLINE):
        raise MessageError(f"expected {ONLINE} or {OFFLINE}")
    return text


def parse_status(payload: bytes) -> dict[str, Any]:
    """Read a status: the keys of the contract checked, the others scalars; ``timestamp`` stays a text."""
    fields = _object(payload)
    if len(fields) > MAX_STATUS_KEYS:
        raise MessageError(f"expected at most {MAX_STATUS_KEYS} keys, found {len(fields)}")
    _required(fields, "timestamp", _time)
    for key in ("hostname", "ip", "platform", "platform_version"):
        _optional(fields, key, _text(255))
    _optional(fields, "uptime", _number(0, math.inf))
    if fields.get("boot_time") is not None:
        _required(fields, "boot_time", _time)
    for key, value in fields.items():
        if not _COMMAND.fullmatch(key):
            raise MessageError("expected keys of a-z, 0-9 and _")
        if isinstance(value, list | dict) or (isinstance(value, str) and len(value) > MAX_TEXT):
            raise MessageError(f"{key}: expected a number, a text of at most {MAX_TEXT}, true, false or null")
    return fields


def parse_command(payload: bytes) -> Command:
    """Read a command; the error carries what could be read of it, so that it can be answered."""
    fields = _object(payload)
    try:
        return Command(
            command=_required(fields, "command", _word(_COMMAND)),
            id=_optional(fields, "id", _word(_ID)),
            timestamp=_optional(fields, "timestamp", _time),
            ttl_s=_optional(fields, "ttl_s", _number(1, MAX_TTL_S)),
            args=_optional(fields, "args", _mapping),
        )
    except MessageError as error:
        raise MessageError(
            str(error), message_id=_readable(fields.get("id"), _ID), command=_readable(fields.get("command"), _COMMAND)
        ) from None


def parse_response(payload: bytes) -> Response:
    """Read a response."""
    fields = _object(payload)
    response = Response(
        id=_nullable(fields, "id", _word(_ID)),
        command=_nullable(fields, "command", _word(_COMMAND)),
        status=_required(fields, "status", _one_of(STATUSES)),
        message=_required(fields, "message", _text(MAX_MESSAGE)),
        timestamp=_required(fields, "timestamp", _time),
        reason=_optional(fields, "reason", _word(_REASON)),
        data=_optional(fields, "data", _mapping),
    )
    if _required(fields, "success", _flag) != response.success:
        raise MessageError(f"success contradicts status {response.status}")
    return response


_Check: TypeAlias = Callable[[Any], Any]
"""Returns the checked value; raises ValueError with what is expected."""


def _decode(payload: bytes) -> str:
    if len(payload) > MAX_PAYLOAD:
        raise MessageError(f"expected at most {MAX_PAYLOAD // 1024} KiB, found {len(payload) // 1024} KiB")
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise MessageError("expected UTF-8") from None


def _object(payload: bytes) -> dict[str, Any]:
    text = _decode(payload)
    try:
        fields = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        raise MessageError("expected JSON") from None
    if not isinstance(fields, dict):
        raise MessageError("expected a JSON object")
    return fields


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)
    return number


def _required(fields: Mapping[str, Any], key: str, check: _Check) -> Any:
    if key not in fields:
        raise MessageError(f"{key}: expected this key, it is missing")
    try:
        return check(fields[key])
    except ValueError as error:
        raise MessageError(f"{key}: expected {error}") from None


def _optional(fields: Mapping[str, Any], key: str, check: _Check) -> Any:
    return _required(fields, key, check) if key in fields else None


def _nullable(fields: Mapping[str, Any], key: str, check: _Check) -> Any:
    return _required(fields, key, lambda value: None if value is None else check(value))


def _readable(value: object, pattern: re.Pattern[str]) -> str | None:
    return value if isinstance(value, str) and pattern.fullmatch(value) else None


def _text(longest: int, *, shortest: int = 0) -> _Check:
    def check(value: object) -> str:
        if not isinstance(value, str) or not shortest <= len(value) <= longest:
            raise ValueError(f"a text of {shortest} to {longest} characters")
        return value

    return check


def _word(pattern: re.Pattern[str]) -> _Check:
    def check(value: object) -> str:
        if (word := _readable(value, pattern)) is None:
            raise ValueError(f"a text like {pattern.pattern}")
        return word

    return check


def _words(pattern: re.Pattern[str], most: int, *, unique: bool = False) -> _Check:
    def check(value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or len(value) > most:
            raise ValueError(f"a list of at most {most}")
        words = tuple(_word(pattern)(item) for item in value)
        if unique and len(set(words)) != len(words):
            raise ValueError("a list without repetitions")
        return words

    return check


def _one_of(choices: tuple[str, ...]) -> _Check:
    def check(value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return value

    return check


def _number(low: float, high: float) -> _Check:
    def check(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ValueError(f"a number from {low:g} to {high:g}")
        return value

    return check


def _positive_integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("a whole number from 1")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")  # noqa: TRY004 - one kind of error for every check
    return value


def _mapping(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("an object")  # noqa: TRY004 - one kind of error for every check
    return value


def _time(value: object) -> datetime:
    if isinstance(value, str) and _TIME.fullmatch(value):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError("a time like 2026-11-21T10:15:30Z")
