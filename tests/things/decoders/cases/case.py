"""Message and its decoded result."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from custom_components.iotbridge.things.model.message import Decoded, DeviceMetadata, Path, ProblemKind, Scalar

type Devices = Mapping[str | None, Mapping[Path, Scalar]]
type Problems = tuple[tuple[ProblemKind, Mapping[str, str]], ...]

ENCODED_DATA: Problems = ((ProblemKind.ENCODED, {"field": "data"}),)


@dataclass(frozen=True, kw_only=True)
class Case:
    """Message and its expected result; ``devices`` are its values by identity and path."""

    name: str
    payload: bytes
    format: str
    devices: Devices
    exact: bool = False
    topic: str = "a/b"
    problems: Problems = ()
    metadata: Mapping[str | None, DeviceMetadata] = field(default_factory=dict)
    units: Mapping[str | Path, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Unreadable:
    """Message that cannot be decoded, and the reason."""

    name: str
    payload: bytes
    kind: ProblemKind
    placeholders: Mapping[str, str] = field(default_factory=dict)


def fields(decoded: Decoded) -> dict[str | None, dict[Path, Scalar]]:
    """Return the values by device and path."""
    return {report.identity: {field.path: field.value for field in report.fields} for report in decoded.reports}
