"""State of hosts as spoken sentences."""

from collections.abc import Iterable, Mapping

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from ...const import DOMAIN
from ...protocol.messages import Reading
from ...sentences.speech import Speech
from ..inventory import Host, PowerState

# Reading of the agent, and the key of its text.
SPOKEN = {"cpu_percent": "cpu", "memory_percent": "memory", "updates_pending": "updates"}
DISK = "disk_percent"


def can_read(hass: HomeAssistant, user: User | None, host: Host) -> bool:
    """Return whether a user may read the power state of a host; a voice satellite has no user and needs no right."""
    if user is None or user.is_admin:
        return True
    entity_id = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"{host.uid}_power_state")
    return entity_id is not None and user.permissions.check_entity(entity_id, POLICY_READ)


def status_sentence(host: Host, name: str, speech: Speech) -> str:
    """Return the power state of a host and, while it is on, its most important readings."""
    state = speech.sentence("state_of", host=name, state=_state(host, speech))
    values = spoken_readings(host.readings) if host.power is PowerState.ON else {}
    parts = [speech.sentence(key, value=value) for key, value in values.items()]
    return f"{state} {', '.join(parts)}." if parts else state


def spoken_readings(readings: Mapping[str, Reading]) -> dict[str, int]:
    """Return the most important readings, rounded: processor, memory, fullest disk, pending updates."""
    values = {key: _number(readings.get(reading)) for reading, key in SPOKEN.items()}
    disks = [
        value for key, reading in readings.items() if key.startswith(DISK) if (value := _number(reading)) is not None
    ]
    values["disk"] = max(disks, default=None)
    if not values["updates"]:
        del values["updates"]
    return {key: value for key in ("cpu", "memory", "disk", "updates") if (value := values.get(key)) is not None}


def down_sentence(hosts: Iterable[tuple[Host, str]], speech: Speech) -> str:
    """Return the hosts that are not on, each with its state; of all that are on, a sentence."""
    known = [(host, name) for host, name in hosts if host.power is not None]
    if not known:
        return speech.sentence("no_hosts")
    down = [f"{name} ({_state(host, speech)})" for host, name in known if host.power is not PowerState.ON]
    return speech.sentence("hosts_down", names=speech.listing(down)) if down else speech.sentence("hosts_on")


def _state(host: Host, speech: Speech) -> str:
    return speech.sentence(f"is_{host.power or 'unknown'}")


def _number(reading: Reading | None) -> int | None:
    return round(reading) if isinstance(reading, int | float) and not isinstance(reading, bool) else None
