"""Positions on the map."""

from typing import Any

import pytest

from tests.things.fields import channel, inferred


@pytest.mark.parametrize(
    ("document", "key", "position"),
    [
        ({"lat": 48.85, "lon": 2.29}, "lat", (48.85, 2.29)),
        ({"lat": "48.85", "lng": "2.29"}, "lat", (48.85, 2.29)),
        ({"gps": {"latitude": 48.85, "longitude": 2.29}}, "gps.latitude", (48.85, 2.29)),
        ({"gps_lat": 48.85, "gps_long": 2.29}, "gps_lat", (48.85, 2.29)),
        ({"latitude": 0, "longitude": 0}, "latitude", None),
        ({"latitude": None, "longitude": None}, "latitude", None),
    ],
)
def test_a_position_is_one_tracker(document: dict[str, Any], key: str, position: tuple[float, float] | None) -> None:
    [reading] = inferred(document).readings

    assert reading.channel.key == key
    assert (reading.channel.platform, reading.channel.name) == ("device_tracker", "Location")
    assert reading.value == position


def test_a_position_knows_its_companions() -> None:
    found = channel({"lat": 48.85, "lon": 2.29, "acc": 5, "alt": 167}, "lat")

    assert dict(found.companions) == {"longitude": ("lon",), "accuracy": ("acc",), "altitude": ("alt",)}
