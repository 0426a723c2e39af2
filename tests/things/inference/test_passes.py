"""OBIS codes of a meter's readings instead of words."""

from tests.things.fields import enabled, inferred


def test_obis_codes_of_a_meter() -> None:
    document = {
        "1-0:1.8.0": 35462459,
        "1-0:1.8.1": 12,
        "1-0:36.7.0": 451.2,
        "1-0:52.7.0": 231.5,
        "0-0:96.1.0": "0A014547",
    }
    found = {reading.channel.key: reading.channel for reading in inferred(document).readings if reading.channel.enabled}

    assert {key: (channel.name, channel.unit) for key, channel in found.items()} == {
        "1-0:1.8.0": ("Energy import", "Wh"),
        "1-0:36.7.0": ("Power L1", "W"),
        "1-0:52.7.0": ("Voltage L2", "V"),
    }
    assert enabled({"1-0:1.8.1": "001234.567*kWh", "1-0:1.8.2": "000234.567*kWh"}) == {"1-0:1.8.1", "1-0:1.8.2"}
