"""Records: a value beside its name, its unit and its factor."""

from typing import Any

import pytest

from tests.things.fields import enabled, inferred, kinds, values

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
        ({"temperature": 70.5, "unit": "F"}, "temperature", 70.5, ("°F", "temperature")),
        ({"rows": [["Humidity", "38", "%"], ["Wind", "3.4", "m/s"]]}, "rows[1][1]", 3.4, ("m/s", "wind_speed")),
        ({"readings": [{"type": "hygrometry", "value": "66", "unit": ""}]}, "readings[0].value", 66,
         ("%", "humidity")),
    ],
)  # fmt: skip
def test_a_value_and_what_describes_it_are_one_reading(
    document: dict[str, Any], key: str, value: float, kind: Kind
) -> None:
    assert kinds(document)[key] == kind
    assert values(document)[key] == pytest.approx(value)
    assert all(other == key or other.startswith("rows[0]") for other in enabled(document))


def test_a_row_is_named_after_its_table() -> None:
    document = {"tables": [{"title": "Cellar", "list": [["Temperature", "12.5", "°C"], ["Humidity", "61", "%"]]}]}

    assert [reading.channel.name for reading in inferred(document).readings] == [
        "Cellar temperature",
        "Cellar humidity",
    ]


def test_a_record_names_its_value() -> None:
    document = {"values": [{"value_type": "humidity", "value": "45.1"}, {"value_type": "SDS_P2", "value": "2.2"}]}

    assert kinds(document) == {"values[0].value": ("%", "humidity"), "values[1].value": ("µg/m³", "pm25")}
