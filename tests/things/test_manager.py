"""Devices and fields that appear, together and one by one."""

from collections import Counter

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.things.model.mapping import thing_uid
from custom_components.iotbridge.things.model.message import Sample
from custom_components.iotbridge.things.model.profile import Joining
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from tests.kit import Kit, learn
from tests.things.attic import TEMPERATURE, TOPIC, profile

SAMPLE = Sample(TOPIC, b'{"temperature": 21.5}')


def configs(kit: Kit) -> Counter[str]:
    """Return the number of messages on each discovery topic."""
    calls = kit.mqtt.async_publish.call_args_list
    return Counter(call.args[0] for call in calls if call.args[0].startswith("homeassistant/device/"))


async def test_many_new_devices_are_added_together(hass: HomeAssistant, kit: Kit, entry: MockConfigEntry) -> None:
    wanted = profile(TEMPERATURE, topic="meter/+", identity="0", joining=Joining.ADD, exact=False)
    subentry = learn(hass, entry, wanted, Sample("meter/0", b'{"temperature": 1}'))
    await hass.async_block_till_done()
    await kit.wait(10)
    before = configs(kit)

    for _ in range(2):
        for number in range(1, 301):
            await kit.receive(f"meter/{number}", '{"temperature": 1}')
        await kit.wait(3)

    devices = entry.subentries[subentry.subentry_id].data["devices"]
    assert len(devices) == 200, "as many as anybody can want"
    after = configs(kit) - before
    assert max(after.values()) == 1, "each is announced once"
    assert f"homeassistant/device/{thing_uid('meter/+', '0')}/config" not in after
    await kit.wait(3)
    issue = next(i for i in ir.async_get(hass).issues.values() if i.translation_key == "new_devices")
    assert issue.translation_placeholders
    assert issue.translation_placeholders["count"] == "101"
    assert len(issue.translation_placeholders["devices"]) < 300


async def test_fields_of_several_kinds_of_messages_stay_known(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry
) -> None:
    subentry = learn(hass, entry, profile(TEMPERATURE, exact=False), SAMPLE)
    await hass.async_block_till_done()
    await kit.receive(TOPIC, '{"temperature": 21, "pressure": 1013}')
    for _ in range(5):
        await kit.receive(TOPIC, '{"temperature": 22}')
    await kit.wait(70)

    things = entry.runtime_data.things
    assert things.news(subentry.subentry_id).fields == ("pressure",)
    assert any(b"pressure" in sample.payload for sample in things.latest(subentry.subentry_id))
