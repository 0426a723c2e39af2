"""Words of the last topic level whose values are pairs of numbers, so that a comma is between the two."""

PAIRS = frozenset({
    "coordinate", "coordinates", "coords", "geo", "geolocation", "gps", "latlng", "latlon", "location", "position",
    "hs", "xy", "color", "colour",
})  # fmt: skip
