"""Steps that show the interpretation of a message and let the user correct it."""

import gzip
import json
import sys
from typing import Any

import pytest

from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import area_registry as ar

from .wizard import WEATHER, WORDS, Wizard

DEVICES = {"a": {"temperature": 20.5}, "b": {"temperature": 21.5}, "c": {"temperature": 22.5, "humidity": 40}}


async def hear_family(wizard: Wizard, topic: str = "sensors/+/data") -> None:
    await wizard.start("topic")
    await wizard.submit(topic=topic)
    for name, payload in DEVICES.items():
        await wizard.kit.receive(f"sensors/{name}/data", payload)
    await wizard.wait(3)
    assert wizard.step == "split"


# ---------------------------------------------------------------- nothing, and systems


async def test_messages_without_values_are_explained(wizard: Wizard) -> None:
    await wizard.hear("cellar/pump", b"\x00\xff\xfe\x01")
    assert (wizard.result["type"], wizard.step) == (FlowResultType.MENU, "nothing")
    assert wizard.said["topic"] == "cellar/pump"
    assert wizard.said["problems"].startswith("- ")
    await wizard.look()
    assert wizard.step == "nothing"
    await wizard.choose("wait")
    await wizard.kit.receive("cellar/pump", '{"power": 35}')
    await wizard.wait(3)

    assert wizard.step == "device"


async def test_messages_with_nothing_but_times_are_explained(wizard: Wizard) -> None:
    await wizard.hear("cellar/pump", {"timestamp": "2026-11-21T17:00:00Z"})

    assert wizard.step == "nothing"
    assert wizard.said["problems"] == "- There are no values in them, only times, names and the like."


async def test_a_message_that_needs_a_library_which_cannot_be_installed_is_explained(
    wizard: Wizard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cbor2", None)
    monkeypatch.setattr("homeassistant.util.package.is_installed", lambda _requirement: False)
    monkeypatch.setattr("homeassistant.util.package.install_package", lambda *_args, **_more: False)
    await wizard.hear("cellar/pump", bytes.fromhex("a16b74656d706572617475726515"))

    assert wizard.step == "nothing"
    assert "cbor2" in wizard.said["problems"]


@pytest.mark.parametrize(
    ("topic", "system", "how"),
    [("zigbee2mqtt/lamp", "Zigbee2MQTT", "MQTT discovery"), ("tele/plug/SENSOR", "Tasmota", "add Tasmota")],
)
async def test_a_system_that_announces_itself_is_said_and_can_be_left(
    wizard: Wizard, topic: str, system: str, how: str
) -> None:
    await wizard.hear(topic, {"temperature": 20.5})
    assert (wizard.result["type"], wizard.step) == (FlowResultType.MENU, "system")
    assert wizard.said["system"] == system
    assert how in wizard.said["how"]
    await wizard.look()
    assert wizard.step == "system"
    await wizard.choose("stop")

    assert (wizard.step, wizard.said["system"]) == ("left_to_system", system)


async def test_a_device_of_such_a_system_can_be_learned_all_the_same(wizard: Wizard) -> None:
    await wizard.hear("zigbee2mqtt/lamp", {"temperature": 20.5})
    await wizard.choose("go_on")

    assert wizard.step == "device"


# ---------------------------------------------------------------- what is a device


async def test_a_wildcard_leaves_the_choice_of_what_is_a_device(wizard: Wizard) -> None:
    await hear_family(wizard)
    assert wizard.said == {"topic": "sensors/+/data", "count": "3"}
    options = wizard.options("depth")
    assert sorted(options.values()) == ["3 devices: a, b, c", "One device: sensors"]
    assert wizard.suggested["joining"] == "ask"
    assert options[wizard.suggested["depth"]].startswith("3 devices")
    await wizard.submit(joining="add")
    assert wizard.options("devices") == {name: name for name in DEVICES}
    await wizard.submit(name="Rooms", manufacturer="Acme", devices=["a", "c"])

    data = wizard.subentry.data
    assert (wizard.subentry.title, data["joining"], data["ignored"]) == ("Rooms", "add", ["b"])
    assert data["devices"] == {name: {"name": name, "manufacturer": "Acme"} for name in ("a", "c")}
    assert [channel["path"] for channel in data["channels"]] == [["temperature"], ["humidity"]]


async def test_the_topics_of_a_wildcard_can_be_one_device(wizard: Wizard) -> None:
    await hear_family(wizard)
    one = next(depth for depth, label in wizard.options("depth").items() if label.startswith("One"))
    await wizard.submit(depth=one)
    assert "devices" not in wizard.suggested
    assert wizard.channels.keys() == {
        "a/data:temperature",
        "b/data:temperature",
        "c/data:temperature",
        "c/data:humidity",
    }


async def test_devices_that_name_themselves_leave_only_the_question_of_further_ones(wizard: Wizard) -> None:
    await wizard.start("topic")
    await wizard.submit(topic="application/1/device/+/event/up")
    for number in (1, 2):
        await wizard.kit.receive(
            f"application/1/device/000000000000000{number}/event/up",
            {
                "deviceInfo": {"devEui": f"000000000000000{number}", "deviceName": f"Sensor {number}"},
                "object": {"temperature": 20.5},
                "rxInfo": [{"rssi": -50, "snr": 9.5}],
            },
        )
    await wizard.wait(3)
    assert wizard.step == "split"
    assert wizard.suggested.keys() == {"joining"}
    await wizard.submit()

    assert list(wizard.options("devices").values()) == [
        "Sensor 1 (0000000000000001)",
        "Sensor 2 (0000000000000002)",
    ]


async def test_a_family_needs_a_device(wizard: Wizard) -> None:
    await hear_family(wizard)
    await wizard.submit()
    await wizard.submit(devices=[])

    assert wizard.errors == {"base": "no_devices"}


async def test_many_devices_are_not_all_listed(wizard: Wizard) -> None:
    await wizard.start("topic")
    await wizard.submit(topic="sensors/+")
    for number in range(8):
        await wizard.kit.receive(f"sensors/room{number}", {"temperature": 20.5})
    await wizard.wait(3)

    label = next(label for label in wizard.options("depth").values() if label.startswith("8 devices"))
    assert label.endswith("room4 …")


# ---------------------------------------------------------------- the device and its channels


async def test_what_was_understood_is_shown(wizard: Wizard) -> None:
    await wizard.hear("garden/weather", WEATHER)

    assert wizard.suggested["name"] == "garden weather"
    said = wizard.said["understood"]
    assert "**JSON**, from `garden/weather`" in said
    assert "works even without IoT Bridge" in said
    assert wizard.channels["temperature"] == {
        "name": "Temperature",
        "now": "21.5 °C · Temperature · temperature",
        "enabled": True,
        "platform": "sensor",
        "device_class": "temperature",
        "unit": "°C",
        "state_class": "measurement",
        "precision": 1,
        "key": "temperature",
    }
    door = wizard.channels["door"]
    assert (door["platform"], door["on"], door["off"]) == ("binary_sensor", "open", "closed")
    assert door["now"] == "on · Binary sensor (Door) · door"


async def test_what_is_doubtful_is_off_and_says_so(wizard: Wizard) -> None:
    await wizard.hear("garden/weather", WEATHER)
    loops = wizard.channels["loops"]

    assert loops["enabled"] is False
    assert loops["now"] == "off so far · 12345 · loops"
    assert "Channels: 4, of which 3 are on" in wizard.said["understood"]


async def test_a_message_that_only_we_can_read_says_so(wizard: Wizard) -> None:
    await wizard.hear("garden/weather", gzip.compress(b"temperature=21.5 humidity=44"))

    assert "**gzip+names with values**" in wizard.said["understood"]
    assert "IoT Bridge decodes these messages" in wizard.said["understood"]


@pytest.mark.parametrize(
    ("payload", "how"),
    [
        (WEATHER, "by itself"),
        ({"lat": 48.1, "lon": 11.5, "battery": 80}, "decodes"),
        ({"action": "single", "battery": 80}, "decodes"),
        ({"temperature (C)": 20.5}, "decodes"),
    ],
)
async def test_who_reads_the_messages_is_said_of_the_channels_as_they_are(
    wizard: Wizard, payload: dict[str, Any], how: str
) -> None:
    await wizard.hear("garden/thing", payload)
    assert how in wizard.said["understood"]
    await wizard.submit()
    await wizard.change("channels")
    assert how in wizard.said["how"]

    kept = [item for item in wizard.channels.values() if item["platform"] == "sensor" and item["key"].isalnum()]
    if kept:
        await wizard.submit(channels=kept)
        await wizard.change("channels")
        assert "by itself" in wizard.said["how"]


@pytest.mark.parametrize(
    ("payload", "how"),
    [
        ({"temperature": "21,5"}, "decodes"),
        ({"temperature": "21.5 °C", "humidity": 44}, "decodes"),
        ({"temperature": "21.5", "note": "mild, 21,5"}, "by itself"),
        ("21.5 °C", "decodes"),
        ("21.5", "by itself"),
    ],
)
async def test_a_number_that_only_people_can_read_is_read_by_us(wizard: Wizard, payload: Any, how: str) -> None:
    await wizard.hear("garden/temperature", payload)

    assert how in wizard.said["understood"]


async def test_what_could_not_be_understood_is_said_in_words(wizard: Wizard) -> None:
    await wizard.start("topic")
    await wizard.submit(topic="garden/#")
    await wizard.kit.receive("garden/weather", WEATHER)
    await wizard.kit.receive("garden/noise", b"\x00\xff\xfe\x01")
    await wizard.wait(3)
    await wizard.submit()

    assert "Not everything could be understood" in wizard.said["understood"]


async def test_everything_can_be_corrected(wizard: Wizard) -> None:
    area = ar.async_get(wizard.kit.hass).async_create("Garden")
    await wizard.hear("garden/weather", WEATHER)
    items = wizard.channels
    items["temperature"] |= {"name": " Air ", "precision": 2, "scale": 0.1, "category": "diagnostic"}
    items["door"] |= {"platform": "event", "event_types": ["open", " closed ", ""], "device_class": None}
    del items["humidity"]
    await wizard.submit(
        name=" Weather ",
        manufacturer="Acme",
        model="W1",
        area=area.id,
        channels=[{key: value for key, value in item.items() if value is not None} for item in items.values()],
        availability={"topic": "garden/here", "online": "yes", "offline": "no", "expiry": "after", "seconds": 600},
    )
    assert wizard.result["type"] is FlowResultType.CREATE_ENTRY

    data = wizard.subentry.data
    assert wizard.subentry.title == "Weather"
    assert data["devices"] == {"garden/weather": {"name": "Weather", "manufacturer": "Acme", "model": "W1"}}
    assert (data["area"], data["dropped"], data["expire_after_s"]) == ("Garden", ["humidity"], 600)
    assert data["availability"] == {"topic": "garden/here", "online": "yes", "offline": "no"}
    air, door, loops = data["channels"]
    assert (air["name"], air["precision"], air["scale"], air["entity_category"]) == ("Air", 2, 0.1, "diagnostic")
    assert (door["platform"], door["event_types"]) == ("event", ["open", "closed"])
    assert loops["enabled"] is False


async def test_a_channel_deleted_by_mistake_can_be_added_again(wizard: Wizard) -> None:
    await wizard.hear("garden/weather", WEATHER)
    added = {"name": "Again", "platform": "sensor", "key": "humidity"}
    items = [item for key, item in wizard.channels.items() if key != "humidity"]
    await wizard.submit(channels=[*items, added])

    channel = wizard.subentry.data["channels"][-1]
    assert (channel["name"], channel["path"]) == ("Again", ["humidity"])
    assert wizard.subentry.data["dropped"] == []


async def test_a_bare_value_is_a_channel_without_a_key(wizard: Wizard) -> None:
    await wizard.hear("temperature", "21.5")
    assert wizard.channels.keys() == {"."}
    await wizard.submit(channels=[wizard.channels["."] | {"name": ""}])
    assert (wizard.errors, wizard.said["place"]) == ({"channels": "no_name"}, ".")
    await wizard.submit(channels=[wizard.channels["."] | {"name": "Air"}])

    (channel,) = wizard.subentry.data["channels"]
    assert (channel["name"], channel["path"]) == ("Air", [])


async def test_a_name_left_empty_is_the_proposed_one(wizard: Wizard) -> None:
    await wizard.hear("garden/weather", WEATHER)
    await wizard.submit(name=" ", manufacturer=" ")

    assert wizard.subentry.title == "garden weather"
    assert wizard.subentry.data["devices"] == {"garden/weather": {"name": "garden weather"}}


async def test_a_position_becomes_a_device_tracker(wizard: Wizard) -> None:
    await wizard.hear("van/gps", {"latitude": 45.5, "longitude": 9.25, "speed_kmh": 50})

    tracker = next(item for item in wizard.channels.values() if item["platform"] == "device_tracker")
    assert tracker["now"].startswith("45.5, 9.25 · Device tracker")
    await wizard.submit()
    assert wizard.result["type"] is FlowResultType.CREATE_ENTRY


TEMPERATURE = {"key": "temperature", "name": "T", "platform": "sensor"}
HUMIDITY = {"key": "humidity", "name": "H", "platform": "sensor"}
DOOR = {"key": "door", "name": "D", "platform": "binary_sensor", "on": "open", "off": "closed"}


@pytest.mark.parametrize(
    ("items", "error", "words"),
    [
        ([TEMPERATURE | {"name": " "}], "no_name", {"place": "temperature"}),
        ([TEMPERATURE, HUMIDITY | {"name": "t"}], "name_twice", {"channel": "t"}),
        ([TEMPERATURE, TEMPERATURE | {"name": "U"}], "channel_twice", {"channel": "U", "place": "temperature"}),
        (
            [TEMPERATURE | {"device_class": "temperature", "unit": "bar"}],
            "unit_invalid",
            {"channel": "T", "unit": "bar", "kind": "temperature", "units": "K, °C, °F"},
        ),
        ([TEMPERATURE | {"device_class": "temperature"}], "unit_missing", {"units": "K, °C, °F"}),
        ([TEMPERATURE | {"device_class": "ph", "unit": "°C"}], "unit_not_wanted", {"kind": "ph"}),
        ([DOOR | {"platform": "sensor", "device_class": "enum", "unit": "V"}], "unit_not_wanted", {"kind": "enum"}),
        ([TEMPERATURE | {"state_class": "measurement_angle", "unit": "V"}], "unit_invalid", {"units": "°"}),
        ([TEMPERATURE | {"device_class": "pressure", "unit": "X"}], "unit_invalid", {"kind": "pressure"}),
        (
            [TEMPERATURE | {"device_class": "temperature", "unit": "°C", "state_class": "total"}],
            "state_class_invalid",
            {"state_class": "total", "kind": "temperature", "state_classes": "measurement"},
        ),
        (
            [DOOR | {"platform": "sensor", "device_class": "enum", "state_class": "measurement"}],
            "state_class_not_wanted",
            {"kind": "enum"},
        ),
        ([DOOR | {"platform": "sensor", "unit": "V"}], "not_a_number", {"channel": "D"}),
        ([DOOR | {"platform": "sensor", "state_class": "measurement"}], "not_a_number", {"channel": "D"}),
        ([DOOR | {"platform": "sensor", "precision": 1}], "not_a_number", {"channel": "D"}),
        ([DOOR | {"device_class": "temperature"}], "device_class_invalid", {"kind": "temperature"}),
        ([TEMPERATURE | {"category": "config"}], "category_invalid", {"channel": "T"}),
        ([DOOR | {"on": ""}], "on_and_off", {"channel": "D"}),
        ([DOOR | {"off": "open"}], "on_and_off", {"channel": "D"}),
        ([DOOR | {"platform": "switch"}], "command_topic_invalid", {"channel": "D"}),
        ([DOOR | {"platform": "switch", "command_topic": "a/#"}], "command_topic_invalid", {"channel": "D"}),
        ([DOOR | {"platform": "switch", "command_topic": "garden/+/set"}], "command_topic_plus", {"channel": "D"}),
        ([DOOR | {"platform": "event", "event_types": [" "]}], "no_event_types", {"channel": "D"}),
        ([DOOR | {"platform": "device_tracker"}], "not_a_position", {"channel": "D"}),
    ],
)
async def test_what_home_assistant_would_not_take_is_said_with_the_channel(
    wizard: Wizard, items: list[dict[str, Any]], error: str, words: dict[str, str]
) -> None:
    await wizard.hear("garden/weather", WEATHER)
    await wizard.submit(channels=items)

    assert (wizard.step, wizard.errors) == ("device", {"channels": error})
    assert words.items() <= wizard.said.items()
    assert wizard.suggested["channels"] == items


@pytest.mark.parametrize(
    "item",
    [
        TEMPERATURE | {"device_class": "temperature", "unit": "°C", "state_class": "measurement", "precision": 0},
        TEMPERATURE | {"unit": "widgets"},
        TEMPERATURE | {"state_class": "measurement"},
        TEMPERATURE | {"device_class": "ph"},
        DOOR | {"platform": "sensor"},
        DOOR | {"platform": "sensor", "device_class": "enum"},
        DOOR | {"category": "diagnostic", "device_class": "door"},
        DOOR | {"platform": "switch", "command_topic": "garden/door/set", "command_on": "1", "category": "config"},
        DOOR | {"platform": "event", "event_types": ["open"]},
    ],
)
async def test_what_home_assistant_takes_is_taken(wizard: Wizard, item: dict[str, Any]) -> None:
    await wizard.hear("garden/weather", WEATHER)
    await wizard.submit(channels=[item])

    assert wizard.result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_channel_that_is_off_may_be_unfinished(wizard: Wizard) -> None:
    await wizard.hear("garden/weather", WEATHER)
    await wizard.submit(channels=[TEMPERATURE, DOOR | {"platform": "switch", "enabled": False}])

    assert wizard.result["type"] is FlowResultType.CREATE_ENTRY


async def test_the_other_sign_for_micro_is_the_one_home_assistant_knows(wizard: Wizard) -> None:
    await wizard.hear("garden/weather", {"pm25": 12})
    item = {"key": "pm25", "name": "Dust", "platform": "sensor", "device_class": "pm25", "unit": "\u00b5g/m³"}
    await wizard.submit(channels=[item])

    assert wizard.subentry.data["channels"][0]["unit"] == "\u03bcg/m³"


@pytest.mark.parametrize("items", [[], [TEMPERATURE | {"enabled": False}]])
async def test_a_device_needs_a_channel_that_is_on(wizard: Wizard, items: list[dict[str, Any]]) -> None:
    await wizard.hear("garden/weather", WEATHER)
    await wizard.submit(channels=items)

    assert wizard.errors == {"base": "no_channels"}


# ---------------------------------------------------------------- whether it is there


@pytest.mark.parametrize(
    ("topic", "words", "expected"),
    [
        ("garden/weather/LWT", "Online", ("garden/weather/LWT", "Online", "Offline")),
        ("garden/LWT", "Offline", ("garden/LWT", "Online", "Offline")),
        ("garden/weather/availability", "ONLINE", ("garden/weather/availability", "ONLINE", "OFFLINE")),
        ("garden/weather/connected", "1", ("garden/weather/connected", "1", "0")),
        ("garden/status", "disconnected", ("garden/status", "connected", "disconnected")),
        ("garden/weather/status", "1", None),
        ("garden/weather/online", "maybe", None),
    ],
)
async def test_a_neighbour_that_tells_whether_the_device_is_there_is_proposed(
    wizard: Wizard, topic: str, words: str, expected: tuple[str, str, str] | None
) -> None:
    await wizard.start("topic")
    await wizard.submit(topic="garden/weather")
    await wizard.kit.receive(topic, words, retain=True)
    await wizard.kit.receive("garden/weather", WEATHER)
    await wizard.wait(3)

    proposed = wizard.suggested["availability"]
    if expected is None:
        assert proposed == {"expiry": "learn"}
    else:
        assert (proposed["topic"], proposed["online"], proposed["offline"]) == expected


@pytest.mark.parametrize(
    ("topic", "message", "expected"),
    [
        ("garden/weather/availability", '{"state":"online"}', ("online", "offline", "state")),
        ("garden/weather/status", '{"state":"Offline","ip":"x"}', ("Online", "Offline", "state")),
        ("garden/weather/status", '{"device":{"online":true}}', ("true", "false", "device.online")),
        ("garden/weather/status", '{"light":"on","pump":true}', None),
        ("garden/weather/status", '{"a{{ b }}":"online"}', None),
        ("garden/weather/status", '{"a.b":"online"}', None),
    ],
)
async def test_the_word_is_found_in_a_message_of_json(
    wizard: Wizard, topic: str, message: str, expected: tuple[str, str, str] | None
) -> None:
    await wizard.start("topic")
    await wizard.submit(topic="garden/weather")
    await wizard.kit.receive(topic, message, retain=True)
    await wizard.kit.receive("garden/weather", WEATHER)
    await wizard.wait(3)

    proposed = wizard.suggested["availability"]
    if expected is None:
        assert proposed == {"expiry": "learn"}
        return
    assert (proposed["online"], proposed["offline"], proposed["path"]) == expected
    await wizard.submit()
    assert wizard.subentry.data["availability"]["path"] == expected[2].split(".")
    await wizard.change("settings")
    assert wizard.suggested["availability"]["path"] == expected[2]


async def test_a_family_is_proposed_a_topic_with_its_wildcards(wizard: Wizard) -> None:
    await wizard.start("topic")
    await wizard.submit(topic="sensors/+/data")
    await wizard.kit.receive("sensors/a/LWT", "online")
    for name, payload in DEVICES.items():
        await wizard.kit.receive(f"sensors/{name}/data", payload)
    await wizard.wait(3)
    await wizard.submit()

    assert wizard.suggested["availability"]["topic"] == "sensors/+/LWT"


async def test_one_device_of_a_family_does_not_speak_for_the_others(wizard: Wizard) -> None:
    await wizard.start("topic")
    await wizard.submit(topic="sensors/#")
    for name in ("aaa", "bbb"):
        await wizard.kit.receive(f"sensors/{name}/temperature", "20.5")
        await wizard.kit.receive(f"sensors/{name}/humidity", "44")
    await wizard.kit.receive("sensors/aaa/LWT", "online")
    await wizard.wait(3)
    two = next(depth for depth, label in wizard.options("depth").items() if label.startswith("2 devices"))
    await wizard.submit(depth=two)

    assert wizard.suggested["availability"] == {"expiry": "learn"}


async def test_listening_finds_the_neighbour_too(wizard: Wizard) -> None:
    await wizard.start("listen")
    await wizard.kit.receive("garden/weather/LWT", "online")
    await wizard.kit.receive("garden/weather", WEATHER)
    await wizard.wait(31)
    await wizard.submit(topic="garden/weather")

    assert wizard.suggested["availability"]["topic"] == "garden/weather/LWT"


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"topic": "a/#", "expiry": "learn"}, "availability_topic"),
        ({"topic": "a/+", "expiry": "learn"}, "availability_plus"),
        ({"topic": "a/here", "path": "a{{ b }}", "expiry": "learn"}, "availability_path"),
        ({"topic": "a/here", "online": "1", "offline": "1", "expiry": "learn"}, "availability_words"),
        ({"topic": "a/here", "online": " ", "offline": "1", "expiry": "learn"}, "availability_words"),
        ({"expiry": "after"}, "no_seconds"),
    ],
)
async def test_what_is_wrong_with_availability_is_said(wizard: Wizard, given: dict[str, Any], error: str) -> None:
    await wizard.hear("garden/weather", WEATHER)
    await wizard.submit(availability=given)

    assert wizard.errors == {"base": error}


@pytest.mark.parametrize(
    ("given", "expiry"),
    [({"expiry": "learn"}, None), ({"expiry": "never"}, 0), ({"expiry": "after", "seconds": 90}, 90)],
)
async def test_values_expire_as_the_user_says(wizard: Wizard, given: dict[str, Any], expiry: int | None) -> None:
    await wizard.hear("garden/weather", WEATHER)
    await wizard.submit(availability=given)

    assert wizard.subentry.data["expire_after_s"] == expiry
    assert wizard.subentry.data["availability"] is None


@pytest.mark.parametrize("item", [{"unit": "V"}, {"state_class": "measurement"}, {"precision": 2}])
async def test_a_text_is_no_number(wizard: Wizard, item: dict[str, Any]) -> None:
    await wizard.hear("garden/weather", WEATHER | {"sky": "cloudy"})
    await wizard.submit(channels=[{"key": "sky", "name": "Sky", "platform": "sensor"} | item])

    assert wizard.errors == {"channels": "not_a_number"}
    assert wizard.said["value"] == "cloudy"


async def test_a_long_text_is_cut_where_it_is_shown(wizard: Wizard) -> None:
    await wizard.hear("garden/weather", json.dumps({**WEATHER, "note": "many words " * 20}))

    assert all(len(item["now"]) < 150 for item in wizard.channels.values())


# ---------------------------------------------------------------- the end


def told(wizard: Wizard) -> str:
    """Return what the end of the dialog says; all it needs must be given."""
    assert wizard.result["type"] is FlowResultType.CREATE_ENTRY
    text: str = WORDS["create_entry"][wizard.result["description"] or "default"]
    return text.format(**wizard.said)


async def test_the_end_says_where_the_device_is(wizard: Wizard) -> None:
    await wizard.hear("garden/weather", WEATHER)
    on = sum(item["enabled"] for item in wizard.channels.values())
    assert 0 < on < len(wizard.channels)
    await wizard.submit(name="Terrace")

    assert f"The device Terrace is there. Entities: {on}." in told(wizard)
    assert "(/config/devices/dashboard?domain=mqtt)" in told(wizard)


async def test_the_end_says_how_many_devices_there_are(wizard: Wizard) -> None:
    await hear_family(wizard)
    await wizard.submit()
    await wizard.submit(name="Rooms", devices=["a", "c"])

    assert "The devices of Rooms are there: 2. Entities: up to 2 each." in told(wizard)
