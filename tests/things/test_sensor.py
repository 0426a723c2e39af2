"""Sensor of how a learned device is read: its states, its place in Home Assistant, and its removal."""

from dataclasses import replace

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, mock_restore_cache

from custom_components.iotbridge.things.model.message import DeviceMetadata, Sample
from custom_components.iotbridge.things.model.profile import Joining
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import CoreState, HomeAssistant, State
from homeassistant.helpers import device_registry as dr, entity_registry as er
from tests.kit import Kit, learn
from tests.things.attic import DOOR, SAMPLE, TEMPERATURE, TOPIC, UID, profile
from tests.things.wizard import Repair

GOOD = '{"temperature": 21.5, "door": "open"}'
BAD = '{"temperature": 21.5, "do'


async def clear(kit: Kit) -> None:
    """Clear the discovery message, as another client or our own does."""
    await kit.receive(f"homeassistant/device/{UID}/config", "")
    await kit.hass.async_block_till_done(wait_background_tasks=True)
    await kit.wait(1)


async def attic(kit: Kit, entry: MockConfigEntry) -> ConfigSubentry:
    """Learn the weather station, up to its device in Home Assistant."""
    subentry = learn(kit.hass, entry, profile(TEMPERATURE, DOOR), Sample(TOPIC, GOOD.encode()))
    await kit.hass.async_block_till_done()
    await kit.deliver_config(UID)
    await kit.wait(6)
    return subentry


def status(kit: Kit, uid: str = UID) -> str:
    return kit.state(f"{uid}_reading_status").state


async def test_the_sensor_is_ours_on_the_device_of_mqtt(kit: Kit, entry: MockConfigEntry) -> None:
    subentry = await attic(kit, entry)

    entity = er.async_get(kit.hass).async_get(kit.entity_id(f"{UID}_reading_status"))
    device = kit.device(UID)
    assert entity
    assert device
    assert entity.device_id == device.id
    assert (entity.config_entry_id, entity.config_subentry_id) == (entry.entry_id, subentry.subentry_id)
    assert entity.entity_category == "diagnostic"
    assert kit.state(f"{UID}_reading_status").attributes["options"] == ["well", "new_fields", "unreadable"]
    assert status(kit) == "well"


async def test_messages_that_keep_failing_make_it_unreadable_until_one_is_read(
    kit: Kit, entry: MockConfigEntry
) -> None:
    await attic(kit, entry)

    for _ in range(2):
        await kit.receive(TOPIC, BAD)
        assert status(kit) == "well", "a damaged message says nothing about the device"
    await kit.receive(TOPIC, BAD)
    assert status(kit) == "unreadable"

    await kit.receive(TOPIC, GOOD)
    assert status(kit) == "well"


async def test_messages_without_a_readable_value_count_as_unreadable(kit: Kit, entry: MockConfigEntry) -> None:
    await attic(kit, entry)

    for _ in range(3):
        await kit.receive(TOPIC, '{"temperature": "warm", "door": "open"}')
    assert status(kit) == "well", "the door can be read"
    for _ in range(3):
        await kit.receive(TOPIC, '{"temperature": "warm", "door": [1]}')
    assert status(kit) == "unreadable"


async def test_topics_that_no_channel_reads_do_not_count(kit: Kit, entry: MockConfigEntry) -> None:
    wanted = profile(TEMPERATURE, DOOR, topic=f"{TOPIC}/#", identity=TOPIC, depth=2)
    learn(kit.hass, entry, wanted, Sample(TOPIC, GOOD.encode()))
    await kit.hass.async_block_till_done()
    (uid,) = [device.uid for thing in entry.runtime_data.things.things.values() for device in thing.devices.values()]
    await kit.deliver_config(uid)
    await kit.wait(6)

    for _ in range(5):
        await kit.receive(f"{TOPIC}/picture", BAD)

    assert status(kit, uid) == "well"


async def test_new_fields_are_shown_until_the_user_decides(kit: Kit, entry: MockConfigEntry) -> None:
    await attic(kit, entry)
    await kit.receive(TOPIC, '{"temperature": 21.5, "door": "open", "humidity": 44}')
    await kit.wait(61)
    assert status(kit) == "new_fields"

    repair = Repair(kit)
    await repair.submit(await repair.open("new_fields"), [])

    assert status(kit) == "well"


async def test_only_the_device_that_sends_new_fields_has_them(kit: Kit, entry: MockConfigEntry) -> None:
    wanted = profile(TEMPERATURE, topic="meter/+", identity="1", joining=Joining.ADD)
    wanted = replace(wanted, devices={name: DeviceMetadata(name=name) for name in ("1", "2")})
    samples = [Sample(topic, b'{"temperature": 1}') for topic in ("meter/1", "meter/2")]
    learn(kit.hass, entry, wanted, *samples)
    await kit.hass.async_block_till_done()
    things = entry.runtime_data.things.things.values()
    uids = {device.identity: device.uid for thing in things for device in thing.devices.values()}
    for uid in uids.values():
        await kit.deliver_config(uid)
    await kit.receive("meter/1", '{"temperature": 1, "humidity": 44}')
    await kit.wait(6)
    await kit.wait(61)

    assert {identity: status(kit, uid) for identity, uid in uids.items()} == {
        "1": "new_fields",
        "2": "well",
    }


async def test_a_removed_device_takes_its_sensor_along(kit: Kit, entry: MockConfigEntry) -> None:
    await attic(kit, entry)
    device = kit.device(UID)
    assert device

    dr.async_get(kit.hass).async_remove_device(device.id)
    await kit.hass.async_block_till_done()

    assert not _sensors(kit)


async def test_a_removed_subentry_takes_device_and_sensor_along(kit: Kit, entry: MockConfigEntry) -> None:
    subentry = await attic(kit, entry)

    kit.hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await kit.hass.async_block_till_done()
    await clear(kit)

    assert not _sensors(kit)
    assert kit.device(UID) is None


async def test_a_cleared_discovery_message_is_published_again(kit: Kit, entry: MockConfigEntry) -> None:
    await attic(kit, entry)
    topic = f"homeassistant/device/{UID}/config"
    before = len(kit.published(topic))

    await clear(kit)

    assert len(kit.published(topic)) == before + 1
    await kit.deliver_config(UID)
    assert kit.device(UID)
    assert len(_sensors(kit)) == 1


async def test_the_status_survives_a_restart(hass: HomeAssistant, kit: Kit, entry: MockConfigEntry) -> None:
    await attic(kit, entry)
    for _ in range(3):
        await kit.receive(TOPIC, BAD)
    entity_id = kit.entity_id(f"{UID}_reading_status")
    assert await hass.config_entries.async_unload(entry.entry_id)
    hass.set_state(CoreState.not_running)
    mock_restore_cache(hass, [State(entity_id, "unreadable")])
    hass.set_state(CoreState.running)

    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()

    assert status(kit) == "unreadable", "it has not sent since"


@pytest.mark.parametrize("address", ["http://192.168.1.20", None])
async def test_the_device_leads_to_its_page_or_back(kit: Kit, entry: MockConfigEntry, address: str | None) -> None:
    wanted = replace(profile(TEMPERATURE), devices={TOPIC: DeviceMetadata(name="Attic", configuration_url=address)})
    learn(kit.hass, entry, wanted, SAMPLE)
    await kit.hass.async_block_till_done()
    await kit.deliver_config(UID)

    device = kit.device(UID)
    assert device
    assert device.configuration_url == (address or "homeassistant://config/integrations/integration/iotbridge")


def _sensors(kit: Kit) -> list[str]:
    entities = er.async_get(kit.hass).entities.values()
    return [entity.entity_id for entity in entities if entity.unique_id.endswith("_reading_status")]
