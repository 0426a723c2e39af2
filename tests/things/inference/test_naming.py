"""Display names of readings."""

from tests.things.fields import channel, inferred


def test_a_name_of_the_maker_stays_as_it_is_written() -> None:
    document = {"BME280_temperature": 21.2, "DS18B20-1_temp": 22.5, "TempC_SHT": 21.7, "PWR_OUT": 12.5}

    assert {reading.channel.name for reading in inferred(document).readings} == {
        "BME280 temperature",
        "DS18B20-1 temperature",
        "Temperature SHT",
        "Power out",
    }


def test_a_key_that_is_a_unit_is_named_after_its_quantity() -> None:
    found = {
        reading.channel.key: reading.channel.name
        for reading in inferred({"kWh": 12.5, "liters": 3}, "energy/x").readings
    }

    assert found == {"kWh": "Energy", "liters": "Volume"}


def test_one_subject_in_several_units_has_several_names() -> None:
    document = {"Load_watt": 420, "Load_va": 500, "Load_pct": 12}

    assert {reading.channel.name for reading in inferred(document).readings} == {
        "Load power",
        "Load apparent power",
        "Load",
    }


def test_a_compound_is_named_in_one_word() -> None:
    assert channel({"Vorlauftemperatur_Soll": 35.5, "x": 1}, "Vorlauftemperatur_Soll").name == "Vorlauftemperatur soll"


def test_a_member_named_by_a_number_keeps_it() -> None:
    tree = {"relays": {"3": {"power": 31.2}, "4": {"power": 0.5}}}
    assert {reading.channel.key: reading.channel.name for reading in inferred(tree).readings} == {
        "relays.3.power": "Relays 3 power",
        "relays.4.power": "Relays 4 power",
    }


def test_a_device_id_that_is_a_key() -> None:
    document = {"0x2916": {"Temperature": 25.7, "Humidity": 47.7}, "0x2917": {"Temperature": 21.1}}
    found = {reading.channel.key: reading.channel for reading in inferred(document).readings}

    assert found["0x2916.Humidity"].name == "Humidity"
    assert found["0x2916.Temperature"].name == "0x2916 temperature"
    assert found["0x2917.Temperature"].name == "0x2917 temperature"


def test_names_are_unique_and_readable() -> None:
    document = {
        "Dc": {"0": {"Voltage": 12.1}},
        "Wifi": {"RSSI": 80},
        "pm2_5": 7,
        "a": {"temperature": 20},
        "b": {"temperature": 21},
    }
    names = {reading.channel.key: reading.channel.name for reading in inferred(document).readings}

    assert names == {
        "Dc.0.Voltage": "DC voltage",
        "Wifi.RSSI": "Wi-Fi RSSI",
        "pm2_5": "PM2.5",
        "a.temperature": "A temperature",
        "b.temperature": "B temperature",
    }
