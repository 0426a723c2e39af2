"""Rules for the unit of a number about radio, places and motion. Pure."""

from ..vocabulary.neighbours import BEACONS
from .conditions import (
    beside,
    between,
    is_among_bits,
    is_beside_tenths_of_dbm,
    of,
    on_topic,
    present,
    unit_for_all,
    whole,
    written_as,
)
from .rules import no
from .unit_rule import MessageUnit, UnitRule, Verdict

MOTION = (
    UnitRule("dBm", when=(of("signal"), whole, between(-1500, -200)), scale=0.1),
    UnitRule("%", when=(of("signal"), between(1.001, 100)), becomes="signal share"),
    UnitRule(Verdict.INTERNAL, when=(of("signal"), present, no(between(-150, -0.000001)))),
    UnitRule("dB", when=(of("snr", "rsrq"), is_beside_tenths_of_dbm), scale=0.1),
    UnitRule(None, when=(of("angle"), whole, between(0, 1), is_among_bits)),
    UnitRule("m", when=(of("distance"), on_topic(BEACONS))),
    UnitRule(None, when=(of("rotation"), written_as("fan speed"), between(-1e9, 100.999))),
    UnitRule(MessageUnit("speed"), when=(of("speed"), unit_for_all("speed"))),
    UnitRule("km/h", when=(of("speed"), beside("lat", "latitude"))),
    UnitRule("km", when=(of("range"), beside("soc", "odometer", "vehicle"))),
)
