"""Quantities of readings: device class, usual unit, bounds and state class of each."""

from typing import NamedTuple


class Quantity(NamedTuple):
    """Quantity of a reading: its device class, unit, state class and plausible range.

    ``unit`` is the usual one if vendors state none. ``low`` and ``high`` limit a plausible value in ``unit``; outside
    them neither unit nor class is claimed. ``subject`` marks a word that names the subject rather than the quantity
    ("battery", "rain"): any other quantity in the same key takes precedence. ``title`` is the display name if the key
    has no better words.
    """

    device_class: str | None = None
    unit: str | None = None
    state_class: str | None = "measurement"
    low: float | None = None
    high: float | None = None
    subject: bool = False
    diagnostic: bool = False
    enabled: bool = True
    title: str | None = None


METER = "total_increasing"

QUANTITIES: dict[str, Quantity] = {
    # climate
    "temperature": Quantity("temperature", "°C", low=-90, high=1300),
    "temperature difference": Quantity("temperature_delta", "K", low=-200, high=200),
    "humidity": Quantity("humidity", "%", low=0, high=100.9),
    "absolute humidity": Quantity("absolute_humidity", "g/m³", low=0, high=200),
    "moisture": Quantity("moisture", "%", low=0, high=100.9),
    "pressure": Quantity("pressure"),
    "air pressure": Quantity("atmospheric_pressure", "hPa", low=300, high=1100),
    "vapor pressure": Quantity("pressure", "kPa", low=0, high=20),
    "illuminance": Quantity("illuminance", "lx", low=0, high=250000),
    "luminosity": Quantity(),
    "light": Quantity("illuminance", "lx", low=0, high=250000, subject=True),
    "irradiance": Quantity("irradiance", "W/m²", low=-20, high=2000),
    "uv index": Quantity(title="UV index"),
    "wind speed": Quantity("wind_speed", "m/s", low=0, high=120),
    "wind direction": Quantity("wind_direction", "°", "measurement_angle", low=0, high=360),
    "wind force": Quantity(),
    "wind": Quantity("wind_speed", "m/s", low=0, high=120, subject=True),
    "rain": Quantity("precipitation", "mm", METER, low=0, high=100000, subject=True),
    "rain amount": Quantity("precipitation", "mm", low=0, high=100000, subject=True),
    "rain rate": Quantity("precipitation_intensity", "mm/h", low=0, high=1000),
    "noise": Quantity("sound_pressure", subject=True),
    "sound level": Quantity("sound_pressure", "dB", low=0, high=150),
    "decibel": Quantity(),
    # air
    "co2": Quantity("carbon_dioxide", "ppm", low=0, high=50000, title="CO2"),
    "co": Quantity("carbon_monoxide", "ppm", low=0, high=10000, title="CO"),
    "pm1": Quantity("pm1", "µg/m³", low=0, high=10000, title="PM1"),
    "pm25": Quantity("pm25", "µg/m³", low=0, high=10000, title="PM2.5"),
    "pm4": Quantity("pm4", "µg/m³", low=0, high=10000, title="PM4"),
    "pm10": Quantity("pm10", "µg/m³", low=0, high=10000, title="PM10"),
    "particles": Quantity(title="Particles"),
    "particles per dL": Quantity(None, "particles/dL", low=0, title="Particles"),
    "voc": Quantity(title="VOC"),
    "voc mass": Quantity("volatile_organic_compounds", "µg/m³", low=0, title="VOC"),
    "voc parts": Quantity("volatile_organic_compounds_parts", "ppb", low=0, title="VOC"),
    "voc index": Quantity(title="VOC index"),
    "nox index": Quantity(title="NOx index"),
    "aqi": Quantity("aqi", None, title="Air quality index"),
    "air quality": Quantity(title="Air quality"),
    "hcho": Quantity(title="Formaldehyde"),
    "o3": Quantity("ozone", title="Ozone"),
    "no2": Quantity("nitrogen_dioxide", title="NO2"),
    "so2": Quantity("sulphur_dioxide", title="SO2"),
    "gas ppm": Quantity(),
    "concentration": Quantity(subject=True),
    "gas resistance": Quantity(title="Gas resistance"),
    "radon": Quantity("radon", "Bq/m³", low=0, high=100000),
    "radiation": Quantity(),
    # electricity
    "voltage": Quantity("voltage", "V", low=-2000, high=2000),
    "supply voltage": Quantity("voltage", "V", low=0, high=60, diagnostic=True, title="Supply voltage"),
    "current": Quantity("current", "A", low=-2000, high=2000, subject=True, title="current"),
    "power": Quantity("power", "W", low=-1e7, high=1e7),
    "apparent power": Quantity("apparent_power", "VA", low=-1e7, high=1e7),
    "reactive power": Quantity("reactive_power", "var", low=-1e7, high=1e7),
    "power factor": Quantity("power_factor", None, low=-100, high=100, title="power factor"),
    "phase angle": Quantity(None, "°", low=-360, high=360),
    "energy": Quantity("energy", "kWh", METER, low=-1e9, high=1e9),
    "energy of a day": Quantity("energy", "kWh", METER, low=0, high=1e6),
    "stored energy": Quantity("energy_storage", "kWh", low=0, high=1e6),
    "reactive energy": Quantity("reactive_energy", None, METER),
    "apparent energy": Quantity(None, None, METER),
    "frequency": Quantity("frequency", "Hz", low=0, high=1e9),
    "charge": Quantity(None, "Ah"),
    "battery": Quantity("battery", "%", low=0, high=100, subject=True, diagnostic=True),
    "years left": Quantity(diagnostic=True),
    "setpoint": Quantity(subject=True),
    "battery time": Quantity("duration", diagnostic=True),
    "efficiency": Quantity(None, "%", low=0, high=105),
    "solar": Quantity(subject=True),
    "load share": Quantity(None, "%", low=0, high=1000, subject=True),
    # meters
    "volume": Quantity("volume", None, METER, subject=True),
    "water": Quantity("water", None, METER, subject=True),
    "gas": Quantity("gas", None, METER, subject=True),
    "heat": Quantity("energy", None, METER, subject=True),
    "flow": Quantity("volume_flow_rate"),
    "level": Quantity(subject=True),
    "tank": Quantity(None, "%", low=0, high=100, subject=True),
    "money": Quantity("monetary", None, "total"),
    "price": Quantity(),
    "count": Quantity(None, None, METER, title="count"),
    "incidents": Quantity(None, None, METER),
    "pulses": Quantity(None, None, METER),
    "people": Quantity(),
    "score": Quantity(),
    # matter
    "distance": Quantity("distance"),
    "snow": Quantity("distance", subject=True),
    "altitude": Quantity("distance", "m", low=-500, high=60000),
    "accuracy": Quantity("distance", "m", low=0, diagnostic=True),
    "speed": Quantity("speed", subject=True),
    "course": Quantity(None, "°", low=0, high=360),
    "angle": Quantity(None, "°", low=-360, high=360),
    "acceleration": Quantity(enabled=False),
    "weight": Quantity("weight", None),
    "area": Quantity("area"),
    "ph": Quantity("ph", None, low=0, high=14, title="pH"),
    "orp": Quantity("voltage", "mV", low=-2000, high=2000, title="ORP"),
    "conductivity": Quantity("conductivity", "µS/cm", low=0, high=200000),
    "salinity": Quantity(),
    "rotation": Quantity(None, "rpm", low=0),
    "heart rate": Quantity(None, "bpm", low=0, high=300),
    "steps": Quantity(None, "steps", METER),
    "glucose": Quantity("blood_glucose_concentration"),
    "vibration": Quantity(subject=True),
    "percentage": Quantity(None, "%", low=0, high=1000),
    "progress": Quantity(None, "%", low=0, high=100, subject=True),
    "position": Quantity(None, "%", low=0, high=100, subject=True),
    "range": Quantity("distance", subject=True),
    "odometer": Quantity("distance", "km", METER, low=0),
    "duration": Quantity("duration", subject=True),
    "run time": Quantity("duration", None, METER),
    "remaining time": Quantity("duration"),
    "text": Quantity(None, None, None),
    # the device itself
    "signal": Quantity("signal_strength", "dBm", low=-150, high=0, diagnostic=True),
    "snr": Quantity(None, "dB", low=-60, high=100, diagnostic=True, title="SNR"),
    "rsrq": Quantity(None, "dB", low=-60, high=100, diagnostic=True, enabled=False, title="RSRQ"),
    "link quality": Quantity(None, "lqi", low=0, high=255, diagnostic=True, title="Link quality"),
    "signal share": Quantity(None, "%", low=0, high=100, diagnostic=True),
    "uptime": Quantity("duration", "s", low=0, diagnostic=True, title="Uptime"),
    "memory": Quantity(diagnostic=True, subject=True),
    "heap": Quantity(diagnostic=True),
    "free heap": Quantity(diagnostic=True, title="Free heap"),
    "processor": Quantity(None, "%", low=0, high=6400, diagnostic=True, subject=True),
    "disk": Quantity(diagnostic=True, subject=True),
    "memory size": Quantity("data_size", diagnostic=True),
    "load average": Quantity(diagnostic=True, title="Load average"),
    "boot count": Quantity(None, None, METER, low=0, diagnostic=True),
    "data size": Quantity("data_size"),
    "data rate": Quantity("data_rate"),
}
