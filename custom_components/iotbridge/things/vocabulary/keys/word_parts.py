"""Parts of keys that are written in one, and units at the beginning and the end of a key."""

# So short a unit is a key of its own; others of two letters are names: "TB", "MS".
UNITS_ALONE = frozenset({"wh", "lx", "ah", "hz"})
# Pieces of two letters that part a word that is written in one: "pvpower"; others are found in any word.
SHORT_PIECES = frozenset({"in", "kw", "wh", "ma", "mv", "rh", "pv", "ac", "dc"})
# Letters that are a unit at the end of such a word: "tempc".
LAST_LETTERS = frozenset("cfv")
# A letter right after one of these is its unit, wherever it stands: "TempC_SHT".
TEMPERATURES = frozenset({"temp", "temperature", "tmp"})
# Words that end others: "ipmtemp", "busvolt"; in German they are said in one: "Kesseltemperatur".
COMPOUNDS = ("temperatur", "spannung", "leistung", "feuchtigkeit", "feuchte", "druck", "energie", "frequenz")
ENDINGS = ("temperature", "humidity", "pressure", "voltage", "temp", "volt", *COMPOUNDS)
# Words that stand after a unit, and say which one: "psi_low".
WHICH = frozenset({"low", "high"})
# Units of time, before or behind anything: "minutes_pump".
TIMES = frozenset({"h", "d", "min", "s"})
# "consumption last hour" and "rain 24 hours" are of that time, and not in hours.
SPANS = frozenset({"last", "this", "past", "previous", "current", "first", "next"})
# They have no unit: behind an index stands whose it is, "aqi_us", or of how long, "aqi_24h".
INDICES = frozenset({"aqi", "iaq", "caqi"})
# Behind these stands what so much is paid for: "price_kwh", "eur_per_l".
PRICES = frozenset({"price", "prices", "cost", "costs", "per", "eur", "euro", "usd", "gbp", "chf", "ct", "cent"})
