"""Which unit a number without one is in: decided by its size and its neighbours, or not at all. Pure."""

from collections.abc import Callable
from dataclasses import replace

from .knowledge.quantities import QUANTITIES
from .meaning import Context, Meaning, units_of
from .places import UNITS, Place, member
from .values import unit_of

type Rule = Callable[[Meaning, Place, Context], Meaning]


def settled(found: Meaning, one: Place, context: Context) -> Meaning:
    """Return a meaning with the unit that is meant; without quantity or unit where nobody can tell."""
    if found.quantity is None or found.role:
        return found
    beside = unit_of(member(one, UNITS) or "") if not found.certain else None
    if beside and beside in units_of(found.quantity):
        found = replace(found, unit=beside, certain=True)
    found = found if found.certain else RULES.get(found.quantity or "", usual)(found, one, context)
    if found.quantity in ("pressure", "air pressure") and found.unit:
        found = replace(found, quantity=kind_of_pressure(found, one))
    return checked(found, one)


def checked(found: Meaning, one: Place) -> Meaning:
    """Return a meaning that claims only what Home Assistant takes and the value can be."""
    row = found.row
    if row.device_class and found.unit not in units_of(found.quantity):
        if row.device_class == "monetary":
            return found
        return Meaning(unit=found.unit, name=found.name, known=True, phrase=found.phrase)
    value = one.number
    if value is None or found.unit != row.unit:
        return found
    value *= found.scale
    if (row.low is not None and value < row.low) or (row.high is not None and value > row.high):
        return Meaning(name=found.name)
    return found


def usual(found: Meaning, one: Place, context: Context) -> Meaning:
    """Return a meaning with the unit that vendors mean when they name none."""
    return replace(found, unit=found.row.unit)


def temperature(found: Meaning, one: Place, context: Context) -> Meaning:
    """Decide °C or °F by what the message says elsewhere, tenths or hundredths by a humidity beside it."""
    unit = context.units.get("temperature", "°F" if context.imperial else "°C")
    scale = humidity_scale(one)
    if scale != 1 and isinstance(one.number, int) and abs(one.number) * scale <= 100:
        return replace(found, unit=unit, scale=scale)
    return replace(found, unit=unit)


def humidity_scale(one: Place) -> float:
    """Return the scale that a humidity among the siblings must have."""
    for sibling in one.siblings:
        if any("hum" in word or word == "rh" for word in sibling.leaf):
            return percent_scale(sibling.number)
    return 1.0


def percent_scale(value: float | None) -> float:
    """Return the scale that makes a percentage of a number: 455 is 45.5, 4550 too, 0.455 is a fraction."""
    if value is None or value <= 0 or value == 1:
        return 1.0
    if value < 1:
        return 100.0
    if isinstance(value, int) and value > 100:
        return 0.1 if value <= 1000 else 0.01
    return 1.0


def humidity(found: Meaning, one: Place, context: Context) -> Meaning:
    """Decide percent, tenths, hundredths or a fraction by size."""
    return replace(found, unit="%", scale=percent_scale(one.number))


def voltage(found: Meaning, one: Place, context: Context) -> Meaning:
    """Decide volts or millivolts: a battery of 3025 is in millivolts, the mains of 230 in volts."""
    value = one.number
    words = {word for level in one.levels[:2] for word in level}
    batteries = {"battery", "batt", "bat", "vbat", "vbatt", "vcc", "vdd"}
    small = bool(words & batteries) or any(set(sibling.leaf) & batteries for sibling in one.siblings)
    if value is not None and small and 1200 <= value <= 60000:
        return replace(found, unit="mV", quantity="voltage" if found.quantity == "battery" else found.quantity)
    if context.topic.startswith("zigbee2mqtt/") and value is not None and 1500 <= value <= 6000:
        return replace(found, unit="mV")
    return replace(found, unit="V")


def supply_voltage(found: Meaning, one: Place, context: Context) -> Meaning:
    """Decide volts or millivolts of what a chip runs on."""
    return replace(found, unit="mV" if one.number is not None and one.number > 100 else "V")


def battery(found: Meaning, one: Place, context: Context) -> Meaning:
    """Decide percent, volts or millivolts: nobody has a battery of 3.02 percent, or of 3020."""
    value = one.number
    if value is None or (isinstance(value, int) and 0 <= value <= 100):
        return replace(found, unit="%")
    if 1200 <= value <= 60000:
        return replace(found, quantity="voltage", unit="mV")
    if isinstance(value, float) and 1.8 <= value <= 4.4:
        return replace(found, quantity="voltage", unit="V")
    if 0 < value < 1:
        return replace(found, unit="%", scale=100.0)
    if 4.4 < value < 20 and not float(value).is_integer():
        return Meaning()
    return replace(found, unit="%")


def current(found: Meaning, one: Place, context: Context) -> Meaning:
    """Decide amperes or milliamperes by the power beside it: 235 V times 74 can not be 7 W."""
    power = sibling_number(one, "power", "apower", "wattage")
    volts = sibling_number(one, "voltage", "volt")
    amps = one.number
    if power and volts and amps and 50 < volts < 500:
        ratio = abs(volts * amps / power)
        if 700 < ratio < 30000:
            return replace(found, unit="mA")
    if amps is not None and abs(amps) > 200 and isinstance(amps, int):
        return replace(found, unit=None)
    return replace(found, unit="A")


def sibling_number(one: Place, *words: str) -> float | None:
    """Return the number beside it whose key ends with one of these words."""
    which = set(one.leaf[:-1]) - {"total"}
    return next(
        (
            sibling.number
            for sibling in one.siblings
            if sibling.leaf and sibling.leaf[-1] in words and sibling.number is not None
            if set(sibling.leaf[:-1]) - {"active", "act"} == which
        ),
        None,
    )


def power_factor(found: Meaning, one: Place, context: Context) -> Meaning:
    """Decide a fraction or a percentage by size."""
    return replace(found, unit="%" if one.number is not None and abs(one.number) > 1 else None)


def pressure(found: Meaning, one: Place, context: Context) -> Meaning:
    """Recognise the air's pressure by its size; any other pressure says its unit or has none."""
    value = one.number
    if "pressure" in context.units:
        return replace(found, unit=context.units["pressure"])
    if value is None:
        return replace(found, unit="hPa" if found.quantity == "air pressure" else None)
    for unit, low, high in (("hPa", 300, 1100), ("Pa", 30000, 110000), ("kPa", 80, 110)):
        if low <= value <= high:
            return replace(found, quantity="air pressure", unit=unit)
    if 25 <= value <= 32 and (found.quantity == "air pressure" or context.imperial):
        return replace(found, quantity="air pressure", unit="inHg")
    if isinstance(value, int) and 8000 <= value <= 11000:
        return replace(found, quantity="air pressure", unit="hPa", scale=0.1)
    return Meaning()


AIR = {
    "hPa": (300, 1100),
    "mbar": (300, 1100),
    "Pa": (30000, 110000),
    "kPa": (30, 110),
    "inHg": (20, 33),
    "mmHg": (500, 830),
}


def kind_of_pressure(found: Meaning, one: Place) -> str:
    """Return whether a pressure is that of the air."""
    if found.quantity == "air pressure" or one.number is None:
        return found.quantity or "pressure"
    low, high = AIR.get(found.unit or "", (1, 0))
    words = {word for level in one.levels for word in level}
    return (
        "air pressure"
        if low <= one.number <= high and not words & {"water", "tire", "tyre", "pump", "system"}
        else "pressure"
    )


def signal(found: Meaning, one: Place, context: Context) -> Meaning:
    """Decide dBm, tenths of it or percent: a signal in dBm is negative."""
    value = one.number
    if value is None or -150 <= value < 0:
        return replace(found, unit="dBm")
    if isinstance(value, int) and -1500 <= value < -200:
        return replace(found, unit="dBm", scale=0.1)
    if 0 < value <= 100:
        return replace(found, quantity="signal share", unit="%")
    return Meaning(role="internal")


def noise_ratio(found: Meaning, one: Place, context: Context) -> Meaning:
    """Decide dB or tenths of it: no radio has a ratio of 119 dB."""
    tenths = any(
        isinstance(sibling.number, int) and -1500 <= sibling.number < -200 and "rs" in "".join(sibling.leaf)
        for sibling in one.siblings
    )
    return replace(found, unit="dB", scale=0.1 if tenths else 1.0)


def wind_speed(found: Meaning, one: Place, context: Context) -> Meaning:
    """Take the unit that the message uses for speeds; metres per second otherwise."""
    return replace(found, unit=context.units.get("speed", "mph" if context.imperial else "m/s"))


def rain(found: Meaning, one: Place, context: Context) -> Meaning:
    """Take millimetres, or inches among other inches."""
    per_hour = found.quantity == "rain rate"
    return replace(found, unit=("in/h" if per_hour else "in") if context.imperial else found.row.unit)


def speed(found: Meaning, one: Place, context: Context) -> Meaning:
    """A speed beside a position is that of a vehicle."""
    if "speed" in context.units:
        return replace(found, unit=context.units["speed"])
    around = {word for sibling in one.siblings for word in sibling.leaf}
    moving = around & {"lat", "latitude"}
    return replace(found, unit="km/h" if moving else None)


def reach(found: Meaning, one: Place, context: Context) -> Meaning:
    """A range beside a state of charge is that of a vehicle."""
    around = {word for sibling in one.siblings for word in sibling.leaf}
    return replace(found, unit="km" if around & {"soc", "odometer", "vehicle"} else None)


RULES: dict[str, Rule] = {
    "temperature": temperature,
    "humidity": humidity,
    "voltage": voltage,
    "supply voltage": supply_voltage,
    "battery": battery,
    "current": current,
    "power factor": power_factor,
    "pressure": pressure,
    "air pressure": pressure,
    "signal": signal,
    "snr": noise_ratio,
    "rsrq": noise_ratio,
    "wind speed": wind_speed,
    "wind": wind_speed,
    "rain": rain,
    "rain amount": rain,
    "rain rate": rain,
    "speed": speed,
    "range": reach,
}
assert RULES.keys() <= QUANTITIES.keys()  # noqa: S101 - a row that no quantity has is a slip of the pen
