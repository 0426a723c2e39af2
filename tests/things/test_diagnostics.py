"""Diagnostics of things."""

import json

from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.iotbridge.things.model.message import DeviceMetadata, Sample
from custom_components.iotbridge.things.model.profile import Channel, Profile
from tests.downloads import PRIVATE, download
from tests.kit import Kit, learn


async def test_a_thing_is_shown_without_personal_data(kit: Kit, hass_client: ClientSessionGenerator) -> None:
    entry = kit.hass.config_entries.async_entries("iotbridge")[0]
    profile = Profile(
        topic="rossi/meters/+",
        depth=0,
        channels=(
            Channel(name="Anna's tap", path=("total_m3",), unit="m³", device_class="water"),
            Channel(name="Key", path=("a-secret-word",), enabled=False),
        ),
        devices={"instance-7": DeviceMetadata(name="Rossi", serial_number="a-secret-word")},
    )
    learn(kit.hass, entry, profile, Sample("rossi/meters/instance-7", b'{"total_m3": 123.5, "imei": "192.168.7.20"}'))
    await kit.hass.async_block_till_done()
    await kit.receive("rossi/meters/instance-7", "{broken")

    (thing,) = (await download(kit, hass_client))["things"]

    text = json.dumps(thing)
    assert [word for word in (*PRIVATE, "Rossi", "Anna", "123.5") if word in text] == []
    assert thing["channels"] == [
        {"key": "channel_1", "unit": "m³", "device_class": "water"},
        {"key": "channel_2", "enabled": False},
    ]
    (device,) = thing["devices"]
    assert device["broken_messages"] == 1
    assert device["channels_sent"] == ["channel_1"]
