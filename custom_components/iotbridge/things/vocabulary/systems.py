"""Words that determine the medium and the system of units for all values of a message."""

# Words of a meter's medium, and the quantity that it counts.
MEDIA = {"water": "water", "gas": "gas", "electricity": "energy", "heat": "heat"}
# Words of a weather station's message.
WEATHER = frozenset({"wind", "rain", "dewpoint", "dewpt", "dew", "feelslike", "uv", "precip", "precipitation"})
# Words of the air's pressure in it.
OF_THE_AIR = frozenset({"sealevel", "station", "barometer", "baro", "barom", "relative", "absolute", "pressure"})
DEW_POINT = frozenset({"dewpoint", "dewpt", "dew point"})
