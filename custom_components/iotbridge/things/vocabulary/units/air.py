"""Range of the air pressure in each unit, from the deepest valley to the highest hut."""

AIR = {
    "hPa": (300, 1100),
    "mbar": (300, 1100),
    "Pa": (30000, 110000),
    "kPa": (80, 110),
    "inHg": (20, 33),
    "mmHg": (500, 830),
}
