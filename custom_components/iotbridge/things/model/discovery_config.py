"""The discovery message of a thing: what core's mqtt makes entities of."""

from collections.abc import Iterable
from dataclasses import replace
import json
import re
from typing import Any

from .mapping import slug
from .message import DeviceMetadata, Path
from .profile import Availability, Channel, Profile
from .topic_matching import fill, fill_exactly

# What may stand between quotes in a template: letters of any script, digits, and marks without a meaning there. All
# else is read by us and handed on under a name of ours: a key from a stranger's message never is part of a program.
_SAFE_KEY = re.compile(r"[\w.:/ \-]{1,64}")
# A socket that is only seen is an "outlet" to people; core has that class for switches alone, and refuses it here.
_SAME_IN_CORE: dict[tuple[str, str | None], str] = {("binary_sensor", "outlet"): "power"}
# Of a topic whose retained message was deleted core gets an empty text.
_CLEARED = "value == ''"
SUPPORT_URL = "https://github.com/owner.invalid/iot-bridge"


def is_direct(profile: Profile) -> bool:
    """Return whether core's mqtt can read the device's own messages as we would.

    Moments and positions are ours in any case: they need a look at what the message says.
    """
    return profile.exact and all(_is_direct(channel) for channel in profile.channels if channel.enabled)


def _is_direct(channel: Channel) -> bool:
    return (not channel.path or is_safe(channel.path)) and channel.platform in {"sensor", "binary_sensor", "switch"}


def component_id(channel: Channel) -> str:
    """Return what the channel is called in discovery; a changed platform makes another component."""
    return f"{channel.platform}_{slug(channel.key)}"


def discovery_config(
    profile: Profile,
    uid: str,
    base: str,
    about: DeviceMetadata,
    channels: Iterable[Channel],
    *,
    state_topic: str | None,
) -> dict[str, Any]:
    """Return the device discovery message.

    ``channels`` are those the device has sent; ``state_topic`` is ours, None lets core's mqtt read the topics below
    ``base`` itself. A switch whose command topic cannot be told from its device's is left out.
    """
    device: dict[str, Any] = {"identifiers": [uid], "name": about.name or uid}
    for name in ("manufacturer", "model", "serial_number", "sw_version"):
        if (value := getattr(about, name)) is not None:
            device[name] = value
    if profile.area:
        device["suggested_area"] = profile.area
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
            _read_ours(component, channel, state_topic)
        components[component_id(channel)] = component
    return {
        "device": device,
        "origin": {"name": "IoT Bridge", "support_url": SUPPORT_URL},
        "components": components,
    }


def availability_config(availability: Availability, profile: Profile, base: str) -> list[dict[str, str]]:
    """Return the availability of a device that says itself whether it is there."""
    config = {
        "topic": fill(availability.topic, profile.topic, base),
        "payload_available": availability.online,
        "payload_not_available": availability.offline,
    }
    if is_safe(availability.path):
        config["value_template"] = f"{{{{ {_expression(availability.path)} | string | lower }}}}"
        config |= {name: config[name].lower() for name in ("payload_available", "payload_not_available")}
    return [config]


def is_safe(path: Path) -> bool:
    """Return whether a template may name each part of a path; an empty one needs no template."""
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


def _read_ours(component: dict[str, Any], channel: Channel, state_topic: str) -> None:
    """Point a component at what we publish: values by component id, all of them each time, moments when they happen.

    A channel that the user dropped is missing, too, until core has removed its entity.
    """
    key = component_id(channel)
    value = f"value_json['{key}']"
    if channel.platform == "device_tracker":
        component["json_attributes_topic"] = state_topic
        component["json_attributes_template"] = f"{{{{ ({value} | default(none) or {{}}) | tojson }}}}"
        return
    component["state_topic"] = state_topic
    if channel.platform == "event":
        component["value_template"] = f"{{{{ {{'event_type': {value}}} | tojson if '{key}' in value_json else '' }}}}"
        return
    is_text = channel.platform == "sensor" and not channel.is_number
    component["value_template"] = _text_template(value) if is_text else f"{{{{ {value} | default('') }}}}"
    if channel.platform == "binary_sensor":
        component |= {"payload_on": "True", "payload_off": "False"}
    if channel.platform == "switch":
        component |= {"state_on": "True", "state_off": "False"}


def _read_directly(component: dict[str, Any], channel: Channel, base: str) -> None:
    """Point a component at the device's own messages."""
    component["state_topic"] = "/".join(part for part in (base, channel.subtopic) if part)
    if channel.platform == "sensor":
        component["value_template"] = _sensor_template(channel)
        return
    given = f"{{% set v = {_expression(channel.path)} %}}"
    component["value_template"] = f"{given}{{{{ none if v is none or {_CLEARED} else v | string | lower }}}}"
    names = ("state_on", "state_off") if channel.platform == "switch" else ("payload_on", "payload_off")
    for name, word in zip(names, (channel.on, channel.off), strict=True):
        if word is not None:
            component[name] = word.lower()


def _expression(path: Path) -> str:
    """Return what finds the value in a message; an empty text, which core ignores, when it is not in this one."""
    return f"({_found(path)} | default(''))" if path else "value"


def _found(path: Path) -> str:
    """Return what finds the value in a JSON message; undefined when it is not in this one."""
    found = "(value_json | default({}))"
    for part in path[:-1]:
        found = f"({found}[{_quoted(part)}] | default({{}}))"
    return f"{found}[{_quoted(path[-1])}]"


def _quoted(part: str | int) -> str:
    # A template knows no pairs of surrogates, which JSON's escapes are for letters from beyond the first plane.
    return json.dumps(part, ensure_ascii=False)


def _sensor_template(channel: Channel) -> str:
    given = f"{{% set v = {_expression(channel.path)} %}}"
    if channel.scale != 1:
        digits = max(0, len(f"{channel.scale:f}".rstrip("0").partition(".")[2])) + 3
        scaled = f"(v | float * {channel.scale!r}) | round({digits})"
        return f"{given}{{{{ {scaled} if is_number(v) else none if v is none or {_CLEARED} else '' }}}}"
    if channel.is_number:
        if not channel.path:
            return f"{{{{ value if is_number(value) else none if {_CLEARED} else '' }}}}"
        # What needs no look at a text comes first: nearly all messages are so, and this is done for each of them.
        is_fine = "v is float or v is integer or v is none or is_number(v | string)"
        return f"{given}{{{{ v if {is_fine} else none if {_CLEARED} else v | int('') }}}}"
    return _text_template(_found(channel.path)) if channel.path else f"{{{{ none if {_CLEARED} else value }}}}"


def _text_template(found: str) -> str:
    """Return the template of a text: of a message that does not have it, what was said before.

    An empty text would be a value to core. Where the key is missing, a template finds something undefined or, for a key
    such as "items", a function; both can be called.
    """
    before = "none if this.state in ('unknown', 'unavailable') else this.state"
    return f"{{% set v = {found} %}}{{{{ none if {_CLEARED} else ({before}) if v is callable else v }}}}"
