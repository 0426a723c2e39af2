"""Steps that show the interpretation of a message and let the user correct it."""

from importlib.util import find_spec
import sys
from typing import Any

import pytest

from homeassistant.data_entry_flow import FlowResultType
from tests.things.wizard import DEVICES, Wizard, receive_family, saved

from .custom_integration import install


async def test_messages_without_values_are_explained(wizard: Wizard) -> None:
    await wizard.learn_from("cellar/pump", b"\x00\xff\xfe\x01")
    assert (wizard.result["type"], wizard.step) == (FlowResultType.MENU, "nothing")
    assert wizard.result["menu_options"] == ["wait", "topic", "paste"]
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
    await wizard.choose("go_on")
    assert (wizard.step, wizard.selected) == ("device", [])
    await wizard.submit(channels=["timestamp"])
    assert [channel["path"] for channel in saved(wizard)] == [["timestamp"]]


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
        ("msh/EU_868/2/json/LongFast/!1", "Meshtastic", "system_missing", "Meshtastic, but it is not part of"),
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


async def test_a_custom_integration_is_recommended_where_it_is_installed(wizard: Wizard) -> None:
    await install(wizard.hass, "meshtastic", "Meshtastic")
    await wizard.learn_from("msh/EU_868/2/json/LongFast/!1", {"temperature": 20.5})

    assert wizard.step == "system_integration"
    assert "add Meshtastic under" in wizard.text


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
    ("key", "nodes", "labels"),
    [
        ("mac", ["4c:33:a6:60:3c:01", "4c:33:a6:60:3c:02", "4c:33:a6:60:3c:03"], None),
        ("node_id", [1, 2, 3], ["gate 1, gate 2, gate 3 (3)", "gate a in 1, gate a in 2, gate b in 3 (3)"]),
    ],
)
async def test_the_ways_to_group_topics_name_the_devices_of_the_proposed_member(
    wizard: Wizard, key: str, nodes: list[Any], labels: list[str] | None
) -> None:
    """Addresses are the same devices, however the topics are grouped."""
    await wizard.start("topic")
    await wizard.submit(topic="gate/+/in")
    for gate, node in zip("aab", nodes, strict=True):
        await wizard.kit.receive(f"gate/{gate}/in", {key: node, "temperature": 20.5})
    await wizard.wait(3)

    assert wizard.suggested["device_member"] == key
    assert (sorted(wizard.options("depth").values()) if "depth" in wizard.suggested else None) == labels
