"""Values that are events, and states with similar words."""

from typing import Any

import pytest

from tests.things.fields import channel, inferred


def test_a_state_that_sounds_like_an_event() -> None:
    assert channel({"action": "cooling", "temperature": 26}, "action").platform == "sensor"
    assert channel({"rfid": "Not Installed"}, "rfid").platform == "sensor"
    assert channel({"command": "close", "rolling": "0e"}, "command").platform == "event"


@pytest.mark.parametrize(
    ("document", "key", "kind"),
    [
        ({"action": "single"}, "action", "single"),
        ({"action": "brightness_move_up"}, "action", "brightness_move_up"),
        ({"click": "double"}, "click", "double"),
        ({"button_event": {"status": "short press"}}, "button_event.status", "short press"),
        ({"press": "long"}, "press", "long"),
        ({"Button1": {"Action": "SINGLE"}}, "Button1.Action", "SINGLE"),
    ],
)
def test_presses_and_gestures_are_events(document: dict[str, Any], key: str, kind: str) -> None:
    [reading] = inferred(document).readings

    assert reading.channel.key == key
    assert reading.channel.platform == "event"
    assert reading.value == kind
    assert kind in reading.channel.event_types
    assert len(reading.channel.event_types) > 5


def test_no_action_is_no_event() -> None:
    [reading] = inferred({"action": ""}, "zigbee2mqtt/remote").readings

    assert reading.channel.platform == "event"
    assert reading.value is None
    assert "" not in reading.channel.event_types


def test_the_on_of_a_remote_is_a_press() -> None:
    assert channel({"action": "on"}, "action").platform == "event"
