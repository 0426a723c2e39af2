"""Keys of a position on the map."""

LATITUDE = frozenset({"lat", "latitude", "gpslat"})
LONGITUDE = frozenset({"lon", "lng", "long", "longitude", "gpslon", "gpslng"})
ACCURACY = frozenset({"acc", "accuracy", "hacc"})
ALTITUDE = frozenset({"alt", "altitude", "elevation"})
