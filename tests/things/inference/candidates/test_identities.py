"""Words of records that are addressed by an identity."""

import json
from typing import Any

from hypothesis import given, strategies as st

from custom_components.iotbridge.things.analysis import analyse
from custom_components.iotbridge.things.inference.candidates.identities import identity_levels
from custom_components.iotbridge.things.model.message import Field, Sample


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


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 3)), max_size=6))
def test_identities_are_where_the_raw_path_has_indexes(levels: list[tuple[bool, int]]) -> None:
    """Members alternate with records, each in a list of any depth, addressed by an identity or by its indexes."""
    path: list[str | int] = []
    raw: list[str | int] = []
    expected = []
    for number, (is_identified, depth) in enumerate(levels):
        path.append(f"m{number}")
        raw += [f"m{number}", *[0] * depth]
        if is_identified:
            expected.append(len(path))
            path.append(f"r{number}")
        else:
            path += [0] * depth
    field = Field(path=tuple(path), raw_path=tuple(raw) if expected else None, value=1)

    assert list(identity_levels(field)) == expected
