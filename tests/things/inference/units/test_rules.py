"""Units of numbers with misleading names."""

from typing import Any

import pytest

from tests.things.fields import inferred


@pytest.mark.parametrize(
    ("document", "key", "unit", "device_class", "value"),
    [
        ({"battery": 3.02}, "battery", "V", "voltage", 3.02),
        ({"battery": 3020}, "battery", "mV", "voltage", 3020),
        ({"battery": 87}, "battery", "%", "battery", 87),
        ({"battery": 87.5}, "battery", "%", "battery", 87.5),
        ({"battery": 0.87}, "battery", "%", "battery", 87),
        ({"voltage": 3005, "battery": 100}, "voltage", "mV", "voltage", 3005),
        ({"voltage": 231, "power": 12}, "voltage", "V", "voltage", 231),
        ({"voltage": 235.2, "current": 0.074, "power": 7}, "current", "A", "current", 0.074),
        ({"rssi": 100}, "rssi", "%", None, 100),
        ({"rssi": -67}, "rssi", "dBm", "signal_strength", -67),
        ({"RSRP": -822}, "RSRP", "dBm", "signal_strength", -82.2),
        ({"humidity": 0.45}, "humidity", "%", "humidity", 45),
        ({"humidity": 455}, "humidity", "%", "humidity", 45.5),
        ({"temperature": 2153, "humidity": 4521}, "temperature", "°C", "temperature", 21.53),
        ({"temperature": 215, "humidity": 455}, "temperature", "°C", "temperature", 21.5),
        ({"temperature": 2153}, "temperature", None, None, 2153),
        ({"power_factor": 0.98}, "power_factor", None, "power_factor", 0.98),
        ({"power_factor": 98}, "power_factor", "%", "power_factor", 98),
        ({"pressure": 1013.2}, "pressure", "hPa", "atmospheric_pressure", 1013.2),
        ({"pressure": 100843}, "pressure", "Pa", "atmospheric_pressure", 100843),
        ({"pressure": 2.4}, "pressure", None, None, 2.4),
        ({"Vcc": 3.3}, "Vcc", "V", "voltage", 3.3),
        ({"vdd": 3642}, "vdd", "mV", "voltage", 3642),
    ],
)
def test_a_name_that_misleads_about_the_unit(
    document: dict[str, Any], key: str, unit: str | None, device_class: str | None, value: float
) -> None:
    reading = next(reading for reading in inferred(document).readings if reading.channel.key == key)

    assert (reading.channel.unit, reading.channel.device_class) == (unit, device_class)
    assert reading.value == pytest.approx(value)
