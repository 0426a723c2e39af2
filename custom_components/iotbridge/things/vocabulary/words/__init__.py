"""Words of keys, and the quantity of each.

To add one, add a line in the table of its subject (climate.py, energy.py, devices.py): the word, then a row of
quantities.py. Names in other languages belong in languages.py.

Words are lower case; several words stand for neighbours in a key, however it is written: "dew point" is in dewPoint,
dew_point and dewpoint.
"""

from .climate import AIR, CLIMATE
from .devices import DEVICE, METERS
from .energy import ELECTRICITY
from .languages import LANGUAGES

WORDS: dict[str, str] = {**LANGUAGES, **CLIMATE, **AIR, **ELECTRICITY, **METERS, **DEVICE}
