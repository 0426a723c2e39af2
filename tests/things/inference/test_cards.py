"""Codes of cards: an event is proposed if a message has nothing else to show."""

import json
from typing import Any

import pytest

from custom_components.iotbridge.things.analysis import analyse
from custom_components.iotbridge.things.model.message import Sample
from custom_components.iotbridge.things.model.profile import RECEIVED


def enabled(payload: Any, topic: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return the platform and the types of the enabled channels, by key."""
    text = payload if isinstance(payload, str) else json.dumps(payload)
    (device,) = analyse([Sample(topic, text.encode())]).devices
    channels = [reading.channel for reading in device.readings if reading.channel.enabled]
    return {channel.key: (channel.platform, channel.event_types) for channel in channels}


@pytest.mark.parametrize(
    ("topic", "payload", "key", "code"),
    [
        ("access/tag", "04C3A1B2", "tag", "04C3A1B2"),
        ("door/card", "0012345678", "card", "0012345678"),
        ("gate/reader", {"time": "2026-11-30T10:00:00", "PN532": {"UID": "04C3A1B2", "DATA": ""}}, "PN532.UID", None),
        ("gate/reader", {"badge_id": "A1B2C3D4", "name": "Ada"}, "badge_id", "A1B2C3D4"),
        ("gate/reader", {"tag_id": "04:C3:A1:B2:55:66:77"}, "tag_id", "04:C3:A1:B2:55:66:77"),
    ],
)
def test_the_code_of_a_card_is_an_event(topic: str, payload: Any, key: str, code: str | None) -> None:
    assert enabled(payload, topic) == {key: ("event", (RECEIVED, code or "04C3A1B2"))}


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        pytest.param("gate/device", {"uid": "04C3A1B2", "ip": "10.0.0.4", "fw": "1.2"}, id="identity of a device"),
        pytest.param("gate/device", {"uid": "gate"}, id="no code"),
        pytest.param("gate/tag", {"tag": "C3:00:00:10:20:30"}, id="address of a beacon"),
    ],
)
def test_an_identity_of_a_device_is_no_event(topic: str, payload: Any) -> None:
    assert enabled(payload, topic) == {}


def test_a_code_beside_a_reading_is_not_proposed() -> None:
    assert list(enabled({"uid": "04C3A1B2", "temperature": 21.5}, "gate/reader")) == ["temperature"]
