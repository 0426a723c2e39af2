"""Records: a value beside its name, its unit and its factor."""

import json
from typing import Any

import pytest

from custom_components.iotbridge.things.analysis import analyse
from custom_components.iotbridge.things.model.message import Sample
from tests.things.fields import enabled, inferred, inferred_tree, kinds, values

type Kind = tuple[str | None, str | None]


@pytest.mark.parametrize(
    ("document", "key", "value", "kind"),
    [
        ({"p": {"val": 1503, "unit": "hPa", "factor": 0.1, "min": 0}}, "p.val", 150.3, ("hPa", "pressure")),
        ({"t": {"value": 215, "unit": "degC", "scale": -1}}, "t.value", 21.5, ("°C", "temperature")),
        ({"t": {"value": 21.5, "displayValue": "21.5 °C", "uom": "°C"}}, "t.value", 21.5, ("°C", "temperature")),
        ({"points": [{"pointName": "Brine in", "pointUnit": "°C", "value": 4.5, "strVal": "4.5°C"}]},
         "points[0].value", 4.5, ("°C", "temperature")),
        ({"Type": "Gas", "Units": "ft3", "Consumption": 1234}, "Consumption", 1234, ("ft³", "gas")),
        ({"pv": 21.5, "eu": "°C"}, "pv", 21.5, ("°C", "temperature")),
        ({"measure": 21.5, "uom": "°C"}, "measure", 21.5, ("°C", "temperature")),
        ({"temperature": 70.5, "unit": "F"}, "temperature", 70.5, ("°F", "temperature")),
        ({"rows": [["Humidity", "38", "%"]]}, "rows.Humidity", 38, ("%", "humidity")),
        ({"rows": [["Wind", "3.4", "m/s"], ["Wind", 0, "m/s"]]}, "rows[0][1]", 3.4, ("m/s", "wind_speed")),
        ({"readings": [{"type": "hygrometry", "value": "66", "unit": ""}]}, "readings.hygrometry", 66,
         ("%", "humidity")),
    ],
)  # fmt: skip
def test_a_value_and_what_describes_it_are_one_reading(
    document: dict[str, Any], key: str, value: float, kind: Kind
) -> None:
    assert kinds(document)[key] == kind
    assert values(document)[key] == pytest.approx(value)
    assert all(other == key or other.startswith("rows[1]") for other in enabled(document))


def test_rows_of_several_tables_are_named_after_their_table() -> None:
    tables = [{"title": title, "list": [["Temperature", 12.5, "°C"]]} for title in ("Cellar", "Attic")]

    assert [reading.channel.name for reading in inferred({"tables": tables}).readings] == [
        "Cellar temperature",
        "Attic temperature",
    ]


def test_a_record_names_its_value() -> None:
    document = {"values": [{"value_type": "humidity", "value": "45.1"}, {"value_type": "SDS_P2", "value": "2.2"}]}

    assert kinds(document) == {"values.humidity": ("%", "humidity"), "values.SDS_P2": ("µg/m³", "pm25")}


def names(document: Any) -> dict[str, str]:
    """Return the names of enabled channels, by key."""
    (device,) = analyse([Sample("gate/in", json.dumps(document).encode())]).devices
    return {reading.channel.key: reading.channel.name for reading in device.readings if reading.channel.enabled}


def test_an_address_has_the_words_of_the_name_beside_it() -> None:
    disks = [{"serial": "WD-123", "name": "sda", "temp": 40}, {"serial": "WD-124", "name": "sdb", "temp": 41}]

    assert names({"disks": disks}) == {
        "disks.WD-123.temp": "Sda temperature",
        "disks.WD-124.temp": "Sdb temperature",
    }


def test_a_name_that_records_share_does_not_take_the_place_of_their_addresses() -> None:
    sensors = [{"id": 1, "name": "Probe", "temperature": 40}, {"id": 2, "name": "Probe", "temperature": 41}]

    assert names({"sensors": sensors}) == {
        "sensors.1.temperature": "Sensors 1 temperature",
        "sensors.2.temperature": "Sensors 2 temperature",
    }


def test_a_value_beside_others_has_the_name_the_unit_and_the_factor_of_its_record() -> None:
    record = {"name": "Boiler", "value": 615, "unit": "°C", "factor": 0.1, "min": 0}
    (device,) = analyse([Sample("gate/in", json.dumps({"data": [record]}).encode())]).devices

    (boiler,) = (reading for reading in device.readings if reading.channel.enabled)
    assert (boiler.channel.key, boiler.channel.name, boiler.value) == ("data.Boiler", "Boiler", 61.5)
    assert (boiler.channel.device_class, boiler.channel.unit) == ("temperature", "°C")


def test_an_identity_is_no_reading_of_its_record() -> None:
    assert names({"phases": [{"phase": 1, "voltage": 231}, {"phase": 2, "voltage": 229}]}) == {
        "phases.1.voltage": "Phases 1 voltage",
        "phases.2.voltage": "Phases 2 voltage",
    }


def test_a_kind_beside_a_channel_names_the_value() -> None:
    data = [{"channel": 1, "type": "temperature", "value": 21}, {"channel": 2, "type": "temperature", "value": 19}]

    assert names({"data": data}) == {"data.1 temperature": "Temperature 1", "data.2 temperature": "Temperature 2"}


def test_a_list_of_a_quantity_has_values_of_it_whatever_their_names_are() -> None:
    (device,) = analyse([Sample("gate/in", b'{"temperatures": [{"name": "boiler", "value": 61.5}]}')]).devices

    (boiler,) = device.readings
    assert (boiler.channel.name, boiler.channel.unit, boiler.channel.device_class) == ("Boiler", "°C", "temperature")


def test_the_newest_record_of_a_series_is_the_reading() -> None:
    series = [{"timestamp": f"2026-03-0{day}T12:00:00Z", "volume": day * 1.5} for day in (3, 2, 1)]
    pairs = [["2026-03-01T12:00:00Z", 1.5], ["2026-03-01T12:15:00Z", 2.5]]

    assert enabled({"volumes": series}) == {"volumes[0].volume"}
    assert enabled({"increments": pairs}) == {"increments[1][1]"}


def test_different_things_at_different_times_are_not_a_series() -> None:
    points = [
        {"label": "Supply", "value": 38.4, "unit": "°C", "time": "2026-03-01T12:00:00Z"},
        {"label": "Return", "value": 31.2, "unit": "°C", "time": "2026-03-01T12:00:07Z"},
    ]

    assert enabled({"points": points}) == {"points.Supply", "points.Return"}


def test_records_with_other_texts_are_not_a_series() -> None:
    points = [
        {"where": "Supply", "temperature": 38.4, "time": "2026-03-01T12:00:00Z"},
        {"where": "Return", "temperature": 31.2, "time": "2026-03-01T12:00:07Z"},
    ]

    assert enabled({"points": points}) == {"points[0].temperature", "points[1].temperature"}


def test_numbered_parts_with_a_time_each_are_not_a_series() -> None:
    tree = inferred_tree("pv", {f"{part}": {"ts": 1_700_000_000 + part, "power": 100 * part} for part in (1, 2)})

    assert {reading.channel.key for reading in tree.readings if reading.channel.enabled} == {"1:power", "2:power"}
