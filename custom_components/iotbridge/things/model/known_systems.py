"""Systems with their own way into Home Assistant, recognized by their topics."""

from collections.abc import Iterable
from dataclasses import dataclass
import re


@dataclass(frozen=True, slots=True)
class System:
    """System with its own way into Home Assistant, which serves its devices better.

    ``integration`` is the name of Home Assistant's integration for it, unless that is MQTT discovery, and ``domain``
    that of the integration that comes with it. A partial one has entities for some of the devices only; a missing one
    is neither core's nor installed.
    """

    name: str
    topics: re.Pattern[str]
    integration: str | None = None
    domain: str | None = None
    is_partial: bool = False
    is_missing: bool = False


# Some integrations listen to their announcements and know the other topics from these; some read the system itself.
SYSTEMS = (
    System("Zigbee2MQTT", re.compile(r"zigbee2mqtt/.+")),
    System("Tasmota", re.compile(r"(tele|stat|cmnd)/.+/[A-Z]+[0-9]*|tasmota/discovery/.+"), "Tasmota", "tasmota"),
    System("Shelly", re.compile(r"shellies/.+|shelly[a-z0-9]+-[0-9A-Za-z]+/.+"), "Shelly", "shelly"),
    System("Theengs", re.compile(r"[^/]+/TheengsGateway/.+")),
    System("OwnTracks", re.compile(r"owntracks/[^/]+/[^/]+(/.+)?"), "OwnTracks", "owntracks"),
    System("Meshtastic", re.compile(r"msh/.+"), "Meshtastic", "meshtastic"),
    System("Frigate", re.compile(r"frigate/.+"), "Frigate", "frigate"),
    System("Valetudo", re.compile(r"valetudo/.+")),
    System(
        "Victron GX",
        re.compile(r"[NRW]/[^/]+/(keepalive|heartbeat|full_publish_completed|[a-z]+/[0-9]+/.+)"),
        "Victron GX",
        "victron_gx",
    ),
    System("DSMR Reader", re.compile(r"dsmr/.+"), "DSMR Reader", "dsmr_reader"),
    System("iNELS", re.compile(r"inels/.+"), "iNELS", "inels"),
    System("Silla Prism", re.compile(r"prism/.+"), "Silla Prism", "silla_prism"),
    System("PG LAB Electronics", re.compile(r"pglab/.+"), "PG LAB Electronics", "pglab"),
    System("Qbus", re.compile(r"cloudapp/QBUSMQTTGW/.+"), "Qbus", "qbus"),
    System("Greencell", re.compile(r"/greencell/.+"), "Greencell", "greencell"),
    System("DROP", re.compile(r"drop_connect/.+"), "DROP", "drop_connect"),
    System("Fully Kiosk Browser", re.compile(r"fully/.+"), "Fully Kiosk Browser", "fully_kiosk"),
    System("Axis", re.compile(r"axis/[0-9A-Fa-f]{12}/event/.+"), "Axis", "axis"),
    # The prefix is the user's: few levels, so that no long topic is searched.
    System("MySensors", re.compile(r"([^/]+/){1,4}([0-9]{1,3}/){2}[0-4]/[01]/[0-9]{1,3}"), "MySensors", "mysensors"),
    System(
        "ChirpStack",
        re.compile(r"application/[^/]+/device/[0-9A-Fa-f]+/event/.+"),
        "ChirpStack",
        "chirpstack",
        is_partial=True,
    ),
    System(
        "The Things Stack",
        re.compile(r"v3/[^/]+/devices/.+"),
        "The Things Network",
        "thethingsnetwork_lorawan",
        is_partial=True,
    ),
    System(
        "ESPHome",
        re.compile(
            r"esphome/discover/.+|[^/]+/(binary_sensor|sensor|switch|light|text_sensor|number)/[^/]+/(state|command)"
        ),
    ),
    System("OpenMQTTGateway", re.compile(r"[^/]+/[^/]+/([A-Za-z0-9]+toMQTT|MQTTto[A-Za-z0-9]+)(/.+)?")),
)


def system_of_integration(domain: str, name: str, topic_filters: Iterable[str]) -> System:
    """Return the system of an integration by the topic filters in its manifest."""
    patterns = (re.escape(topic).replace(r"\+", "[^/]+").replace(r"\#", ".+") for topic in topic_filters)
    return System(name, re.compile("|".join(patterns)), name, domain)


def find_system(topic: str, systems: Iterable[System] = SYSTEMS) -> System | None:
    """Return the system that publishes on a topic; None if there is none."""
    return next((system for system in systems if system.topics.fullmatch(topic)), None)
