"""Steps that show the interpretation of a message and let the user correct it."""

from importlib.util import find_spec
import sys
from typing import Any

import pytest

from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import area_registry as ar
from tests.things.wizard import DEVICES, WEATHER, WORDS, Wizard

from .custom_integration import install


async def receive_family(wizard: Wizard, topic: str = "sensors/+/data") -> None:
    await wizard.start("topic")
    await wizard.submit(topic=topic)
    for name, payload in DEVICES.items():
        await wizard.kit.receive(f"sensors/{name}/data", payload)
    await wizard.wait(3)
    assert wizard.step == "split"


async def test_messages_without_values_are_explained(wizard: Wizard) -> None:
    await wizard.learn_from("cellar/pump", b"\x00\xff\xfe\x01")
    assert (wizard.result["type"], wizard.step) == (FlowResultType.MENU, "nothing")
    assert wizard.placeholders["topic"] == "cellar/pump"
    assert wizard.placeholders["problems"].startswith("- ")
    await wizard.look()
    assert wizard.step == "nothing"
    await wizard.choose("wait")
    await wizard.kit.receive("cellar/pump", '{"power": 35}')
    await wizard.wait(3)

    assert wizard.step == "device"


async def test_messages_with_nothing_but_times_are_explained(wizard: Wizard) -> None:
    await wizard.learn_from("cellar/pump", {"timestamp": "2026-11-21T17:00:00Z"})

    assert wizard.step == "nothing"
    assert wizard.text.rstrip().endswith("Times, names and the like do not count.")


async def test_a_message_that_needs_a_library_which_cannot_be_installed_is_explained(
    wizard: Wizard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cbor2", None)
    monkeypatch.setattr("homeassistant.util.package.is_installed", lambda _requirement: False)
    monkeypatch.setattr("homeassistant.util.package.install_package", lambda *_args, **_more: False)
    await wizard.learn_from("cellar/pump", bytes.fromhex("a16b74656d706572617475726515"))

    assert wizard.step == "nothing"
    assert "cbor2" in wizard.placeholders["problems"]


@pytest.mark.parametrize(
    ("topic", "system", "step", "how"),
    [
        ("zigbee2mqtt/lamp", "Zigbee2MQTT", "system_discovery", "supports MQTT discovery"),
        ("tele/plug/SENSOR", "Tasmota", "system_integration", "add Tasmota under"),
        ("msh/EU_868/2/json/LongFast/!1", "Meshtastic", "system_integration", "add Meshtastic under"),
        ("N/d41243b4f71d/battery/512/Soc", "Victron GX", "system_integration", "has what IoT Bridge does not: Button"),
        ("cloudapp/QBUSMQTTGW/UL1/UL2/state", "Qbus", "system_integration", ": Climate, Cover, Light, Scene"),
        ("dsmr/reading/phase_power_current_l1", "DSMR Reader", "system_integration", "nothing to learn"),
    ],
)
async def test_a_self_announcing_system_is_named_and_can_be_left_alone(
    wizard: Wizard, topic: str, system: str, step: str, how: str
) -> None:
    await wizard.learn_from(topic, {"temperature": 20.5})
    assert (wizard.result["type"], wizard.step) == (FlowResultType.MENU, step)
    assert f"**{system}**" in wizard.text
    assert how in wizard.text
    await wizard.look()
    assert wizard.step == step
    await wizard.choose("stop")

    assert (wizard.step, wizard.placeholders["system"]) == ("left_to_system", system)


async def test_a_device_of_such_a_system_can_be_learned_anyway(wizard: Wizard) -> None:
    await wizard.learn_from("zigbee2mqtt/lamp", {"temperature": 20.5})
    await wizard.choose("go_on")

    assert wizard.step == "device"


@pytest.mark.parametrize("is_installed", [True, False])
async def test_a_server_that_home_assistant_can_read_is_named_where_it_can(wizard: Wizard, is_installed: bool) -> None:
    if is_installed:
        await install(wizard.hass, "chirpstack", "ChirpStack")
    elif find_spec("homeassistant.components.chirpstack"):
        pytest.skip("this version of Home Assistant has the integration")
    await wizard.learn_from("application/1/device/70b3d57ed005/event/up", {"object": {"temperature": 20.5}})

    if is_installed:
        assert wizard.step == "system_partial"
        assert "add ChirpStack under" in wizard.text
        await wizard.look()
        await wizard.choose("go_on")
    assert wizard.step == "device"


async def test_a_wildcard_leaves_the_choice_of_what_is_a_device(wizard: Wizard) -> None:
    await receive_family(wizard)
    assert wizard.placeholders == {"topic": "sensors/+/data", "count": "3"}
    options = wizard.options("depth")
    assert sorted(options.values()) == ["a, b, c (3)", "sensors (1)"]
    assert wizard.suggested["joining"] == "ask"
    assert options[wizard.suggested["depth"]] == "a, b, c (3)"
    await wizard.submit(joining="add")
    assert wizard.options("devices") == {name: name for name in DEVICES}
    await wizard.submit(name="Rooms", manufacturer="Acme", devices=["a", "c"])

    data = wizard.subentry.data
    assert (wizard.subentry.title, data["joining"], data["ignored"]) == ("Rooms", "add", ["b"])
    assert data["devices"] == {name: {"name": name, "manufacturer": "Acme"} for name in ("a", "c")}
    assert [channel["path"] for channel in data["channels"]] == [["temperature"], ["humidity"]]


async def test_the_topics_of_a_wildcard_can_be_one_device(wizard: Wizard) -> None:
    await receive_family(wizard)
    depth = next(depth for depth, label in wizard.options("depth").items() if label.endswith("(1)"))
    await wizard.submit(depth=depth)
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
    await receive_family(wizard)
    await wizard.submit()
    await wizard.submit(devices=[])

    assert wizard.errors == {"base": "no_devices"}


async def test_many_devices_are_not_all_listed(wizard: Wizard) -> None:
    await wizard.start("topic")
    await wizard.submit(topic="sensors/+")
    for number in range(8):
        await wizard.kit.receive(f"sensors/room{number}", {"temperature": 20.5})
    await wizard.wait(3)

    assert any(label.endswith("room4 … (8)") for label in wizard.options("depth").values())


@pytest.mark.parametrize(
    ("payload", "reader"),
    [
        (WEATHER, "Home Assistant"),
        ({"lat": 48.1, "lon": 11.5, "battery": 80}, "IoT Bridge"),
        ({"action": "single", "battery": 80}, "IoT Bridge"),
        ({"temperature (C)": 20.5}, "IoT Bridge"),
    ],
)
async def test_the_form_shows_who_reads_the_messages(wizard: Wizard, payload: dict[str, Any], reader: str) -> None:
    await wizard.learn_from("garden/thing", payload)
    assert f"Values read by: {reader}\n" in wizard.text
    await wizard.submit()
    await wizard.change("channels")
    assert f"are read by {reader}." in wizard.text

    kept = [item for item in wizard.channels.values() if item["platform"] == "sensor" and item["key"].isalnum()]
    if kept:
        await wizard.submit(channels=kept)
        await wizard.change("channels")
        assert "are read by Home Assistant." in wizard.text


@pytest.mark.parametrize(
    ("payload", "reader"),
    [
        ({"temperature": "21,5"}, "IoT Bridge"),
        ({"temperature": "21.5 °C", "humidity": 44}, "IoT Bridge"),
        ({"temperature": "21.5", "note": "mild, 21,5"}, "Home Assistant"),
        ("21.5 °C", "IoT Bridge"),
        ("21.5", "Home Assistant"),
    ],
)
async def test_a_number_that_core_cannot_read_is_decoded_by_us(wizard: Wizard, payload: Any, reader: str) -> None:
    await wizard.learn_from("garden/temperature", payload)

    assert wizard.placeholders["reader"] == reader


async def test_everything_can_be_corrected(wizard: Wizard) -> None:
    area = ar.async_get(wizard.kit.hass).async_create("Garden")
    await wizard.learn_from("garden/weather", WEATHER)
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


TEMPERATURE = {"key": "temperature", "name": "T", "platform": "sensor"}


@pytest.mark.parametrize("items", [[], [TEMPERATURE | {"enabled": False}]])
async def test_a_device_needs_a_channel_that_is_on(wizard: Wizard, items: list[dict[str, Any]]) -> None:
    await wizard.learn_from("garden/weather", WEATHER)
    await wizard.submit(channels=items)

    assert wizard.errors == {"base": "no_channels"}


def final_text(wizard: Wizard) -> str:
    """Return the final text of the dialog; all its placeholders must be given."""
    assert wizard.result["type"] is FlowResultType.CREATE_ENTRY
    text: str = WORDS["create_entry"][wizard.result["description"] or "default"]
    return text.format(**wizard.placeholders)


async def test_the_end_names_the_place_of_the_device(wizard: Wizard) -> None:
    await wizard.learn_from("garden/weather", WEATHER)
    on = sum(item["enabled"] for item in wizard.channels.values())
    assert 0 < on < len(wizard.channels)
    await wizard.submit(name="Terrace")

    assert f"The device Terrace was added. Entities: {on}." in final_text(wizard)
    assert "(/config/devices/dashboard?domain=mqtt)" in final_text(wizard)


async def test_the_end_names_the_number_of_devices(wizard: Wizard) -> None:
    await receive_family(wizard)
    await wizard.submit()
    await wizard.submit(name="Rooms", devices=["a", "c"])

    assert "The devices of Rooms were added. Devices: 2. Entities per device: up to 2." in final_text(wizard)
