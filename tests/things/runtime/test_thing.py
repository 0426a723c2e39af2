"""Things at run time, on a real Mosquitto: their devices, their fields, and broken or excessive messages."""

import json

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.things.model.message import Sample
from custom_components.iotbridge.things.model.profile import Channel, Joining
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from tests.things.attic import (
    DOOR,
    MODE,
    SAMPLE,
    TEMPERATURE,
    TOPIC,
    config,
    device,
    has_state,
    issue,
    issue_placeholders,
    listening,
    profile,
)

from ...broker import Broker, state, until
from ...kit import learn

pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])


async def test_a_device_deleted_in_home_assistant_is_not_wanted_any_more(
    home: HomeAssistant, entry: MockConfigEntry
) -> None:
    learn(home, entry, profile(TEMPERATURE), SAMPLE)
    await until(has_state(home, "sensor.attic_temperature", "21.5"))
    found = device(home)
    assert found

    dr.async_get(home).async_remove_device(found.id)

    await until(lambda: not entry.subentries)


async def test_channels_are_renamed_dropped_and_added(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    subentry = learn(home, entry, profile(TEMPERATURE, DOOR), SAMPLE)
    await until(has_state(home, "binary_sensor.attic_door", "on"))

    renamed = Channel(**{**TEMPERATURE.as_dict(), "path": ("temperature",), "name": "Warmth"})
    home.config_entries.async_update_subentry(entry, subentry, data=profile(renamed, MODE).as_dict())

    await until(lambda: state(home, "binary_sensor.attic_door") is None)
    await until(has_state(home, "sensor.attic_mode", "eco"))
    await until(lambda: "Warmth" in home.states.get("sensor.attic_temperature").name)  # type: ignore[union-attr]
    async with listening(broker, "homeassistant/device/+/config") as seen:
        await until(lambda: bool(seen) and set(config(seen)["components"]) == {"sensor_temperature", "sensor_mode"})


async def test_each_identity_is_a_device_and_the_user_decides_about_new_ones(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    wanted = profile(TEMPERATURE, topic="meter/+", identity="one")
    learn(home, entry, wanted, Sample("meter/one", b'{"temperature": 1}'))
    await until(has_state(home, "sensor.attic_temperature", "1"))

    async with broker.client() as other:
        await other.publish("meter/two", '{"temperature": 2}')
        await until(lambda: issue(home, "new_devices") is not None)

    assert device(home, "meter/+", "two") is None
    assert issue_placeholders(home, "new_devices")["devices"] == "meter two"


async def test_a_new_identity_is_added_if_configured(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    wanted = profile(TEMPERATURE, topic="meter/+", identity="one", joining=Joining.ADD)
    learn(home, entry, wanted, Sample("meter/one", b'{"temperature": 1}'))
    await until(has_state(home, "sensor.attic_temperature", "1"))

    async with broker.client() as other:
        await other.publish("meter/two", '{"temperature": 2}')
        await until(lambda: device(home, "meter/+", "two") is not None)
        await until(has_state(home, "sensor.meter_two_temperature", "2"))


async def test_new_fields_are_offered_and_never_added_silently(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    subentry = learn(home, entry, profile(TEMPERATURE), Sample(TOPIC, b'{"temperature": 21}'))
    await until(has_state(home, "sensor.attic_temperature", "21"))

    async with broker.client() as thing:
        await thing.publish(TOPIC, '{"temperature": 21, "humidity": 40, "battery": 90}')
        await until(lambda: issue(home, "new_fields") is not None)

    assert issue_placeholders(home, "new_fields")["count"] == "2"
    assert state(home, "sensor.attic_humidity") is None
    assert set(entry.runtime_data.things.news(subentry.subentry_id).fields) == {"humidity", "battery"}


async def test_broken_messages_are_counted_and_the_last_good_value_stays(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    subentry = learn(home, entry, profile(TEMPERATURE, exact=False), SAMPLE)
    await until(has_state(home, "sensor.attic_temperature", "21.5"))

    async with broker.client() as thing:
        for payload in ('{"temperature": ', '{"temperature": "warm"}', b"\x00\x01\xfe\xff"):
            await thing.publish(TOPIC, payload)
        things = entry.runtime_data.things
        await until(lambda: things.things[subentry.subentry_id].failures.counts[TOPIC] == 3)
        await thing.publish("end", "")
    assert state(home, "sensor.attic_temperature") == "21.5"


async def test_a_flooding_device_is_limited_and_named(
    home: HomeAssistant, entry: MockConfigEntry, broker: Broker
) -> None:
    learn(home, entry, profile(TEMPERATURE), SAMPLE)
    await until(has_state(home, "sensor.attic_temperature", "21.5"))

    async with listening(broker, "iotbridge/thing/+/state") as handed_on, broker.client() as thing:
        before = len(handed_on)
        for number in range(600):
            await thing.publish(TOPIC, json.dumps({"temperature": number}))
        await until(lambda: issue(home, "thing_flooding") is not None)
        await until(has_state(home, "sensor.attic_temperature", "599"))
        assert len(handed_on) - before < 150, "of six hundred: a burst is fine, then one in a second"
