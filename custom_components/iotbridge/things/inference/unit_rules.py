"""Rules for the unit of a number that is written without one; without a rule it has its quantity's usual unit. Pure.

A rule holds when all its conditions do, and the first that holds decides. ``unit`` None: nobody can tell.
"""

from dataclasses import replace
from enum import Enum, auto
from typing import NamedTuple

from ..model.conversion import unit_of
from ..vocabulary.display_names import PERIODS, STATISTICS
from ..vocabulary.neighbours import (
    BATTERIES,
    BEACONS,
    CHARGED_OR_HEATED,
    DELIVERED,
    HOT,
    IN_PIPES,
    METERED,
    RADIO_POWER,
    SENSORS,
)
from ..vocabulary.records import UNITS
from .candidate import Place
from .conditions import (
    Case,
    MessageUnit,
    beside,
    between,
    broken,
    counted_in_watt_hours,
    decimal,
    humidity_scaled,
    imperial,
    in_inches,
    in_unit,
    is_among_bits,
    is_beside_pascals,
    is_beside_tenths_of_dbm,
    is_beside_tenths_of_volts,
    is_in_telegram,
    is_listed,
    is_measured,
    is_milliamperes_by_power,
    is_of_a_lamp,
    is_of_a_room,
    is_only_a_unit,
    is_raw_of_another,
    near,
    of,
    on_topic,
    own,
    present,
    unit_for_all,
    whole,
    written_as,
)
from .interpretation import Context, Meaning
from .quantity_rules import units_of
from .rules import Condition, Example, Table, either, no


class Verdict(Enum):
    """Decisions of a rule that are no unit."""

    INTERNAL = auto()
    SETTING = auto()
    AS_TEMPERATURE = auto()


class UnitRule(NamedTuple):
    """Unit of a number under conditions; ``becomes`` another quantity, and is multiplied by ``scale``."""

    unit: str | MessageUnit | Verdict | None
    when: tuple[Condition[Case], ...]
    becomes: str | None = None
    scale: float = 1.0
    example: Example | None = None


CELSIUS = MessageUnit("temperature", "°F", "°C")
PRESSURE = MessageUnit("pressure", None, None)
WIND = MessageUnit("speed", "mph", "m/s")
SPEED = MessageUnit("speed", None, None)
BIT = between(0, 1)
FRACTION = between(0.000001, 0.999999)
TENTHS_OF_MAINS = between(2001, 2600)
AIR = of("pressure", "air pressure")

UNIT_RULES: Table[Case, UnitRule] = Table(
    (
        UnitRule(None, when=(of("energy", "gas", "water", "volume", "heat"), own(["rate"]))),
        UnitRule("mV", when=(of("voltage"), between(1200, 60000), either(near(BATTERIES), beside(*BATTERIES)))),
        UnitRule("V", when=(of("voltage"), whole, TENTHS_OF_MAINS, beside("current", "power")), scale=0.1),
        UnitRule("mV", when=(of("voltage"), on_topic(["zigbee2mqtt"], 0), between(1500, 6000))),
        UnitRule("mV", when=(of("voltage"), whole, between(1200, 60000), beside(*SENSORS), no(beside(*METERED)))),
        UnitRule("mV", when=(of("supply voltage"), between(100, 60000))),
        UnitRule(None, when=(of("battery"), broken, between(4.4, 20))),
        UnitRule(None, when=(of("battery"), own(["charge", "discharge"]), beside("discharge"))),
        UnitRule("mV", when=(of("battery"), between(1200, 60000)), becomes="voltage"),
        UnitRule("V", when=(of("battery"), decimal, between(1.05, 4.4)), becomes="voltage"),
        UnitRule("%", when=(of("battery"), FRACTION), scale=100.0),
        UnitRule(None, when=(of("current"), is_beside_tenths_of_volts)),
        UnitRule("mA", when=(of("current"), is_milliamperes_by_power)),
        UnitRule(None, when=(of("current"), whole, no(between(-200, 200)))),
        UnitRule("Wh", when=(of("energy"), counted_in_watt_hours)),
        UnitRule(Verdict.INTERNAL, when=(of("power"), own(RADIO_POWER), between(-120, -0.000001), beside("rssi"))),
        UnitRule("kW", when=(of("power"), own(DELIVERED), is_in_telegram, between(-100, 100))),
        UnitRule(None, when=(of("power"), own(PERIODS), no(own(STATISTICS)))),
        UnitRule(None, when=(of("power"), is_beside_tenths_of_volts)),
        UnitRule(None, when=(of("power"), decimal, BIT, beside("target"), beside("temperature"))),
        UnitRule(None, when=(of("power"), decimal, own(CHARGED_OR_HEATED), between(0.1, 25))),
        UnitRule(None, when=(of("power"), beside("odometer"), between(-500, 500))),
        UnitRule(None, when=(of("power"), whole, BIT, no(is_measured), is_among_bits)),
        UnitRule("m³", when=(of("gas"), own(DELIVERED), beside("energy", "electricity", "power"))),
        UnitRule("%", when=(of("power factor"), present, no(between(-1, 1)))),
        UnitRule(Verdict.INTERNAL, when=(of("frequency"), between(1e6, 1e12))),
        UnitRule(Verdict.INTERNAL, when=(of("frequency"), between(430, 930), beside("rssi", "snr", "mod"))),
        UnitRule(None, when=(of("temperature"), whole, between(151, 1300), no(near(HOT, 3)), humidity_scaled(1))),
        UnitRule("K", when=(of("temperature"), between(230, 340), is_beside_pascals)),
        UnitRule(CELSIUS, when=(of("temperature"), whole, humidity_scaled(0.1), between(-1000, 1000)), scale=0.1),
        UnitRule(CELSIUS, when=(of("temperature"), whole, humidity_scaled(0.01), between(-10000, 10000)), scale=0.01),
        UnitRule(CELSIUS, when=(of("temperature"),)),
        UnitRule("%", when=(of("humidity"), FRACTION), scale=100.0),
        UnitRule("%", when=(of("humidity"), whole, between(101, 1000)), scale=0.1),
        UnitRule("%", when=(of("humidity"), whole, between(1001, 1e9)), scale=0.01),
        UnitRule(PRESSURE, when=(AIR, unit_for_all("pressure"))),
        UnitRule(None, when=(of("pressure"), near(IN_PIPES))),
        UnitRule("hPa", when=(AIR, between(300, 1100)), becomes="air pressure"),
        UnitRule("Pa", when=(AIR, between(30000, 110000)), becomes="air pressure"),
        UnitRule("kPa", when=(AIR, between(80, 110)), becomes="air pressure"),
        UnitRule("inHg", when=(of("air pressure"), between(20, 33))),
        UnitRule("inHg", when=(of("pressure"), between(20, 33), imperial), becomes="air pressure"),
        UnitRule("hPa", when=(AIR, whole, between(8000, 11000)), becomes="air pressure", scale=0.1),
        UnitRule(None, when=(AIR, present)),
        UnitRule(Verdict.INTERNAL, when=(of("signal"), written_as("wifi"), whole, BIT)),
        UnitRule("dBm", when=(of("signal"), whole, between(-1500, -200)), scale=0.1),
        UnitRule("%", when=(of("signal"), between(0.000001, 100)), becomes="signal share"),
        UnitRule(Verdict.INTERNAL, when=(of("signal"), present, no(between(-150, -0.000001)))),
        UnitRule("dB", when=(of("snr", "rsrq"), is_beside_tenths_of_dbm), scale=0.1),
        UnitRule(None, when=(of("light"), whole, BIT, is_of_a_lamp)),
        UnitRule(Verdict.INTERNAL, when=(of("light", "illuminance"), is_raw_of_another)),
        UnitRule(None, when=(of("angle"), whole, BIT, is_among_bits)),
        UnitRule("°", when=(of("altitude"), beside("azimuth")), becomes="angle"),
        UnitRule(None, when=(of("efficiency"), between(0.000001, 1))),
        UnitRule(None, when=(of("position"), is_listed)),
        UnitRule(None, when=(of("progress"), FRACTION)),
        UnitRule("m", when=(of("distance"), on_topic(BEACONS))),
        UnitRule(None, when=(of("rotation"), written_as("fan speed"), between(-1e9, 100.999))),
        UnitRule(WIND, when=(of("wind speed", "wind"),)),
        UnitRule("in/h", when=(of("rain rate"), in_inches)),
        UnitRule("in", when=(of("rain", "rain amount"), in_inches)),
        UnitRule(SPEED, when=(of("speed"), unit_for_all("speed"))),
        UnitRule("km/h", when=(of("speed"), beside("lat", "latitude"))),
        UnitRule("km", when=(of("range"), beside("soc", "odometer", "vehicle"))),
        UnitRule(Verdict.SETTING, when=(of("setpoint"), between(-1e9, -40.001))),
        UnitRule(Verdict.AS_TEMPERATURE, when=(of("setpoint"), beside("temperature", "temp", "tmp"))),
        UnitRule(Verdict.AS_TEMPERATURE, when=(of("setpoint"), is_of_a_room)),
        UnitRule(None, when=(of("setpoint"),)),
    )
)

# Rules that hold for a number with its unit, too.
WRITTEN_UNIT_RULES: Table[Case, UnitRule] = Table((
    UnitRule(None, when=(of("current"), is_only_a_unit, whole, no(between(-200, 200)))),
    UnitRule("hPa", when=(of("pressure"), in_unit("hPa"), between(300, 1100), no(near(IN_PIPES, 3))),
             becomes="air pressure"),
    UnitRule("mbar", when=(of("pressure"), in_unit("mbar"), between(300, 1100), no(near(IN_PIPES, 3))),
             becomes="air pressure"),
    UnitRule("Pa", when=(of("pressure"), in_unit("Pa"), between(30000, 110000), no(near(IN_PIPES, 3))),
             becomes="air pressure"),
    UnitRule("kPa", when=(of("pressure"), in_unit("kPa"), between(80, 110), no(near(IN_PIPES, 3))),
             becomes="air pressure"),
    UnitRule("inHg", when=(of("pressure"), in_unit("inHg"), between(20, 33), no(near(IN_PIPES, 3))),
             becomes="air pressure"),
    UnitRule("mmHg", when=(of("pressure"), in_unit("mmHg"), between(500, 830), no(near(IN_PIPES, 3))),
             becomes="air pressure"),
))  # fmt: skip


def with_unit(interpretation: Meaning, candidate: Place, context: Context) -> Meaning:
    """Return an interpretation with its unit; without quantity or unit where nobody can tell."""
    if interpretation.quantity is None or interpretation.role:
        return interpretation
    if not interpretation.certain:
        beside_it = unit_of(candidate.family.text(UNITS) or "")
        if beside_it and beside_it in units_of(interpretation.quantity):
            interpretation = replace(interpretation, unit=beside_it)
        else:
            interpretation = by_rules(UNIT_RULES, Case(interpretation, candidate, context))
    if interpretation.quantity is not None:
        interpretation = by_rules(WRITTEN_UNIT_RULES, Case(interpretation, candidate, context))
    return checked(interpretation, candidate)


def by_rules(table: Table[Case, UnitRule], case: Case) -> Meaning:
    """Return what the first rule that holds makes of an interpretation."""
    rule = table.first(case)
    interpretation = case.interpretation
    if rule is None:
        return interpretation if interpretation.unit else case.with_unit(interpretation.row.unit)
    if rule.unit is None:
        return Meaning(known=True, name=interpretation.name, phrase=interpretation.phrase)
    if rule.unit is Verdict.AS_TEMPERATURE:
        return by_rules(table, replace(case, interpretation=replace(interpretation, quantity="temperature")))
    if isinstance(rule.unit, Verdict):
        return Meaning(role=rule.unit.name.lower())
    unit = rule.unit.of(case.context) if isinstance(rule.unit, MessageUnit) else rule.unit
    return case.with_unit(unit, quantity=rule.becomes, scale=rule.scale)


def checked(interpretation: Meaning, candidate: Place) -> Meaning:
    """Return an interpretation that claims only what Home Assistant takes and what the value can be."""
    row = interpretation.row
    units = units_of(interpretation.quantity)
    if row.device_class and row.device_class != "monetary" and interpretation.unit not in units:
        return Meaning(unit=interpretation.unit, name=interpretation.name, known=True, phrase=interpretation.phrase)
    if candidate.number is None or interpretation.unit != row.unit:
        return interpretation
    value = candidate.number * interpretation.scale
    if (row.low is not None and value < row.low) or (row.high is not None and value > row.high):
        return Meaning(name=interpretation.name)
    return interpretation
