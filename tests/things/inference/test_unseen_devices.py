"""Traps from a second blind examination, in words and sizes that it did not use: a row for each."""

from typing import Any

import pytest

from tests.things.fields import channel, inferred, inferred_tree, kinds, values
from tests.things.inference.test_unseen_words import enabled

type Kind = tuple[str | None, str | None]


@pytest.mark.parametrize(
    ("document", "key", "kind"),
    [
        # a unit that stands first
        ({"psi_max": 71, "x": "y"}, "psi_max", ("psi", "pressure")),
        ({"rpm_low": 640, "x": "y"}, "rpm_low", ("rpm", None)),
        ({"kwh_today": 3.2, "x": "y"}, "kwh_today", ("kWh", "energy")),
        ({"minutes_pump": 31, "x": "y"}, "minutes_pump", ("min", "duration")),
        # the letter of a phase behind that of a quantity
        ({"Ub": 231.2, "Ib": 1.4, "Pb": 310}, "Ub", ("V", "voltage")),
        ({"Ub": 231.2, "Ib": 1.4, "Pb": 310}, "Ib", ("A", "current")),
        ({"Ub": 231.2, "Ib": 1.4, "Pb": 310}, "Pb", ("W", "power")),
        # German says it in one word
        ({"Speichertemperatur": 48.2, "x": "y"}, "Speichertemperatur", ("°C", "temperature")),
        ({"Netzspannung": 231, "x": "y"}, "Netzspannung", ("V", "voltage")),
        # millivolts of what measures something else
        ({"voltage": 3011, "moisture": 31}, "voltage", ("mV", "voltage")),
        ({"voltage": 12790, "rssi": -71}, "voltage", ("mV", "voltage")),
        # the words of wind with another one between
        ({"wind_instant_velocity": 3.1, "x": "y"}, "wind_instant_velocity", ("m/s", "wind_speed")),
        ({"wind_mean_dir": 120, "x": "y"}, "wind_mean_dir", ("°", "wind_direction")),
        # the unit beside is of the amount, and so of what falls in an hour
        ({"rain_rate": 0.2, "units": "in"}, "rain_rate", ("in/h", "precipitation_intensity")),
        # marks before the names of members
        ({"rows": [{"@name": "Humidity", "@unit": "% rH", "@value": 41.5}]}, "rows[0].@value", ("%", "humidity")),
        # particles are counted, not weighed
        ({"pm10_n": {"value": 3, "unit": "#/cm3"}}, "pm10_n.value", ("1/cm³", None)),
        # who tells pascals tells kelvins
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
        # other languages, where a word is none of English
        ({"teplota": 20.5, "vlhkost": 44}, "vlhkost", ("%", "humidity")),
        ({"lämpötila": 20.5, "x": "y"}, "lämpötila", ("°C", "temperature")),
        ({"lufttryck": 1009, "x": "y"}, "lufttryck", ("hPa", "atmospheric_pressure")),
        ({"spaending": 229.8, "x": "y"}, "spaending", ("V", "voltage")),
        ({"baterie": 71, "teplota": 20.5}, "baterie", ("%", "battery")),
        ({"velocidad_viento": 3.2, "x": "y"}, "velocidad_viento", ("m/s", "wind_speed")),
        ({"direction_vent": 212, "x": "y"}, "direction_vent", ("°", "wind_direction")),
        # a letter and what it is of, in one word
        ({"Veps": 231.4, "Pgen": 0, "Iload": 2.1, "a": 0, "b": 1, "c": 0}, "Veps", ("V", "voltage")),
        ({"Veps": 231.4, "Pgen": 0, "Iload": 2.1, "a": 0, "b": 1, "c": 0}, "Pgen", ("W", "power")),
        ({"Veps": 231.4, "Pgen": 0, "Iload": 2.1, "a": 0, "b": 1, "c": 0}, "Iload", ("A", "current")),
        ({"Egrid": 812.4, "x": "y"}, "Egrid", ("kWh", "energy")),
        # the energy of a battery may be what it holds
        ({"Ebatt": 4.2, "x": "y"}, "Ebatt", (None, None)),
        # a unit between what it is of and its number
        ({"cellV3": 3.412, "cellV4": 3.409}, "cellV3", ("V", "voltage")),
        # with volts and amperes Q is of power
        ({"U": 229.8, "I": 2.2, "P": 498, "Q": 31}, "Q", ("var", "reactive_power")),
        # a t, and what has a temperature
        ({"T_supply": 41.2, "T_return": 33.1, "T_rise": 0.4}, "T_rise", (None, None)),
        # into something, and out of it
        ({"Vout": 12.1, "Iin": 1.4, "x": "y"}, "Vout", ("V", "voltage")),
        ({"Vout": 12.1, "Iin": 1.4, "x": "y"}, "Iin", ("A", "current")),
        ({"cpu_temp": "47.8'C", "x": "y"}, "cpu_temp", ("°C", "temperature")),
        # behind an index stands whose it is
        ({"aqi_us": 31, "pm25": 8}, "aqi_us", (None, "aqi")),
        ({"lane1_cnt": 17, "lane1_spd": 43}, "lane1_cnt", (None, None)),
    ],
)
def test_words_and_neighbours_tell_a_unit(document: dict[str, Any], key: str, kind: Kind) -> None:
    assert kinds(document)[key] == kind


@pytest.mark.parametrize(
    ("document", "key"),
    [
        # a car's power is in kilowatts, an air conditioner's a yes
        ({"odometer": 12345.6, "power": 12, "soc": 61}, "power"),
        # what so much is paid for
        ({"price_kwh": 0.29, "x": "y"}, "price_kwh"),
        ({"eur_per_l": 1.79, "x": "y"}, "eur_per_l"),
        # how fast something is counted, or what it costs
        # a part of one, or of a watt
        ({"efficiency": 0.91, "x": "y"}, "efficiency"),
        # as much as air has is also what oil and fuel have
        ({"oil_pressure": 960, "x": "y"}, "oil_pressure"),
        ({"fuel": {"pressure": 402}}, "fuel.pressure"),
        # an hour and a day, and a time beside a temperature
        ({"h": 0.31, "d": 4.2, "t": 3}, "t"),
        ({"temp": 21.5, "hum": 41, "t": 12}, "t"),
        # with a flow, it is the power of heat, or a pressure in a pipe
        ({"P": 498, "Q": 31, "T": 47.5}, "P"),
        # inputs by number are no currents
        ({"A1": 3.1, "A2": 4.1, "D1": 0, "D2": 1, "voltage": 3.6}, "A1"),
        # a beacon's power at one metre
        ({"rssi": -71, "tx_power": -59}, "tx_power"),
        ({"rssi": -71, "measuredPower": -62}, "measuredPower"),
        # a state beside what it is the state of
        ({"orp": {"value": 712, "status": 1}}, "orp.status"),
        ({"mainsPowerState": 2, "temperature": 21.5}, "mainsPowerState"),
        # text in hexadecimal, and a name, that look like a number with its unit
        ({"modelHex": "7A", "temperature": 21.5}, "modelHex"),
        ({"kind_id": "3V", "temperature": 21.5}, "kind_id"),
        # a lamp that is off, a tilt among bits, an access point that is on
        ({"pool": {"pump": 1, "light": 1, "filter": 0}}, "pool.light"),
        ({"open": 0, "tilt": 1, "tamper": 0, "low": 1}, "tilt"),
        ({"wifi_access_point": 1, "temperature": 21.5}, "wifi_access_point"),
        # what is set, whatever unit it has
        ({"sampling_freq": 154, "temperature": 21.5}, "sampling_freq"),
        ({"report": {"interval": {"value": 10, "unit": "min"}, "temperature": 21.5}}, "report.interval.value"),
        # a place in space
        ({"head": {"position": [12.5, 3, 41.5]}}, "head.position[0]"),
        # what was on another day
        ({"energy_at_due_date": {"value": 812, "unit": "kWh"}, "power": 3}, "energy_at_due_date.value"),
        ({"iaq": 31, "iaq_accuracy": 3}, "iaq_accuracy"),
        ({"acc": {"x": 0.1, "y": 0.2, "z": 9.8}}, "acc.z"),
    ],
)
def test_what_is_no_quantity_has_no_class(document: dict[str, Any], key: str) -> None:
    found = {one.channel.key: one.channel for one in inferred(document).readings}.get(key)

    assert found is None or found.device_class is None or not found.enabled


@pytest.mark.parametrize(
    ("document", "key", "device_class", "value"),
    [
        ({"low_oil_pressure": True, "rpm": 3000}, "low_oil_pressure", "problem", True),
        ({"waterAlarm": False, "x": 1.5}, "waterAlarm", "moisture", False),
        ({"error": True, "x": 1.5}, "error", "problem", True),
        ({"errors": {"overspeed": False, "undervoltage": True}}, "errors.undervoltage", "problem", True),
        ({"ERROR_TEMP": 0, "ERROR_BATT": 1, "x": 21.5}, "ERROR_BATT", "problem", True),
        ({"bat": "ok", "temperature": 21.5}, "bat", "battery", False),
        ({"occu1_state": 1, "occu1_cnt": 3}, "occu1_state", "occupancy", True),
        ({"is_irrigating": False, "x": 1.5}, "is_irrigating", "running", False),
        ({"operating": True, "x": 1.5}, "operating", "running", True),
        ({"bypass": "OFF", "x": 1.5}, "bypass", None, False),
        ({"water": "ON", "x": 1.5}, "water", None, True),
        ({"dust_bin": {"full": True}, "x": 1.5}, "dust_bin.full", "problem", True),
        ({"drop_detection": 0, "temperature": 21.5}, "drop_detection", None, False),
    ],
)
def test_a_yes_or_no(document: dict[str, Any], key: str, device_class: str | None, value: bool | None) -> None:
    found = channel(document, key)

    assert (found.platform, found.device_class, found.enabled) == ("binary_sensor", device_class, True)
    assert values(document)[key] is value


def test_a_valve_between_two_ways_is_not_open() -> None:
    assert channel({"3way_valve": "OFF", "x": 1.5}, "3way_valve").device_class is None


def test_a_counter_of_a_contact_is_no_contact() -> None:
    assert channel({"REED1_CNT": 1, "REED1_STATE": 1}, "REED1_CNT").platform == "sensor"


def test_a_counter_of_messages_is_nothing_to_see() -> None:
    assert enabled({"cnt": 4196, "temperature": 21.5}) == {"temperature"}


def test_periods_beside_each_other_are_counts_and_no_date() -> None:
    document = {"import": {"cumulative": 812.1, "day": 3.1, "month": 41.2, "year": 412.2, "units": "kWh"}}

    assert set(kinds({"energy": document}).values()) == {("kWh", "energy")}
    assert enabled({"energy": document}) == {f"energy.import.{key}" for key in ("cumulative", "day", "month", "year")}
    assert enabled({"year": 2026, "month": 3, "day": 7, "hour": 12, "minute": 30, "co2": 512}) == {"co2"}


def test_of_a_series_the_newest_is_a_reading() -> None:
    series = [{"timestamp": f"2026-03-0{day}T12:00:00Z", "volume": day * 1.5} for day in (3, 2, 1)]
    pairs = [["2026-03-01T12:00:00Z", 1.5], ["2026-03-01T12:15:00Z", 2.5]]

    assert enabled({"volumes": series}) == {"volumes[0].volume"}
    assert enabled({"increments": pairs}) == {"increments[1][1]"}


def test_different_things_at_different_times_are_no_series() -> None:
    points = [
        {"label": "Supply", "value": 38.4, "unit": "°C", "time": "2026-03-01T12:00:00Z"},
        {"label": "Return", "value": 31.2, "unit": "°C", "time": "2026-03-01T12:00:07Z"},
    ]

    assert enabled({"points": points}) == {"points[0].value", "points[1].value"}


def test_parts_by_number_with_a_time_each_are_no_series() -> None:
    tree = inferred_tree("pv", {f"{part}": {"ts": 1_700_000_000 + part, "power": 100 * part} for part in (1, 2)})

    assert {one.channel.key for one in tree.readings if one.channel.enabled} == {"1:power", "2:power"}


def test_what_was_archived_is_off() -> None:
    assert enabled({"archivedVolumes": [{"volume": 8.5}], "history": {"temperature": 3.5}, "volume": 9.5}) == {"volume"}


def test_a_sample_that_is_said_again_is_one_reading() -> None:
    document = {"samples": [{"variable": "humidity", "value": 41.5, "unit": "%"}], "humidity": 41.5}

    assert enabled(document) == {"humidity"}


def test_who_names_a_group_values_means_what_is_in_it() -> None:
    assert enabled({"node": "plc1", "values": {"tank1": 123, "line7": 4}}) == {"values.tank1", "values.line7"}
    assert enabled({"hardware_info": {"frm": 5.1}, "co2": 512}) == {"co2"}


def test_what_was_used_is_worth_seeing() -> None:
    assert enabled({"avgUsed": 76, "usedToday": 12, "slots": 3}) == {"avgUsed", "usedToday"}


def test_a_distance_that_a_radio_guesses_is_in_metres() -> None:
    tree = inferred_tree("ble/presence/keys", {"distance": 2.5})

    assert [(one.channel.unit, one.channel.device_class) for one in tree.readings] == [("m", "distance")]
    assert channel({"distance": 2.5, "x": 1.5}, "distance").unit is None


def test_a_text_below_a_level_that_names_it() -> None:
    tree = inferred_tree("boiler", {"Betriebsart/state": {"value": "Heizen"}})

    assert [(one.channel.platform, one.value, one.channel.enabled) for one in tree.readings] == [
        ("sensor", "Heizen", True)
    ]


def test_a_compound_is_named_in_one_word() -> None:
    assert channel({"Vorlauftemperatur_Soll": 35.5, "x": 1}, "Vorlauftemperatur_Soll").name == "Vorlauftemperatur soll"


def test_a_member_that_is_called_by_a_number_keeps_it() -> None:
    tree = {"relays": {"3": {"power": 31.2}, "4": {"power": 0.5}}}
    assert {one.channel.key: one.channel.name for one in inferred(tree).readings} == {
        "relays.3.power": "Relays 3 power",
        "relays.4.power": "Relays 4 power",
    }
