"""Discovery message of a thing, from which core's mqtt creates entities."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
import json
import re
from typing import Any

from .mapping import slug
from .message import DeviceMetadata, Path, Value
from .own_page import BRIDGE_PAGE
from .profile import RECEIVED, Availability, Channel, Profile
from .topic_matching import fill, fill_exactly

# Characters allowed between quotes in a template: letters of any script, digits, and marks without a meaning there. All
_SAFE_KEY = re.compile(r"[\w.:/ \-]{1,64}")
# Class of a socket that is only displayed: "outlet" in our names; core has that class for switches only.
_SAME_IN_CORE: dict[tuple[str, str | None], str] = {("binary_sensor", "outlet"): "power"}
# Attributes of core's device trackers for the companions of a position.
_COMPANION_ATTRIBUTES = {"accuracy": "gps_accuracy", "altitude": "altitude"}
# After a retained message was cleared, core receives an empty text.
_CLEARED = "value == ''"
SUPPORT_URL = "https://github.com/owner.invalid/iot-bridge"


def is_direct(profile: Profile) -> bool:
    """Return whether core's mqtt can read the device's own messages as we would.

    Events and positions are always published by us: the message has to be interpreted. So are the values of devices
    that share a topic, which a template would mix.
    """
    if profile.device_member is not None:
        return False
    return profile.exact and all(_is_direct(channel) for channel in profile.channels if channel.enabled)


def _is_direct(channel: Channel) -> bool:
    if channel.by_identity or not (is_safe(channel.path) or not channel.path):
        return False
    return channel.platform in {"sensor", "binary_sensor", "switch"}


def component_id(channel: Channel) -> str:
    """Return the id of the channel in discovery; a changed platform makes it another component."""
    return f"{channel.platform}_{slug(channel.stable_key)}"


def discovery_config(
    profile: Profile,
    uid: str,
    base: str,
    metadata: DeviceMetadata,
    channels: Iterable[Channel],
    *,
    state_topic: str | None,
) -> dict[str, Any]:
    """Return the device discovery message.

    ``channels`` are those the device has sent; ``state_topic`` is ours, None lets core's mqtt read the topics below
    ``base`` itself. A switch is left out if its command topic cannot be derived from the device's topic.
    """
    components = {}
    for channel in channels:
        if channel.command_topic is not None:
            command_topic = fill_exactly(channel.command_topic, profile.topic, base)
            if command_topic is None:
                continue
            channel = replace(channel, command_topic=command_topic)  # noqa: PLW2901
        component = _component(channel, uid)
        if state_topic is None:
            _read_directly(component, channel, base)
        else:
            _read_state_topic(component, channel, state_topic)
        components[component_id(channel)] = component
    return {
        "device": device_description(profile, uid, metadata),
        "origin": {"name": "IoT Bridge", "support_url": SUPPORT_URL},
        "components": components,
    }


def device_description(profile: Profile, uid: str, metadata: DeviceMetadata) -> dict[str, Any]:
    """Return the description of a device in its discovery message."""
    device: dict[str, Any] = {"identifiers": [uid], "name": metadata.name or uid}
    for name in ("manufacturer", "model", "serial_number", "sw_version"):
        if (value := getattr(metadata, name)) is not None:
            device[name] = value
    device["configuration_url"] = metadata.configuration_url or BRIDGE_PAGE
    if profile.area:
        device["suggested_area"] = profile.area
    return device


def availability_config(availability: Availability, profile: Profile, base: str) -> list[dict[str, str]]:
    """Return the availability of a device that reports it itself."""
    config = {
        "topic": fill(availability.topic, profile.topic, base),
        "payload_available": availability.online,
        "payload_not_available": availability.offline,
    }
    if is_safe(availability.path):
        config["value_template"] = f"{{{{ {_expression(availability.path)} | string | lower }}}}"
        config |= {name: config[name].lower() for name in ("payload_available", "payload_not_available")}
    return [config]


def event_of(channel: Channel, value: str) -> dict[str, str] | None:
    """Return an event as core's mqtt expects it; None for a type that it does not know.

    A received code is an attribute, too, and the event of an unknown one.
    """
    if channel.receives_codes:
        return {"event_type": value if value in channel.event_types else RECEIVED, "code": value}
    return {"event_type": value} if value in channel.event_types else None


def state_of(value: Value, companions: Mapping[str, float]) -> Any:
    """Return a value as core's mqtt expects it; a position with its ``companions``."""
    if not isinstance(value, tuple):
        return value
    more = {_COMPANION_ATTRIBUTES[role]: number for role, number in companions.items() if role in _COMPANION_ATTRIBUTES}
    return {"latitude": value[0], "longitude": value[1], **more}


def is_safe(path: Path) -> bool:
    """Return whether every part of a path may be used in a template; False for an empty path."""
    return bool(path) and all(isinstance(part, int) or _SAFE_KEY.fullmatch(part) for part in path)


def _component(channel: Channel, uid: str) -> dict[str, Any]:
    component: dict[str, Any] = {
        "platform": channel.platform,
        "unique_id": f"{uid}_{component_id(channel)}",
        "name": channel.name,
    }
    device_class = _SAME_IN_CORE.get((channel.platform, channel.device_class), channel.device_class)
    optional: dict[str, Any] = {"device_class": device_class, "entity_category": channel.entity_category}
    if channel.platform == "sensor":
        optional |= {
            "unit_of_measurement": channel.unit,
            "state_class": channel.state_class,
            "suggested_display_precision": channel.precision,
        }
    if channel.platform == "switch":
        optional |= {
            "command_topic": channel.command_topic,
            "payload_on": channel.command_on,
            "payload_off": channel.command_off,
        }
    if channel.platform == "event":
        optional["event_types"] = list(channel.event_types)
    return component | {key: value for key, value in optional.items() if value is not None}


def _read_state_topic(component: dict[str, Any], channel: Channel, state_topic: str) -> None:
    """Configure a component to read our state topic: all values by component id in each message, events only once.

    The channel of a removed entity is missing, too, until core has removed it.
    """
    key = component_id(channel)
    value = f"value_json['{key}']"
    if channel.platform == "device_tracker":
        component["json_attributes_topic"] = state_topic
        component["json_attributes_template"] = f"{{{{ ({value} | default(none) or {{}}) | tojson }}}}"
        return
    component["state_topic"] = state_topic
    if channel.platform == "event":
        component["value_template"] = f"{{{{ {value} | tojson if '{key}' in value_json else '' }}}}"
        return
    is_text = channel.platform == "sensor" and not channel.is_number
    component["value_template"] = _text_template(value) if is_text else f"{{{{ {value} | default('') }}}}"
    if channel.platform == "binary_sensor":
        component |= {"payload_on": "True", "payload_off": "False"}
    if channel.platform == "switch":
        component |= {"state_on": "True", "state_off": "False"}


def _read_directly(component: dict[str, Any], channel: Channel, base: str) -> None:
    """Configure a component to read the device's own messages."""
    component["state_topic"] = "/".join(part for part in (base, channel.subtopic) if part)
    if channel.platform == "sensor":
        component["value_template"] = _sensor_template(channel)
        return
    assignment = f"{{% set v = {_expression(channel.path)} %}}"
    component["value_template"] = f"{assignment}{{{{ none if v is none or {_CLEARED} else v | string | lower }}}}"
    names = ("state_on", "state_off") if channel.platform == "switch" else ("payload_on", "payload_off")
    for name, word in zip(names, (channel.on, channel.off), strict=True):
        if word is not None:
            component[name] = word.lower()


def _expression(path: Path) -> str:
    """Return the template expression of a value; a missing one yields an empty text, which core ignores."""
    return f"({_lookup(path)} | default(''))" if path else "value"


def _lookup(path: Path) -> str:
    """Return the template expression of a value in a JSON message; a missing one yields undefined."""
    found = "(value_json | default({}))"
    for part in path[:-1]:
        found = f"({found}[{_quoted(part)}] | default({{}}))"
    return f"{found}[{_quoted(path[-1])}]"


def _quoted(part: str | int) -> str:
    # Jinja does not support surrogate pairs, which JSON's escapes use for letters beyond the first plane.
    return json.dumps(part, ensure_ascii=False)


def _sensor_template(channel: Channel) -> str:
    assignment = f"{{% set v = {_expression(channel.path)} %}}"
    if channel.scale != 1:
        digits = max(0, len(f"{channel.scale:f}".rstrip("0").partition(".")[2])) + 3
        scaled = f"(v | float * {channel.scale!r}) | round({digits})"
        return f"{assignment}{{{{ {scaled} if is_number(v) else none if v is none or {_CLEARED} else '' }}}}"
    if channel.is_number:
        if not channel.path:
            return f"{{{{ value if is_number(value) else none if {_CLEARED} else '' }}}}"
        # The cheap checks come first: they match nearly all messages, and the template runs for each of them.
        is_fine = "v is float or v is integer or v is none or is_number(v | string)"
        return f"{assignment}{{{{ v if {is_fine} else none if {_CLEARED} else v | int('') }}}}"
    return _text_template(_lookup(channel.path)) if channel.path else f"{{{{ none if {_CLEARED} else value }}}}"


def _text_template(value_template: str) -> str:
    """Return the template of a text, which keeps the previous state if a message does not contain the text.

    An empty text would be a value to core. If the key is missing, a template finds something undefined or, for a key
    such as "items", a method; both can be called.
    """
    before = "none if this.state in ('unknown', 'unavailable') else this.state"
    return f"{{% set v = {value_template} %}}{{{{ none if {_CLEARED} else ({before}) if v is callable else v }}}}"
