"""Traps for inference in messages; each has a test."""

from typing import Any

import pytest

from custom_components.iotbridge.things.inference import infer
from custom_components.iotbridge.things.model.message import Field, ProblemKind
from tests.things.fields import channel, inferred, inferred_tree, kinds, values


@pytest.mark.parametrize(
    ("key", "value", "unit", "device_class"),
    [
        ("temperature_C", 21.5, "°C", "temperature"),
        ("temperatureC", 21.5, "°C", "temperature"),
        ("temp-c", 21.5, "°C", "temperature"),
        ("tempC", 21.5, "°C", "temperature"),
        ("temp_celsius", 21.5, "°C", "temperature"),
        ("OutdoorTempF", 70.1, "°F", "temperature"),
        ("TempC_SHT", 21.5, "°C", "temperature"),
        ("temp2", 21.5, "°C", "temperature"),
        ("ch1_temperature", 21.5, "°C", "temperature"),
        ("t1_temperature_c", 64.6, "°C", "temperature"),
        ("total_m3", 12.3, "m³", "volume"),
        ("power_kW", 1.2, "kW", "power"),
        ("powerW", 12, "W", "power"),
        ("energy_kWh", 12.1, "kWh", "energy"),
        ("energyWh", 12100, "Wh", "energy"),
        ("wind_avg_km_h", 3.6, "km/h", "wind_speed"),
        ("wind_gust_mph", 3.6, "mph", "wind_speed"),
        ("rain_mm", 4.2, "mm", "precipitation"),
        ("rain_rate_mm_h", 4.2, "mm/h", "precipitation_intensity"),
        ("pressure_hPa", 1002.3, "hPa", "atmospheric_pressure"),
        ("tire_pressure_kPa", 230, "kPa", "pressure"),
        ("light_lux", 320, "lx", "illuminance"),
        ("storage_kB", 812, "kB", "data_size"),
        ("response_ms", 12, "ms", "duration"),
        ("humidity_pct", 45, "%", "humidity"),
        ("batt_mv", 2980, "mV", "voltage"),
        ("BatV", 3.1, "V", "voltage"),
        ("supply_voltage_v", 3.1, "V", "voltage"),
        ("current_mA", 74, "mA", "current"),
        ("flow_l_min", 4.1, "L/min", "volume_flow_rate"),
        ("max_flow_m3h", 0, "m³/h", "volume_flow_rate"),
        ("pm25_ugm3", 7, "µg/m³", "pm25"),
        ("tvoc_ppb", 120, "ppb", "volatile_organic_compounds_parts"),
        ("conductivity_us_cm", 512, "µS/cm", "conductivity"),
        ("distance_cm", 84, "cm", "distance"),
        ("weight_kg", 70.2, "kg", "weight"),
        ("download_mbps", 93.1, "Mbit/s", "data_rate"),
        ("Temperature (°C)", 21.5, "°C", "temperature"),
    ],
)
def test_a_unit_that_only_the_suffix_names(key: str, value: float, unit: str, device_class: str) -> None:
    assert kinds({key: value, "other": "x"}) == {key: (unit, device_class)}
    assert values({key: value, "other": "x"}) == {key: value}


@pytest.mark.parametrize("key", ["power_a", "power_b", "voltage_c", "power_l1", "power_L2"])
def test_a_phase_is_no_unit(key: str) -> None:
    unit, _ = kinds({key: 230, "other": "x"})[key]

    assert unit in ("W", "V")


@pytest.mark.parametrize(
    ("document", "kept"),
    [
        ({"tempc": 19.2, "tempf": 66.56}, "tempc"),
        ({"tempf": 66.56, "tempc": 19.2}, "tempc"),
        ({"tempc2": 21, "tempf2": 69.8}, "tempc2"),
        ({"tC": 25.3, "tF": 77.5}, "tC"),
        ({"temperature": 48.1, "temperature_f": 118.6}, "temperature"),
        ({"temperature_F": 70, "temperature_C": 21.1}, "temperature_C"),
        ({"wind_avg_mi_h": 2.2, "wind_avg_km_h": 3.6, "wind_avg_m_s": 1}, "wind_avg_m_s"),
        ({"pressure_inHg": 29.9, "pressure_hPa": 1012.5}, "pressure_hPa"),
        ({"lvl_cm": 15.4, "lvl_in": 6.1}, "lvl_cm"),
        ({"rain_in": 0.1, "rain_mm": 2.5}, "rain_mm"),
    ],
)
def test_the_same_in_two_units_is_one_reading(document: dict[str, Any], kept: str) -> None:
    if kept == "tC":
        document = {"temperature": document}
        kept = "temperature.tC"

    assert [one.channel.key for one in inferred(document).readings] == [kept]


def test_different_readings_with_units_are_kept() -> None:
    document = {"temp_in_c": 21, "temp_out_c": 4, "battery_V": 3.04, "battery_pct": 100}

    assert len(values(document)) == 4


def test_numbers_as_text() -> None:
    assert values({"hum": "52.6", "temperature": "21,4", "co2": "612", "voltage": "230.1 V"}) == {
        "hum": 52.6,
        "temperature": 21.4,
        "co2": 612,
        "voltage": 230.1,
    }


def test_a_device_id_that_is_a_key() -> None:
    document = {"0x2916": {"Temperature": 25.7, "Humidity": 47.7}, "0x2917": {"Temperature": 21.1}}
    found = {one.channel.key: one.channel for one in inferred(document).readings}

    assert found["0x2916.Humidity"].name == "Humidity"
    assert found["0x2916.Temperature"].name == "0x2916 temperature"
    assert found["0x2917.Temperature"].name == "0x2917 temperature"


@pytest.mark.parametrize(
    ("document", "key", "unit", "device_class", "value"),
    [
        ({"battery": 3.02}, "battery", "V", "voltage", 3.02),
        ({"battery": 3020}, "battery", "mV", "voltage", 3020),
        ({"battery": 87}, "battery", "%", "battery", 87),
        ({"battery": 87.5}, "battery", "%", "battery", 87.5),
        ({"battery": 0.87}, "battery", "%", "battery", 87),
        ({"voltage": 3005, "battery": 100}, "voltage", "mV", "voltage", 3005),
        ({"voltage": 231, "power": 12}, "voltage", "V", "voltage", 231),
        ({"voltage": 235.2, "current": 0.074, "power": 7}, "current", "A", "current", 0.074),
        ({"rssi": 100}, "rssi", "%", None, 100),
        ({"rssi": -67}, "rssi", "dBm", "signal_strength", -67),
        ({"RSRP": -822}, "RSRP", "dBm", "signal_strength", -82.2),
        ({"humidity": 0.45}, "humidity", "%", "humidity", 45),
        ({"humidity": 455}, "humidity", "%", "humidity", 45.5),
        ({"temperature": 2153, "humidity": 4521}, "temperature", "°C", "temperature", 21.53),
        ({"temperature": 215, "humidity": 455}, "temperature", "°C", "temperature", 21.5),
        ({"temperature": 2153}, "temperature", None, None, 2153),
        ({"power_factor": 0.98}, "power_factor", None, "power_factor", 0.98),
        ({"power_factor": 98}, "power_factor", "%", "power_factor", 98),
        ({"pressure": 1013.2}, "pressure", "hPa", "atmospheric_pressure", 1013.2),
        ({"pressure": 100843}, "pressure", "Pa", "atmospheric_pressure", 100843),
        ({"pressure": 2.4}, "pressure", None, None, 2.4),
        ({"Vcc": 3.3}, "Vcc", "V", "voltage", 3.3),
        ({"vdd": 3642}, "vdd", "mV", "voltage", 3642),
    ],
)
def test_a_name_that_misleads_about_the_unit(
    document: dict[str, Any], key: str, unit: str | None, device_class: str | None, value: float
) -> None:
    reading = next(one for one in inferred(document).readings if one.channel.key == key)

    assert (reading.channel.unit, reading.channel.device_class) == (unit, device_class)
    assert reading.value == pytest.approx(value)


def test_consumption_beside_a_current_in_milliamperes_is_energy() -> None:
    document = {"active_power": 0, "current": 0, "power_consumption": 26121, "power_factor": 0, "voltage": 235.2}

    assert kinds(document)["power_consumption"] == ("Wh", "energy")
    assert kinds(document)["current"] == ("mA", "current")


@pytest.mark.parametrize(
    ("document", "device_class", "value"),
    [
        ({"contact": False}, "door", True),
        ({"contact": True}, "door", False),
        ({"closed": 1}, "opening", False),
        ({"battery_ok": 1}, "battery", False),
        ({"battery_ok": 0}, "battery", True),
        ({"tamper_ok": True}, "tamper", False),
        ({"no_motion": True}, "motion", False),
        ({"is_locked": True}, "lock", False),
        ({"battery": "Low"}, "battery", True),
        ({"battery": "OK"}, "battery", False),
        ({"door": "open"}, "door", True),
        ({"door": "CLOSED"}, "door", False),
        ({"leak": "dry"}, "moisture", False),
        ({"water_leak": 1}, "moisture", True),
        ({"smoke": "detected"}, "smoke", True),
        ({"smoke": "clear"}, "smoke", False),
        ({"occupancy": "vacant"}, "occupancy", False),
        ({"lock": "unlocked"}, "lock", True),
        ({"pir": "trigger"}, "motion", True),
        ({"motion": "ON"}, "motion", True),
        ({"motion": "yes"}, "motion", True),
        ({"presence": "0"}, "presence", False),
        ({"online": "offline"}, "connectivity", False),
        ({"plugged_in": True}, "plug", True),
        ({"charging": "no"}, "battery_charging", False),
        ({"Alarms": {"LowVoltage": 1}}, "problem", True),
        ({"s_alarm1": 0}, "problem", False),
        ({"tamper_status": "installed"}, "tamper", False),
        ({"socket_status": "on"}, "outlet", True),
    ],
)
def test_inverted_answers_and_words_for_them(document: dict[str, Any], device_class: str, value: bool) -> None:
    [reading] = inferred(document).readings

    assert reading.channel.platform == "binary_sensor"
    assert reading.channel.device_class == device_class
    assert reading.value is value


@pytest.mark.parametrize(
    "document", [{"geofence": "Home"}, {"status": "idle"}, {"weather": "clear"}, {"mode": "off/on"}]
)
def test_a_word_that_could_be_a_state_is_text(document: dict[str, Any]) -> None:
    [reading] = inferred(document).readings

    assert reading.channel.platform == "sensor"
    assert reading.value == next(iter(document.values()))


@pytest.mark.parametrize(
    "document", [{"power": 0}, {"power": 1}, {"power_kw": 0, "x": "y"}, {"energy": 1}, {"light": 1}]
)
def test_a_measurement_of_nought_or_one_is_no_state(document: dict[str, Any]) -> None:
    assert all(one.channel.platform == "sensor" for one in inferred(document).readings)


def test_what_is_null_now_is_known_by_its_key() -> None:
    document = {"temperature": None, "humidity": None, "action": None, "co2": None}
    found = {one.channel.key: one for one in inferred(document).readings}

    assert {one.value for one in found.values()} == {None}
    assert found["temperature"].channel.device_class == "temperature"
    assert found["co2"].channel.unit == "ppm"
    assert found["action"].channel.platform == "event"


@pytest.mark.parametrize(
    ("document", "key", "seen"),
    [
        ({"action": "single"}, "action", "single"),
        ({"action": "brightness_move_up"}, "action", "brightness_move_up"),
        ({"click": "double"}, "click", "double"),
        ({"button_event": {"status": "short press"}}, "button_event.status", "short press"),
        ({"press": "long"}, "press", "long"),
        ({"Button1": {"Action": "SINGLE"}}, "Button1.Action", "SINGLE"),
    ],
)
def test_something_that_happened_is_an_event(document: dict[str, Any], key: str, seen: str) -> None:
    [reading] = inferred(document).readings

    assert reading.channel.key == key
    assert reading.channel.platform == "event"
    assert reading.value == seen
    assert seen in reading.channel.event_types
    assert len(reading.channel.event_types) > 5


def test_no_action_is_nothing() -> None:
    [reading] = inferred({"action": ""}, "zigbee2mqtt/remote").readings

    assert reading.channel.platform == "event"
    assert reading.value is None
    assert "" not in reading.channel.event_types


@pytest.mark.parametrize(
    "document", [{"data": "qg=="}, {"payload": "0201060303E1FF1216E1FFA103"}, {"rawData": "AAECAw=="}]
)
def test_what_nobody_decoded_is_said_and_no_entity(document: dict[str, Any]) -> None:
    result = inferred({"rssi": -70, **document})

    assert [one.channel.key for one in result.readings] == ["rssi"]
    assert [(one.kind, one.placeholders) for one in result.problems] == [
        (ProblemKind.ENCODED, (("field", next(iter(document))),))
    ]


def test_raw_content_beside_decoded_readings_is_no_problem() -> None:
    result = inferred({"temperature": 21.5, "data": "AGcBBg=="})

    assert result.problems == ()
    assert [one.channel.key for one in result.readings] == ["temperature"]


def test_columns_without_names() -> None:
    fields = [("", Field(path=(index,), value=value)) for index, value in enumerate([100, 200.5, 3])]
    readings = infer(fields, topic="emonhub/rx/10/values", format="csv").readings

    assert [(one.channel.name, one.value, one.channel.enabled) for one in readings] == [
        ("Value 1", 100, True),
        ("Value 2", 200.5, True),
        ("Value 3", 3, True),
    ]
    assert {(one.channel.unit, one.channel.device_class) for one in readings} == {(None, None)}


@pytest.mark.parametrize(
    ("document", "key", "state_class"),
    [
        ({"ENERGY": {"Total": 6.2, "Power": 3}}, "ENERGY.Total", "total_increasing"),
        ({"ENERGY": {"Yesterday": 5.3, "Power": 3}}, "ENERGY.Yesterday", None),
        ({"ENERGY": {"Today": 0.9, "Power": 3}}, "ENERGY.Today", "total_increasing"),
        ({"power": 12}, "power", "measurement"),
        ({"media": "water", "total_m3": 12.1}, "total_m3", "total_increasing"),
        ({"media": "water", "last_month_total_m3": 12.1}, "last_month_total_m3", None),
        ({"rain_mm": 2.5}, "rain_mm", "total_increasing"),
        ({"rain_rate_mm_h": 2.5}, "rain_rate_mm_h", "measurement"),
        ({"bootCount": 3}, "bootCount", "total_increasing"),
        ({"cost": 3.2}, "cost", "total"),
        ({"wind_direction": 200}, "wind_direction", "measurement_angle"),
        ({"free_text": "x", "status": "ok"}, "status", None),
        ({"volume_l": 12}, "volume_l", "total_increasing"),
    ],
)
def test_counters_and_measurements(document: dict[str, Any], key: str, state_class: str | None) -> None:
    assert channel(document, key).state_class == state_class


@pytest.mark.parametrize(("media", "device_class"), [("water", "water"), ("gas", "gas"), ("heat", "volume")])
def test_what_the_meter_counts_decides_the_class_of_a_volume(media: str, device_class: str) -> None:
    assert channel({"media": media, "total_m3": 12.1}, "total_m3").device_class == device_class


def test_the_topic_tells_what_the_meter_counts() -> None:
    assert channel({"total_m3": 12.1}, "total_m3", "meters/gas").device_class == "gas"


def test_float_noise_is_not_shown() -> None:
    assert channel({"voltage": 20.43000030517578}, "voltage").precision == 1
    assert channel({"temperature": 21.299999237060547}, "temperature").precision == 1
    assert channel({"air_util_tx": 0.438472211360931}, "air_util_tx").precision == 2


@pytest.mark.parametrize(
    "document",
    [
        {"time": "2019-10-31T11:14:59"},
        {"Time": 1700000000},
        {"ts": 1631186545.04},
        {"last_seen": "2024-05-01T10:00:00Z"},
        {"timestamp": 1700000000000},
        {"received": 1700000000},
        {"Uptime": "0T18:36:12"},
        {"mac": "AA:BB:CC:DD:EE:FF"},
        {"serialno": "ecda3b1eaaaf"},
        {"id": 33225544},
        {"imei": "867723030711443"},
        {"devEui": "0101010101010101"},
        {"ip": "10.0.0.1"},
        {"SSId": "home"},
        {"device_id": 17},
        {"address": "0x2916"},
        {"temperature_unit": "C"},
    ],
)
def test_times_and_identities_are_no_readings(document: dict[str, Any]) -> None:
    assert inferred(document).readings == ()


def test_what_a_device_says_of_itself() -> None:
    document = {"model": "I-9PSL", "serialno": "ecda", "firmware": "3.1.3", "brand": "Air", "name": "Hall", "co2": 600}

    about = inferred(document).about

    assert (about.model, about.serial_number, about.sw_version) == ("I-9PSL", "ecda", "3.1.3")
    assert (about.manufacturer, about.name) == ("Air", "Hall")


@pytest.mark.parametrize(
    "document",
    [
        {"ledMode": "pm", "temperature": 21},
        {"report_interval": 60, "temperature": 21},
        {"temperature_calibration": 0.5, "temperature": 21},
        {"seq": 12, "temperature": 21},
        {"fcnt": 12, "temperature": 21},
        {"debug": True, "temperature": 21},
        {"alarm_threshold": 80, "temperature": 21},
        {"update": {"state": "idle"}, "temperature": 21},
        {"channel": 3, "temperature": 21},
        {"xyz": 7, "temperature": 21},
    ],
)
def test_what_nobody_expects_is_off(document: dict[str, Any]) -> None:
    assert values(document) == {"temperature": 21}


def test_an_unknown_measurement_claims_nothing() -> None:
    found = channel({"frobnication": 12.34}, "frobnication")

    assert (found.unit, found.device_class, found.state_class) == (None, None, "measurement")
    assert found.enabled


def test_homie_annotates_its_properties() -> None:
    messages = {
        "temperature": "21.5",
        "temperature/$name": "Engine temperature",
        "temperature/$unit": "°C",
        "temperature/$datatype": "float",
        "temperature/$settable": "false",
        "temperature/$format": "-20:120",
        "power": True,
        "power/$settable": True,
        "$name": "Engine",
    }
    result = inferred_tree("homie/car/engine", messages)
    found = {one.channel.key: one.channel for one in result.readings}

    assert found.keys() == {"temperature", "power"}
    assert (found["temperature"].name, found["temperature"].unit) == ("Engine temperature", "°C")
    assert (found["power"].platform, found["power"].command_topic) == ("switch", "homie/car/engine/power/set")
    assert (found["power"].command_on, found["power"].command_off) == ("true", "false")
    assert result.about.name == "Engine"


@pytest.mark.parametrize(
    ("document", "key", "position"),
    [
        ({"lat": 48.85, "lon": 2.29}, "lat", (48.85, 2.29)),
        ({"lat": "48.85", "lng": "2.29"}, "lat", (48.85, 2.29)),
        ({"gps": {"latitude": 48.85, "longitude": 2.29}}, "gps.latitude", (48.85, 2.29)),
        ({"gps_lat": 48.85, "gps_long": 2.29}, "gps_lat", (48.85, 2.29)),
        ({"latitude": 0, "longitude": 0}, "latitude", None),
        ({"latitude": None, "longitude": None}, "latitude", None),
    ],
)
def test_a_position_is_one_tracker(document: dict[str, Any], key: str, position: tuple[float, float] | None) -> None:
    [reading] = inferred(document).readings

    assert reading.channel.key == key
    assert (reading.channel.platform, reading.channel.name) == ("device_tracker", "Location")
    assert reading.value == position


def test_a_position_knows_its_companions() -> None:
    found = channel({"lat": 48.85, "lon": 2.29, "acc": 5, "alt": 167}, "lat")

    assert dict(found.companions) == {"longitude": ("lon",), "accuracy": ("acc",), "altitude": ("alt",)}


@pytest.mark.parametrize(
    ("topic", "document", "key", "command"),
    [
        ("tele/plug/STATE", {"POWER": "OFF"}, "POWER", ("cmnd/plug/POWER", "ON", "OFF")),
        ("stat/plug/RESULT", {"POWER2": "ON"}, "POWER2", ("cmnd/plug/POWER2", "ON", "OFF")),
        ("plug/tele/STATE", {"POWER": "OFF"}, "POWER", ("plug/cmnd/POWER", "ON", "OFF")),
        ("home/tele/plug/STATE", {"POWER1": "ON"}, "POWER1", ("home/cmnd/plug/POWER1", "ON", "OFF")),
        ("zigbee2mqtt/plug", {"state": "ON"}, "state", ("zigbee2mqtt/plug/set", "ON", "OFF")),
        (
            "zigbee2mqtt/plug",
            {"state_l1": "ON"},
            "state_l1",
            ("zigbee2mqtt/plug/set", '{"state_l1": "ON"}', '{"state_l1": "OFF"}'),
        ),
        (
            "shelly-1/events/rpc",
            {"params": {"switch:0": {"output": True}}},
            "params.switch:0.output",
            ("shelly-1/command/switch:0", "on", "off"),
        ),
        ("shelly-1/status/switch:0", {"output": False}, "output", ("shelly-1/command/switch:0", "on", "off")),
    ],
)
def test_a_switch_whose_command_is_known(
    topic: str, document: dict[str, Any], key: str, command: tuple[str, str, str]
) -> None:
    found = channel(document, key, topic)

    assert found.platform == "switch"
    assert (found.command_topic, found.command_on, found.command_off) == command


def test_a_shelly_of_the_first_generation_counts_watt_minutes() -> None:
    found = {
        one.channel.key: one
        for one in inferred_tree(
            "shellies/plug-1", {"relay/0": "on", "relay/0/power": 36.8, "relay/0/energy": 1200}
        ).readings
    }

    assert (found["relay/0"].channel.platform, found["relay/0"].value) == ("switch", True)
    assert found["relay/0"].channel.command_topic == "shellies/plug-1/relay/0/command"
    assert (found["relay/0/energy"].value, found["relay/0/energy"].channel.unit) == (20, "Wh")


def test_a_relay_without_a_known_command_is_only_seen() -> None:
    assert channel({"relay1": 1}, "relay1").platform == "binary_sensor"


def test_elements_of_a_list_are_probes() -> None:
    readings = inferred({"onewire": [21.6, 20.6, -11.8]}).readings

    assert [(one.channel.name, one.value) for one in readings] == [
        ("Probe 1", 21.6),
        ("Probe 2", 20.6),
        ("Probe 3", -11.8),
    ]
    assert {one.channel.device_class for one in readings} == {"temperature"}


def test_a_record_names_its_value() -> None:
    document = {"values": [{"value_type": "humidity", "value": "45.1"}, {"value_type": "SDS_P2", "value": "2.2"}]}

    assert kinds(document) == {"values[0].value": ("%", "humidity"), "values[1].value": ("µg/m³", "pm25")}


def test_a_unit_beside_its_value() -> None:
    document = {"temperature": {"value": 70, "unit": "F"}, "flow": {"value": 2, "unit": "l/min"}}

    assert kinds(document) == {"temperature.value": ("°F", "temperature"), "flow.value": ("L/min", "volume_flow_rate")}


def test_a_unit_for_all() -> None:
    document = {"DHT11": {"Temperature": 78.8}, "BME280": {"Pressure": 29.9}, "TempUnit": "F", "PressureUnit": "inHg"}

    assert kinds(document) == {
        "DHT11.Temperature": ("°F", "temperature"),
        "BME280.Pressure": ("inHg", "atmospheric_pressure"),
    }


def test_letters_mean_something_among_their_family() -> None:
    assert kinds({"t": 21.5, "h": 40}) == {"t": ("°C", "temperature"), "h": ("%", "humidity")}
    assert kinds({"U1": 230, "I1": 3.2, "P": 12}) == {
        "U1": ("V", "voltage"),
        "I1": ("A", "current"),
        "P": ("W", "power"),
    }
    assert kinds({"p": 71, "x": "y"}) == {}


def test_the_stated_unit_is_stronger_than_the_words() -> None:
    field = Field(path=("level",), value=3, name="Level", unit="%RH")

    [reading] = infer([("", field)], topic="t", format="senml-json").readings

    assert (reading.channel.unit, reading.channel.name) == ("%", "Level")


def test_names_are_unique_and_spoken() -> None:
    document = {
        "Dc": {"0": {"Voltage": 12.1}},
        "Wifi": {"RSSI": 80},
        "pm2_5": 7,
        "a": {"temperature": 20},
        "b": {"temperature": 21},
    }
    names = {one.channel.key: one.channel.name for one in inferred(document).readings}

    assert names == {
        "Dc.0.Voltage": "DC voltage",
        "Wifi.RSSI": "Wi-Fi RSSI",
        "pm2_5": "PM2.5",
        "a.temperature": "A temperature",
        "b.temperature": "B temperature",
    }


def test_what_is_most_useful_comes_first() -> None:
    keys = [one.channel.key for one in inferred({"seq": 1, "rssi": -60, "temperature": 21}).readings]

    assert keys == ["temperature", "rssi", "seq"]


def test_what_is_about_the_transport_is_diagnostic() -> None:
    fields = [
        ("", Field(path=("rssi",), value=-60, technical=True)),
        ("", Field(path=("frequency",), value=868100000, technical=True)),
    ]
    readings = {one.channel.key: one.channel for one in infer(fields, topic="t", format="ttn-v3").readings}

    assert (readings["rssi"].enabled, readings["frequency"].enabled) == (True, False)
    assert {one.entity_category for one in readings.values()} == {"diagnostic"}


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"": 1},
        {"{{ states() }}": 21.5},
        {"a'\"b": True},
        {"\x00": "x"},
        {"a" * 5000: 1},
        {"€ßµ": 1.5},
        {"²": 3},
        {"t²": 3, "٣": 4},
        {"x": "9" * 5000},
        {"temperature": 1e308, "humidity": 10**40},
        {"temperature": "1e999"},
        {"lat": "x", "lon": {}},
        {"1": {"2": {"3": 4}}},
    ],
)
def test_hostile_keys_and_values_do_no_harm(document: dict[str, Any]) -> None:
    for reading in inferred(document).readings:
        assert reading.channel.name


@pytest.mark.parametrize(
    "document",
    [
        {"alarm_counter": 0},
        {"error_code_counter": 1},
        {"operating_time_in_error_h": 0},
        {"current_power_production_kw": 0},
        {"leak_count": 1},
    ],
)
def test_a_counter_of_nought_or_one_is_no_state(document: dict[str, Any]) -> None:
    assert {one.channel.platform for one in inferred(document).readings} == {"sensor"}


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ({"TB": 31.0, "x": 1}, "TB"),
        ({"MS": 301, "x": 1}, "MS"),
        ({"current_consumption_hca": 166}, "current_consumption_hca"),
        ({"Chlorine": {"Setpoint": 1.0, "Data": 0.7}}, "Chlorine.Setpoint"),
        ({"ct_numerator_factor": 0.5}, "ct_numerator_factor"),
        ({"remaining_battery_life_y": 9}, "remaining_battery_life_y"),
        ({"forward_energy_m3c": 299}, "forward_energy_m3c"),
        ({"noise": 20}, "noise"),
        ({"distance": 2116}, "distance"),
        ({"tvoc": 0.37}, "tvoc"),
    ],
)
def test_a_wrong_guess_is_worse_than_none(document: dict[str, Any], key: str) -> None:
    assert channel(document, key).device_class is None


@pytest.mark.parametrize(
    ("document", "key", "unit"),
    [
        ({"ENERGY": {"Power": [120, 30], "Current": [0.5, 0.1]}}, "ENERGY.Current[0]", "A"),
        ({"ENERGY": {"Voltage": 230, "Current": 0.5}}, "ENERGY.Current", "A"),
        ({"temperature": {"current": 21.5, "min": 4.0}}, "temperature.current", "°C"),
        ({"power": {"current": 120, "max": 300}}, "power.current", "W"),
        ({"current_temperature": 21.5}, "current_temperature", "°C"),
        ({"battery": {"V": 5.77, "percent": 93}}, "battery.percent", "%"),
        ({"battery": {"V": 5.77, "percent": 93}}, "battery.V", "V"),
    ],
)
def test_current_is_amperes_or_now(document: dict[str, Any], key: str, unit: str) -> None:
    assert channel(document, key).unit == unit


@pytest.mark.parametrize(
    ("topic", "document"), [("zigbee2mqtt/blind", {"state": "OPEN"}), ("zigbee2mqtt/lock", {"state": "UNLOCK"})]
)
def test_a_cover_and_a_lock_are_no_switches(topic: str, document: dict[str, Any]) -> None:
    found = channel(document, "state", topic)

    assert (found.platform, found.command_topic) == ("binary_sensor", None)


def test_a_remote_that_says_on_is_pressed() -> None:
    assert channel({"action": "on"}, "action").platform == "event"


def test_the_topic_names_what_a_bare_value_is() -> None:
    [reading] = inferred_tree("livingroom/sensor/bme280_temperature", {"state": 21.5}).readings

    assert (reading.channel.unit, reading.channel.device_class) == ("°C", "temperature")


def test_a_meter_remembers_other_months_in_silence() -> None:
    document = {"media": "water", "total_m3": 3.4, "April_total_m3": 2.5, "consumption_at_history_1_m3": 1.2}

    assert values(document) == {"total_m3": 3.4}
