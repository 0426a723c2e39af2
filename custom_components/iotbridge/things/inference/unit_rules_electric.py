"""Rules for the unit of an electric number. Pure."""

from ..vocabulary.neighbours import BATTERIES, METERED, RADIO_POWER, SENSORS
from .conditions import (
    beside,
    between,
    called,
    counted_in_watt_hours,
    decimal,
    is_among_bits,
    near,
    of,
    own,
    present,
    whole,
)
from .rules import either, no
from .unit_rule import UnitRule, Verdict

ELECTRIC = (
    UnitRule("mV", when=(of("voltage"), between(1200, 60000), either(near(BATTERIES), beside(*BATTERIES)))),
    UnitRule("mV", when=(of("voltage"), whole, between(1200, 60000), beside(*SENSORS), no(beside(*METERED)))),
    UnitRule("mV", when=(of("supply voltage"), between(100, 60000))),
    UnitRule("mV", when=(of("battery"), between(1200, 60000)), becomes="voltage"),
    UnitRule("V", when=(of("battery"), decimal, between(1.05, 4.4)), becomes="voltage"),
    UnitRule("%", when=(of("battery"), decimal, between(0.01, 0.99)), scale=100.0),
    UnitRule(None, when=(of("current"), whole, no(between(-200, 200)))),
    UnitRule("Wh", when=(of("energy"), counted_in_watt_hours)),
    UnitRule(Verdict.INTERNAL, when=(of("power"), own(RADIO_POWER), between(-120, -1), beside("rssi"))),
    # TeslaMate counts in kilowatts.
    UnitRule(None, when=(of("power"), beside("odometer"), between(-500, 500))),
    UnitRule(
        None,
        when=(
            of("power"),
            called("power", "pwr"),
            whole,
            between(0, 1),
            no(beside("voltage", "current", "energy")),
            is_among_bits,
        ),
    ),
    UnitRule("%", when=(of("power factor"), present, no(between(-1, 1)))),
    # The carrier of a radio.
    UnitRule(Verdict.INTERNAL, when=(of("frequency"), between(1e6, 1e12))),
)
