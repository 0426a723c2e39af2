"""Nouns of readings' names: those of quantities, and the words that need one."""

# What a quantity is called where its row is not the word for it.
NOUNS = {
    "air pressure": "pressure",
    "signal share": "signal",
    "signal": "signal",
    "energy of a day": "energy",
    "supply voltage": "voltage",
    "rain amount": "rain",
    "memory size": "memory",
}
# Of one thing these are told together, so that each name has its noun: "load_watt", "load_va", "load_kwh".
ELECTRIC_NOUNS = frozenset({"power", "apparent power", "reactive power", "voltage", "current", "energy"})
# Words that say whose voltage it is, and do not say that it is a voltage.
SUBJECTS = frozenset({
    "battery", "batt", "bat", "battery level", "solar", "pv", "grid", "inverter", "house", "home", "light", "water",
    "tank", "current", "curr",
})  # fmt: skip
