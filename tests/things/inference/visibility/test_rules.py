"""Values that are enabled or disabled by default."""

from typing import Any

import pytest

from tests.things.fields import enabled, inferred_tree, values


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ({"settings": {"charge_current": 160}, "power": 12}, "settings.charge_current"),
        ({"header": {"frequency": "433920"}, "humidity": 40}, "header.frequency"),
        ({"alarm_hex": "c3", "humidity": 40}, "alarm_hex"),
        ({"error": "", "humidity": 40}, "error"),
        ({"txPower": -59, "humidity": 40}, "txPower"),
        ({"nrg": [230, 231.5, 232, 0, 0.1, 2.0], "amp": 6}, "nrg[4]"),
        ({"heat_target": -70, "humidity": 40}, "heat_target"),
        ({"freq": 868500000, "rssi": -88}, "freq"),
        ({"illuminance": 12000, "illuminance_lux": 16}, "illuminance"),
        ({"year": 2020, "month": 1, "hours": 3, "minutes": 21, "seconds": 1}, "seconds"),
        ({"sampleTime": 30, "humidity": 40}, "sampleTime"),
    ],
)
def test_values_of_little_interest_are_disabled(document: dict[str, Any], key: str) -> None:
    assert key not in enabled(document)


@pytest.mark.parametrize(
    "document",
    [
        {"message": {"totalBus": 0, "totalVan": 3, "totalTruck": 2857}},
        {"tank1": 23.5, "tank2": 24},
        {"Consumption": 9480659, "Tamper": 0},
        {"access": "granted", "username": "Anna", "card": "f9c2f720"},
    ],
)
def test_values_of_interest_are_enabled(document: dict[str, Any]) -> None:
    on = enabled(document)

    assert {"message.totalBus", "tank2", "Consumption", "username"} & on
    assert not document.get("message") or len(on) == 3


def test_values_with_a_name_are_enabled() -> None:
    topics = {"spa/ozone/$name": "Ozonator", "spa/ozone": "false", "spa/mode/$name": "Heat mode", "spa/mode": "none"}

    assert {
        reading.channel.name for reading in inferred_tree("homie/bath", topics).readings if reading.channel.enabled
    } == {
        "Ozonator",
        "Heat mode",
    }


def test_a_counter_of_messages_is_disabled() -> None:
    assert enabled({"cnt": 4196, "temperature": 21.5}) == {"temperature"}


def test_archived_values_are_disabled() -> None:
    assert enabled({"archivedVolumes": [{"volume": 8.5}], "history": {"temperature": 3.5}, "volume": 9.5}) == {"volume"}


def test_numbers_in_a_group_of_values_are_enabled() -> None:
    assert enabled({"node": "plc1", "values": {"tank1": 123, "line7": 4}}) == {"values.tank1", "values.line7"}
    assert enabled({"hardware_info": {"frm": 5.1}, "co2": 512}) == {"co2"}


def test_consumptions_are_enabled() -> None:
    assert enabled({"avgUsed": 76, "usedToday": 12, "slots": 3}) == {"avgUsed", "usedToday"}


def test_a_text_below_a_level_that_names_it() -> None:
    tree = inferred_tree("boiler", {"Betriebsart/state": {"value": "Heizen"}})

    assert [(reading.channel.platform, reading.value, reading.channel.enabled) for reading in tree.readings] == [
        ("sensor", "Heizen", True)
    ]


@pytest.mark.parametrize(
    "document",
    [
        {"ledMode": "pm", "temperature": 21},
        {"report_interval": 60, "temperature": 21},
        {"temperature_calibration": 0.5, "temperature": 21},
        {"seq": 12, "temperature": 21},
        {"fcnt": 12, "temperature": 21},
        {"debug": True, "temperature": 21},
        {"alarm_threshold": 80, "temperature": 21},
        {"update": {"state": "idle"}, "temperature": 21},
        {"channel": 3, "temperature": 21},
        {"xyz": 7, "temperature": 21},
    ],
)
def test_unexpected_values_are_disabled(document: dict[str, Any]) -> None:
    assert values(document) == {"temperature": 21}


def test_a_meters_values_of_other_months_are_disabled() -> None:
    document = {"media": "water", "total_m3": 3.4, "April_total_m3": 2.5, "consumption_at_history_1_m3": 1.2}

    assert values(document) == {"total_m3": 3.4}
