"""Rules for the unit of a number about radio, places and motion. Pure."""

from ...vocabulary.keys.neighbours import BEACONS, NETWORKED, RADIO
from ...vocabulary.keys.positions import ALTITUDE, LATITUDE
from ..conditions import beside, between, has_number, whole
from ..rule_table import Example, Reads, either, no
from .conditions import (
    beside_number,
    is_among_bits,
    of,
    on_topic,
    unit_for_all,
    written_as,
)
from .rule import MessageUnit, UnitDecision, UnitRule

MOTION = (
    UnitRule(
        "dBm",
        when=(of("signal"), whole, between(-1500, -200)),
        scale=0.1,
        example=Example({"RSRP": -822}, Reads(-82.2, "dBm", "signal_strength"), "documented/vega-nb14-array"),
    ),
    UnitRule(
        "%",
        when=(of("signal"), whole, between(2, 100)),
        becomes="signal share",
        example=Example({"RSSI": 44}, Reads(44, "%"), "blind/domoticz-in"),
    ),
    UnitRule(
        UnitDecision.INTERNAL,
        when=(of("signal"), has_number, no(between(-150, -0.000001))),
        example=Example({"rssi": 0}, Reads(0, enabled=False), "blind3/amsreader"),
    ),
    UnitRule(
        "dB",
        when=(of("snr", "rsrq"), beside_number(RADIO, -1500, -200)),
        scale=0.1,
        example=Example({"SNR": 119, "RSSI": -744}, Reads(11.9, "dB"), "documented/vega-nb14-array"),
    ),
    UnitRule(
        None,
        when=(of("angle"), whole, between(0, 1), is_among_bits),
        example=Example({"tilt": 1, "open": 1, "button": 1, "tamper": 1}, Reads(1), "blind2/merryiot-door"),
    ),
    UnitRule(
        "m",
        when=(of("distance"), on_topic(BEACONS)),
        example=Example(
            {"distance": 3.6},
            Reads(3.6, "m", "distance"),
            "blind2/room-assistant",
            topic="room-assistant/entity/living-room/bluetooth-low-energy-presence-sensor/ble-some-id",
        ),
    ),
    # Devices in a network count seconds; others minutes, hours or days.
    UnitRule(
        None,
        when=(of("uptime"), no(beside(*NETWORKED)), either(between(0, 299), beside("linkquality"))),
        example=Example({"uptime": 12, "battery": 87, "linkquality": 120}, Reads(12), "Zigbee2MQTT: EFEKTA TH_v1"),
    ),
    UnitRule(
        UnitDecision.INTERNAL,
        when=(of("accuracy"), no(beside(*LATITUDE, *ALTITUDE))),
        example=Example(
            {"temperature_accuracy": 2, "local_temperature": 21.4}, Reads(2, enabled=False), "Zigbee2MQTT: Tuya TR-M3Z"
        ),
    ),
    UnitRule(
        None,
        when=(of("rotation"), written_as("fan speed"), between(-1e9, 100.999)),
        example=Example({"zb_fan_speed": 2}, Reads(2), "Zigbee2MQTT: ONOKOM AUX-1-ZB-S"),
    ),
    UnitRule(
        MessageUnit("speed"),
        when=(of("speed"), unit_for_all("speed")),
        example=Example(
            {"TX23": {"Speed": {"Act": 14.8}}, "SpeedUnit": "km/h"},
            Reads(14.8, "km/h", "speed"),
            "holdout/tasmota-tx23",
        ),
    ),
    UnitRule(
        "km/h",
        when=(of("speed"), beside("lat", "latitude")),
        example=Example({"vel": 61, "lat": 48.85833}, Reads(61, "km/h", "speed"), "documented/owntracks-location"),
    ),
    UnitRule(
        "km",
        when=(of("range"), beside("soc", "odometer", "vehicle")),
        example=Example({"vehicleRange": 287}, Reads(287, "km", "distance"), "holdout/evcc"),
    ),
)
