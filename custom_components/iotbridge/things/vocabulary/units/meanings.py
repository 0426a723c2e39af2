"""Pairs of a quantity and a unit that mean another quantity together, and units that name their quantity."""

# SenML's own units, which are more specific than their names in Home Assistant.
UNIT_TELLS = {"%EL": "battery", "EL": "battery time", "%RH": "humidity"}

# Units that change the meaning of a word.
UNIT_WINS = {
    ("rain", "mm/h"): "rain rate",
    ("rain", "in/h"): "rain rate",
    ("wind", "°"): "wind direction",
    ("water", "°C"): "temperature",
    ("moisture", "°C"): "temperature",
    ("level", "%"): "tank",
    ("volume", "%"): "percentage",
    ("gas", "ppm"): "gas ppm",
    ("light", "%"): "percentage",
    ("luminosity", "lx"): "illuminance",
    ("voc", "ppb"): "voc parts",
    ("voc", "ppm"): "voc parts",
    ("voc", "µg/m³"): "voc mass",
    ("voc", "mg/m³"): "voc mass",
    ("pressure", "dB"): "noise",
    ("signal", "%"): "signal share",
    ("snr", "dB"): "snr",
    ("battery", "V"): "voltage",
    ("battery", "Wh"): "stored energy",
    ("battery", "kWh"): "stored energy",
    ("solar", "kWh"): "energy",
    ("position", "°"): "angle",
    ("processor", "°C"): "temperature",
    ("duration", "kWh"): "energy",
    ("orp", "mV"): "orp",
    ("noise", "dBA"): "noise",
    ("rain", "°C"): "temperature",
}
# With a unit of data, these are a size, not a share.
STORAGE = frozenset({"memory", "disk", "heap", "free heap"})
