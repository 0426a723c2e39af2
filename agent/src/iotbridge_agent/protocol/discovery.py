"""Retained discovery message that makes this host a device of Home Assistant; pure."""

from collections.abc import Callable, Mapping
from typing import Any

from iotbridge_agent.collector import SensorDescription
from iotbridge_agent.protocol.topics import Topics

ORIGIN_NAME = "IoT Bridge agent"
SUPPORT_URL = "https://github.com/owner.invalid/iot-bridge"
COMMAND_TTL_S = 30
CONNECTION = "connection"
TOMBSTONE_S = 7 * 86400.0
"""Seconds for which the message lists a removed entity: Home Assistant may be off for days."""

Translate = Callable[[str], str]

# The page of a device sorts the buttons of a category by name: Refresh in that of the power commands would be between
# Reboot and Shut down.
_COMMAND_BUTTONS = {
    "shutdown": ("Shut down", "mdi:power", None, "config"),
    "reboot": ("Reboot", None, "restart", "config"),
    "suspend": ("Suspend", "mdi:power-sleep", None, "config"),
    "start_services": ("Start services", "mdi:play-circle-outline", None, "config"),
    "status": ("Refresh", "mdi:refresh", None, "diagnostic"),
}


def sensor(description: SensorDescription, uid: str, translate: Translate) -> dict[str, Any]:
    """Return the component of one reading."""
    on_off = description.platform == "binary_sensor"
    name = translate(description.name)
    component = {
        "platform": description.platform,
        "unique_id": f"{uid}_{description.key}",
        "name": name.format_map(description.placeholders) if description.placeholders else name,
        # Not value_json.key: a key like "items" would be the method of that name.
        "value_template": f"{{{{ value_json['{description.key}'] }}}}",
        # Home Assistant renders true, false and null in Python's spelling; "None" is its word for unknown.
        "payload_on": "True" if on_off else None,
        "payload_off": "False" if on_off else None,
        "device_class": description.device_class,
        "unit_of_measurement": description.unit,
        "state_class": description.state_class,
        "entity_category": description.category,
        "icon": description.icon,
        "options": list(description.options) or None,
        "suggested_display_precision": description.display_precision,
        "enabled_by_default": None if description.enabled else False,
    }
    return _without_none(component)


def connection_sensor(uid: str, topics: Topics, translate: Translate) -> dict[str, Any]:
    """Return the connectivity entity of the host; it never becomes unavailable itself."""
    return {
        "platform": "binary_sensor",
        "unique_id": f"{uid}_{CONNECTION}",
        "name": translate("Connection"),
        "device_class": "connectivity",
        "entity_category": "diagnostic",
        "state_topic": topics.availability,
        "payload_on": "online",
        "payload_off": "offline",
        # Not the shared one: the entity that shows "disconnected" has to stay available.
        "availability": [],
    }


def command_button(
    command: str,
    uid: str,
    topics: Topics,
    *,
    name: str,
    icon: str | None,
    device_class: str | None,
    expiry: bool,
    category: str = "config",
) -> dict[str, Any]:
    """Return a button that sends a command; ``expiry``: the broker speaks MQTT 5."""
    component = {
        "platform": "button",
        "unique_id": f"{uid}_command_{command}",
        "name": name,
        "icon": icon,
        "device_class": device_class,
        "entity_category": category,
        "command_topic": topics.command,
        "command_template": _command_template(command),
        "qos": 1,
        "retain": False,
        # Home Assistant refuses to press the button if its own link is 3.1.1 and this is set.
        "message_expiry_interval": COMMAND_TTL_S if expiry else None,
    }
    return _without_none(component)


def builtin_button(command: str, uid: str, topics: Topics, translate: Translate, *, expiry: bool) -> dict[str, Any]:
    """Return the button of a command every agent knows."""
    name, icon, device_class, category = _COMMAND_BUTTONS[command]
    return command_button(
        command,
        uid,
        topics,
        name=translate(name),
        icon=icon,
        device_class=device_class,
        expiry=expiry,
        category=category,
    )


def device_message(
    components: Mapping[str, Mapping[str, Any]], *, device: Mapping[str, Any], agent_version: str, topics: Topics
) -> dict[str, Any]:
    """Return the complete message."""
    return {
        "device": _without_none(device),
        "origin": {"name": ORIGIN_NAME, "sw_version": agent_version, "support_url": SUPPORT_URL},
        "state_topic": topics.status,
        "availability": [{"topic": topics.availability}],
        "components": {key: dict(component) for key, component in components.items()},
    }


def merge(
    known: Mapping[str, Mapping[str, Any]],
    current: Mapping[str, tuple[str, Mapping[str, Any]]],
    *,
    owners: set[str],
    settled: set[str],
    now: float,
    remove_after_s: Mapping[str, float],
    default_remove_after_s: float,
) -> dict[str, dict[str, Any]]:
    """Return the record to keep of each entity: ``{"owner", "config", "missing_since"?, "removed_at"?}``.

    ``current`` are the entities that exist now, with their owner (a collector or a kind of command). A known one that
    does not exist now is kept until it was missing for ``remove_after_s`` of its owner, by the word of a settled owner;
    it is removed at once if its owner is not among ``owners``: that was switched off. A removed one is forgotten after
    TOMBSTONE_S.
    """
    merged = {}
    for key in known.keys() - current.keys():
        old = known[key]
        limit_s = remove_after_s.get(old["owner"], default_remove_after_s) if old["owner"] in owners else 0.0
        is_sure = old["owner"] in settled or old["owner"] not in owners
        if entry := _aged(old, now=now, limit_s=limit_s, is_sure=is_sure):
            merged[key] = entry
    return merged | {key: {"owner": owner, "config": dict(config)} for key, (owner, config) in current.items()}


def components(known: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the components for the message; a removed one is nothing but its platform, which is how HA removes it."""
    return {
        key: {"platform": entry["config"]["platform"]} if "removed_at" in entry else dict(entry["config"])
        for key, entry in sorted(known.items())
    }


def _aged(old: Mapping[str, Any], *, now: float, limit_s: float, is_sure: bool) -> dict[str, Any] | None:
    if "removed_at" in old:
        return None if now - old["removed_at"] > TOMBSTONE_S else dict(old)
    if not is_sure:
        return dict(old)
    missing_since = old.get("missing_since", now)
    if now - missing_since >= limit_s:
        return {**old, "removed_at": now}
    return {**old, "missing_since": missing_since}


def _command_template(command: str) -> str:
    # Home Assistant's templates have no UUID, and no range beyond 100000.
    unique = "{{ (utcnow().timestamp() * 1000) | int }}-{{ range(99999) | random }}"
    timestamp = "{{ utcnow().isoformat() }}"
    return f'{{"command":"{command}","id":"ha-{unique}","timestamp":"{timestamp}","ttl_s":{COMMAND_TTL_S}}}'


def _without_none(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value is not None}
