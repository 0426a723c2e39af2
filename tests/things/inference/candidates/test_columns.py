"""Columns whose quantities are named by the topic or the key above them."""

import pytest

from tests.things.fields import kinds


@pytest.mark.parametrize(
    ("name", "columns", "classes"),
    [
        ("temperature_humidity", [21.5, 48.2], ["temperature", "humidity"]),
        ("temperature_humidity_battery", [21.5, 48.2, 3.71], ["temperature", "humidity", "voltage"]),
        ("tempHum", [21.5, 48.2], ["temperature", "humidity"]),
        ("soil_temperature_humidity", [21.5, 48.2], ["temperature", "humidity"]),
        ("voltage_current_power", [231.5, 1.25, 289.3], ["voltage", "current", "power"]),
        ("temperature_humidity", [21.5, 48.2, 3.71], [None, None, None]),
        ("water_temperature", [21.5, 48.2], ["temperature", "temperature"]),
    ],
)
def test_words_of_columns(name: str, columns: list[float], classes: list[str | None]) -> None:
    assert [device_class for _, device_class in kinds(columns, f"things/{name}").values()] == classes
    assert [device_class for _, device_class in kinds({name: columns}).values()] == classes
