"""Parts of compound keys, and units at the start and the end of a key."""

# Units of two letters that may be a whole key; others of that length are names: "TB", "MS".
UNITS_ALONE = frozenset({"wh", "lx", "ah", "hz"})
# Pieces of two letters that split compounds: "pvpower"; others occur in any word.
SHORT_PIECES = frozenset({"in", "kw", "wh", "ma", "mv", "rh", "pv", "ac", "dc"})
# Letters that are a unit at the end of a compound: "tempc".
LAST_LETTERS = frozenset("cfv")
# A letter right after one of these is its unit, at any position: "TempC_SHT".
TEMPERATURES = frozenset({"temp", "temperature", "tmp"})
# Words that end compounds: "ipmtemp", "busvolt"; in German they stay one word: "Kesseltemperatur".
COMPOUNDS = ("temperatur", "spannung", "leistung", "feuchtigkeit", "feuchte", "druck", "energie", "frequenz")
ENDINGS = (
    "temperature", "humidity", "pressure", "voltage", "temp", "volt", "distance", "frequency", "capacity",
    "consumption", "intensity", "energy", "speed", "status", "value", "version", *COMPOUNDS,
)  # fmt: skip
# Words after a unit that qualify the value: "psi_low".
WHICH = frozenset({"low", "high"})
# Words behind the unit of what remains: "filter_hours_left".
REMAINING = frozenset({"left", "remaining"})
# Units of time, at the start or the end of a key: "minutes_pump".
TIMES = frozenset({"h", "d", "min", "s"})
# "consumption last hour" and "rain 24 hours" cover that period, and are not in hours.
SPANS = frozenset({"last", "this", "past", "previous", "current", "first", "next"})
# They have no unit: an index is followed by its kind, "aqi_us", or its period, "aqi_24h"; a valve by "opening_degree".
INDICES = frozenset({"aqi", "iaq", "caqi", "opening"})
# Any of these makes a price of a unit: "price_gas_m3".
MONEY = frozenset({"price", "prices", "cost", "costs", "eur", "euro", "usd", "gbp", "chf"})
# These are followed by the unit that is paid for: "price_kwh", "eur_per_l".
PRICES = MONEY | {"per", "ct", "cent"}
