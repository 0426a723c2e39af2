"""Names of quantities in languages other than English; see __init__.py.

A quantity has a row of words, spelled as in keys: without accents, and with those of Latin-1 where they are in use.
Words that are also English ("proud" is a current in Czech), or have another meaning beside a reading, are left out.
"""

SPOKEN: dict[str, tuple[str, ...]] = {
    "temperature": ("teplota", "lampotila", "lämpötila", "homerseklet", "sicaklik"),
    "humidity": (
        "vlhkost", "vlaznost", "kosteus", "fugtighed", "luftfugtighed", "fuktighet", "umidade", "umiditate",
        "paratartalom",
    ),
    "pressure": (
        "tlak", "tryck", "lufttryck", "trykk", "lufttrykk", "lufttryk", "ilmanpaine", "pressao", "pressão", "presiune",
        "nyomas", "basinc", "cisnienie",
    ),
    "voltage": (
        "napeti", "napatie", "napon", "jannite", "jännite", "spaending", "spænding", "spenning", "spänning", "tensao",
        "tensão", "tensiune", "feszultseg", "gerilim",
    ),
    "current": ("prad", "virta", "stroom", "stroem", "strøm", "ström", "akim"),
    "power": ("vykon", "teho", "effekt", "potência", "putere", "teljesitmeny", "snaga"),
    "energy": ("energi", "enerji"),
    "battery": ("bateria", "batería", "baterie", "baterija", "batteri", "batterij", "akku"),
    "illuminance": ("luminosidad", "luminosite", "luminosité", "luminosita", "iluminancia", "helderheid"),
    "rain": ("lluvia", "pluie", "pioggia", "regen", "chuva", "neerslag", "nedbor", "nederbord", "opad", "srazky"),
    "wind speed": (
        "velocidad viento", "velocidad del viento", "vitesse vent", "vitesse du vent", "velocita vento",
        "velocita del vento", "windsnelheid", "vindhastighet", "vindhastighed",
    ),
    "wind direction": (
        "direccion viento", "direccion del viento", "direction vent", "direction du vent", "direzione vento",
        "direzione del vento", "windrichting", "vindriktning", "vindretning",
    ),
    "level": ("nivel", "nível", "niveau", "livello", "fuellstand", "füllstand", "poziom", "hladina", "pegel"),
    "flow": ("caudal", "debiet", "débit", "przeplyw", "prutok"),
    "frequency": ("taajuus", "frekvens", "frekvence", "frekvencia", "czestotliwosc", "frequência"),
    "weight": ("peso", "gewicht", "poids", "vikt", "waga", "paino"),
    "speed": ("velocidad", "vitesse", "velocita", "geschwindigkeit", "snelheid", "hastighet", "hastighed", "rychlost"),
}  # fmt: skip

LANGUAGES: dict[str, str] = {word: quantity for quantity, words in SPOKEN.items() for word in words}
