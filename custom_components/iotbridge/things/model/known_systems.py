"""Systems that announce their devices to Home Assistant themselves, recognized by their topics."""

from dataclasses import dataclass
import re


@dataclass(frozen=True, slots=True)
class System:
    """System with its own way into Home Assistant, which serves its devices better.

    ``integration`` is Home Assistant's integration for it, unless that is MQTT discovery.
    """

    name: str
    topics: re.Pattern[str]
    integration: str | None = None


SYSTEMS = (
    System("Zigbee2MQTT", re.compile(r"zigbee2mqtt/.+")),
    System("Tasmota", re.compile(r"(tele|stat|cmnd)/.+/[A-Z]+[0-9]*|tasmota/discovery/.+"), "Tasmota"),
    System("Shelly", re.compile(r"shellies/.+|shelly[a-z0-9]+-[0-9A-Za-z]+/.+"), "Shelly"),
    System(
        "ESPHome",
        re.compile(
            r"esphome/discover/.+|[^/]+/(binary_sensor|sensor|switch|light|text_sensor|number)/[^/]+/(state|command)"
        ),
    ),
    System("Theengs", re.compile(r"[^/]+/TheengsGateway/.+")),
    System("OpenMQTTGateway", re.compile(r"[^/]+/[^/]+/([A-Za-z0-9]+toMQTT|MQTTto[A-Za-z0-9]+)(/.+)?")),
    System("OwnTracks", re.compile(r"owntracks/[^/]+/[^/]+(/.+)?"), "OwnTracks"),
    System("Meshtastic", re.compile(r"msh/.+"), "Meshtastic"),
    System("Frigate", re.compile(r"frigate/.+"), "Frigate"),
    System("Valetudo", re.compile(r"valetudo/.+")),
)


def find_system(topic: str) -> System | None:
    """Return the system that publishes on a topic; None if it is not a known one."""
    return next((system for system in SYSTEMS if system.topics.fullmatch(topic)), None)
