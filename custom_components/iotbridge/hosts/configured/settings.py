"""Settings of a configured host, as its subentry has them: pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from ...parsing import check, plain
from ..wake.magic_packet import PORT
from ..wake.routes import WakeSettings

ON_STATES = ("on", "home")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSettings:
    """Settings of a host without an agent; of a known one, how it is woken and what proves its shutdown."""

    device_id: str = ""
    """Device of a known host; empty for a host without an agent."""
    macs: tuple[str, ...] = ()
    broadcast: str = ""
    port: int = PORT
    password: str = ""
    via: str = ""
    """Device of the host whose agent sends magic packets as well."""
    entity_id: str = ""
    """Entity whose state proves that the machine runs."""
    on_states: tuple[str, ...] = ON_STATES
    address: str = ""
    """Address whose answer proves that the machine runs, at a TCP port."""
    address_port: int = 0
    stop_actions: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Parse the data of a subentry; raise ValueError, KeyError or TypeError."""
        known = {key: value for key, value in data.items() if key in cls.__dataclass_fields__}
        lists = {key: tuple(value) for key, value in known.items() if isinstance(value, list)}
        settings = cls(**known | lists)
        check(settings)
        return settings

    def as_dict(self) -> dict[str, Any]:
        """Return the data of a subentry, without its version."""
        data: dict[str, Any] = plain(asdict(self))
        return data

    @property
    def has_proof(self) -> bool:
        """Return whether an entity or an address proves that the machine runs."""
        return bool(self.entity_id or self.address)

    @property
    def wake(self) -> WakeSettings:
        """Return how the host is woken."""
        return WakeSettings(
            macs=self.macs,
            broadcast=self.broadcast or None,
            port=self.port,
            password=self.password or None,
            via=self.via or None,
        )
