"""Check of discovery messages: a device whose message the broker refuses is not left empty."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MqttMockPahoClient

from custom_components.iotbridge import mqtt_client
from custom_components.iotbridge.things.model.discovery_config import device_description
from custom_components.iotbridge.things.model.message import Sample
from homeassistant.config_entries import ConfigSubentry
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from tests.kit import Kit, learn
from tests.things.attic import SAMPLE, TEMPERATURE, TOPIC, UID, profile

CONFIG = f"homeassistant/device/{UID}/config"


@pytest.fixture
def denied(mqtt_client_mock: MqttMockPahoClient) -> set[str]:
    """Return the topics that the broker takes from nobody; a client does not notice."""
    topics = {CONFIG}
    publish = mqtt_client_mock.publish.side_effect

    def publish_allowed(topic: str, *args: Any, **more: Any) -> Any:
        return publish("nobody/listens" if topic in topics else topic, *args, **more)

    mqtt_client_mock.publish.side_effect = publish_allowed
    return topics


def refused(kit: Kit) -> list[str]:
    """Return the devices named by open repairs about refused messages."""
    issues = [issue for issue in ir.async_get(kit.hass).issues.values() if issue.translation_key == "thing_refused"]
    return [(issue.translation_placeholders or {})["devices_plain"] for issue in issues]


async def add(kit: Kit, entry: MockConfigEntry) -> ConfigSubentry:
    """Learn a device as the dialog does."""
    learned = profile(TEMPERATURE)
    (metadata,) = learned.devices.values()
    mqtt_client.async_add_device(kit.hass, device_description(learned, UID, metadata))
    subentry = learn(kit.hass, entry, learned, Sample(TOPIC, SAMPLE.payload))
    await kit.hass.async_block_till_done()
    assert kit.device(UID)
    return subentry


async def test_a_refused_device_is_removed_with_a_repair_and_comes_when_it_is_accepted(
    kit: Kit, entry: MockConfigEntry, denied: set[str]
) -> None:
    subentry = await add(kit, entry)
    await kit.wait(50)
    assert kit.device(UID)

    await kit.wait(20)

    assert kit.device(UID) is None
    left = er.async_entries_for_config_entry(er.async_get(kit.hass), entry.entry_id)
    assert [entity for entity in left if entity.config_subentry_id == subentry.subentry_id] == []
    assert subentry.subentry_id in entry.subentries, "it was not removed by the user"
    assert refused(kit) == ["Attic"]
    count = len(kit.published(CONFIG))
    await kit.wait(200)
    assert len(kit.published(CONFIG)) == count, "a broker may end the connection because of it"
    denied.clear()

    await kit.wait(110)
    await kit.wait(10)

    assert refused(kit) == []
    assert kit.entity_id(f"{UID}_sensor_temperature", "mqtt")
    assert kit.state(f"{UID}_reading_status").state == "new_fields"


async def test_a_refused_device_is_known_after_a_restart_and_can_be_deleted(
    kit: Kit, entry: MockConfigEntry, denied: set[str]
) -> None:
    subentry = await add(kit, entry)
    await kit.wait(70)
    assert await kit.hass.config_entries.async_reload(entry.entry_id)
    await kit.wait(10)
    assert refused(kit) == ["Attic"]

    kit.hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    await kit.hass.async_block_till_done()

    assert refused(kit) == []


async def test_a_device_whose_entities_are_there_may_be_deleted(kit: Kit, entry: MockConfigEntry) -> None:
    subentry = await add(kit, entry)
    await kit.wait(70)
    device = kit.device(UID)
    assert device
    assert refused(kit) == []

    dr.async_get(kit.hass).async_remove_device(device.id)
    await kit.hass.async_block_till_done()

    assert subentry.subentry_id not in entry.subentries
