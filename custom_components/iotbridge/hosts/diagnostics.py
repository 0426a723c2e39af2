"""Diagnostics of hosts: announces and readings, with addresses and texts redacted."""

from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import asdict
import re
import time
from typing import Any

from homeassistant.components.diagnostics import REDACTED

from .. import mqtt_client
from ..protocol.messages import Announce, Card, Reading
from ..protocol.topics import HostKey
from ..pseudonyms import Pseudonyms
from .configured.settings import HostSettings
from .inventory import Host
from .manager import HostsManager

# Text readings whose values many hosts have in common.
PUBLIC_READINGS = ("platform", "platform_version", "boot_time", "collectors_failed")
KNOWN_COMMANDS = ("shutdown", "reboot", "suspend", "wake", "notice", "start_services", "status", "ping")
# Readings with a name chosen by the user in their key: a mount point, a service, a container, a check.
NAMED_READINGS = re.compile(r"(disk_percent|disk_free|systemd|docker|health|check|latency|changed)_(.+)")


def hosts_diagnostics(manager: HostsManager, configured: Iterable[HostSettings], names: Pseudonyms) -> dict[str, Any]:
    """Return the connection, the hosts, and the number of rejected messages by topic."""
    now, flooding = time.monotonic(), manager.flooding()
    hosts = [_host(host, names) | _state(host, now, flooding) for host in manager.inventory]
    rejected: Counter[str] = Counter()
    for source, count in manager.rejected.items():
        rejected[names.topic(source)] += count
    return {
        "mqtt": {"is_connected": manager.is_connected, **mqtt_client.async_diagnostics(manager.hass)},
        "rejected": dict(rejected),
        "hosts": hosts,
        "configured_hosts": [_settings(settings) for settings in configured],
    }


def _settings(settings: HostSettings) -> dict[str, Any]:
    """Return what a host has been configured with; addresses, passwords and actions are left out."""
    return {
        "has_agent": bool(settings.device_id),
        "macs": len(settings.macs),
        "broadcast": settings.broadcast and REDACTED,
        "port": settings.port,
        "password": settings.password and REDACTED,
        "via": bool(settings.via),
        "proof": "entity" if settings.entity_id else "address" if settings.address else None,
        "on_states": list(settings.on_states),
        "address_port": settings.address_port,
        "stop_actions": len(settings.stop_actions),
    }


def _host(host: Host, names: Pseudonyms) -> dict[str, Any]:
    return {
        "topic": names.topic(str(host.key)),
        "announce": _announce(host.announce, names) if host.announce else None,
        "readings": {_key(key, names): _reading(key, value, names) for key, value in host.readings.items()},
    }


def _state(host: Host, now: float, flooding: Container[HostKey]) -> dict[str, Any]:
    return {
        "is_available": host.is_available,
        "power": host.power,
        "intent": host.intent,
        "shutdown_proof": asdict(host.shutdown_proof) if host.shutdown_proof else None,
        "silent_for_s": round(now - host.last_seen_at, 1),
        "clock_offset_s": host.clock_offset_s,
        "has_conflict": host.has_conflict,
        "is_flooding": host.key in flooding,
    }


def _announce(announce: Announce, names: Pseudonyms) -> dict[str, Any]:
    return {
        **asdict(announce),
        "node_id": names.of("host", announce.node_id),
        "hostname": names.of("host", announce.hostname),
        "uid": names.of("uid", announce.uid),
        "instance": names.of("instance", announce.instance),
        "machine": announce.machine and names.of("machine", announce.machine),
        "commands": [c if c in KNOWN_COMMANDS else names.of("command", c) for c in announce.commands],
        "ip": announce.ip and REDACTED,
        "mac": [REDACTED for _ in announce.mac],
        "cards": [_card(card, names) for card in announce.cards],
    }


def _card(card: Card, names: Pseudonyms) -> dict[str, Any]:
    """Return a network card; the name of a USB adapter has its address."""
    return {
        "mac": REDACTED,
        "name": names.of("card", card.name),
        "broadcast": card.broadcast and REDACTED,
        "wake": card.wake,
    }


def _key(key: str, names: Pseudonyms) -> str:
    named = NAMED_READINGS.fullmatch(key)
    return names.of(named[1], named[2]) if named else key


def _reading(key: str, value: Reading, names: Pseudonyms) -> Reading:
    """Return numbers, flags and public texts unchanged; redact other texts, which can hold anything."""
    if not isinstance(value, str) or key in PUBLIC_READINGS:
        return value
    return names.of("host", value) if key == "hostname" else REDACTED
