"""Messages and the fields decoded from them, and the problems with them."""

from dataclasses import dataclass, field, fields, replace
from enum import StrEnum

type Scalar = str | int | float | bool | None
type Path = tuple[str | int, ...]
# A position is the only reading that is not a scalar: latitude, longitude.
type Value = Scalar | tuple[float, float]


class ProblemKind(StrEnum):
    """Kind of a problem; each has a sentence in the translations."""

    BINARY = "payload_binary"
    BROKEN = "payload_broken"
    BY_POSITION = "payload_by_position"
    EMPTY = "payload_empty"
    ENCODED = "payload_encoded"
    MEMBER_UNUSABLE = "payload_member_unusable"
    NO_VALUES = "payload_no_values"
    TOO_COMPLEX = "payload_too_complex"
    TOO_MANY_DEVICES = "payload_too_many_devices"
    TOO_LARGE = "payload_too_large"


@dataclass(frozen=True, slots=True)
class Problem:
    """Problem with a message or a part of it; ``placeholders`` are those of its translation."""

    kind: ProblemKind
    placeholders: tuple[tuple[str, str], ...] = ()


class DecodeError(ValueError):
    """Message that cannot be decoded."""

    def __init__(self, kind: ProblemKind, **placeholders: str) -> None:
        """``placeholders`` are those of the kind's sentence."""
        super().__init__(kind.value, placeholders)
        self.problem = Problem(kind, tuple(placeholders.items()))


class LibraryNeededError(Exception):
    """Message that needs a library which is not installed; ``requirement`` is its pip specifier."""

    def __init__(self, requirement: str) -> None:
        """``requirement`` is pinned."""
        super().__init__(requirement)
        self.requirement = requirement


@dataclass(frozen=True, slots=True)
class Sample:
    """MQTT message: its topic and its raw payload.

    ``columns``: whether its device is known to send columns, or one value; None if neither is known. "12,34" is either.
    """

    topic: str
    payload: bytes
    columns: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Value in a message, with its path.

    ``path`` is its place in the decoded document: members by name, array elements by index, or by the identity that
    they carry; empty when the whole payload is the value. ``raw_path`` has every element by index, ``named_path`` the
    name of a record in place of its identity; both are set only where they differ. ``name`` and ``unit`` are set only
    where the format itself states them (SenML's ``u``, a CSV heading), never guessed. ``technical`` marks values about
    the transport (radio, counters), not about the world; ``encoded`` marks text that carries bytes; ``outdated`` marks
    a record that a later one in its list follows.
    """

    path: Path
    value: Scalar
    raw_path: Path | None = None
    named_path: Path | None = None
    name: str | None = None
    unit: str | None = None
    technical: bool = False
    encoded: bool = False
    outdated: bool = False

    @property
    def paths(self) -> tuple[Path, ...]:
        """Return all paths by which a channel may address it; the last one is that of the raw payload."""
        return (self.path,) if self.raw_path is None else (self.path, self.raw_path)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceMetadata:
    """Metadata of a device, such as its model and serial number, as messages state it or the user corrects it.

    ``configuration_url`` is the address of its own page.
    """

    name: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    serial_number: str | None = None
    sw_version: str | None = None
    configuration_url: str | None = None

    def or_else(self, other: DeviceMetadata) -> DeviceMetadata:
        """Return this metadata, completed by the other one."""
        known = {key: value for key in _METADATA if (value := getattr(self, key)) is not None}
        return replace(other, **known) if known else other


_METADATA = tuple(member.name for member in fields(DeviceMetadata))


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Fields of one device in one message; ``identity`` is None if only the topic identifies the device.

    ``subtopic`` is the part of the topic that distinguishes the messages of a device with an identity of its own.
    """

    fields: tuple[Field, ...]
    identity: str | None = None
    subtopic: str = ""
    metadata: DeviceMetadata = field(default_factory=DeviceMetadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """Decoded message: the format, the reports and the problems.

    ``exact``: every field is where the last of its paths says in the raw payload (JSON, or one bare value), so that a
    template can read it there without us. ``problems`` are the parts that were left out, each with its reason.
    """

    format: str
    reports: tuple[Report, ...]
    exact: bool = False
    problems: tuple[Problem, ...] = ()
