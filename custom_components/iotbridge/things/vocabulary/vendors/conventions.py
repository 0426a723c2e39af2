"""Conventions of vendors for keys whose meaning cannot be inferred, one line for each.

A row applies to a message if ``topic`` is found in its topic, or all of ``keys`` are among the names of its values
(lower case); ``key`` must match the whole key of the value, lower case.
"""

from typing import NamedTuple


class Convention(NamedTuple):
    """Convention of a vendor for some keys: the quantity of quantities.py, the unit and the scale of the raw value.

    ``quantity`` None keeps the quantity of the words; "off" disables the entity.
    """

    key: str
    quantity: str | None
    unit: str | None = None
    scale: float = 1.0
    topic: str | None = None
    keys: frozenset[str] = frozenset()
    name: str | None = None


def having(*keys: str) -> frozenset[str]:
    """Return the names that must all be present."""
    return frozenset(keys)


CONVENTIONS: tuple[Convention, ...] = (
    # Milesight counts energy in Wh and current in mA
    Convention(
        "power_consumption",
        "energy",
        "Wh",
        keys=having("power_consumption", "voltage", "current"),
        name="Energy",
    ),
    Convention("power_consumption", "energy", "Wh", keys=having("power_consumption", "active_power"), name="Energy"),
    Convention("power_consumption", "energy", "Wh", keys=having("power_consumption", "socket_status"), name="Energy"),
    Convention("current", "current", "mA", keys=having("power_consumption", "voltage", "current")),
    Convention("total_current", "current", "mA", keys=having("power_consumption", "voltage", "total_current")),
    Convention("power_factor", "power factor", "%", keys=having("power_consumption", "active_power")),
    # AirGradient
    Convention("pm003count", "particles per dL", name="Particles 0.3 µm"),
    Convention("(tvocraw|tvoc_raw|noxraw|nox_raw)", "off", keys=having("rco2")),
    # Frigate counts the objects it detects
    Convention("(car|dog|cat|truck|bus|bicycle|motorcycle)", "people", topic="^frigate/"),
    Convention("(car|dog|cat|truck|bus|bicycle|motorcycle)", "people", keys=having("person", "car")),
    # OwnTracks: the accuracy of the altitude
    Convention("vac", "off", keys=having("tid", "tst")),
    # The counter of the messages themselves
    Convention("cnt", "off"),
    # Ecowitt is always imperial; "tf" is a temperature in Fahrenheit
    Convention("tf_co2", "temperature", "°F", keys=having("tf_co2")),
    Convention("tf_ch\\d+", "temperature", "°F", keys=having("tf_ch1")),
    Convention("(e|h|d|w|m|y|last24h)rain_piezo", "rain", "in", keys=having("rrain_piezo")),
    Convention("rrain_piezo", "rain rate", "in/h", keys=having("rrain_piezo")),
    # Tasmota
    Convention("energy[.]period", "off"),
    Convention("status[.](power|poweronstate|powerretain)", "off"),
    Convention("(as3935|ld2410s?)[.]energy.*", "off"),
    # French meters count in Wh
    Convention("(hchc|hchp|base)", "energy", "Wh", keys=having("ptec")),
    # Shelly, second generation: Wh; the counters of the last minutes are for its own chart
    Convention("(ret_)?aenergy[.]total", "energy", "Wh"),
    Convention("(ret_)?aenergy[.](by_minute.*|minute_ts)", "off"),
    Convention("([abcn]_)?total_(act|act_ret)(_energy)?", "energy", "Wh"),
    # Shelly, first generation: a relay counts watt-minutes, a meter watt-hours
    Convention("(relay|roller|light)/\\d+/energy", "energy", "Wh", 1 / 60, topic="^shellies/"),
    Convention("emeter/\\d+/energy", "off", topic="^shellies/"),
    Convention("emeter/\\d+/(total|total_returned)", "energy", "Wh", topic="^shellies/"),
    # Zigbee2MQTT and others include the state of a device's firmware
    Convention("update[.].*", "off"),
    # The colour of a lamp is set, not measured
    Convention("colou?r[.].*", "off"),
    # rtl_433 includes values of its radio
    Convention("freq[12]?", "off", keys=having("mod", "freq")),
    Convention("(rssi|snr|noise)", "off", keys=having("mod", "freq", "noise")),
    # Victron
    Convention("timetogo", "remaining time", "s"),
    Convention("p", "power", "W", topic="^N/"),
    Convention("v", "voltage", "V", topic="^N/"),
    Convention("i", "current", "A", topic="^N/"),
    Convention("f", "frequency", "Hz", topic="^N/"),
    Convention("s", "apparent power", "VA", topic="^N/"),
    # evcc counts a charge in Wh
    Convention("(charged|session)_?energy", "energy", "Wh", topic="^evcc"),
    # Fronius counts in Wh
    Convention("p_.+", "power", "W", keys=having("p_grid", "p_load")),
    # Enphase
    Convention("wnow", "power", "W"),
    Convention("wh(lifetime|today|last.*)", "energy", "Wh", keys=having("wnow")),
    Convention("e_(day|total|year)", "energy", "Wh", keys=having("p_pv", "e_day")),
    Convention("(day|total|year)_energy([.]value)?", "energy", "Wh", keys=having("pac", "day_energy")),
    # DSMR-reader: the grid's own unit is kW
    Convention("electricity_currently_.*", "power", "kW"),
    Convention("phase_currently_.*", "power", "kW"),
    Convention("phase_power_current_.*", "current", "A"),
    # Smart meters' telegrams in Tasmota and in HAN readers
    Convention("sml[.](total|e)_?(in|out)[^.]*", "energy", "kWh"),
    Convention("(tpi|tpo)", "energy", "kWh", keys=having("tpi")),
    # OpenDTU and AhoyDTU: the day in Wh, the life in kWh
    Convention("yield_?day", "energy of a day", "Wh"),
    Convention("yield_?total", "energy", "kWh"),
)

# Words of vendors that are in no other table, so that compounds are split correctly.
VOCABULARY = frozenset({"bin"})
