"""Units from the words, the size and the siblings of a number."""

from typing import Any

import pytest

from tests.things.fields import channel, inferred_tree, kinds


def test_a_room_below_the_word_heating() -> None:
    found = inferred_tree("heating/floor", {"10/current": "22.6", "10/target": "21"})

    assert {(reading.channel.key, reading.channel.unit) for reading in found.readings} == {
        ("10/current", "°C"),
        ("10/target", "°C"),
    }


type Kind = tuple[str | None, str | None]


@pytest.mark.parametrize(
    ("document", "key", "kind"),
    [
        # a unit at the start
        ({"psi_max": 71, "x": "y"}, "psi_max", ("psi", "pressure")),
        ({"rpm_low": 640, "x": "y"}, "rpm_low", ("rpm", None)),
        ({"kwh_today": 3.2, "x": "y"}, "kwh_today", ("kWh", "energy")),
        ({"minutes_pump": 31, "x": "y"}, "minutes_pump", ("min", "duration")),
        # the letter of a phase after that of a quantity
        ({"Ub": 231.2, "Ib": 1.4, "Pb": 310}, "Ub", ("V", "voltage")),
        ({"Ub": 231.2, "Ib": 1.4, "Pb": 310}, "Ib", ("A", "current")),
        ({"Ub": 231.2, "Ib": 1.4, "Pb": 310}, "Pb", ("W", "power")),
        # a German compound
        ({"Speichertemperatur": 48.2, "x": "y"}, "Speichertemperatur", ("°C", "temperature")),
        ({"Netzspannung": 231, "x": "y"}, "Netzspannung", ("V", "voltage")),
        # millivolts of another measurement
        ({"voltage": 3011, "moisture": 31}, "voltage", ("mV", "voltage")),
        ({"voltage": 12790, "rssi": -71}, "voltage", ("mV", "voltage")),
        # the words of wind with another one between them
        ({"wind_instant_velocity": 3.1, "x": "y"}, "wind_instant_velocity", ("m/s", "wind_speed")),
        ({"wind_mean_dir": 120, "x": "y"}, "wind_mean_dir", ("°", "wind_direction")),
        # the unit beside it is of the amount, and so of the amount per hour
        ({"rain_rate": 0.2, "units": "in"}, "rain_rate", ("in/h", "precipitation_intensity")),
        # marks before the names of members
        ({"rows": [{"@name": "Humidity", "@unit": "% rH", "@value": 41.5}]}, "rows[0].@value", ("%", "humidity")),
        # particles are counted, not weighed
        ({"pm10_n": {"value": 3, "unit": "#/cm3"}}, "pm10_n.value", ("1/cm³", None)),
        # a device that sends pascals sends kelvins
        ({"temperature": 288.4, "pressure": 101300.0}, "temperature", ("K", "temperature")),
        ({"out_dcv": 12.9, "x": "y"}, "out_dcv", ("V", "voltage")),
        ({"grid_pow_factor": 0.93, "x": "y"}, "grid_pow_factor", (None, "power_factor")),
        ({"batt_vol": 3.4, "x": "y"}, "batt_vol", ("V", "voltage")),
        ({"cleaned_sqm": 12, "x": "y"}, "cleaned_sqm", ("m²", "area")),
        ({"out_acp": 540, "x": "y"}, "out_acp", ("W", "power")),
        ({"wh_exported": 812.5, "x": "y"}, "wh_exported", ("Wh", "energy")),
        ({"UPhase2": 231.5, "IPhase2": 1.5, "PPhase2": 310}, "UPhase2", ("V", "voltage")),
        ({"UPhase2": 231.5, "IPhase2": 1.5, "PPhase2": 310}, "IPhase2", ("A", "current")),
        ({"Pumpendrehzahl": 2140, "drehzahl": 2140}, "drehzahl", ("rpm", None)),
        ({"Netzfrequenz": 50.5, "x": "y"}, "Netzfrequenz", ("Hz", "frequency")),
        ({"puissance": 512, "x": "y"}, "puissance", ("W", "power")),
        ({"monthly_power_yields": 81.5, "x": "y"}, "monthly_power_yields", ("kWh", "energy")),
        ({"cell_battery": 1.45, "x": "y"}, "cell_battery", ("V", "voltage")),
        ({"conc": 812, "temperature": 21.5}, "conc", (None, None)),
        # other languages, with words that are not English
        ({"teplota": 20.5, "vlhkost": 44}, "vlhkost", ("%", "humidity")),
        ({"lämpötila": 20.5, "x": "y"}, "lämpötila", ("°C", "temperature")),
        ({"lufttryck": 1009, "x": "y"}, "lufttryck", ("hPa", "atmospheric_pressure")),
        ({"spaending": 229.8, "x": "y"}, "spaending", ("V", "voltage")),
        ({"baterie": 71, "teplota": 20.5}, "baterie", ("%", "battery")),
        ({"velocidad_viento": 3.2, "x": "y"}, "velocidad_viento", ("m/s", "wind_speed")),
        ({"direction_vent": 212, "x": "y"}, "direction_vent", ("°", "wind_direction")),
        # a letter joined with its subject
        ({"Veps": 231.4, "Pgen": 0, "Iload": 2.1, "a": 0, "b": 1, "c": 0}, "Veps", ("V", "voltage")),
        ({"Veps": 231.4, "Pgen": 0, "Iload": 2.1, "a": 0, "b": 1, "c": 0}, "Pgen", ("W", "power")),
        ({"Veps": 231.4, "Pgen": 0, "Iload": 2.1, "a": 0, "b": 1, "c": 0}, "Iload", ("A", "current")),
        ({"Egrid": 812.4, "x": "y"}, "Egrid", ("kWh", "energy")),
        # the energy of a battery may be its content
        ({"Ebatt": 4.2, "x": "y"}, "Ebatt", (None, None)),
        # a unit between its subject and its number
        ({"cellV3": 3.412, "cellV4": 3.409}, "cellV3", ("V", "voltage")),
        # with volts and amperes, Q is a power
        ({"U": 229.8, "I": 2.2, "P": 498, "Q": 31}, "Q", ("var", "reactive_power")),
        # a t, and subjects with a temperature
        ({"T_supply": 41.2, "T_return": 33.1, "T_rise": 0.4}, "T_rise", (None, None)),
        # into something, and out of it
        ({"Vout": 12.1, "Iin": 1.4, "x": "y"}, "Vout", ("V", "voltage")),
        ({"Vout": 12.1, "Iin": 1.4, "x": "y"}, "Iin", ("A", "current")),
        ({"cpu_temp": "47.8'C", "x": "y"}, "cpu_temp", ("°C", "temperature")),
        # the kind of an index
        ({"aqi_us": 31, "pm25": 8}, "aqi_us", (None, "aqi")),
        ({"lane1_cnt": 17, "lane1_spd": 43}, "lane1_cnt", (None, None)),
    ],
)
def test_words_and_siblings_determine_a_unit(document: dict[str, Any], key: str, kind: Kind) -> None:
    assert kinds(document)[key] == kind


def test_a_distance_estimated_by_radio_is_in_metres() -> None:
    tree = inferred_tree("ble/presence/keys", {"distance": 2.5})

    assert [(reading.channel.unit, reading.channel.device_class) for reading in tree.readings] == [("m", "distance")]
    assert channel({"distance": 2.5, "x": 1.5}, "distance").unit is None
