"""Switches whose command topic is known, and values that only look like one."""

from typing import Any

import pytest

from tests.things.fields import channel, inferred_tree


@pytest.mark.parametrize(
    ("topic", "document", "key", "command"),
    [
        ("tele/plug/STATE", {"POWER": "OFF"}, "POWER", ("cmnd/plug/POWER", "ON", "OFF")),
        ("stat/plug/RESULT", {"POWER2": "ON"}, "POWER2", ("cmnd/plug/POWER2", "ON", "OFF")),
        ("plug/tele/STATE", {"POWER": "OFF"}, "POWER", ("plug/cmnd/POWER", "ON", "OFF")),
        ("home/tele/plug/STATE", {"POWER1": "ON"}, "POWER1", ("home/cmnd/plug/POWER1", "ON", "OFF")),
        ("zigbee2mqtt/plug", {"state": "ON"}, "state", ("zigbee2mqtt/plug/set", "ON", "OFF")),
        (
            "zigbee2mqtt/plug",
            {"state_l1": "ON"},
            "state_l1",
            ("zigbee2mqtt/plug/set", '{"state_l1": "ON"}', '{"state_l1": "OFF"}'),
        ),
        (
            "shelly-1/events/rpc",
            {"params": {"switch:0": {"output": True}}},
            "params.switch:0.output",
            ("shelly-1/command/switch:0", "on", "off"),
        ),
        ("shelly-1/status/switch:0", {"output": False}, "output", ("shelly-1/command/switch:0", "on", "off")),
    ],
)
def test_a_switch_whose_command_is_known(
    topic: str, document: dict[str, Any], key: str, command: tuple[str, str, str]
) -> None:
    found = channel(document, key, topic)

    assert found.platform == "switch"
    assert (found.command_topic, found.command_on, found.command_off) == command


def test_a_shelly_of_the_first_generation_counts_watt_minutes() -> None:
    found = {
        reading.channel.key: reading
        for reading in inferred_tree(
            "shellies/plug-1", {"relay/0": "on", "relay/0/power": 36.8, "relay/0/energy": 1200}
        ).readings
    }

    assert (found["relay/0"].channel.platform, found["relay/0"].value) == ("switch", True)
    assert found["relay/0"].channel.command_topic == "shellies/plug-1/relay/0/command"
    assert (found["relay/0/energy"].value, found["relay/0/energy"].channel.unit) == (20, "Wh")


def test_a_relay_without_a_known_command_is_read_only() -> None:
    assert channel({"relay1": 1}, "relay1").platform == "binary_sensor"


@pytest.mark.parametrize(
    ("topic", "document"), [("zigbee2mqtt/blind", {"state": "OPEN"}), ("zigbee2mqtt/lock", {"state": "UNLOCK"})]
)
def test_a_cover_and_a_lock_are_not_switches(topic: str, document: dict[str, Any]) -> None:
    found = channel(document, "state", topic)

    assert (found.platform, found.command_topic) == ("binary_sensor", None)
