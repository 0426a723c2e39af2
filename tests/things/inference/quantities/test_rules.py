"""Quantities that siblings and units correct, and numbers without one."""

from typing import Any

import pytest

from tests.things.fields import channel, inferred, kinds


@pytest.mark.parametrize(
    ("document", "key"),
    [
        # a car's power is in kilowatts, an air conditioner's is a binary value
        ({"odometer": 12345.6, "power": 12, "soc": 61}, "power"),
        # the unit of a price
        ({"price_kwh": 0.29, "x": "y"}, "price_kwh"),
        ({"eur_per_l": 1.79, "x": "y"}, "eur_per_l"),
        # the rate of a counter, or its cost
        # a part of one, or of a watt
        ({"efficiency": 0.91, "x": "y"}, "efficiency"),
        # values in the range of the air pressure also occur for oil and fuel
        ({"oil_pressure": 960, "x": "y"}, "oil_pressure"),
        ({"fuel": {"pressure": 402}}, "fuel.pressure"),
        # an hour and a day, and a time beside a temperature
        ({"h": 0.31, "d": 4.2, "t": 3}, "t"),
        ({"temp": 21.5, "hum": 41, "t": 12}, "t"),
        # with a flow, it is the power of heat, or a pressure in a pipe
        ({"P": 498, "Q": 31, "T": 47.5}, "P"),
        # numbered inputs are not currents
        ({"A1": 3.1, "A2": 4.1, "D1": 0, "D2": 1, "voltage": 3.6}, "A1"),
        # a beacon's power at one metre
        ({"rssi": -71, "tx_power": -59}, "tx_power"),
        ({"rssi": -71, "measuredPower": -62}, "measuredPower"),
        # a state beside its measurement
        ({"orp": {"value": 712, "status": 1}}, "orp.status"),
        ({"mainsPowerState": 2, "temperature": 21.5}, "mainsPowerState"),
        # hexadecimal text, and a name, that look like a number with its unit
        ({"modelHex": "7A", "temperature": 21.5}, "modelHex"),
        ({"kind_id": "3V", "temperature": 21.5}, "kind_id"),
        # a lamp that is off, a tilt among bits, an access point that is on
        ({"pool": {"pump": 1, "light": 1, "filter": 0}}, "pool.light"),
        ({"open": 0, "tilt": 1, "tamper": 0, "low": 1}, "tilt"),
        ({"wifi_access_point": 1, "temperature": 21.5}, "wifi_access_point"),
        # settings, whatever unit they have
        ({"sampling_freq": 154, "temperature": 21.5}, "sampling_freq"),
        ({"report": {"interval": {"value": 10, "unit": "min"}, "temperature": 21.5}}, "report.interval.value"),
        # a position in space
        ({"head": {"position": [12.5, 3, 41.5]}}, "head.position[0]"),
        # values of another day
        ({"energy_at_due_date": {"value": 812, "unit": "kWh"}, "power": 3}, "energy_at_due_date.value"),
        ({"iaq": 31, "iaq_accuracy": 3}, "iaq_accuracy"),
        ({"acc": {"x": 0.1, "y": 0.2, "z": 9.8}}, "acc.z"),
    ],
)
def test_numbers_without_quantity_have_no_class(document: dict[str, Any], key: str) -> None:
    found = {reading.channel.key: reading.channel for reading in inferred(document).readings}.get(key)

    assert found is None or found.device_class is None or not found.enabled


def test_consumption_beside_a_current_in_milliamperes_is_energy() -> None:
    document = {"active_power": 0, "current": 0, "power_consumption": 26121, "power_factor": 0, "voltage": 235.2}

    assert kinds(document)["power_consumption"] == ("Wh", "energy")
    assert kinds(document)["current"] == ("mA", "current")


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ({"TB": 31.0, "x": 1}, "TB"),
        ({"MS": 301, "x": 1}, "MS"),
        ({"current_consumption_hca": 166}, "current_consumption_hca"),
        ({"Chlorine": {"Setpoint": 1.0, "Data": 0.7}}, "Chlorine.Setpoint"),
        ({"ct_numerator_factor": 0.5}, "ct_numerator_factor"),
        ({"remaining_battery_life_y": 9}, "remaining_battery_life_y"),
        ({"forward_energy_m3c": 299}, "forward_energy_m3c"),
        ({"noise": 20}, "noise"),
        ({"distance": 2116}, "distance"),
        ({"tvoc": 0.37}, "tvoc"),
    ],
)
def test_a_wrong_guess_is_worse_than_none(document: dict[str, Any], key: str) -> None:
    assert channel(document, key).device_class is None
