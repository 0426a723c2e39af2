"""Devices that appear together."""

from collections import Counter

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.things.model.mapping import thing_uid
from custom_components.iotbridge.things.model.message import Sample
from custom_components.iotbridge.things.model.profile import Joining
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from tests.kit import Kit, learn
from tests.things.attic import TEMPERATURE, profile


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
