"""Nouns in the names of readings: those of quantities, and the words that need one."""

# Names of quantities that differ from their rows.
NOUNS = {
    "air pressure": "pressure",
    "signal share": "signal",
    "signal": "signal",
    "energy of a day": "energy",
    "supply voltage": "voltage",
    "rain amount": "rain",
    "memory size": "memory",
}
# These occur together for one subject, so each name needs its noun: "load_watt", "load_va", "load_kwh".
ELECTRIC_NOUNS = frozenset({"power", "apparent power", "reactive power", "voltage", "current", "energy"})
# Words that name the subject of a voltage, and not that it is one.
SUBJECTS = frozenset({
    "battery", "batt", "bat", "battery level", "solar", "pv", "grid", "inverter", "house", "home", "light", "water",
    "tank", "current", "curr",
})  # fmt: skip
