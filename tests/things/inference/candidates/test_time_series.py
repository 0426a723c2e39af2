"""Time series of one reading, and records that are not a series."""

from tests.things.fields import enabled, inferred_tree


def test_the_newest_record_of_a_series_is_the_reading() -> None:
    series = [{"timestamp": f"2026-03-0{day}T12:00:00Z", "volume": day * 1.5} for day in (3, 2, 1)]
    pairs = [["2026-03-01T12:00:00Z", 1.5], ["2026-03-01T12:15:00Z", 2.5]]

    assert enabled({"volumes": series}) == {"volumes[0].volume"}
    assert enabled({"increments": pairs}) == {"increments[1][1]"}


def test_different_things_at_different_times_are_not_a_series() -> None:
    points = [
        {"label": "Supply", "value": 38.4, "unit": "°C", "time": "2026-03-01T12:00:00Z"},
        {"label": "Return", "value": 31.2, "unit": "°C", "time": "2026-03-01T12:00:07Z"},
    ]

    assert enabled({"points": points}) == {"points[0].value", "points[1].value"}


def test_numbered_parts_with_a_time_each_are_not_a_series() -> None:
    tree = inferred_tree("pv", {f"{part}": {"ts": 1_700_000_000 + part, "power": 100 * part} for part in (1, 2)})

    assert {reading.channel.key for reading in tree.readings if reading.channel.enabled} == {"1:power", "2:power"}
