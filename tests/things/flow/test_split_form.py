"""Question which member says whose a message is, and the devices that the answer makes."""

from typing import Any

import pytest

from custom_components.iotbridge.things.model.mapping import thing_uid
from homeassistant.data_entry_flow import FlowResultType
from tests.things.wizard import Wizard

MESH = "mesh/gate"
TAGS = ("C3:00:00:10:20:30", "C3:00:00:10:20:31")


def node(number: int, battery: int) -> dict[str, Any]:
    """Return the telemetry of a node, with the number of the message and the gateway's own name."""
    return {"from": number, "id": 1000 - battery, "sender": "!a2e227d4", "payload": {"battery_level": battery}}


async def learn(wizard: Wizard, topic: str, *messages: tuple[str, Any]) -> None:
    """Learn from messages, up to the form that follows."""
    await wizard.start("topic")
    await wizard.submit(topic=topic)
    for sample_topic, payload in messages:
        await wizard.kit.receive(sample_topic, payload)
    await wizard.wait(6)


def values(wizard: Wizard, identity: str, topic: str = MESH) -> Any:
    """Return the values that were published last for a device; None if there are none."""
    published = wizard.kit.published(f"iotbridge/thing/{thing_uid(topic, identity)}/state")
    return list(published[-1].values()) if published else None


async def test_the_member_is_proposed_with_its_devices(wizard: Wizard) -> None:
    await learn(wizard, MESH, (MESH, node(101, 99)), (MESH, node(102, 50)))
    assert wizard.step == "split"
    assert wizard.suggested == {"device_member": "from", "joining": "ask"}
    options = wizard.options("device_member")
    assert options["from"] == "from: mesh gate 101, mesh gate 102 (2)"
    assert options["none"] == "None: mesh gate (1)"
    await wizard.submit()
    assert wizard.placeholders["reader"] == "IoT Bridge"
    assert wizard.selected == ["payload.battery_level"]
    assert set(wizard.options("devices")) == {"101", "102"}
    await wizard.submit(name="Mesh")

    assert wizard.result["type"] is FlowResultType.CREATE_ENTRY
    data = wizard.subentry.data
    assert (data["device_member"], data["devices"].keys()) == (["from"], {"101", "102"})


async def test_without_a_member_the_messages_are_one_device(wizard: Wizard) -> None:
    await learn(wizard, MESH, (MESH, node(101, 99)), (MESH, node(102, 50)))
    await wizard.submit(device_member="none")
    await wizard.submit(name="Mesh")

    assert wizard.subentry.data["device_member"] is None
    assert wizard.subentry.data["devices"].keys() == {MESH}


async def test_a_single_device_so_far_can_be_split_as_well(wizard: Wizard) -> None:
    await learn(wizard, MESH, (MESH, node(101, 99)))
    assert wizard.suggested == {"device_member": "none", "joining": "ask"}
    await wizard.submit(device_member="from", joining="add")
    assert "devices" not in wizard.fields
    await wizard.submit(name="Mesh")
    await wizard.kit.hass.async_block_till_done()
    assert wizard.subentry.data["devices"] == {"101": {"name": "mesh gate 101"}}

    await wizard.kit.receive(MESH, node(102, 50))
    await wizard.wait_only(5)
    assert wizard.subentry.data["devices"].keys() == {"101", "102"}
    assert values(wizard, "102") == [50]


async def test_another_member_can_be_chosen(wizard: Wizard) -> None:
    messages = [{"mac": tag, "room": room, "temp": 20.5} for tag, room in zip(TAGS, ("bath", "hall"), strict=True)]
    await learn(wizard, "ble/gate", *(("ble/gate", message) for message in messages))
    assert wizard.suggested["device_member"] == "mac"
    await wizard.submit(device_member="room")

    assert set(wizard.options("devices")) == {"bath", "hall"}


async def test_a_nested_member_is_shown_as_users_write_it(wizard: Wizard) -> None:
    messages = [{"device": {"id": name}, "temp": 20.5} for name in ("x1", "x2")]
    await learn(wizard, "gate", *(("gate", message) for message in messages))
    assert wizard.suggested["device_member"] == "device.id"
    await wizard.submit()

    assert list(wizard.channels) == ["temp"]


async def test_records_of_a_list_are_devices(wizard: Wizard) -> None:
    records = [{"mac": tag, "temp": 20.5 + number} for number, tag in enumerate(TAGS)]
    await learn(wizard, "ble/gate", ("ble/gate", {"ts": 1733680876, "readings": records}))
    assert wizard.suggested["device_member"] == "readings.mac"
    await wizard.submit()
    assert list(wizard.channels) == ["readings.temp"]
    await wizard.submit(name="Tags")
    await wizard.kit.hass.async_block_till_done()
    assert wizard.subentry.data["devices"] == {tag: {"name": tag} for tag in TAGS}

    await wizard.kit.receive("ble/gate", {"ts": 1733680886, "readings": records[::-1]})
    assert [values(wizard, tag, "ble/gate") for tag in TAGS] == [[20.5], [21.5]]


async def test_a_wildcard_asks_for_levels_and_member(wizard: Wizard) -> None:
    messages = [(f"bus/{gate}", {"addr": address, "temp": 20.5}) for gate, address in (("a", 1), ("a", 2), ("b", 1))]
    await learn(wizard, "bus/+", *messages)
    assert wizard.suggested.keys() == {"depth", "device_member", "joining"}
    assert wizard.options("device_member")["addr"] == "addr: bus a 1, bus a 2, bus b 1 (3)"
    await wizard.submit()
    await wizard.submit(name="Bus")

    assert wizard.subentry.data["devices"].keys() == {"a/1", "a/2", "b/1"}


@pytest.mark.parametrize("payload", [{"temperature": 21.5, "loops": 5}, {"id": "gate", "temperature": 21.5}, "21.5"])
async def test_without_a_member_that_names_a_device_there_is_no_question(wizard: Wizard, payload: Any) -> None:
    await wizard.learn_from(MESH, payload)

    assert wizard.step == "device"


async def test_pasted_messages_are_split_too(wizard: Wizard) -> None:
    await wizard.start("paste")
    for battery, another in ((99, True), (50, False)):
        payload = f'{{"from": {battery + 100}, "payload": {{"battery_level": {battery}}}}}'
        await wizard.submit(topic=MESH, payload=payload, another=another)

    assert (wizard.step, wizard.suggested["device_member"]) == ("split", "from")


PROFILE = """
name: Mesh node
match: {keys: [payload.battery_level]}
device_member: [from]
channels:
  - {name: Charge, path: [payload, battery_level], unit: "%", device_class: battery}
"""


async def test_a_profile_knows_the_member(wizard: Wizard) -> None:
    await wizard.start("profile")
    await wizard.submit(profile=PROFILE, topic=MESH)
    await wizard.kit.receive(MESH, node(101, 99))
    await wizard.wait(3)
    assert (wizard.step, wizard.fields) == ("split", {"joining"})
    await wizard.submit()
    assert wizard.channels["payload.battery_level"].startswith("Charge")
    await wizard.submit(name="Mesh")

    assert wizard.subentry.data["device_member"] == ["from"]
    assert wizard.subentry.data["devices"].keys() == {"101"}


async def test_the_availability_of_a_gateway_is_not_proposed_for_its_devices(wizard: Wizard) -> None:
    await learn(wizard, MESH, (f"{MESH}/LWT", "online"), (MESH, node(101, 99)), (MESH, node(102, 50)))
    await wizard.submit()

    assert wizard.suggested["availability"] == {"expiry": "learn"}


async def test_no_command_topic_is_taken_for_devices_that_share_their_topic(wizard: Wizard) -> None:
    await learn(wizard, MESH, (MESH, {"from": 1, "relay": True}), (MESH, {"from": 2, "relay": False}))
    await wizard.submit()
    await wizard.edit("relay", "switch", on="true", off="false", command_topic="mesh/set")

    assert wizard.errors == {"command_topic": "command_topic_shared"}
