"""Single letters as keys, and as the last word of a key."""

# A letter names a quantity only among others of its group: {"t": 21.5, "h": 40}, {"V": 12.1, "I": 0.3}.
LETTER_FAMILIES: tuple[dict[str, str], ...] = (
    {"t": "temperature", "h": "humidity", "p": "pressure", "b": "battery", "l": "light"},
    {"v": "voltage", "u": "voltage", "i": "current", "a": "current", "p": "power", "w": "power", "f": "frequency",
     "e": "energy"},
)  # fmt: skip
# Beside one of these words, a letter belongs to the same group: {"t": 21.5, "rh": 40}.
SURE_RELATIVES = frozenset({"temperature", "humidity", "voltage", "current"})
# A single letter beside a key that ends with a unit of electricity: {"W": 312, "kWh": 12.1}.
LETTERS_BESIDE_UNITS = {"w": "power", "v": "voltage"}
# Last words of keys that are letters of units: "l2_v" beside "l2_a".
ELECTRIC_LETTERS = (("v",), ("a",), ("w",))
# First letters of keys that repeat the quantity of their unit: "v_mppt1_v".
LETTER_OF = {"V": "vu", "A": "i", "W": "p"}
# Units in sibling keys which show that the vendor ends keys with units.
ELECTRIC_UNITS = frozenset({"kWh", "Wh", "kW", "VA", "kVA", "var", "kvar", "Hz", "kvarh", "varh"})
# Words that a letter numbers: "phase_a", "line_b".
COUNTED_BY_LETTERS = frozenset({"phase", "ph", "line", "ch", "channel", "port", "group", "zone", "class", "type"})
# Words beside a letter that do not form a word with it: U_AC, I_DC.
BESIDE_A_LETTER = frozenset({"ac", "dc", "in", "out", "grid", "pv", "bat"})
# Units that a last letter may be behind a word that names the subject, and not the quantity: "battery_v", "water_c".
UNITS_OF_SUBJECTS = {
    "battery": ("V", "A", "W", "°C", "°F"),
    "solar": ("V", "A", "W", "°C", "°F"),
    "load share": ("V", "A", "W"),
    "light": ("V", "W"),
    "setpoint": ("°C", "°F"),
    "water": ("°C", "°F"),
    "heat": ("°C", "°F", "W"),
    "tank": ("°C", "°F"),
    "processor": ("V", "W", "°C", "°F"),
    "disk": ("°C", "°F"),
}
# Beside a key with one of these, a last letter is a phase or a period, and no unit: "grid_a", "rain_w".
OTHER_LETTERS = ("b", "d")
