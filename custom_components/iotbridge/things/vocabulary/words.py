"""Words of keys, and the quantity that each means.

To teach a new one, add a line in the table of its subject (words_climate.py, words_energy.py, words_devices.py): the
word, then a row of quantities.py. What it is called in another language goes to words_languages.py.

Words are lower case; several words stand for neighbours in a key, however it is written: "dew point" is in dewPoint,
dew_point and dewpoint.
"""

from .words_climate import AIR, CLIMATE
from .words_devices import DEVICE, METERS
from .words_energy import ELECTRICITY
from .words_languages import LANGUAGES

WORDS: dict[str, str] = {**LANGUAGES, **CLIMATE, **AIR, **ELECTRICITY, **METERS, **DEVICE}
