"""Words and units from siblings, addresses and the topic of a value."""

from custom_components.iotbridge.things.inference import infer
from custom_components.iotbridge.things.model.message import Field
from tests.things.fields import channel, inferred_tree, kinds


def test_an_address_at_the_start_of_a_key_is_not_a_word() -> None:
    found = channel({"HmIP-RF.MEQ1234567%3A1.ACTUAL_TEMPERATURE": 20.4}, "HmIP-RF.MEQ1234567%3A1.ACTUAL_TEMPERATURE")

    assert (found.name, found.device_class) == ("Actual temperature", "temperature")


def test_a_unit_belongs_to_the_member_named_after_its_quantity() -> None:
    assert kinds({"temperature": 70.5, "unit": "F", "level": 3}) == {
        "temperature": ("°F", "temperature"),
        "level": (None, None),
    }


def test_a_unit_beside_its_value() -> None:
    document = {"temperature": {"value": 70, "unit": "F"}, "flow": {"value": 2, "unit": "l/min"}}

    assert kinds(document) == {"temperature.value": ("°F", "temperature"), "flow.value": ("L/min", "volume_flow_rate")}


def test_a_unit_for_all() -> None:
    document = {"DHT11": {"Temperature": 78.8}, "BME280": {"Pressure": 29.9}, "TempUnit": "F", "PressureUnit": "inHg"}

    assert kinds(document) == {
        "DHT11.Temperature": ("°F", "temperature"),
        "BME280.Pressure": ("inHg", "atmospheric_pressure"),
    }


def test_the_stated_unit_is_stronger_than_the_words() -> None:
    field = Field(path=("level",), value=3, name="Level", unit="%RH")

    [reading] = infer([("", field)], topic="t").readings

    assert (reading.channel.unit, reading.channel.name) == ("%", "Level")


def test_the_topic_names_what_a_bare_value_is() -> None:
    [reading] = inferred_tree("livingroom/sensor/bme280_temperature", {"state": 21.5}).readings

    assert (reading.channel.unit, reading.channel.device_class) == ("°C", "temperature")
