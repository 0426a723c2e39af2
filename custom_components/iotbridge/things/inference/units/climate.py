"""Rules for the unit of a number about air, weather and light. Pure."""

from ...vocabulary.keys.neighbours import HEATED, HOT, IN_PIPES, LAMPS, PRESSURES
from ..conditions import beside, between, near, whole
from ..rule_table import Example, Reads, either, no
from .conditions import (
    beside_number,
    has_converted_sibling,
    imperial,
    in_inches,
    in_unit,
    is_air_pressure,
    is_scaled_like_humidity,
    of,
    on_topic,
    scale_of_humidity_beside,
    scale_of_percentage,
    unit_for_all,
)
from .rule import MessageUnit, UnitDecision, UnitRule

AIR = of("pressure", "air pressure")
CELSIUS = MessageUnit("temperature", "°F", "°C")

CLIMATE = (
    UnitRule(
        CELSIUS,
        when=(of("temperature"), is_scaled_like_humidity),
        scale=scale_of_humidity_beside,
        example=Example({"temp": 2153, "hum": 4521}, Reads(21.53, "°C", "temperature"), "holdout/scaled-ints"),
    ),
    UnitRule(
        None,
        when=(of("temperature"), whole, between(151, 1300), no(near(HOT, 3))),
        example=Example({"Tmp": 818}, Reads(818), "blind2/poolmaster"),
    ),
    # Signal K uses SI units for everything.
    UnitRule(
        "K",
        when=(of("temperature"), between(230, 340), beside_number(PRESSURES, 20000, 110000)),
        example=Example(
            {"temperature": 288.15, "pressure": 101325},
            Reads(288.15, "K", "temperature"),
            "Signal K: units of the specification",
        ),
    ),
    UnitRule(
        CELSIUS,
        when=(of("temperature"),),
        example=Example(
            {"DHT11": {"Temperature": 78.8}, "TempUnit": "F"},
            Reads(78.8, "°F", "temperature"),
            "holdout/tasmota-fahrenheit",
        ),
    ),
    UnitRule(
        UnitDecision.SETTING,
        when=(of("setpoint"), between(-1e9, -40.001)),
        example=Example({"heat_target": -70}, Reads(-70, enabled=False), "blind/vallox-state"),
    ),
    UnitRule(
        UnitDecision.AS_TEMPERATURE,
        when=(of("setpoint"), beside("temperature", "temp", "tmp")),
        example=Example({"target": 27.0, "temp": 30.0}, Reads(27.0, "°C", "temperature"), "blind2/faikin"),
    ),
    UnitRule(
        UnitDecision.AS_TEMPERATURE,
        when=(of("setpoint"), between(4, 36), on_topic(HEATED)),
        example=Example(
            {"current": 22.6, "target": 22.5},
            Reads(22.6, "°C", "temperature"),
            "blind/wavin-ahc",
            topic="heat/floorDC4F220FB38A/10",
        ),
    ),
    UnitRule(
        "%",
        when=(of("humidity"),),
        scale=scale_of_percentage,
        example=Example({"humidity": 0.56}, Reads(56.0, "%", "humidity"), "holdout/humidity-fraction"),
    ),
    # Tasmota sends mmHg if it is configured to (SetOption24).
    UnitRule(
        MessageUnit("pressure"),
        when=(AIR, unit_for_all("pressure")),
        example=Example(
            {"BME280": {"Pressure": 750.1}, "PressureUnit": "mmHg"},
            Reads(750.1, "mmHg", "atmospheric_pressure"),
            "Tasmota: SetOption24",
        ),
    ),
    # OBD-II uses kilopascals.
    UnitRule(
        None,
        when=(of("pressure"), near(IN_PIPES)),
        example=Example({"0A-FuelPressure": 402}, Reads(402), "WiCAN: standard PID 0A"),
    ),
    UnitRule(
        "hPa",
        when=(AIR, between(300, 1100)),
        becomes="air pressure",
        example=Example({"pressure": 961}, Reads(961, "hPa", "atmospheric_pressure"), "blind/synetica-iaq"),
    ),
    UnitRule(
        "Pa",
        when=(AIR, between(30000, 110000)),
        becomes="air pressure",
        example=Example({"pressure": 100843}, Reads(100843, "Pa", "atmospheric_pressure"), "holdout/ruuvitag"),
    ),
    UnitRule(
        "kPa",
        when=(AIR, between(80, 110)),
        becomes="air pressure",
        example=Example(
            {"pressure": 101.3}, Reads(101.3, "kPa", "atmospheric_pressure"), "Zigbee2MQTT: EFEKTA EFEKTA_PST_V1_LR"
        ),
    ),
    UnitRule(
        "inHg",
        when=(AIR, between(20, 33), imperial),
        becomes="air pressure",
        example=Example(
            {"sealevel_pressure": 30.164, "wind_direction_avg": "NNE"},
            Reads(30.164, "inHg", "atmospheric_pressure"),
            "blind/weatherflow",
        ),
    ),
    UnitRule(
        None,
        when=(of("light"), whole, between(0, 1), either(near(LAMPS, 3), beside(*LAMPS))),
        example=Example({"NeoPool": {"Light": 0}}, Reads(0), "blind2/neopool"),
    ),
    # Zigbee2MQTT sent the raw number beside the lux.
    UnitRule(
        UnitDecision.INTERNAL,
        when=(of("light", "illuminance"), has_converted_sibling),
        example=Example(
            {"illuminance": 12000, "illuminance_lux": 16},
            Reads(12000, enabled=False),
            "Zigbee2MQTT 1.x: Aqara RTCGQ11LM",
        ),
    ),
    UnitRule(
        MessageUnit("speed", "mph", "m/s"),
        when=(of("wind speed", "wind"),),
        example=Example(
            {"maxdailygust": 3.4, "yearlyrainin": 30.327}, Reads(3.4, "mph", "wind_speed"), "holdout/ambient-weather"
        ),
    ),
    UnitRule(
        "in/h",
        when=(of("rain rate"), in_inches),
        example=Example(
            {"rate": 0.05, "units": "in"},
            Reads(0.05, "in/h", "precipitation_intensity"),
            "blind2/arwn-rain",
            topic="arwn/rain",
        ),
    ),
    UnitRule(
        "in",
        when=(of("rain", "rain amount"), in_inches),
        example=Example(
            {"rain_today": 0.77, "station_pressure": 30.164}, Reads(0.77, "in", "precipitation"), "blind/weatherflow"
        ),
    ),
)

# For numbers with a stated unit.
WRITTEN = (
    UnitRule(
        "lx",
        when=(of("luminosity"), in_unit("klx")),
        becomes="illuminance",
        scale=1000.0,
        example=Example({"light_klx": 97.882}, Reads(97882, "lx", "illuminance"), "rtl_433: Bresser 7-in-1"),
    ),
    UnitRule(
        UnitDecision.KEPT,
        when=(of("pressure"), is_air_pressure),
        becomes="air pressure",
        example=Example({"bar_hpa": 1007.9}, Reads(1007.9, "hPa", "atmospheric_pressure"), "holdout/weather-si"),
    ),
    # As a temperature, Home Assistant would show -267 °C.
    UnitRule(
        UnitDecision.KEPT,
        when=(of("temperature"), in_unit("K"), between(-150, 150)),
        becomes="temperature difference",
        example=Example({"dT": "6.5 K"}, Reads(6.5, "K", "temperature_delta"), "heat pump: flow minus return"),
    ),
)
