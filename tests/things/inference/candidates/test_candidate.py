"""Candidates among their siblings: elements of lists, periods and dates."""

from tests.things.fields import enabled, inferred, kinds


def test_periods_in_one_group_are_counts_and_not_a_date() -> None:
    document = {"import": {"cumulative": 812.1, "day": 3.1, "month": 41.2, "year": 412.2, "units": "kWh"}}

    assert set(kinds({"energy": document}).values()) == {("kWh", "energy")}
    assert enabled({"energy": document}) == {f"energy.import.{key}" for key in ("cumulative", "day", "month", "year")}
    assert enabled({"year": 2026, "month": 3, "day": 7, "hour": 12, "minute": 30, "co2": 512}) == {"co2"}


def test_elements_of_a_list_are_probes() -> None:
    readings = inferred({"onewire": [21.6, 20.6, -11.8]}).readings

    assert [(reading.channel.name, reading.value) for reading in readings] == [
        ("Probe 1", 21.6),
        ("Probe 2", 20.6),
        ("Probe 3", -11.8),
    ]
    assert {reading.channel.device_class for reading in readings} == {"temperature"}
