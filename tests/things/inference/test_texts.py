"""Texts that are not states: undecoded content, times and identities."""

from typing import Any

import pytest

from custom_components.iotbridge.things.model.message import ProblemKind
from tests.things.fields import inferred


@pytest.mark.parametrize(
    "document", [{"data": "qg=="}, {"payload": "0201060303E1FF1216E1FFA103"}, {"rawData": "AAECAw=="}]
)
def test_undecoded_content_is_a_problem_and_not_an_entity(document: dict[str, Any]) -> None:
    result = inferred({"rssi": -70, **document})

    assert [reading.channel.key for reading in result.readings] == ["rssi"]
    assert [(problem.kind, problem.placeholders) for problem in result.problems] == [
        (ProblemKind.ENCODED, (("field", next(iter(document))),))
    ]


def test_raw_content_beside_decoded_readings_is_not_a_problem() -> None:
    result = inferred({"temperature": 21.5, "data": "AGcBBg=="})

    assert result.problems == ()
    assert [reading.channel.key for reading in result.readings] == ["temperature"]


@pytest.mark.parametrize(
    "document",
    [
        {"time": "2019-10-31T11:14:59"},
        {"Time": 1700000000},
        {"ts": 1631186545.04},
        {"last_seen": "2024-05-01T10:00:00Z"},
        {"timestamp": 1700000000000},
        {"received": 1700000000},
        {"Uptime": "0T18:36:12"},
        {"mac": "AA:BB:CC:DD:EE:FF"},
        {"serialno": "ecda3b1eaaaf"},
        {"id": 33225544},
        {"imei": "867723030711443"},
        {"devEui": "0101010101010101"},
        {"ip": "10.0.0.1"},
        {"SSId": "home"},
        {"device_id": 17},
        {"address": "0x2916"},
        {"temperature_unit": "C"},
    ],
)
def test_times_and_identities_are_not_readings(document: dict[str, Any]) -> None:
    assert inferred(document).readings == ()
