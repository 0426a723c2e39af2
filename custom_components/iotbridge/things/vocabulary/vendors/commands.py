"""Command topics of vendors' switches, one line for each convention: the topic of the state, and of the command."""

from typing import NamedTuple


class CommandRow(NamedTuple):
    """``topic`` and ``key`` (members joined by dots) match the state; the others are filled from their groups."""

    topic: str
    key: str
    command: str
    on: str = "ON"
    off: str = "OFF"
    settable: bool = False


COMMANDS: tuple[CommandRow, ...] = (
    # Tasmota: the relay's own name is its command
    CommandRow(r"(?:stat|tele)/(?P<t>.+)/[A-Z0-9]+", r"(?P<k>POWER\d*)", r"cmnd/\g<t>/\g<k>"),
    CommandRow(r"(?:stat|tele)/(?P<t>[^\n]+)/(?P<k>POWER\d*)", r"", r"cmnd/\g<t>/\g<k>"),
    # … in other orders of its full topic: %topic%/%prefix%/, and with a level before the prefix
    CommandRow(r"(?P<t>[^\n]+)/(?:stat|tele)/[A-Z0-9]+", r"(?P<k>POWER\d*)", r"\g<t>/cmnd/\g<k>"),
    CommandRow(r"(?P<a>.+?)/(?:stat|tele)/(?P<t>.+)/[A-Z0-9]+", r"(?P<k>POWER\d*)", r"\g<a>/cmnd/\g<t>/\g<k>"),
    # Shelly, second generation and later
    CommandRow(
        r"(?P<t>.+)/events/rpc", r"(?:.*\.)?params\.(?P<k>switch:\d+)\.output", r"\g<t>/command/\g<k>", "on", "off"
    ),
    CommandRow(r"(?P<t>.+)/status/(?P<k>switch:\d+)", r"output", r"\g<t>/command/\g<k>", "on", "off"),
    # Shelly, first generation
    CommandRow(r"(?P<t>shellies/[^/]+/relay/\d+)", r"", r"\g<t>/command", "on", "off"),
    # Zigbee2MQTT
    CommandRow(r"(?P<t>zigbee2mqtt/[^\n]+)", r"state", r"\g<t>/set"),
    CommandRow(
        r"(?P<t>zigbee2mqtt/[^\n]+)", r"(?P<k>state_\w+)", r"\g<t>/set", r'{"\g<k>": "ON"}', r'{"\g<k>": "OFF"}'
    ),
    # ESPHome
    CommandRow(r"(?P<t>.+/switch/[^/]+)/state", r"", r"\g<t>/command"),
    # Homie
    CommandRow(r"(?P<t>.+)", r"", r"\g<t>/set", "true", "false", settable=True),
)
