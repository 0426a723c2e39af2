"""Learned devices without a subentry, after an older backup of Home Assistant was restored."""

import json
from types import MappingProxyType

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.things.model.discovery_config import discovery_config
from custom_components.iotbridge.things.model.mapping import thing_uid
from custom_components.iotbridge.things.model.message import DeviceMetadata, Sample
from custom_components.iotbridge.things.model.orphaned_devices import Orphans
from custom_components.iotbridge.things.model.profile import Channel, Profile
from homeassistant.components.mqtt.const import MQTT_CONNECTION_STATE
from homeassistant.core import HomeAssistant
from homeassistant.helpers.dispatcher import async_dispatcher_send
from tests.things.wizard import Repair

from ...kit import Kit, learn

TEMPERATURE = Channel(name="Temperature", path=("temperature",), state_class="measurement")


def profile(topic: str, name: str) -> Profile:
    return Profile(
        topic=topic, depth=0, channels=(TEMPERATURE,), devices={topic: DeviceMetadata(name=name)}, exact=True
    )


async def announce(kit: Kit, topic: str, name: str) -> str:
    """Retain the discovery message of a learned device at the broker; return its uid."""
    uid = thing_uid(topic, topic)
    config = discovery_config(
        profile(topic, name), uid, topic, DeviceMetadata(name=name), [TEMPERATURE], state_topic=None
    )
    await kit.receive(f"homeassistant/device/{uid}/config", json.dumps(config), retain=True)
    return uid


def set_discovery(hass: HomeAssistant, **options: object) -> None:
    """Change the options of core's mqtt without its reload: the fake broker has one client."""
    mqtt = hass.config_entries.async_entries("mqtt")[0]
    object.__setattr__(mqtt, "options", MappingProxyType({**mqtt.options, **options}))


async def test_devices_learned_after_the_backup_are_an_issue(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry
) -> None:
    learn(hass, entry, profile("attic/weather", "Attic"), Sample("attic/weather", b'{"temperature": 21}'))
    await hass.async_block_till_done()
    await announce(kit, "attic/weather", "Attic")
    cellar = await announce(kit, "cellar/weather", "Cellar")
    garden = await announce(kit, "garden/weather", "Garden [x](https://evil.example)")
    assert kit.device(cellar)
    await kit.wait(12)

    repair = Repair(kit)
    (issue,) = repair.issues("things_without_owner")
    assert issue.translation_placeholders
    assert issue.translation_placeholders["count"] == "2"
    result = await repair.open("things_without_owner")
    options = {option["value"]: option["label"] for option in result["data_schema"].schema["wanted"].config["options"]}
    assert options.keys() == {cellar, garden}
    assert result["data_schema"]({}) == {"wanted": []}, "nothing goes unless the user says so"

    await repair.submit(result, [cellar])
    assert kit.device(cellar) is None
    assert kit.device(garden)
    emptied = {call.args[0] for call in kit.mqtt.async_publish.call_args_list if not call.args[1]}
    assert emptied >= {f"homeassistant/device/{cellar}/config", f"iotbridge/thing/{cellar}/availability"}


async def test_a_device_that_is_learned_again_has_an_owner(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry
) -> None:
    uid = await announce(kit, "cellar/weather", "Cellar")
    await kit.wait(12)
    assert Repair(kit).issues("things_without_owner")

    learn(hass, entry, profile("cellar/weather", "Cellar"), Sample("cellar/weather", b'{"temperature": 21}'))
    await hass.async_block_till_done()
    await kit.wait(12)

    assert not Repair(kit).issues("things_without_owner")
    assert kit.device(uid)


@pytest.mark.parametrize("options", [{"discovery": False}, {"discovery_prefix": "elsewhere"}])
async def test_there_are_none_where_discovery_was_switched_off_or_moved(
    hass: HomeAssistant, kit: Kit, options: dict[str, object]
) -> None:
    uid = await announce(kit, "cellar/weather", "Cellar")
    await kit.wait(12)
    repair = Repair(kit)
    result = await repair.open("things_without_owner")
    set_discovery(hass, **options)
    await kit.wait(12)

    assert not repair.issues("things_without_owner")
    kit.mqtt.async_publish.reset_mock()
    await repair.submit(result, [uid])
    assert not [call for call in kit.mqtt.async_publish.call_args_list if uid in call.args[0]]


async def test_one_below_the_former_prefix_is_none_below_the_next(hass: HomeAssistant, kit: Kit) -> None:
    uid = await announce(kit, "cellar/weather", "Cellar")
    set_discovery(hass, discovery_prefix="elsewhere")
    for is_connected in (False, True):
        async_dispatcher_send(hass, MQTT_CONNECTION_STATE, is_connected)
    await kit.wait(12)

    assert not Repair(kit).issues("things_without_owner")
    await kit.receive(f"elsewhere/device/{uid}/config", '{"device": {"name": "Cellar"}}', retain=True)
    await kit.wait(12)
    repair = Repair(kit)
    await repair.submit(await repair.open("things_without_owner"), [uid])
    emptied = {call.args[0] for call in kit.mqtt.async_publish.call_args_list if not call.args[1]}
    assert f"elsewhere/device/{uid}/config" in emptied


async def test_devices_of_other_integrations_are_ignored(kit: Kit) -> None:
    await kit.host("nas")
    await kit.receive("homeassistant/device/zigbee_x/config", '{"device": {"identifiers": ["zigbee_x"]}}', retain=True)
    await kit.wait(12)

    assert not Repair(kit).issues("things_without_owner")


@pytest.mark.parametrize(
    "payload", [b"[]", b"{", b"\xff", b'{"device": 1}', b'{"device": {"name": 7}}', b" " * 300_000, b"[" * 100_000]
)
def test_a_discovery_message_without_a_name_is_listed_by_its_uid(payload: bytes) -> None:
    orphans = Orphans()
    orphans.record("iotbridge_thing_x_1", "x/config", payload)
    assert orphans.without_owner(()) == {"iotbridge_thing_x_1": "iotbridge_thing_x_1"}

    orphans.record("iotbridge_thing_x_1", "x/config", b"")
    assert orphans.without_owner(()) == {}


async def test_a_message_cleared_while_home_assistant_is_not_connected_is_no_issue(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry
) -> None:
    await announce(kit, "cellar/weather", "Cellar")
    await kit.wait(12)
    assert Repair(kit).issues("things_without_owner")

    for is_connected in (False, True):
        async_dispatcher_send(hass, MQTT_CONNECTION_STATE, is_connected)
    await kit.wait(12)

    assert not Repair(kit).issues("things_without_owner")
