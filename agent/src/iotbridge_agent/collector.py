"""Types of the collectors: descriptions of sensors, their readings, and the collectors' interface."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from iotbridge_agent.config import Config

# Times are RFC 3339 texts in UTC. None: there is no value now.
Value: TypeAlias = float | int | str | bool | None


@dataclass(frozen=True, kw_only=True)
class SensorDescription:
    """Description of one entity of the host, in the terms of Home Assistant's MQTT discovery."""

    key: str
    """Key in the status message and end of the unique id: ``[a-z0-9_]{1,64}``, the same after every restart."""
    name: str
    """English name; ``{placeholders}`` are filled from ``placeholders`` after translation."""
    placeholders: Mapping[str, str] = field(default_factory=dict)
    platform: Literal["sensor", "binary_sensor"] = "sensor"
    unit: str | None = None
    device_class: str | None = None
    state_class: str | None = None
    category: Literal["diagnostic"] | None = None
    icon: str | None = None
    enabled: bool = True
    """True: Home Assistant enables the entity by default."""
    options: tuple[str, ...] = ()
    """Possible values of a sensor of device class ``enum``."""
    display_precision: int | None = None
    decimals: int | None = None
    """Digits kept of a number; 0 makes it an integer; None leaves the value as it is."""
    dead_band: float = 0.0
    """Minimum change to publish; a smaller one repeats the last value, so that noise writes no rows."""


@dataclass(frozen=True)
class Reading:
    """Current value of one sensor."""

    description: SensorDescription
    value: Value


class Collector(Protocol):
    """Reader of one subject, created once; each call of ``collect`` runs in a thread of its own."""

    def collect(self) -> Iterable[Reading]:
        """Read the subject; may block.

        Every existing sensor is among the readings, with ``None`` if it has no value now; a missing one has vanished.
        Raises NoDataError if the machine has no such subject, and any other exception for a failure.
        """


@dataclass(frozen=True, kw_only=True)
class CollectorSpec:
    """Row of COLLECTORS."""

    name: str
    create: "Callable[[Config], Collector]"
    interval_s: float | None = None
    """Seconds between two readings; None: with every status message."""
    timeout_s: float = 10.0
