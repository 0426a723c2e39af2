"""Many devices on one topic: the nodes of a Meshtastic gateway (kvj/hass_Mtastic_MQTT issue 13)."""

import json
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.things.model.mapping import thing_uid
from custom_components.iotbridge.things.model.message import DeviceMetadata, Sample
from custom_components.iotbridge.things.model.profile import Channel, Joining, Profile
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from tests.things.attic import device, has_state, listening
from tests.things.wizard import Repair, Wizard, suggestions

from ...broker import Broker, until
from ...kit import Kit, learn

TOPIC = "msh/EU_868/2/json/LongFast/!a2e227d4"
GATEWAY = {"channel": 0, "hops_away": 0, "sender": "!a2e227d4", "timestamp": 1733680876, "to": 4294967295}


def telemetry(node: int, battery: int, voltage: float) -> dict[str, Any]:
    payload = {"battery_level": battery, "voltage": voltage}
    return {**GATEWAY, "from": node, "id": 2829045551, "payload": payload, "type": "telemetry"}


def node_info(node: int, name: str) -> dict[str, Any]:
    payload = {"hardware": 9, "id": f"!{node:08x}", "longname": name, "shortname": name[:2]}
    return {**GATEWAY, "from": node, "id": 2829045600 + node, "payload": payload, "type": "nodeinfo"}


async def learn_nodes(wizard: Wizard, *messages: dict[str, Any], **answers: Any) -> None:
    """Learn nodes as proposed."""
    await wizard.start("topic")
    await wizard.submit(topic=TOPIC)
    for message in messages:
        await wizard.kit.receive(TOPIC, message)
    await wizard.wait(3)
    await wizard.choose("go_on")
    await wizard.submit(**answers)
    await wizard.submit(name="Mesh")
    await wizard.kit.hass.async_block_till_done()


def state(kit: Kit, identity: str) -> Any:
    """Return the values that were published last for a node; None if there are none."""
    published = kit.published(f"iotbridge/thing/{thing_uid(TOPIC, identity)}/state")
    return published[-1] if published else None


def names(wizard: Wizard) -> dict[str, str]:
    return {identity: metadata["name"] for identity, metadata in wizard.subentry.data["devices"].items()}


async def test_each_node_has_its_own_values(wizard: Wizard) -> None:
    await learn_nodes(wizard, telemetry(101, 99, 4.1), telemetry(102, 50, 3.7))
    channels = {tuple(channel["path"]) for channel in wizard.subentry.data["channels"] if channel.get("enabled", True)}
    assert channels == {("payload", "battery_level"), ("payload", "voltage")}
    assert wizard.subentry.data["devices"].keys() == {"101", "102"}

    await wizard.kit.receive(TOPIC, telemetry(101, 98, 4.0))
    await wizard.kit.receive(TOPIC, telemetry(102, 49, 3.6))

    assert [sorted(state(wizard.kit, node).values()) for node in ("101", "102")] == [[4.0, 98], [3.6, 49]]


async def test_a_node_that_appears_later_is_offered_by_its_name(wizard: Wizard, repair: Repair) -> None:
    await learn_nodes(wizard, telemetry(101, 99, 4.1), node_info(101, "Hill"), device_member="from")
    assert (wizard.subentry.data["name_member"], names(wizard)) == (["payload", "longname"], {"101": "Hill"})
    await wizard.kit.receive(TOPIC, telemetry(103, 70, 3.9))
    await wizard.kit.receive(TOPIC, node_info(103, "Lake"))
    await wizard.kit.receive(TOPIC, telemetry(101, 98, 4.0))
    await wizard.wait_only(10)
    assert state(wizard.kit, "103") is None

    form = await repair.open("new_devices")
    (option,) = form["data_schema"].schema["wanted"].config["options"]
    assert option == {"value": "103", "label": "Lake (103)"}
    assert suggestions(form["data_schema"]) == {"wanted": ["103"]}
    await repair.submit(form, ["103"])

    assert names(wizard) == {"101": "Hill", "103": "Lake"}
    assert sorted(state(wizard.kit, "103").values()) == [3.9, 70]


async def test_the_member_with_the_name_is_found_when_it_is_sent(wizard: Wizard) -> None:
    await learn_nodes(wizard, telemetry(101, 99, 4.1), telemetry(102, 50, 3.7))
    assert wizard.subentry.data["name_member"] is None
    await wizard.kit.receive(TOPIC, node_info(102, "Lake"))
    await wizard.kit.wait(70)
    assert wizard.subentry.data["name_member"] == ["payload", "longname"]

    await wizard.kit.receive(TOPIC, node_info(101, "Hill"))
    await wizard.wait_only(3)
    assert names(wizard) == {"101": "Hill", "102": "Lake"}


async def test_a_node_with_two_names_is_renamed_once_a_minute(wizard: Wizard) -> None:
    await learn_nodes(wizard, telemetry(101, 99, 4.1), node_info(101, "Hill"), telemetry(102, 50, 3.7))
    await wizard.kit.receive(TOPIC, node_info(101, "One"))
    await wizard.wait_only(3)
    assert names(wizard)["101"] == "One"
    await wizard.kit.receive(TOPIC, node_info(101, "Two"))
    await wizard.wait_only(50)
    assert names(wizard)["101"] == "One"
    await wizard.kit.wait(20)

    assert names(wizard)["101"] == "Two"


async def test_a_message_without_the_member_belongs_to_the_gateway(wizard: Wizard, repair: Repair) -> None:
    await learn_nodes(wizard, telemetry(101, 99, 4.1), telemetry(102, 50, 3.7))
    await wizard.kit.receive(TOPIC, {"payload": {"battery_level": 12}})
    await wizard.wait_only(10)
    await repair.submit(await repair.open("new_devices"), [TOPIC])
    await wizard.kit.receive(TOPIC, {"payload": {"battery_level": 11}})

    assert list(state(wizard.kit, TOPIC).values()) == [11]
    assert wizard.subentry.data["devices"].keys() == {"101", "102", TOPIC}


async def test_a_gateway_is_offered_for_a_message_of_its_own(wizard: Wizard, repair: Repair) -> None:
    tags = [{"mac": f"C3:00:00:10:20:3{number}", "temp": 20.5} for number in range(2)]
    await wizard.start("topic")
    await wizard.submit(topic="ble/gate")
    await wizard.kit.receive("ble/gate", {"readings": tags})
    await wizard.wait(3)
    await wizard.submit()
    await wizard.submit(name="Tags")
    await wizard.kit.hass.async_block_till_done()
    await wizard.kit.receive("ble/gate", {"readings": tags, "ts": 1733680876, "uptime": 77})
    await wizard.wait_only(10)
    assert repair.issues("new_devices") == []

    await wizard.kit.receive("ble/gate", {"uptime": 78})
    await wizard.wait_only(10)
    assert suggestions((await repair.open("new_devices"))["data_schema"]) == {"wanted": ["ble/gate"]}


async def test_a_stranger_cannot_make_devices_without_end(wizard: Wizard) -> None:
    await learn_nodes(wizard, telemetry(1, 99, 4.1), telemetry(2, 50, 3.7), joining="add")
    for node in range(1, 251):
        await wizard.kit.receive(TOPIC, telemetry(node, 50, 3.7))
    await wizard.wait_only(10)
    assert len(wizard.subentry.data["devices"]) == 200

    for node in range(1000, 1210):
        await wizard.kit.receive(TOPIC, telemetry(node, 50, 3.7))
    await wizard.wait_only(10)
    await wizard.change("settings")
    assert len(wizard.options("devices")) == 400


async def test_nodes_are_removed_and_stay_away(wizard: Wizard, repair: Repair) -> None:
    await learn_nodes(wizard, telemetry(101, 99, 4.1), telemetry(102, 50, 3.7))
    await wizard.change("settings")
    assert wizard.options("devices")["102"].endswith(" 102 (102)")
    await wizard.submit(devices=["101"], name="Nodes")
    assert names(wizard) == {"101": "2 LongFast !a2e227d4 101"}
    await wizard.wait_only(3)
    config = f"homeassistant/device/{thing_uid(TOPIC, '102')}/config"
    calls = [call.args for call in wizard.kit.mqtt.async_publish.call_args_list if call.args[0] == config]
    assert calls[-1][1] == ""

    await wizard.kit.receive(TOPIC, telemetry(102, 40, 3.5))
    await wizard.wait_only(10)
    assert (wizard.subentry.data["ignored"], repair.issues("new_devices")) == (["102"], [])


async def test_a_node_that_falls_silent_is_offline_alone(wizard: Wizard) -> None:
    await learn_nodes(wizard, telemetry(101, 99, 4.1), telemetry(102, 50, 3.7))
    for _ in range(8):
        await wizard.kit.receive(TOPIC, telemetry(101, 99, 4.1))
        await wizard.kit.receive(TOPIC, telemetry(102, 50, 3.7))
        await wizard.kit.wait(60)
    for _ in range(5):
        await wizard.kit.receive(TOPIC, telemetry(101, 99, 4.1))
        await wizard.kit.wait(60)

    def availability(node: str) -> list[str]:
        topic = f"iotbridge/thing/{thing_uid(TOPIC, node)}/availability"
        return [call.args[1] for call in wizard.kit.mqtt.async_publish.call_args_list if call.args[0] == topic]

    assert (availability("101")[-1], availability("102")[-1]) == ("online", "offline")


async def test_many_nodes_may_send_more_than_one(wizard: Wizard, repair: Repair) -> None:
    await learn_nodes(wizard, *(telemetry(node, 50, 3.7) for node in range(20)))
    for round_ in range(10):
        for node in range(20):
            await wizard.kit.receive(TOPIC, telemetry(node, round_, 3.7))
        await wizard.kit.wait(1)

    assert repair.issues("thing_flooding") == []
    assert {min(state(wizard.kit, str(node)).values()) for node in range(20)} == {3.7}
    assert {max(state(wizard.kit, str(node)).values()) for node in range(20)} == {9}


PROFILE = Profile(
    topic="mesh/gate",
    depth=0,
    channels=(Channel(name="Battery", path=("payload", "battery_level"), unit="%", device_class="battery"),),
    devices={node: DeviceMetadata(name=f"mesh gate {node}") for node in ("101", "102")},
    joining=Joining.ADD,
    exact=True,
    device_member=("from",),
    name_member=("payload", "longname"),
)


@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_a_device_gets_the_name_that_it_states_later(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    messages = [json.dumps(telemetry(node, 50 + node, 3.7)).encode() for node in (101, 102)]
    learn(home, entry, PROFILE, *(Sample("mesh/gate", message) for message in messages))
    await until(has_state(home, "sensor.mesh_gate_101_battery", "151"))
    await until(has_state(home, "sensor.mesh_gate_102_battery", "152"))
    own = device(home, "mesh/gate", "102")
    assert own
    dr.async_get(home).async_update_device(own.id, name_by_user="Mine")

    async with listening(broker, "homeassistant/device/+/config"), broker.client() as gate:
        for node, name in ((101, "Hill"), (102, "Lake")):
            await gate.publish("mesh/gate", json.dumps(node_info(node, name)))

        def registered(node: str) -> tuple[str | None, str | None]:
            found = device(home, "mesh/gate", node)
            return (found.name, found.name_by_user) if found else (None, None)

        await until(lambda: registered("101") == ("Hill", None), timeout_s=30)
        await until(lambda: registered("102") == ("Lake", "Mine"), timeout_s=30)
    assert has_state(home, "sensor.mesh_gate_101_battery", "151")()


async def test_strangers_do_not_raise_the_limit_of_messages(wizard: Wizard, repair: Repair) -> None:
    await learn_nodes(wizard, telemetry(101, 50, 3.7), telemetry(102, 50, 3.7))
    for round_ in range(10):
        for node in range(200, 260):
            await wizard.kit.receive(TOPIC, telemetry(node, round_, 3.7))
        await wizard.kit.wait(1)

    assert len(repair.issues("thing_flooding")) == 1
