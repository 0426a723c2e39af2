"""Values that are not proposed: every scalar of a message that is not proposed, as a channel that the user can pick."""

import json
from typing import Any

import pytest

from custom_components.iotbridge.things.analysis import analyse
from custom_components.iotbridge.things.inference.pipeline import MAX_UNPROPOSED
from custom_components.iotbridge.things.model.conversion import convert
from custom_components.iotbridge.things.model.message import ProblemKind, Sample, Value
from custom_components.iotbridge.things.model.profile import RECEIVED, Analysis, Reading


def analysis(document: Any, topic: str = "things/one") -> Analysis:
    return analyse([Sample(topic, json.dumps(document).encode())])


def unproposed(document: Any) -> dict[str, Reading]:
    (device,) = analysis(document).devices
    return {reading.channel.key: reading for reading in device.unproposed}


@pytest.mark.parametrize(
    ("document", "key", "value", "unit"),
    [
        ({"lock_state": "unlocked", "last_unlock_user": 0}, "last_unlock_user", 0, None),
        ({"lock_state": "unlocked", "last_unlock_source": "keypad"}, "last_unlock_source", "keypad", None),
        ({"temperature": 21.5, "time": "2026-11-30T12:00:00Z"}, "time", "2026-11-30T12:00:00Z", None),
        ({"temperature": 21.5, "t": 1764504000}, "t", 1764504000, None),
        ({"temperature": 21.5, "mac": "4c33a6603c79"}, "mac", "4c33a6603c79", None),
        ({"temperature": 21.5, "payload": "AQIDBA=="}, "payload", "AQIDBA==", None),
        ({"temperature": 21.5, "reset_at": None}, "reset_at", None, None),
        ({"temperature_c": 21.5, "temperature_f": 70.7}, "temperature_f", 70.7, "°F"),
        ({"temperature": 21.5, "rain_month": 130.4}, "rain_month", 130.4, "mm"),
        ({"battery_voltage": "052.70", "channel_x": "012"}, "channel_x", 12, None),
        ({"lat": 45.5, "lon": 9.25}, "lon", 9.25, None),
        ({"temperature": 21.5, "serial": "004211"}, "serial", "004211", None),
        ({"temperature": 21.5, "fw_version": "1.10"}, "fw_version", "1.10", None),
        ({"temperature": 21.5, "pin_code": "0123"}, "pin_code", "0123", None),
        ({"temperature": 21.5, "meter_id": 4211}, "meter_id", 4211, None),
    ],
)
def test_a_value_that_is_not_proposed_can_be_picked(
    document: dict[str, Any], key: str, value: Value, unit: str | None
) -> None:
    reading = unproposed(document)[key]

    assert (reading.value, reading.channel.unit) == (value, unit)
    assert (reading.channel.platform, reading.channel.enabled) == ("sensor", False)


@pytest.mark.parametrize(
    ("document", "key", "value"),
    [
        ({"serial": "12"}, "serial", "0012"),
        ({"sw_version": "2.9"}, "sw_version", "2.10"),
        ({"hw": {"rev": "2.9"}}, "hw.rev", "2.10"),
        ({"versions": {"app": "2.9"}}, "versions.app", "2.10"),
        ({"error_code": "12"}, "error_code", "007"),
    ],
)
def test_a_later_text_of_an_identity_a_version_or_a_code_is_kept(
    document: dict[str, Any], key: str, value: str
) -> None:
    (device,) = analysis({"temperature": 21.5, **document}).devices
    channels = {reading.channel.key: reading.channel for reading in (*device.readings, *device.unproposed)}

    assert convert(channels[key], value) == value


def test_every_scalar_is_proposed_or_can_be_picked() -> None:
    document = {f"key{number}": value for number, value in enumerate((1, 0, 0, "", "x" * 200, "04d", None, True, 1e9))}
    (device,) = analysis(document).devices
    readings = [*device.readings, *device.unproposed]

    assert sorted(reading.channel.key for reading in readings) == sorted(document)


def test_values_that_are_not_proposed_are_limited() -> None:
    (device,) = analysis({f"id{number}": f"4c33a6603c{number:03}" for number in range(400)}).devices

    assert len(device.unproposed) == MAX_UNPROPOSED


def test_the_code_of_a_card_that_is_not_proposed_becomes_an_event() -> None:
    channel = unproposed({"uid": "f9c2f720", "battery": 80})["uid"].channel

    assert (channel.platform, channel.event_types) == ("event", (RECEIVED, "f9c2f720"))


def test_a_code_is_no_unreadable_content() -> None:
    code, other = ({"Data": "28A321", "RfKey": 2}, {"Data": "28A321", "Volume": 2})

    assert ProblemKind.ENCODED not in {problem.kind for problem in analysis({"RfReceived": code}).problems}
    assert ProblemKind.ENCODED in {problem.kind for problem in analysis({"Device": other}).problems}
