"""Which unit a number without one is in: decided by its size and its neighbours, or not at all. Pure."""

from dataclasses import replace
import re

from ..model.conversion import unit_of
from ..vocabulary.binary_states import BITS
from . import unit_rules_electrical
from .candidates import UNITS, Place, member
from .interpretation import Context, Meaning, units_of
from .unit_context import FRACTION, PERCENT, Case, Range, Rule

TENTHS_OF_PERCENT = Range(101, 1000)
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
NOT_OF_THE_AIR = frozenset({
    "water", "tire", "tyre", "pump", "system", "boiler", "filter", "oil", "fuel", "coolant", "brake", "hydraulic",
    "suction", "manifold", "boost", "pipe",
})  # fmt: skip
ROOM_LIMIT = 100


# What grows; its rate is how fast it does, or what it costs.
COUNTED = frozenset({"energy", "gas", "water", "volume", "heat"})


def settled(found: Meaning, one: Place, context: Context) -> Meaning:
    """Return a meaning with the unit that is meant; without quantity or unit where nobody can tell."""
    if found.quantity is None or found.role:
        return found
    if found.quantity == "current" and one.suffix is not None and not one.suffix.rest and isinstance(one.number, int):
        found = found if unit_rules_electrical.AMPERES.has(one.number) else Meaning(known=True)
    if found.quantity is None:
        return found
    if found.quantity in COUNTED and not found.certain and "rate" in one.leaf:
        return Meaning(known=True, phrase=found.phrase)
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
    if (
        case.is_whole
        and TENTHS_OF_DEGREES.has(case.value)
        and not case.words(3) & HOT
        and humidity_scale(case.one) == 1
    ):
        return Meaning(known=True, phrase=case.found.phrase)
    if KELVIN.has(case.value) and any("pressure" in one.leaf and PASCALS.has(one.number) for one in case.one.siblings):
        return case.to("K")
    scale = humidity_scale(case.one)
    if scale < 1 and case.is_whole and abs(case.value or 0) * scale <= ROOM_LIMIT:
        return case.to(unit, scale=scale)
    return case.to(unit)


# Who tells pressures in pascals, may tell temperatures in kelvins.
KELVIN = Range(230, 340)
PASCALS = Range(20000, 1e8)
# A whole number above that is a temperature only of something that burns; of anything else it is in tenths.
TENTHS_OF_DEGREES = Range(151, 1300)
HOT = frozenset({
    "oven", "grill", "flue", "exhaust", "nozzle", "bed", "hotend", "tool", "tool0", "kiln", "fire", "smoker", "meat",
    "collector", "stove", "furnace", "chimney", "probe", "thermocouple", "extruder", "chamber", "pit", "egt", "engine",
    "burner", "gas", "smoke", "iron", "roaster", "target", "combustion", "turbo", "kelvin",
})  # fmt: skip


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


def pressure(case: Case) -> Meaning:
    """Recognise the air's pressure by its size; any other pressure says its unit or has none."""
    of_air = case.found.quantity == "air pressure"
    if "pressure" in case.context.units:
        return case.to(case.context.units["pressure"])
    if case.value is None:
        return case.to("hPa" if of_air else None)
    if of_air or not case.words() & NOT_OF_THE_AIR:
        return pressure_by_size(case, of_air=of_air)
    return Meaning(known=True, phrase=case.found.phrase)


def pressure_by_size(case: Case, *, of_air: bool) -> Meaning:
    """Take for the air's what is about as much as it has; ``of_air``: its name says so."""
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
    if case.found.phrase == "wifi" and case.is_whole and case.value in BITS:
        return Meaning(role="internal")
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


LAMPS = frozenset({"pool", "spa", "pump", "relay", "filter", "heater", "garage", "lamp"})


def light(case: Case) -> Meaning:
    """Take lux; where things are switched, a light of 0 or 1 is off or on."""
    switched = bool(case.words(3) & LAMPS or case.around() & LAMPS)
    if case.is_whole and case.value in BITS and switched:
        return Meaning(known=True, phrase=case.found.phrase)
    return illuminance(case)


def angle(case: Case) -> Meaning:
    """Take degrees; among bits a tilt of 1 is a yes."""
    if case.is_whole and case.value in BITS and unit_rules_electrical.is_among_bits(case.one):
        return Meaning(known=True, phrase=case.found.phrase)
    return case.to("°")


def altitude(case: Case) -> Meaning:
    """Take metres; what stands beside an azimuth is a height in the sky."""
    return case.to("°", quantity="angle") if "azimuth" in case.around() else case.to("m")


def efficiency(case: Case) -> Meaning:
    """Take percent; below one it may be a part of one, or so much by watt."""
    return (
        case.to("%") if case.value is None or not 0 < case.value <= 1 else Meaning(known=True, phrase=case.found.phrase)
    )


def position(case: Case) -> Meaning:
    """Take percent; a list of positions is a place in space."""
    listed = case.one.field.path and isinstance(case.one.field.path[-1], int) and len(case.one.siblings) > 1
    return Meaning(known=True, phrase=case.found.phrase) if listed else case.to("%")


def progress(case: Case) -> Meaning:
    """Take percent; of a number below one nobody can tell whether it is a share of one, or of a hundred."""
    return Meaning(known=True, phrase=case.found.phrase) if FRACTION.has(case.value) else case.to("%")


# Whose distance is told by a radio, tells it in metres.
BY_RADIO = frozenset({"bluetooth", "ble", "beacon", "ibeacon"})


def distance(case: Case) -> Meaning:
    """Take metres for what a radio guesses; any other distance has its unit or none."""
    topic = frozenset(re.split(r"[^a-z]+", case.context.topic.lower()))
    return case.to("m" if (topic | case.words(4)) & BY_RADIO else None)


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
    imperial = case.context.imperial or unit_of(member(case.one, UNITS) or "") == "in"
    return case.to(inches if imperial else case.found.row.unit)


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
    "voltage": unit_rules_electrical.voltage,
    "supply voltage": unit_rules_electrical.supply_voltage,
    "battery": unit_rules_electrical.battery,
    "current": unit_rules_electrical.current,
    "power factor": unit_rules_electrical.power_factor,
    "power": unit_rules_electrical.power,
    "energy": unit_rules_electrical.energy,
    "gas": unit_rules_electrical.gas,
    "frequency": unit_rules_electrical.frequency,
    "illuminance": illuminance,
    "light": light,
    "angle": angle,
    "altitude": altitude,
    "efficiency": efficiency,
    "distance": distance,
    "position": position,
    "progress": progress,
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
