"""What every collector is made of: a description per sensor, and readings of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from iotbridge_agent.config import Config

# Times are RFC 3339 texts in UTC. None: there is no value now.
Value: TypeAlias = float | int | str | bool | None


@dataclass(frozen=True, kw_only=True)
class SensorDescription:
    """One entity of the host, in the words of Home Assistant's MQTT discovery."""

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
    """Whether Home Assistant switches the entity on by itself."""
    options: tuple[str, ...] = ()
    """The values a sensor of device class ``enum`` can have."""
    display_precision: int | None = None
    decimals: int | None = None
    """Digits kept of a number; 0 makes it an integer; None leaves the value as it is."""
    dead_band: float = 0.0
    """A value nearer than this to the last published one repeats that one, so that noise writes no rows."""


@dataclass(frozen=True)
class Reading:
    """The value of one sensor, now."""

    description: SensorDescription
    value: Value


class Collector(Protocol):
    """Reads one subject. Made once; ``collect`` is called again and again, each time in a thread of its own."""

    def collect(self) -> Iterable[Reading]:
        """Read the subject; may block.

        Every sensor that exists is among the readings, with ``None`` when it has no value now. A sensor that is not
        among them has vanished. Raises NoDataError when the machine has nothing of the kind, and anything else when
        it should have worked.
        """


@dataclass(frozen=True, kw_only=True)
class CollectorSpec:
    """A row of COLLECTORS."""

    name: str
    create: "Callable[[Config], Collector]"
    interval_s: float | None = None
    """None: with every status message."""
    timeout_s: float = 10.0
