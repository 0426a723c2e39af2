"""Which unit an electric number without one is in; see plausible.py. Pure."""

from ..vocabulary.display_names import PERIODS, STATISTICS
from ..vocabulary.words import WORDS
from .candidates import Place
from .interpretation import Meaning
from .unit_context import FRACTION, PERCENT, Case, Range, sibling_number

# A battery of some cells, in millivolts; one lithium or two alkaline cells in volts; what may be volts or percent.
BATTERY_MV = Range(1200, 60000)
CELL_MV = Range(1500, 6000)
CELL_V = Range(1.05, 4.4)
PACK_V = Range(4.4, 20)
CHIP_MV = Range(100, 60000)
MAINS_V = Range(50, 500)
TENTHS_OF_MAINS = Range(2001, 2600)
# Volts times milliamperes by watts is 1000 and more, the less the load is resistive; of amperes it is 1 and more.
MILLIAMPERES_BY_POWER = Range(700, 30000)
AMPERES = Range(-200, 200)
BATTERIES = frozenset({"battery", "batt", "bat", "vbat", "vbatt", "vcc", "vdd"})
KILOWATTS = Range(-100, 100)
# What a car is charged with, or a house heated, is in kilowatts then, or it trickles.
OF_A_CAR = frozenset({"charging", "charger", "heat", "heating", "heiz", "thermal"})
SMALL_POWER = Range(0.1, 25)
DELIVERED = frozenset({"delivered", "returned"})
MEASURED_BESIDE_POWER = frozenset({"voltage", "volt", "current", "energy", "kwh", "wh", "frequency", "pf", "apower"})
QUANTITIES_BESIDE_POWER = frozenset({"voltage", "current", "frequency"})
LETTERS_BESIDE_POWER = frozenset({"u", "v", "i"})
# What is switched on and off, and may count energy.
AIR_CONDITIONING = frozenset({"fan", "swing"})
FEW_BITS = 3
# No car has more.
CAR_KW = 500
# What a beacon sends with, or is heard with at one metre.
RADIOS = frozenset({"measured", "tx", "ref", "reference", "calibrated"})
# How much of its power a heater is given that holds a temperature.
DUTY = Range(0, 1)
DBM = Range(-120, -0.000001)
CARRIER_HZ = 1e6
CARRIER_MHZ = Range(430, 930)


def voltage(case: Case) -> Meaning:
    """Decide volts or millivolts: a battery of 3025 is in millivolts, the mains of 230 in volts."""
    of_battery = case.words() & BATTERIES or case.around() & BATTERIES
    if of_battery and BATTERY_MV.has(case.value):
        return case.to("mV")
    if case.is_whole and TENTHS_OF_MAINS.has(case.value) and case.around() & {"current", "power"}:
        return case.to("V", scale=0.1)
    if case.context.topic.startswith("zigbee2mqtt/") and CELL_MV.has(case.value):
        return case.to("mV")
    if case.is_whole and BATTERY_MV.has(case.value) and is_of_a_small_thing(case):
        return case.to("mV")
    return case.to("V")


# What nothing that is fed by thousands of volts has beside its voltage, and what something that is measures.
OF_SMALL_THINGS = frozenset({"temperature", "temp", "humidity", "hum", "rssi", "uptime", "heap", "moisture", "co2"})


def is_of_a_small_thing(case: Case) -> bool:
    """Return whether a voltage is that of a sensor, and not measured by a meter."""
    around = case.around()
    return bool(around & OF_SMALL_THINGS) and not around & (MEASURED_BESIDE_POWER - {"voltage", "volt"} | {"power"})


def supply_voltage(case: Case) -> Meaning:
    """Decide volts or millivolts of what a chip runs on."""
    return case.to("mV" if CHIP_MV.has(case.value) else "V")


# Beside a discharge, a battery's charge is what flows into it.
FLOWS = frozenset({"charge", "discharge"})


def battery(case: Case) -> Meaning:
    """Decide percent, volts or millivolts: nobody has a battery of 3.02 percent, or of 3020."""
    of_a_pack = PACK_V.has(case.value) and not float(case.value or 0).is_integer()
    if of_a_pack or (not FLOWS.isdisjoint(case.one.leaf) and "discharge" in case.around()):
        return Meaning(known=True, phrase=case.found.phrase)
    if case.value is None or (case.is_whole and PERCENT.has(case.value)):
        return case.to("%")
    if BATTERY_MV.has(case.value):
        return case.to("mV", quantity="voltage")
    if CELL_V.has(case.value):
        return case.to("V", quantity="voltage")
    if FRACTION.has(case.value):
        return case.to("%", scale=100.0)
    return case.to("%")


def current(case: Case) -> Meaning:
    """Decide amperes or milliamperes by the power beside it: 235 V times 74 can not be 7 W."""
    if in_tenths(case):
        return Meaning(known=True, phrase=case.found.phrase)
    power = sibling_number(case.one, "power", "apower", "wattage")
    volts = sibling_number(case.one, "voltage", "volt")
    ratio = abs(volts * case.value / power) if power and volts and case.value else None
    if MAINS_V.has(volts) and MILLIAMPERES_BY_POWER.has(ratio):
        return case.to("mA")
    if case.is_whole and not AMPERES.has(case.value):
        return case.to(None)
    return case.to("A")


def in_tenths(case: Case) -> bool:
    """Return whether a voltage beside a whole number is in tenths: nobody can tell what the number is in then."""
    volts = sibling_number(case.one, "voltage", "volt")
    return case.is_whole and isinstance(volts, int) and TENTHS_OF_MAINS.has(volts)


def energy(case: Case) -> Meaning:
    """Decide kilowatt hours or watt hours: a message with one count above a million counts in the smaller."""
    return case.to("Wh" if case.context.watt_hours else "kWh")


def power(case: Case) -> Meaning:
    """Decide watts, the kilowatts of a smart meter's telegram, or what is only called power: a yes, a radio's dBm."""
    if case.words(1) & RADIOS and DBM.has(case.value) and case.around() & {"rssi"}:
        return Meaning(role="internal")
    if case.words(1) & DELIVERED and is_telegram(case) and KILOWATTS.has(case.value):
        return case.to("kW")
    if is_no_wattage(case):
        return Meaning(known=True, phrase=case.found.phrase)
    return case.to("W")


def is_no_wattage(case: Case) -> bool:
    """Return whether a power may be a share of one, kilowatts, or a yes."""
    of_a_period = case.words(1) & PERIODS and not case.words(1) & STATISTICS
    if of_a_period or in_tenths(case):
        return True
    if isinstance(case.value, float):
        duty = DUTY.has(case.value) and case.around() >= {"temperature", "target"}
        return duty or bool(case.words(1) & OF_A_CAR and SMALL_POWER.has(case.value)) or is_driven(case)
    is_bit = case.value in (0, 1)
    return is_driven(case) or (is_bit and not is_measured(case) and is_among_bits(case.one))


def is_driven(case: Case) -> bool:
    """Return whether a power is that of a car, which has kilowatts."""
    return "odometer" in case.around() and abs(case.value or 0) < CAR_KW


def is_measured(case: Case) -> bool:
    """Return whether something that is measured with a power stands beside it, in a word or a letter of it."""
    around = case.around()
    if around & AIR_CONDITIONING:
        around -= {"energy", "kwh", "wh", "frequency", "freq"}
    return (
        bool(around & MEASURED_BESIDE_POWER or case.one.family.letters & LETTERS_BESIDE_POWER)
        or not QUANTITIES_BESIDE_POWER.isdisjoint(WORDS.get(word) for word in around)
    )  # fmt: skip


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


def frequency(case: Case) -> Meaning:
    """Take hertz; what is as high as a radio's carrier is of no interest."""
    value = case.value or 0
    if value >= CARRIER_HZ or (CARRIER_MHZ.has(value) and case.around() & {"rssi", "snr", "mod"}):
        return Meaning(role="internal")
    return case.to("Hz")
