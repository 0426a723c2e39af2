"""Rules for the unit of an electric number. Pure."""

from ...vocabulary.keys.neighbours import BATTERIES, GRID, METERED, MODULATION, POWER, RADIO_POWER, SENSORS
from ..conditions import beside, between, decimal, has_number, has_word, near, whole
from ..rule_table import Example, Reads, either, no
from .conditions import (
    beside_thousandths,
    called,
    counted_in_watt_hours,
    fits_power,
    is_among_bits,
    is_whole_key,
    of,
    written_as,
)
from .rule import UnitDecision, UnitRule

# More than the mains, or a motor on a converter, have: a radio.
MOST_HERTZ = 120

ELECTRIC = (
    UnitRule(
        "mV",
        when=(of("voltage"), between(1200, 60000), either(near(BATTERIES), beside(*BATTERIES))),
        example=Example({"voltage": 3005, "battery": 100}, Reads(3005, "mV", "voltage"), "holdout/z2m-motion"),
    ),
    UnitRule(
        "mV",
        when=(of("voltage"), whole, between(1200, 60000), beside(*SENSORS), no(beside(*METERED))),
        example=Example(
            {"voltage": 13374, "free_heap": 95340}, Reads(13374, "mV", "voltage"), "blind2/windnerd-health"
        ),
    ),
    UnitRule(
        "mV",
        when=(of("supply voltage"), between(100, 60000)),
        example=Example({"vdd": 3600}, Reads(3600, "mV", "voltage"), "holdout/elsys-elt"),
    ),
    UnitRule(
        "mV",
        when=(of("battery"), between(1200, 60000)),
        becomes="voltage",
        example=Example({"battery": 3127}, Reads(3127, "mV", "voltage"), "holdout/ruuvitag"),
    ),
    UnitRule(
        "V",
        when=(of("battery"), decimal, between(1.05, 4.4)),
        becomes="voltage",
        example=Example({"bat": 4.01}, Reads(4.01, "V", "voltage"), "blind3/meshbee"),
    ),
    # A flag, or one of a few levels: Ecowitt sends 0 and 1 for some sensors, 0 to 6 for others.
    UnitRule(
        None,
        when=(of("battery"), whole, between(0, 6), no(is_whole_key)),
        example=Example({"pm25batt1": 5}, Reads(5), "Ecowitt: WH41"),
    ),
    UnitRule(
        None,
        when=(of("battery"), whole, between(1, 1)),
        example=Example({"battery": 1, "id": 42}, Reads(1), "rtl_433: flags of batteries"),
    ),
    UnitRule(
        "%",
        when=(of("battery"), decimal, between(0.01, 0.99)),
        scale=100.0,
        example=Example({"batteryLevel": 0.87}, Reads(87.0, "%", "battery"), "Sensor Logger: units of the battery"),
    ),
    UnitRule(
        "mA",
        when=(of("current"), whole, fits_power(0.001)),
        example=Example(
            {"current": 142, "voltage": 230.1, "power": 32.7}, Reads(142, "mA", "current"), "Milesight: milesight ws52x"
        ),
    ),
    # More than a home draws: amperes only if the power says so.
    UnitRule(
        None,
        when=(of("current"), whole, no(between(-63, 63)), no(fits_power(1))),
        example=Example({"ampHourAccumulation": 356}, Reads(356), "blind2/hotdrop"),
    ),
    UnitRule(
        None,
        when=(of("energy"), whole, no(between(-9999, 9999)), no(counted_in_watt_hours)),
        example=Example(
            {"consumed_energy": 15420, "active_power": 124.5}, Reads(15420), "Zigbee2MQTT: Perenio PEHPL0X"
        ),
    ),
    UnitRule(
        "Wh",
        when=(of("energy"), counted_in_watt_hours),
        example=Example([{"actEnergyDlvd": 55306378.348}], Reads(55306378.348, "Wh", "energy"), "blind/envoy-meters"),
    ),
    UnitRule(
        UnitDecision.INTERNAL,
        when=(of("power"), has_word(RADIO_POWER), between(-120, -1), beside("rssi")),
        example=Example(
            {"measuredPower": -59, "rssi": -79.81192947697268}, Reads(-59, enabled=False), "blind2/room-assistant"
        ),
    ),
    # Meters of the grid with kilowatt hours have kilowatts (DSMR), with a resolution of one watt.
    UnitRule(
        None,
        when=(
            of("power"),
            between(-99.999, 99.999),
            beside(*GRID),
            either(beside_thousandths(POWER), written_as("power delivered"), written_as("power returned")),
        ),
        example=Example(
            {"power_delivered": 0.412, "energy_delivered_tariff1": 4512.125}, Reads(0.412), "ESPHome: DSMR"
        ),
    ),
    # TeslaMate uses kilowatts.
    UnitRule(
        None,
        when=(of("power"), beside("odometer"), between(-500, 500)),
        example=Example({"power": -9, "odometer": 1653}, Reads(-9), "holdout/teslamate"),
    ),
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
        example=Example({"PWR": 1, "RED": 0, "FLT": 0, "HJT": 1}, Reads(1), "blind/bestway-spa"),
    ),
    UnitRule(
        "%",
        when=(of("power factor"), has_number, no(between(-1, 1))),
        example=Example({"powerFactor": 100}, Reads(100, "%", "power_factor"), "blind/moko-lw005"),
    ),
    # The carrier of a radio.
    UnitRule(
        UnitDecision.INTERNAL,
        when=(of("frequency"), between(1e6, 1e12)),
        example=Example({"frequency": 868300000}, Reads(868300000, enabled=False), "blind/decentlab-atm41"),
    ),
    # A radio, mostly in megahertz.
    UnitRule(
        None,
        when=(of("frequency"), has_number, either(no(between(0, MOST_HERTZ)), beside(*MODULATION))),
        example=Example({"frequency": 433.92, "temperature": 20.5}, Reads(433.92), "OpenMQTTGateway: LoRa"),
    ),
)
