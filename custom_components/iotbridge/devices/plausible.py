"""Which unit a number without one is in: decided by its size and its neighbours, or not at all. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
import re
from typing import NamedTuple

from .meaning import Context, Meaning, units_of
from .places import UNITS, Place, member
from .values import unit_of


class Range(NamedTuple):
    """Sizes that mean something, both ends included."""

    low: float
    high: float

    def has(self, value: float | None) -> bool:
        """Return whether a number is one of them."""
        return value is not None and self.low <= value <= self.high


PERCENT = Range(0, 100)
TENTHS_OF_PERCENT = Range(101, 1000)
FRACTION = Range(0.000001, 0.999999)
# A battery of some cells, in millivolts; one lithium or two alkaline cells in volts; what may be volts or percent.
BATTERY_MV = Range(1200, 60000)
CELL_MV = Range(1500, 6000)
CELL_V = Range(1.8, 4.4)
PACK_V = Range(4.4, 20)
CHIP_MV = Range(100, 60000)
MAINS_V = Range(50, 500)
# Volts times milliamperes by watts is 1000 and more, the less the load is resistive; of amperes it is 1 and more.
MILLIAMPERES_BY_POWER = Range(700, 30000)
AMPERES = Range(-200, 200)
DBM = Range(-150, -0.000001)
TENTHS_OF_DBM = Range(-1500, -200)
# The pressure of the air, from the deepest valley to the highest hut.
AIR = {
    "hPa": Range(300, 1100),
    "mbar": Range(300, 1100),
    "Pa": Range(30000, 110000),
    "kPa": Range(80, 110),
    "inHg": Range(20, 33),
    "mmHg": Range(500, 830),
}
TENTHS_OF_HPA = Range(8000, 11000)
NOT_OF_THE_AIR = frozenset({"water", "tire", "tyre", "pump", "system", "boiler", "filter"})
BATTERIES = frozenset({"battery", "batt", "bat", "vbat", "vbatt", "vcc", "vdd"})
ROOM_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Case:
    """A number whose unit is to be settled."""

    found: Meaning
    one: Place
    context: Context

    @property
    def value(self) -> int | float | None:
        """Return the number."""
        return self.one.number

    @property
    def is_whole(self) -> bool:
        """Return whether the number is written without digits behind the point."""
        return isinstance(self.one.number, int)

    def words(self, levels: int = 2) -> set[str]:
        """Return the words of the key and of what is above it."""
        return {word for level in self.one.levels[:levels] for word in level}

    def around(self) -> frozenset[str]:
        """Return the words of the neighbours' keys."""
        return self.one.family.words

    def to(self, unit: str | None, *, quantity: str | None = None, scale: float = 1.0) -> Meaning:
        """Return the meaning, settled."""
        return replace(self.found, unit=unit, quantity=quantity or self.found.quantity, scale=scale)


type Rule = Callable[[Case], Meaning]


def settled(found: Meaning, one: Place, context: Context) -> Meaning:
    """Return a meaning with the unit that is meant; without quantity or unit where nobody can tell."""
    if found.quantity is None or found.role:
        return found
    if not found.certain:
        beside = unit_of(member(one, UNITS) or "")
        if beside and beside in units_of(found.quantity):
            found = replace(found, unit=beside)
        else:
            found = RULES.get(found.quantity or "", usual)(Case(found, one, context))
    if found.quantity == "pressure" and is_of_the_air(Case(found, one, context)):
        found = replace(found, quantity="air pressure")
    return checked(found, one)


def checked(found: Meaning, one: Place) -> Meaning:
    """Return a meaning that claims only what Home Assistant takes and what the value can be."""
    row = found.row
    if row.device_class and row.device_class != "monetary" and found.unit not in units_of(found.quantity):
        return Meaning(unit=found.unit, name=found.name, known=True, phrase=found.phrase)
    if one.number is None or found.unit != row.unit:
        return found
    value = one.number * found.scale
    if (row.low is not None and value < row.low) or (row.high is not None and value > row.high):
        return Meaning(name=found.name)
    return found


def usual(case: Case) -> Meaning:
    """Take the unit that vendors mean when they name none."""
    return case.to(case.found.row.unit)


def temperature(case: Case) -> Meaning:
    """Decide °C or °F by what the message says elsewhere, tenths or hundredths by a humidity beside it."""
    unit = case.context.units.get("temperature", "°F" if case.context.imperial else "°C")
    scale = humidity_scale(case.one)
    if scale < 1 and case.is_whole and abs(case.value or 0) * scale <= ROOM_LIMIT:
        return case.to(unit, scale=scale)
    return case.to(unit)


def humidity_scale(one: Place) -> float:
    """Return the scale that a humidity among the siblings must have."""
    humidity_words = {"humidity", "hum", "humi", "rh"}
    return next(
        (percent_scale(sibling.number) for sibling in one.siblings if humidity_words & set(sibling.leaf)),
        1.0,
    )


def percent_scale(value: float | None) -> float:
    """Return the scale that makes a percentage of a number: 455 is 45.5, 4550 too, 0.455 is a fraction."""
    if FRACTION.has(value):
        return 100.0
    if not isinstance(value, int) or value <= PERCENT.high:
        return 1.0
    return 0.1 if TENTHS_OF_PERCENT.has(value) else 0.01


def humidity(case: Case) -> Meaning:
    """Decide percent, tenths, hundredths or a fraction by size."""
    return case.to("%", scale=percent_scale(case.value))


def voltage(case: Case) -> Meaning:
    """Decide volts or millivolts: a battery of 3025 is in millivolts, the mains of 230 in volts."""
    of_battery = case.words() & BATTERIES or case.around() & BATTERIES
    if of_battery and BATTERY_MV.has(case.value):
        return case.to("mV")
    if case.context.topic.startswith("zigbee2mqtt/") and CELL_MV.has(case.value):
        return case.to("mV")
    return case.to("V")


def supply_voltage(case: Case) -> Meaning:
    """Decide volts or millivolts of what a chip runs on."""
    return case.to("mV" if CHIP_MV.has(case.value) else "V")


def battery(case: Case) -> Meaning:
    """Decide percent, volts or millivolts: nobody has a battery of 3.02 percent, or of 3020."""
    if case.value is None or (case.is_whole and PERCENT.has(case.value)):
        return case.to("%")
    if BATTERY_MV.has(case.value):
        return case.to("mV", quantity="voltage")
    if CELL_V.has(case.value):
        return case.to("V", quantity="voltage")
    if FRACTION.has(case.value):
        return case.to("%", scale=100.0)
    if PACK_V.has(case.value) and not float(case.value).is_integer():
        return Meaning(known=True, phrase=case.found.phrase)
    return case.to("%")


def current(case: Case) -> Meaning:
    """Decide amperes or milliamperes by the power beside it: 235 V times 74 can not be 7 W."""
    power = sibling_number(case.one, "power", "apower", "wattage")
    volts = sibling_number(case.one, "voltage", "volt")
    ratio = abs(volts * case.value / power) if power and volts and case.value else None
    if MAINS_V.has(volts) and MILLIAMPERES_BY_POWER.has(ratio):
        return case.to("mA")
    if case.is_whole and not AMPERES.has(case.value):
        return case.to(None)
    return case.to("A")


def sibling_number(one: Place, *words: str) -> float | None:
    """Return the number beside it whose key ends with one of these words, and is about the same."""
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


def energy(case: Case) -> Meaning:
    """Decide kilowatt hours or watt hours: a message with one count above a million counts in the smaller."""
    return case.to("Wh" if case.context.watt_hours else "kWh")


KILOWATTS = Range(-100, 100)


def power(case: Case) -> Meaning:
    """Decide watts, the kilowatts of a smart meter's telegram, or a yes or no that is only called power."""
    if case.words(1) & DELIVERED and is_telegram(case) and KILOWATTS.has(case.value):
        return case.to("kW")
    if case.value in (0, 1) and case.is_whole and not case.around() & MEASURED_BESIDE_POWER and is_among_bits(case.one):
        return Meaning(known=True, phrase=case.found.phrase)
    return case.to("W")


DELIVERED = frozenset({"delivered", "returned"})
MEASURED_BESIDE_POWER = frozenset({"voltage", "volt", "current", "energy", "kwh", "wh", "frequency", "pf", "apower"})
FEW_BITS = 3


def is_telegram(case: Case) -> bool:
    """Return whether a message uses the words of Dutch and Belgian meters: energy delivered and returned, by tariff."""
    around = case.around()
    return bool(around & DELIVERED) and "tariff" in around and bool(around & {"energy", "electricity"})


def is_among_bits(one: Place) -> bool:
    """Return whether most of what stands beside a value is 0, 1, yes or no, or a mode."""
    bits = sum(sibling.is_bool or (sibling.number in (0, 1) and sibling is not one) for sibling in one.siblings)
    return bits >= FEW_BITS or bool(one.family.words & {"mode", "swing", "fan", "target", "setpoint"})


def gas(case: Case) -> Meaning:
    """Take cubic metres for gas that a smart meter says was delivered."""
    return case.to("m³" if case.words(1) & DELIVERED and case.around() & {"energy", "electricity", "power"} else None)


def power_factor(case: Case) -> Meaning:
    """Decide a fraction or a percentage by size."""
    return case.to("%" if case.value is not None and abs(case.value) > 1 else None)


def pressure(case: Case) -> Meaning:
    """Recognise the air's pressure by its size; any other pressure says its unit or has none."""
    of_air = case.found.quantity == "air pressure"
    if "pressure" in case.context.units:
        return case.to(case.context.units["pressure"])
    if case.value is None:
        return case.to("hPa" if of_air else None)
    for unit in ("hPa", "Pa", "kPa"):
        if AIR[unit].has(case.value):
            return case.to(unit, quantity="air pressure")
    if AIR["inHg"].has(case.value) and (of_air or case.context.imperial):
        return case.to("inHg", quantity="air pressure")
    if case.is_whole and TENTHS_OF_HPA.has(case.value):
        return case.to("hPa", quantity="air pressure", scale=0.1)
    return Meaning(known=True, phrase=case.found.phrase)


def is_of_the_air(case: Case) -> bool:
    """Return whether a pressure with its unit is that of the air."""
    sizes = AIR.get(case.found.unit or "")
    return sizes is not None and sizes.has(case.value) and not case.words(3) & NOT_OF_THE_AIR


def signal(case: Case) -> Meaning:
    """Decide dBm, tenths of it or percent: a signal in dBm is negative."""
    if case.value is None or DBM.has(case.value):
        return case.to("dBm")
    if case.is_whole and TENTHS_OF_DBM.has(case.value):
        return case.to("dBm", scale=0.1)
    if case.value > 0 and PERCENT.has(case.value):
        return case.to("%", quantity="signal share")
    return Meaning(role="internal")


def noise_ratio(case: Case) -> Meaning:
    """Decide dB or tenths of it: whoever sends a signal of -822 sends a ratio of 119."""
    tenths = any(
        isinstance(sibling.number, int) and TENTHS_OF_DBM.has(sibling.number) and {"rssi", "rsrp"} & set(sibling.leaf)
        for sibling in case.one.siblings
    )
    return case.to("dB", scale=0.1 if tenths else 1.0)


def illuminance(case: Case) -> Meaning:
    """Take lux; beside the same in lux a number without a unit is the raw one."""
    if any(
        sibling.suffix is not None and sibling.suffix.rest == case.one.leaf and sibling.number != case.value
        for sibling in case.one.siblings
    ):
        return Meaning(role="internal")
    return case.to("lx")


SLOWEST_TURNING = 101


def rotation(case: Case) -> Meaning:
    """Take turns per minute, but for a fan's speed that may be a percentage or a step."""
    if case.found.phrase == "fan speed" and case.value is not None and case.value < SLOWEST_TURNING:
        return Meaning(known=True, phrase=case.found.phrase)
    return case.to("rpm")


def wind_speed(case: Case) -> Meaning:
    """Take the unit that the message uses for speeds; metres per second otherwise."""
    return case.to(case.context.units.get("speed", "mph" if case.context.imperial else "m/s"))


def rain(case: Case) -> Meaning:
    """Take millimetres, or inches among other inches."""
    inches = "in/h" if case.found.quantity == "rain rate" else "in"
    return case.to(inches if case.context.imperial else case.found.row.unit)


def speed(case: Case) -> Meaning:
    """Take the message's unit for speeds; beside a position it is that of a vehicle."""
    moving = case.around() & {"lat", "latitude"}
    return case.to(case.context.units.get("speed", "km/h" if moving else None))


def setpoint(case: Case) -> Meaning:
    """Take degrees for a set point beside a temperature; of anything else it has no unit."""
    if case.value is not None and case.value < COLDEST_TARGET:
        return Meaning(role="setting")
    if case.around() & {"temperature", "temp", "tmp"} or is_of_a_room(case):
        return temperature(Case(replace(case.found, quantity="temperature"), case.one, case.context))
    return Meaning(known=True, phrase=case.found.phrase)


COLDEST_TARGET = -40
ROOM = Range(4, 36)
HEATED = frozenset({"heat", "heating", "thermostat", "climate", "radiator", "trv", "hvac", "floorheating"})


def is_of_a_room(case: Case) -> bool:
    """Return whether a "current" and a "target" below the word heating are those of a room."""
    topic = set(re.split(r"[^a-z]+", case.context.topic.lower()))
    return bool((topic | case.words(4)) & HEATED) and ROOM.has(case.value)


def reach(case: Case) -> Meaning:
    """Take kilometres for a range beside a state of charge: it is that of a vehicle."""
    return case.to("km" if case.around() & {"soc", "odometer", "vehicle"} else None)


RULES: dict[str, Rule] = {
    "temperature": temperature,
    "humidity": humidity,
    "voltage": voltage,
    "supply voltage": supply_voltage,
    "battery": battery,
    "current": current,
    "power factor": power_factor,
    "power": power,
    "energy": energy,
    "gas": gas,
    "illuminance": illuminance,
    "rotation": rotation,
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
    "setpoint": setpoint,
}
