"""What helps to find a fault, without telling whose house it is.

Host names, topics and identifiers are replaced by numbered ones, the same name always by the same number, so that two
agents behind one node_id or a device with a foreign identifier can still be seen. Addresses and texts go.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
import re
from typing import Any

from homeassistant.components.diagnostics import REDACTED
from homeassistant.core import HomeAssistant

from . import mqtt_client
from .alarms.manager import AlarmsManager
from .alarms.models import Alarm
from .alarms.rule import Rule
from .const import CONF_PREFIXES, DEFAULT_PREFIXES
from .devices.discovery import is_direct
from .devices.thing import Thing
from .devices.topics import has_wildcard
from .protocol.messages import Announce, Reading
from .protocol.topics import LEAVES
from .runtime import IotBridgeConfigEntry

# The texts among the readings that many hosts have in common.
PUBLIC_READINGS = ("platform", "platform_version", "boot_time", "collectors_failed")
KNOWN_COMMANDS = ("shutdown", "reboot", "suspend", "status", "ping")
# What says how a channel is read, not what it is about; keys and names may be anything, a serial number, too.
PUBLIC_OF_CHANNELS = (
    "platform", "unit", "device_class", "state_class", "entity_category", "precision", "scale", "enabled",
)  # fmt: skip
# Readings with a name of the user's behind them: a mount point, a service, a container, a check.
NAMED_READINGS = re.compile(r"(disk_percent|disk_free|systemd|docker|health|check|latency|changed)_(.+)")


class Pseudonyms:
    """Numbers for names; whoever made them can tell who is who, nobody else can."""

    def __init__(self) -> None:
        """Start with the names everybody knows."""
        self._names: dict[tuple[str, str], str] = {("prefix", prefix): prefix for prefix in DEFAULT_PREFIXES}
        self._counts: Counter[str] = Counter()

    def of(self, kind: str, name: str) -> str:
        """Return ``<kind>_<number>`` for a name."""
        if (kind, name) not in self._names:
            self._counts[kind] += 1
            self._names[kind, name] = f"{kind}_{self._counts[kind]}"
        return self._names[kind, name]

    def topic(self, topic: str) -> str:
        """Return a topic with its prefix and its node_id replaced, and a leaf that is none of ours left out."""
        prefix, found, rest = topic.partition("/device/")
        if not found:
            return topic if topic == "others" else self.of("topic", topic)
        node_id, _, leaf = rest.rpartition("/")
        if not node_id:
            return f"{self.of('prefix', prefix)}/device/{self.of('host', leaf)}"
        return f"{self.of('prefix', prefix)}/device/{self.of('host', node_id)}/{leaf if leaf in LEAVES else '…'}"


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: IotBridgeConfigEntry) -> dict[str, Any]:
    """Return what is behind Download diagnostics."""
    runtime = entry.runtime_data
    names = Pseudonyms()
    found = runtime.agents.diagnostics()
    hosts = [_host(host, names) for host in found["hosts"]]
    rejected: Counter[str] = Counter()
    for source, count in found["rejected"].items():
        rejected[names.topic(source)] += count
    mqtt = mqtt_client.async_entry(hass)
    return {
        "options": {**entry.options, CONF_PREFIXES: [names.of("prefix", prefix) for prefix in found["prefixes"]]},
        "mqtt": {
            "is_connected": found["is_connected"],
            "protocol": mqtt.data.get("protocol") if mqtt else None,
            "is_discovery_on": mqtt_client.async_discovery_prefix(hass) is not None,
        },
        "rejected": dict(rejected),
        "hosts": hosts,
        "things": [_thing(thing, names) for thing in runtime.things.things.values()],
        "alarms": _alarms(runtime.alarms),
    }


def _alarms(alarms: AlarmsManager) -> dict[str, Any]:
    """Return what kinds of rules there are and how their alarms fare, without names, values and who was told."""
    return {
        "maintenance": alarms.silencing.maintenance,
        "windows": len(alarms.silencing.timed_windows),
        "rules": [_rule(rule, alarms.alarms(rule.rule_id)) for rule in alarms.rules.values()],
    }


def _rule(rule: Rule, alarms: list[Alarm]) -> dict[str, Any]:
    return {
        "kind": rule.condition.kind.value,
        "severity": rule.severity.word,
        "timing": asdict(rule.timing),
        "steps": [{"after_s": step.after_s, "groups": len(step.groups)} for step in rule.plan.steps],
        "repeat_s": rule.plan.repeat_s,
        "selected_by": [name for name, chosen in asdict(rule.selection).items() if chosen],
        "parents": len(rule.parents),
        "states": dict(Counter(alarm.state.value for alarm in alarms)),
        "not_judged": sum(alarm.last.is_bad is None for alarm in alarms),
    }


def _thing(thing: Thing, names: Pseudonyms) -> dict[str, Any]:
    """Return how a thing is read and how it fares, without its topics, values and identities."""
    profile = thing.profile
    return {
        "direct": is_direct(profile),
        "wildcards": has_wildcard(profile.topic),
        "depth": profile.depth,
        "joining": profile.joining.value,
        "says_itself_whether_it_is_there": profile.availability is not None,
        "expire_after_s": profile.expire_after_s,
        "channels": [
            {
                **{key: value for key, value in channel.as_dict().items() if key in PUBLIC_OF_CHANNELS},
                "key": names.of("channel", channel.key),
            }
            for channel in profile.channels
        ],
        "dropped": len(profile.dropped),
        "ignored": len(profile.ignored),
        "waiting": len(thing.waiting),
        "messages_kept": len(thing.samples),
        "devices": [
            {
                "device": names.of("thing", device.uid),
                "online": device.online,
                "expire_after_s": device.expire_after_s,
                "flooding": device.flooding,
                "broken_messages": thing.broken[device.identity],
                "channels_sent": [names.of("channel", key) for key in device.values],
            }
            for device in thing.devices.values()
        ],
    }


def _host(host: Mapping[str, Any], names: Pseudonyms) -> dict[str, Any]:
    announce: Announce | None = host["announce"]
    return {
        **host,
        "topic": names.topic(host["topic"]),
        "announce": _announce(announce, names) if announce else None,
        "readings": {_key(key, names): _reading(key, value, names) for key, value in host["readings"].items()},
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
    }


def _key(key: str, names: Pseudonyms) -> str:
    named = NAMED_READINGS.fullmatch(key)
    return names.of(named[1], named[2]) if named else key


def _reading(key: str, value: Reading, names: Pseudonyms) -> Reading:
    """Return numbers, flags and what is public as they are: a text can hold anything."""
    if not isinstance(value, str) or key in PUBLIC_READINGS:
        return value
    return names.of("host", value) if key == "hostname" else REDACTED
