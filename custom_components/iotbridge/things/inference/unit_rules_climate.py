"""Rules for the unit of a number about air, weather and light. Pure."""

from ..vocabulary.neighbours import HOT
from .conditions import (
    beside,
    between,
    has_size_of_air,
    imperial,
    in_inches,
    is_beside_pascals,
    is_multiplied_like_humidity,
    is_of_a_lamp,
    is_of_a_room,
    is_raw_of_another,
    near,
    of,
    scale_of_humidity_beside,
    scale_of_percentage,
    unit_for_all,
    whole,
)
from .rules import no
from .unit_rule import MessageUnit, UnitRule, Verdict

AIR = of("pressure", "air pressure")
CELSIUS = MessageUnit("temperature", "°F", "°C")

CLIMATE = (
    UnitRule(CELSIUS, when=(of("temperature"), is_multiplied_like_humidity), scale=scale_of_humidity_beside),
    UnitRule(None, when=(of("temperature"), whole, between(151, 1300), no(near(HOT, 3)))),
    # Signal K has all in the units of the SI.
    UnitRule("K", when=(of("temperature"), between(230, 340), is_beside_pascals)),
    UnitRule(CELSIUS, when=(of("temperature"),)),
    UnitRule(Verdict.SETTING, when=(of("setpoint"), between(-1e9, -40.001))),
    UnitRule(Verdict.AS_TEMPERATURE, when=(of("setpoint"), beside("temperature", "temp", "tmp"))),
    UnitRule(Verdict.AS_TEMPERATURE, when=(of("setpoint"), is_of_a_room)),
    UnitRule("%", when=(of("humidity"),), scale=scale_of_percentage),
    # Tasmota tells it in mmHg when it is asked to (SetOption24).
    UnitRule(MessageUnit("pressure"), when=(AIR, unit_for_all("pressure"))),
    UnitRule("hPa", when=(AIR, between(300, 1100)), becomes="air pressure"),
    UnitRule("Pa", when=(AIR, between(30000, 110000)), becomes="air pressure"),
    UnitRule("kPa", when=(AIR, between(80, 110)), becomes="air pressure"),
    UnitRule("inHg", when=(AIR, between(20, 33), imperial), becomes="air pressure"),
    UnitRule(None, when=(of("light"), whole, between(0, 1), is_of_a_lamp)),
    # Zigbee2MQTT sent the raw number beside the lux.
    UnitRule(Verdict.INTERNAL, when=(of("light", "illuminance"), is_raw_of_another)),
    UnitRule(MessageUnit("speed", "mph", "m/s"), when=(of("wind speed", "wind"),)),
    UnitRule("in/h", when=(of("rain rate"), in_inches)),
    UnitRule("in", when=(of("rain", "rain amount"), in_inches)),
)

# For pressures with their unit.
WRITTEN_PRESSURES = (UnitRule(Verdict.KEPT, when=(of("pressure"), has_size_of_air), becomes="air pressure"),)
